/**
 * Messages of extensions and of the engine.
 *
 * @module
 */

/** How much a message matters, most first. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** A message for the embedder. */
export interface LogEntry {
  /** How much it matters. */
  readonly level: LogLevel;
  /** What it says; at most 65,536 bytes. */
  readonly message: string;
  /** The extension it is from; absent if the engine itself says it. */
  readonly extension?: string;
}

/** The contract's levels, in its order. */
export const LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug"];

const listeners = new Set<(entry: LogEntry) => void>();

/** Adds a listener; returns what removes it. */
export function listen(listener: (entry: LogEntry) => void): () => void {
  // Wrapped, so that the same function given twice is two listeners.
  const own = (entry: LogEntry): void => listener(entry);
  listeners.add(own);
  return () => listeners.delete(own);
}

/** Hands a message to all listeners. The engine calls it. */
export function logMessage(extension: string, level: number, message: string): void {
  const entry: LogEntry = {
    level: LEVELS[level] ?? "debug",
    message,
    ...(extension !== "" && { extension }),
  };
  for (const listener of listeners) {
    try {
      listener(entry);
    } catch {
      // A listener's exception must not unwind the engine, and there is nobody to tell.
    }
  }
}
