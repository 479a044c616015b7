/**
 * SQLite values in JavaScript, and how they are written into the engine's memory.
 *
 * @module
 */
import { MISMATCH, RANGE, SqliteError } from "./errors.js";
import { encodeText, f64, i32, i64, u8, u32, views, writeText } from "./heap.js";

/**
 * A value SQLite gives.
 *
 * INTEGER is a `number` when it is a safe integer (up to 2^53 - 1 either way) and a `bigint` beyond; with `bigint: true`
 * it is always a `bigint`, and a `number` is always REAL. REAL is a `number`, TEXT a `string` (what is not valid UTF-8 becomes U+FFFD), BLOB a
 * `Uint8Array` of its own.
 *
 * @see https://sqlite.org/datatype3.html
 */
export type Value = null | number | bigint | string | Uint8Array;

/**
 * A value SQLite takes.
 *
 * A `number` becomes INTEGER when it is a safe integer, else REAL (also -0 and the infinities; NaN becomes NULL); with
 * `bigint: true` it is always REAL, so that what comes out of the database goes in again unchanged. A `boolean` becomes 0 or 1. `undefined` is an error.
 */
export type Param = Value | boolean | ArrayBuffer | ArrayBufferView;

/**
 * Values for a statement's parameters: by position, or by name with or without the prefix (`:a`, `@a`, `$a` or `a`).
 *
 * Every parameter must get a value; too many positional values are an error too.
 */
export type Params = readonly Param[] | Readonly<Record<string, Param>>;

/** Cases of a cell, as the engine numbers them. */
export const NULL = 0;
/** A 64-bit integer. */
export const INTEGER = 1;
/** A 64-bit float. */
export const REAL = 2;
/** UTF-8 text. */
export const TEXT = 3;
/** Bytes. */
export const BLOB = 4;

/** Strings longer than this many UTF-16 units are measured before memory is asked for. */
const LONG = 0x4000;
const TWO_32 = 0x1_0000_0000;

/** A real that stays one even if it is a whole number: what an extension passes to `spi` has its type already. */
export class Real {
  /** The number. */
  readonly value: number;

  /** Makes a real. */
  constructor(value: number) {
    this.value = value;
  }
}

function wrongType(value: unknown, what: string): SqliteError {
  const found = value === undefined ? "undefined" : Object.prototype.toString.call(value).slice(8, -1);
  return new SqliteError(`${what} is ${found}, expected null, number, bigint, boolean, string or bytes`, {
    extendedCode: MISMATCH,
  });
}

function asBytes(value: unknown, what: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw wrongType(value, what);
}

/**
 * Writes a number as a cell's case and payload.
 *
 * @param value - the number
 * @param word - the cell's address divided by 4
 * @param real - whether it is a REAL even if it is a whole number
 */
export function writeNumber(value: number, word: number, real: boolean): void {
  if (real) {
    i32[word] = REAL;
    f64[(word + 2) >>> 1] = value;
    return;
  }
  const small = value | 0;
  if (small === value && (small !== 0 || 1 / value > 0)) {
    i32[word] = INTEGER;
    i32[word + 2] = small;
    i32[word + 3] = small >> 31;
  } else if (Number.isSafeInteger(value) && value !== 0) {
    i32[word] = INTEGER;
    i32[word + 2] = value;
    i32[word + 3] = Math.floor(value / TWO_32);
  } else {
    i32[word] = REAL;
    f64[(word + 2) >>> 1] = value;
  }
}

/** Writes a bigint as a cell's case and payload; an error if it does not fit 64 bits. */
export function writeBigInt(value: bigint, word: number, what: string): void {
  if (BigInt.asIntN(64, value) !== value) {
    throw new SqliteError(`${what} is ${value}, which does not fit a 64-bit integer`, {
      extendedCode: RANGE,
    });
  }
  i32[word] = INTEGER;
  i64[(word + 2) >>> 1] = value;
}

/** Where cells go that an export reads: `bytes` are asked for, the address is returned. */
export type Area = (bytes: number) => number;

/**
 * Writes values as cells from the start of an area, their text and blobs behind them.
 *
 * @param values - values for ?1, ?2, …
 * @param area - makes room and gives its address, a multiple of 8
 * @param bigint - whether numbers are always REAL, because integers are bigint
 */
export function writeParams(values: readonly unknown[], area: Area, bigint: boolean): void {
  const count = values.length;
  let bytes = count * 16;
  // Long strings, encoded ahead so that memory is asked for by their real size; by position.
  let encoded: (Uint8Array | undefined)[] | undefined;
  for (let k = 0; k < count; k++) {
    const value = values[k];
    if (typeof value === "string") {
      if (value.length <= LONG) {
        bytes += value.length * 3;
      } else {
        const utf8 = encodeText(value);
        encoded ??= [];
        encoded[k] = utf8;
        bytes += utf8.length;
      }
    } else if (typeof value === "object" && value !== null && !(value instanceof Real)) {
      bytes += asBytes(value, `value ${k + 1}`).length;
    }
  }
  const start = area(bytes);
  views();
  let heap = start + count * 16;
  let word = start >>> 2;
  for (let k = 0; k < count; k++, word += 4) {
    const value = values[k];
    switch (typeof value) {
      case "number":
        writeNumber(value, word, bigint);
        break;
      case "string": {
        const utf8 = encoded?.[k];
        const length = utf8 === undefined ? writeText(value, heap) : utf8.length;
        if (utf8 !== undefined) u8.set(utf8, heap);
        i32[word] = TEXT;
        u32[word + 2] = heap;
        u32[word + 3] = length;
        heap += length;
        break;
      }
      case "bigint":
        writeBigInt(value, word, `value ${k + 1}`);
        break;
      case "boolean":
        writeNumber(value ? 1 : 0, word, false);
        break;
      default: {
        if (value === null) {
          i32[word] = NULL;
          break;
        }
        if (value instanceof Real) {
          i32[word] = REAL;
          f64[(word + 2) >>> 1] = value.value;
          break;
        }
        const blob = asBytes(value, `value ${k + 1}`);
        u8.set(blob, heap);
        i32[word] = BLOB;
        u32[word + 2] = heap;
        u32[word + 3] = blob.length;
        heap += blob.length;
      }
    }
  }
}

/** An integer from its halves: a number when it is safe (unless `big`), else a bigint. */
export function integer(low: number, high: number, big: boolean): number | bigint {
  if (!big) {
    if (high === low >> 31) return low;
    if (high >= -0x20_0000 && high < 0x20_0000) {
      const value = high * TWO_32 + (low >>> 0);
      if (value !== Number.MIN_SAFE_INTEGER - 1) return value;
    }
  }
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** Bytes of a value a JavaScript function returned; an error if it is nothing SQLite can hold. */
export function resultBytes(value: unknown, what: string): Uint8Array {
  return asBytes(value, what);
}
