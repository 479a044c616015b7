/**
 * Rows out of the engine's row buffer.
 *
 * The buffer is good until the next call into the engine, so a batch is read whole. Its text is decoded in one go; the
 * engine has counted the UTF-16 units, and each value is a substring.
 *
 * @module
 */
import { SqliteError, TOOBIG } from "./errors.js";
import { f64, i32, readText, u8, u32, views } from "./heap.js";
import { BLOB, INTEGER, integer, REAL, TEXT, type Value } from "./values.js";

/** A row by column name. Of two columns with the same name the last one counts. */
export type Row = Record<string, Value>;

/** Words of the reply block, as `reply.rs` lists them. */
const ROWS = 0;
const COLUMNS = 1;
const CELLS = 2;
const TEXT_AT = 3;
const TEXT_BYTES = 4;
const BLOBS_AT = 5;
const REPREPARED = 6;
const STATEMENT = 7;
const PARAMETERS = 8;
const FIRST = 9;
const SECOND = 11;

/** The reply block's address divided by 4. */
let reply = 0;
/** The batch's text, decoded. */
let text = "";
/** Where the batch's blobs start. */
let blobs = 0;
/** Whether integers are always bigint. */
let big = false;

/** Tells where the reply block is. */
export function setReply(address: number): void {
  reply = address >>> 2;
}

/** The statement the last call made; 0 if none. */
export function repliedStatement(): number {
  views();
  return u32[reply + STATEMENT] as number;
}

/** Number of the largest parameter of that statement. */
export function repliedParameters(): number {
  views();
  return u32[reply + PARAMETERS] as number;
}

/** How often the statement of the last fetch was compiled anew. */
export function repliedReprepared(): number {
  views();
  return u32[reply + REPREPARED] as number;
}

/** The first 64-bit number of the reply. */
export function repliedFirst(bigint: boolean): number | bigint {
  views();
  return integer(i32[reply + FIRST] as number, i32[reply + FIRST + 1] as number, bigint);
}

/** The second 64-bit number of the reply. */
export function repliedSecond(bigint: boolean): number | bigint {
  views();
  return integer(i32[reply + SECOND] as number, i32[reply + SECOND + 1] as number, bigint);
}

/** Rows in the buffer. */
export function bufferedRows(): number {
  views();
  return u32[reply + ROWS] as number;
}

/** Cells per row in the buffer. */
export function bufferedColumns(): number {
  views();
  return u32[reply + COLUMNS] as number;
}

function begin(bigint: boolean): number {
  big = bigint;
  const bytes = u32[reply + TEXT_BYTES] as number;
  try {
    text = bytes === 0 ? "" : readText(u32[reply + TEXT_AT] as number, bytes);
  } catch (cause) {
    throw new SqliteError(
      `${bytes} bytes of text are more than a JavaScript string holds`,
      { extendedCode: TOOBIG },
      { cause },
    );
  }
  blobs = u32[reply + BLOBS_AT] as number;
  return (u32[reply + CELLS] as number) >>> 2;
}

function cell(word: number): Value {
  const kind = i32[word];
  if (kind === INTEGER) {
    const low = i32[word + 2] as number;
    const high = i32[word + 3] as number;
    return high === low >> 31 && !big ? low : integer(low, high, big);
  }
  if (kind === TEXT) {
    const start = i32[word + 2] as number;
    return text.substring(start, start + (i32[word + 3] as number));
  }
  if (kind === REAL) return f64[(word + 2) >>> 1] as number;
  if (kind === BLOB) {
    const start = blobs + (u32[word + 2] as number);
    return u8.slice(start, start + (u32[word + 3] as number));
  }
  return null;
}

/** The buffered rows as arrays, added to `out`. */
export function readArrays(out: Value[][], bigint: boolean): void {
  const rows = bufferedRows();
  const columns = bufferedColumns();
  let word = begin(bigint);
  for (let r = 0; r < rows; r++) {
    const row = new Array<Value>(columns);
    for (let c = 0; c < columns; c++, word += 4) row[c] = cell(word);
    out.push(row);
  }
  text = "";
}

/** The buffered rows as objects, added to `out`. `names` has a name per column. */
export function readObjects(out: Row[], names: readonly string[], bigint: boolean): void {
  const rows = bufferedRows();
  const columns = names.length;
  let word = begin(bigint);
  // Assigning this one would set the row's prototype instead of making a property.
  const odd = names.includes("__proto__");
  for (let r = 0; r < rows; r++) {
    // The same names in the same order give every row the same hidden class.
    const row: Row = {};
    for (let c = 0; c < columns; c++, word += 4) {
      if (odd) define(row, names[c] as string, cell(word));
      else row[names[c] as string] = cell(word);
    }
    out.push(row);
  }
  text = "";
}

function define(row: Row, name: string, value: Value): void {
  Object.defineProperty(row, name, { value, writable: true, enumerable: true, configurable: true });
}
