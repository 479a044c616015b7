/**
 * How another thread stops a statement.
 *
 * @module
 */
import { onReset } from "./lifecycle.js";

const checks = new Map<number, () => boolean>();
onReset(() => checks.clear());

/**
 * Makes a connection's statements stop while `check` says so.
 *
 * @param connection - the engine's handle
 * @param check - must not throw
 */
export function watch(connection: number, check: () => boolean): void {
  checks.set(connection, check);
}

/** Forgets a connection's check. */
export function unwatch(connection: number): void {
  checks.delete(connection);
}

/** Whether a connection's statement is to stop. The engine asks every 1000 steps of SQLite's virtual machine. */
export function isInterrupted(connection: number): boolean {
  return checks.size > 0 && checks.get(connection)?.() === true;
}
