/**
 * Which SQLite this is.
 *
 * @module
 */
import { engine } from "./engine.js";
import { readArrays } from "./rows.js";
import type { Value } from "./values.js";

/** Which SQLite the engine is, and how it was compiled. */
export interface EngineVersion {
  /** For instance `3.53.4`. */
  readonly sqlite: string;
  /** Date and hash of SQLite's check-in. */
  readonly sourceId: string;
  /** Compile-time options, without `SQLITE_`. */
  readonly compileOptions: readonly string[];
}

/**
 * Tells which SQLite the engine is. The engine must be loaded: `open()` has returned once.
 *
 * @see https://sqlite.org/c3ref/libversion.html
 */
export function engineVersion(): EngineVersion {
  engine.version();
  const rows: Value[][] = [];
  readArrays(rows, false);
  const [sqlite = "", sourceId = "", ...compileOptions] = rows.map(([text]) => String(text));
  return { sqlite, sourceId, compileOptions };
}
