/**
 * SQL functions written in JavaScript.
 *
 * @module
 */
import { grow, isDead, noteThrown } from "./engine.js";
import { ERROR, SqliteError } from "./errors.js";
import { encodeText, f64, i32, readText, u8, u32, views, writeText } from "./heap.js";
import { onReset } from "./lifecycle.js";
import {
  BLOB,
  INTEGER,
  integer,
  NULL,
  type Param,
  REAL,
  Real,
  resultBytes,
  TEXT,
  type Value,
  writeBigInt,
  writeNumber,
} from "./values.js";

/**
 * A scalar SQL function. What it returns is its result; `undefined` is NULL. What it throws fails the statement.
 *
 * SQL gives any value for any argument: declaring narrower types is a promise about the SQL.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is one of SQL's NULL.
export type ScalarFunction<A extends Value[] = Value[]> = (...args: A) => Param | undefined | void;

interface Registered {
  readonly call: ScalarFunction;
  readonly bigint: boolean;
}

/** By id; an id is never used twice. */
const functions: (Registered | undefined)[] = [];
onReset(() => functions.fill(undefined));

/** Keeps a function and gives its id. */
export function keepFunction(call: ScalarFunction, bigint: boolean): number {
  return functions.push({ call, bigint }) - 1;
}

/** The engine no longer calls the function. */
export function releaseFunction(id: number): void {
  functions[id] = undefined;
}

/** Where the parts of `Out` in platform.rs are, in words. */
const PAYLOAD = 2;
const BUFFER = 4;
const CAPACITY = 5;
const CODE = 6;

/** Reads the cell at an address divided by 4; text and blob by address and length. */
export function readCell(word: number, bigint: boolean): Value {
  switch (i32[word]) {
    case INTEGER: {
      const low = i32[word + 2] as number;
      const high = i32[word + 3] as number;
      return high === low >> 31 && !bigint ? low : integer(low, high, bigint);
    }
    case TEXT:
      return readText(u32[word + 2] as number, u32[word + 3] as number);
    case REAL:
      return f64[(word + 2) >>> 1] as number;
    case BLOB: {
      const start = u32[word + 2] as number;
      return u8.slice(start, start + (u32[word + 3] as number));
    }
    default:
      return null;
  }
}

/**
 * Calls a function. The engine calls this.
 *
 * @param id - of the function
 * @param args - address of `count` cells
 * @param out - address of the result, see platform.rs
 * @returns 0 a value, 1 an error, 2 the result is over the output limit
 */
export function callFunction(id: number, args: number, count: number, out: number): number {
  try {
    const { call, bigint } = functions[id] as Registered;
    views();
    let word = args >>> 2;
    let result: unknown;
    if (count === 1) {
      result = call(readCell(word, bigint));
    } else if (count === 2) {
      result = call(readCell(word, bigint), readCell(word + 4, bigint));
    } else {
      const values: Value[] = [];
      for (let k = 0; k < count; k++, word += 4) values.push(readCell(word, bigint));
      result = call(...values);
    }
    views();
    return writeResult(result, out >>> 2, bigint);
  } catch (error) {
    return failed(error, out >>> 2);
  }
}

/** Writes a result; `out` is its address divided by 4. Returns the status to return. */
export function writeResult(value: unknown, out: number, bigint: boolean): number {
  switch (typeof value) {
    case "number":
      writeNumber(value, out, bigint);
      return 0;
    case "string":
      return writeString(value, out);
    case "bigint":
      writeBigInt(value, out, "the result");
      return 0;
    case "boolean":
      writeNumber(value ? 1 : 0, out, false);
      return 0;
    default: {
      if (value === null || value === undefined) {
        i32[out] = NULL;
        return 0;
      }
      if (value instanceof Real) {
        i32[out] = REAL;
        f64[(out + PAYLOAD) >>> 1] = value.value;
        return 0;
      }
      if (value instanceof Promise) throw new TypeError("the function returned a promise, but SQL cannot wait");
      return writeBytes(resultBytes(value, "the result"), BLOB, out);
    }
  }
}

function writeString(value: string, out: number): number {
  if (value.length * 3 > (u32[out + CAPACITY] as number)) return writeBytes(encodeText(value), TEXT, out);
  const to = u32[out + BUFFER] as number;
  i32[out] = TEXT;
  u32[out + PAYLOAD] = to;
  u32[out + PAYLOAD + 1] = writeText(value, to);
  return 0;
}

function writeBytes(bytes: Uint8Array, kind: number, out: number): number {
  i32[out] = kind;
  u32[out + PAYLOAD + 1] = bytes.length;
  let to = u32[out + BUFFER] as number;
  if (bytes.length > (u32[out + CAPACITY] as number)) {
    to = grow(out << 2, bytes.length) >>> 0;
    if (to === 0) return 2;
    views();
  }
  u8.set(bytes, to);
  u32[out + PAYLOAD] = to;
  return 0;
}

/** Most UTF-16 units of an exception's message that reach the error. */
const MESSAGE_UNITS = 4096;

function failed(error: unknown, out: number): number {
  // The engine died in a nested call: let it unwind, there is nothing left to return to.
  if (isDead()) throw error;
  const message = describe(error).slice(0, MESSAGE_UNITS);
  noteThrown(message, error);
  return writeError(error instanceof SqliteError ? error.extendedCode : ERROR, message, out);
}

/** Writes an error; `out` is the result's address divided by 4. Returns the status to return. */
export function writeError(code: number, message: string, out: number): number {
  views();
  const status = writeBytes(encodeText(message), TEXT, out);
  i32[out] = NULL;
  i32[out + CODE] = code;
  return status === 0 ? 1 : status;
}

function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return "the function threw something that cannot be shown";
  }
}
