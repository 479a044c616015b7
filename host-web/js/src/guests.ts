/**
 * Extensions as the engine calls them: by a number, through one frame that catches whatever a guest does.
 *
 * @module
 */
import { AbiError } from "./canonical.js";
import { type Described, encodeDescribed, type Manifest } from "./describe.js";
import { isDead } from "./engine.js";
import { ContractError, Denied } from "./imports.js";
import { onReset } from "./lifecycle.js";
import { trapName } from "./traps.js";

/** Calls a scalar function: `args` is the address of `count` cells, `out` that of the result. See {@link callGuest}. */
export type ScalarCall = (id: number, args: number, count: number, out: number) => number;

/** An extension that can be called. */
export interface Guest {
  /** Calls a scalar function. Replaced when the instance is. */
  call: ScalarCall;
  /** The last error-level message of the running call: a panic's text. */
  lastLog: string;
  /** Which way it was linked. */
  readonly linker: "direct" | "jco";
  /** Reads the manifest from an instance whose every import is denied. */
  describe(): Manifest;
  /** Forgets the instance, so that the next call gets a fresh one. */
  drop(): void;
}

/** By id; an id is never used twice. */
const guests: (Guest | undefined)[] = [];
onReset(() => guests.fill(undefined));

/** Keeps a guest and gives its id. */
export function keepGuest(make: (id: number) => Guest): number {
  const id = guests.length;
  guests.push(undefined);
  guests[id] = make(id);
  return id;
}

/** The guest with an id. */
export function guestOf(id: number): Guest | undefined {
  return guests[id];
}

/** The engine no longer calls the guest. */
export function releaseGuest(id: number): void {
  guests[id]?.drop();
  guests[id] = undefined;
}

/** What {@link callGuest} returns for a call that ended badly; {@link takeFailure} says how. */
const FAILED = 3;

/** Reason and detail of the last call that ended badly. */
let failure = "";

/** The reason of the last failed call, a line feed and its detail. The engine calls this. */
export function takeFailure(): string {
  const taken = failure;
  failure = "";
  return taken;
}

/**
 * Calls a function of an extension. The engine calls this.
 *
 * @returns 0 a value, 1 an error of the extension, 2 the result is over the output limit, 3 the call ended its instance
 */
export function callGuest(extension: number, id: number, args: number, count: number, out: number): number {
  const guest = guests[extension];
  if (guest === undefined) {
    failure = "trapped\nthe extension is gone";
    return FAILED;
  }
  guest.lastLog = "";
  try {
    const status = guest.call(id, args, count, out);
    return status < FAILED ? status : broken(guest, status);
  } catch (exception) {
    return ended(guest, exception);
  }
}

/** What the adapter's statuses from 3 on mean. */
const VIOLATIONS: readonly string[] = [
  "realloc return: result not aligned",
  "realloc return: beyond end of memory",
  "result pointer is not aligned",
  "result pointer out of bounds of memory",
  "invalid discriminant of `result`",
  "invalid discriminant of `value`",
  "string pointer/length out of bounds of memory",
];

function broken(guest: Guest, status: number): number {
  guest.drop();
  failure = malformed(VIOLATIONS[status - FAILED] ?? "unknown").join("\n");
  return FAILED;
}

function ended(guest: Guest, exception: unknown): number {
  // The engine died in a call the guest made: let it unwind.
  if (isDead()) throw exception;
  guest.drop();
  failure = classify(exception, guest.lastLog).join("\n");
  return FAILED;
}

/**
 * Names what ended a call.
 *
 * @param exception - what the call threw
 * @param lastLog - the last error-level message of the call, empty if there was none
 */
export function classify(exception: unknown, lastLog: string): readonly [reason: string, detail: string] {
  if (exception instanceof Denied) return ["capability-denied", exception.message];
  if (exception instanceof AbiError) return malformed(exception.message);
  if (lastLog === "") return ["trapped", trapName(exception)];
  // The SDK's panic hook logs `panicked: MESSAGE at FILE:LINE`.
  return ["trapped", lastLog.replace(/^panicked: /, "panic: ")];
}

function malformed(how: string): readonly [reason: string, detail: string] {
  return ["invalid-result", `the returned value is malformed: ${how}`];
}

/** Reads an extension's manifest as the engine wants it. The engine calls this. */
export function describeGuest(extension: number): Uint8Array {
  const guest = guests[extension];
  let described: Described;
  if (guest === undefined) {
    described = { reason: "trapped", detail: "the extension is gone" };
  } else {
    guest.lastLog = "";
    try {
      described = { manifest: guest.describe() };
    } catch (exception) {
      if (isDead()) throw exception;
      if (exception instanceof ContractError) {
        described = { code: exception.payload.code, message: exception.payload.message };
      } else {
        const [reason, detail] = classify(exception, guest.lastLog);
        described = { reason, detail };
      }
    }
  }
  return encodeDescribed(described);
}
