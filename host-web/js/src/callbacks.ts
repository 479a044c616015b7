/**
 * What the engine imports. The build maps the engine's import `sqlink:callbacks` to this file.
 *
 * No function here may throw: an exception would skip SQLite's frames. The one exception to that is the engine's own death,
 * which must reach whoever called the engine (see engine.ts).
 *
 * @module
 */
import { isInterrupted } from "./interrupts.js";

export { notePanic as enginePanicked } from "./engine.js";
export { callFunction, releaseFunction } from "./functions.js";
export {
  callGuest,
  compareGuest,
  currentGuest,
  dropGuest,
  finishGuest,
  inverseGuest,
  nextBatchGuest,
  stepGuest,
  takeFailure,
} from "./guests.js";
export { logMessage } from "./log.js";

/** Milliseconds since 1970-01-01T00:00:00Z. */
export function nowMs(): number {
  return Date.now();
}

/** Milliseconds from an arbitrary start. */
export function monotonicMs(): number {
  return performance.now();
}

/** Most bytes one call of `getRandomValues` may ask for. */
const RANDOM_BYTES = 65_536;

/** Fills bytes with secure random ones; 0 if there are none. */
export function randomBytes(out: Uint8Array<ArrayBuffer>): number {
  try {
    for (let at = 0; at < out.length; at += RANDOM_BYTES) {
      crypto.getRandomValues(out.subarray(at, at + RANDOM_BYTES));
    }
    return 1;
  } catch {
    return 0;
  }
}

/** What {@link localOffset} returns if there is no such time. */
const NO_OFFSET = -0x8000_0000;

/** Local time minus UTC at a Unix time, both in seconds. */
export function localOffset(unixSeconds: number): number {
  const minutes = new Date(unixSeconds * 1000).getTimezoneOffset();
  return Number.isNaN(minutes) ? NO_OFFSET : -60 * minutes;
}

/** Sleeps where that is allowed (not on a page's main thread), else returns at once. */
export function sleepMs(milliseconds: number): void {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  } catch {
    // The busy handler tries again sooner, that is all.
  }
}

/** 1 if the statement that runs on a connection is to stop. */
export function interrupted(connection: number): number {
  return isInterrupted(connection) ? 1 : 0;
}
