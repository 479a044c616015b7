/**
 * The component model's types as the canonical ABI has them: what each looks like in memory and as core values.
 *
 * Values look as jco makes them: records as objects, variants and results as `{ tag, val }`, options as the value or
 * `undefined`, enums as their case's name, flags as an object of booleans, s64 and u64 as bigint, list<u8> as Uint8Array.
 *
 * Nothing a guest says is trusted: pointers, lengths, cases and text are checked, and a violation is an {@link AbiError}.
 *
 * @see https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
 * @module
 */
import type { Type } from "../generated/contract.js";

/** A guest broke the canonical ABI. */
export class AbiError extends Error {}

/** A core value, as WebAssembly's JavaScript API has it. */
export type Core = number | bigint;

/**
 * Most bytes of texts and lists that are lifted from a guest in one call: as many as its memory can hold. A guest that returns
 * the same large text a million times must not use up the memory of all.
 */
export const MAX_LIFTED = 256 << 20;

/** `cabi_realloc`. */
export type Realloc = (old: number, oldSize: number, align: number, size: number) => number;

/** A core instance's memory and its allocator. */
export class AbiMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #realloc: Realloc;
  readonly #limit: number;
  #left = 0;
  /** Its bytes. */
  u8 = new Uint8Array(0);
  /** The same. */
  view = new DataView(this.u8.buffer);

  /**
   * Looks at an instance.
   *
   * @param limit - most bytes of texts and lists that are lifted in one call
   */
  constructor(memory: WebAssembly.Memory, realloc: Realloc, limit: number) {
    this.#memory = memory;
    this.#realloc = realloc;
    this.#limit = limit;
  }

  /** Begins to lift the values of a call. */
  begin(): void {
    this.refresh();
    this.#left = this.#limit;
  }

  /** Checks a text or list that is about to be lifted. */
  lift(at: number, size: number, what: string): void {
    if (at + size > this.u8.length) throw new AbiError(`${what} out of bounds of memory`);
    this.#left -= size;
    if (this.#left < 0) throw new AbiError(`more than ${this.#limit} bytes in one call`);
  }

  /** Makes the views whole again if the memory grew: to be called after anything ran in the instance. */
  refresh(): void {
    if (this.u8.length !== 0) return;
    this.u8 = new Uint8Array(this.#memory.buffer);
    this.view = new DataView(this.#memory.buffer);
  }

  /** Makes room. */
  allocate(align: number, size: number): number {
    const at = this.#realloc(0, 0, align, size) >>> 0;
    this.refresh();
    this.check(at, size, align, "realloc return");
    return at;
  }

  /** Checks that a place is aligned and inside the memory. */
  check(at: number, size: number, align: number, what: string): void {
    if (at % align !== 0) throw new AbiError(`${what} is not aligned`);
    if (at + size > this.u8.length) throw new AbiError(`${what} out of bounds of memory`);
  }
}

/** Core values, read from the first on. */
export class Flat {
  readonly #values: readonly Core[];
  #at = 0;

  /** Reads these. */
  constructor(values: readonly Core[]) {
    this.#values = values;
  }

  /** The next one. */
  next(): Core {
    return this.#values[this.#at++] ?? 0;
  }
}

/** A type. Whoever calls `load` or `store` has checked that `size` bytes at the place are inside the memory. */
export interface Codec {
  readonly size: number;
  readonly align: number;
  /** Core types of the flattened value, one letter each: i (i32), l (i64), f (f32), d (f64). */
  readonly flat: string;
  /** Reads a value from memory. */
  load(memory: AbiMemory, at: number): unknown;
  /** Writes a value into memory. The host made the value, so a wrong one is this package's mistake. */
  store(memory: AbiMemory, at: number, value: unknown): void;
  /** Reads a value from core values. */
  lift(memory: AbiMemory, flat: Flat): unknown;
  /** Appends a value's core values. */
  lower(memory: AbiMemory, value: unknown, out: Core[]): void;
}

const known = new WeakMap<object, Codec>();

/** What is to be known of a type. */
export function codec(type: Type): Codec {
  if (typeof type === "string") return SCALARS[type] as Codec;
  let found = known.get(type);
  if (found === undefined) {
    found = make(type);
    known.set(type, found);
  }
  return found;
}

function make(type: Exclude<Type, string>): Codec {
  if ("list" in type) return type.list === "u8" ? BYTES : list(codec(type.list));
  if ("flags" in type) return flags(type.flags);
  if ("record" in type) {
    return record(
      type.record.map(([, field]) => codec(field)),
      type.record.map(([name]) => name),
    );
  }
  if ("tuple" in type) return record(type.tuple.map(codec));
  if ("enum" in type) {
    const cases = type.enum.map((name): Case => [name, null]);
    return variant(
      cases,
      (tag) => tag,
      (value) => ({ tag: String(value) }),
    );
  }
  if ("option" in type) {
    return variant(
      [
        ["none", null],
        ["some", codec(type.option)],
      ],
      (_, val) => val,
      (value) => (value === undefined ? { tag: "none" } : { tag: "some", val: value }),
    );
  }
  const cases =
    "result" in type ? ([["ok", type.result[0]] as const, ["err", type.result[1]] as const] as const) : type.variant;
  return variant(
    cases.map(([name, payload]): Case => [name, payload === null ? null : codec(payload)]),
    (tag, val) => (val === undefined ? { tag } : { tag, val }),
    (value) => value as Tagged,
  );
}

function alignTo(offset: number, align: number): number {
  return (offset + align - 1) & -align;
}

function number(
  size: number,
  flat: string,
  load: (view: DataView, at: number) => unknown,
  store: (view: DataView, at: number, value: never) => void,
  lift: (core: never) => unknown,
  lower: (value: never) => Core,
): Codec {
  return {
    size,
    align: size,
    flat,
    load: (memory, at) => load(memory.view, at),
    store: (memory, at, value) => store(memory.view, at, value as never),
    lift: (_, core) => lift(core.next() as never),
    lower: (_, value, out) => void out.push(lower(value as never)),
  };
}

function toChar(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw new AbiError("invalid char");
  return String.fromCodePoint(code);
}

const fromChar = (value: string): number => value.codePointAt(0) ?? 0;
const same = (value: Core): Core => value;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Up to here a loop over the characters is faster than a call of TextEncoder or TextDecoder. */
const SHORT = 24;

function text(memory: AbiMemory, at: number, length: number): string {
  memory.lift(at, length, "string pointer/length");
  if (length <= SHORT) {
    let ascii = "";
    for (let k = at; k < at + length; k++) {
      const byte = memory.u8[k] as number;
      if (byte > 127) break;
      ascii += String.fromCharCode(byte);
    }
    if (ascii.length === length) return ascii;
  }
  try {
    return decoder.decode(memory.u8.subarray(at, at + length));
  } catch {
    throw new AbiError("text is not valid UTF-8");
  }
}

function storeText(memory: AbiMemory, value: string): readonly [at: number, length: number] {
  const { length } = value;
  let ascii = length <= SHORT;
  for (let k = 0; ascii && k < length; k++) ascii = value.charCodeAt(k) < 128;
  if (!ascii) {
    const utf8 = encoder.encode(value);
    return [storeBytes(memory, utf8), utf8.length];
  }
  const at = memory.allocate(1, length);
  for (let k = 0; k < length; k++) memory.u8[at + k] = value.charCodeAt(k);
  return [at, length];
}

function storeBytes(memory: AbiMemory, bytes: ArrayLike<number>): number {
  const at = memory.allocate(1, bytes.length);
  memory.u8.set(bytes, at);
  return at;
}

/** A type that is a pointer and a length, in memory and flat. */
function pointed(
  load: (memory: AbiMemory, at: number, length: number) => unknown,
  store: (memory: AbiMemory, value: never) => readonly [at: number, length: number],
): Codec {
  return {
    size: 8,
    align: 4,
    flat: "ii",
    load: (memory, at) => load(memory, memory.view.getUint32(at, true), memory.view.getUint32(at + 4, true)),
    store(memory, at, value) {
      const [start, length] = store(memory, value as never);
      memory.view.setUint32(at, start, true);
      memory.view.setUint32(at + 4, length, true);
    },
    lift(memory, flat) {
      const at = Number(flat.next()) >>> 0;
      return load(memory, at, Number(flat.next()) >>> 0);
    },
    lower: (memory, value, out) => void out.push(...store(memory, value as never)),
  };
}

const SCALARS: Readonly<Record<Type & string, Codec>> = {
  bool: number(
    1,
    "i",
    (view, at) => view.getUint8(at) !== 0,
    (view, at, value: boolean) => view.setUint8(at, value ? 1 : 0),
    (core: number) => core !== 0,
    (value: boolean) => (value ? 1 : 0),
  ),
  u8: number(
    1,
    "i",
    (view, at) => view.getUint8(at),
    (view, at, value: number) => view.setUint8(at, value),
    (core: number) => core & 0xff,
    same,
  ),
  s8: number(
    1,
    "i",
    (view, at) => view.getInt8(at),
    (view, at, value: number) => view.setInt8(at, value),
    (core: number) => (core << 24) >> 24,
    same,
  ),
  u16: number(
    2,
    "i",
    (view, at) => view.getUint16(at, true),
    (view, at, value: number) => view.setUint16(at, value, true),
    (core: number) => core & 0xffff,
    same,
  ),
  s16: number(
    2,
    "i",
    (view, at) => view.getInt16(at, true),
    (view, at, value: number) => view.setInt16(at, value, true),
    (core: number) => (core << 16) >> 16,
    same,
  ),
  u32: number(
    4,
    "i",
    (view, at) => view.getUint32(at, true),
    (view, at, value: number) => view.setUint32(at, value, true),
    (core: number) => core >>> 0,
    same,
  ),
  s32: number(
    4,
    "i",
    (view, at) => view.getInt32(at, true),
    (view, at, value: number) => view.setInt32(at, value, true),
    (core: number) => core | 0,
    same,
  ),
  u64: number(
    8,
    "l",
    (view, at) => view.getBigUint64(at, true),
    (view, at, value: bigint) => view.setBigUint64(at, value, true),
    (core: bigint) => BigInt.asUintN(64, core),
    same,
  ),
  s64: number(
    8,
    "l",
    (view, at) => view.getBigInt64(at, true),
    (view, at, value: bigint) => view.setBigInt64(at, value, true),
    (core: bigint) => BigInt.asIntN(64, core),
    same,
  ),
  f32: number(
    4,
    "f",
    (view, at) => view.getFloat32(at, true),
    (view, at, value: number) => view.setFloat32(at, value, true),
    same,
    same,
  ),
  f64: number(
    8,
    "d",
    (view, at) => view.getFloat64(at, true),
    (view, at, value: number) => view.setFloat64(at, value, true),
    same,
    same,
  ),
  char: number(
    4,
    "i",
    (view, at) => toChar(view.getUint32(at, true)),
    (view, at, value: string) => view.setUint32(at, fromChar(value), true),
    (core: number) => toChar(core >>> 0),
    fromChar,
  ),
  string: pointed(text, storeText),
};

/** Most items of a list that are lifted in one call, against a guest that claims a list of 2^28 units without content. */
const MAX_ITEMS = 1 << 24;

const BYTES = pointed(
  (memory, at, length) => {
    memory.lift(at, length, "list pointer/length");
    return memory.u8.slice(at, at + length);
  },
  (memory, value: ArrayLike<number>) => [storeBytes(memory, value), value.length],
);

function list(item: Codec): Codec {
  return pointed(
    (memory, at, length) => {
      if (length > MAX_ITEMS) throw new AbiError(`list of ${length} items`);
      if (at % item.align !== 0) throw new AbiError("list pointer is not aligned");
      memory.lift(at, length * item.size, "list pointer/length");
      const items: unknown[] = [];
      for (let k = 0; k < length; k++) items.push(item.load(memory, at + k * item.size));
      return items;
    },
    (memory, value: ArrayLike<unknown>) => {
      const { length } = value;
      const at = memory.allocate(item.align, length * item.size);
      for (let k = 0; k < length; k++) item.store(memory, at + k * item.size, value[k]);
      return [at, length];
    },
  );
}

function flags(names: readonly string[]): Codec {
  const { length } = names;
  const size = length <= 8 ? 1 : length <= 16 ? 2 : alignTo(length, 32) / 8;
  const words = Math.max(1, size / 4);
  const read = (bytes: (byte: number) => number): unknown =>
    Object.fromEntries(names.map((name, k) => [name, ((bytes(k >> 3) >> (k & 7)) & 1) === 1]));
  const bits = (value: unknown): Uint8Array => {
    const set = value as Readonly<Record<string, boolean | undefined>>;
    const bytes = new Uint8Array(words * 4);
    names.forEach((name, k) => {
      if (set[name] === true) bytes[k >> 3] = (bytes[k >> 3] as number) | (1 << (k & 7));
    });
    return bytes;
  };
  return {
    size,
    align: Math.min(size, 4),
    flat: "i".repeat(words),
    load: (memory, at) => read((byte) => memory.view.getUint8(at + byte)),
    store: (memory, at, value) => memory.u8.set(bits(value).subarray(0, size), at),
    lift(_, flat) {
      const cores = Array.from({ length: words }, () => Number(flat.next()));
      return read((byte) => (cores[byte >> 2] as number) >> ((byte & 3) * 8));
    },
    lower: (_, value, out) => void out.push(...new Int32Array(bits(value).buffer)),
  };
}

/** A tuple, or a record if its parts have names. */
function record(parts: readonly Codec[], names?: readonly string[]): Codec {
  let [end, align] = [0, 1];
  const offsets = parts.map((part) => {
    const start = alignTo(end, part.align);
    end = start + part.size;
    align = Math.max(align, part.align);
    return start;
  });
  const keys = names ?? parts.map((_, k) => k);
  type Items = Record<string | number, unknown>;
  const empty = (): Items => (names === undefined ? ([] as never) : {});
  const each = (run: (part: Codec, k: number) => void): void => {
    for (let k = 0; k < parts.length; k++) run(parts[k] as Codec, k);
  };
  return {
    size: alignTo(end, align),
    align,
    flat: parts.map((part) => part.flat).join(""),
    load(memory, at) {
      const items = empty();
      each((part, k) => {
        items[keys[k] as string] = part.load(memory, at + (offsets[k] as number));
      });
      return items;
    },
    store(memory, at, value) {
      each((part, k) => part.store(memory, at + (offsets[k] as number), (value as Items)[keys[k] as string]));
    },
    lift(memory, flat) {
      const items = empty();
      each((part, k) => {
        items[keys[k] as string] = part.lift(memory, flat);
      });
      return items;
    },
    lower(memory, value, out) {
      each((part, k) => part.lower(memory, (value as Items)[keys[k] as string], out));
    },
  };
}

/** A tagged case, as jco represents variants and results. */
export interface Tagged {
  readonly tag: string;
  readonly val?: unknown;
}

type Case = readonly [name: string, payload: Codec | null];

/** What the ABI treats as a variant; `shape` and `tagged` are between it and its JavaScript value. */
function variant(
  cases: readonly Case[],
  shape: (tag: string, val: unknown) => unknown,
  tagged: (value: unknown) => Tagged,
): Codec {
  const tagSize = cases.length <= 0x100 ? 1 : cases.length <= 0x1_0000 ? 2 : 4;
  const payloads = cases.flatMap(([, payload]) => payload ?? []);
  const payloadAlign = Math.max(1, ...payloads.map((payload) => payload.align));
  const offset = alignTo(tagSize, payloadAlign);
  const align = Math.max(tagSize, payloadAlign);
  const joined = payloads.reduce((flat, payload) => join(flat, payload.flat), "");
  const at = (index: number): Case => {
    const found = cases[index];
    if (found === undefined) throw new AbiError("invalid variant discriminant");
    return found;
  };
  const indexes = new Map(cases.map(([name], k) => [name, k]));
  return {
    size: alignTo(offset + Math.max(0, ...payloads.map((payload) => payload.size)), align),
    align,
    flat: `i${joined}`,
    load(memory, start) {
      const { view } = memory;
      const index =
        tagSize === 1
          ? view.getUint8(start)
          : tagSize === 2
            ? view.getUint16(start, true)
            : view.getUint32(start, true);
      const [name, payload] = at(index);
      return shape(name, payload?.load(memory, start + offset));
    },
    store(memory, start, value) {
      const { tag, val } = tagged(value);
      const index = indexes.get(tag) ?? -1;
      const [, payload] = at(index);
      if (tagSize === 1) memory.view.setUint8(start, index);
      else if (tagSize === 2) memory.view.setUint16(start, index, true);
      else memory.view.setUint32(start, index, true);
      payload?.store(memory, start + offset, val);
    },
    lift(memory, flat) {
      const [name, payload] = at(Number(flat.next()));
      const own: Core[] = [];
      for (let k = 0; k < joined.length; k++) {
        const core = flat.next();
        const to = payload?.flat[k];
        if (to !== undefined) own.push(narrow(core, joined[k] as string, to));
      }
      return shape(name, payload?.lift(memory, new Flat(own)));
    },
    lower(memory, value, out) {
      const { tag, val } = tagged(value);
      const index = indexes.get(tag) ?? -1;
      const [, payload] = at(index);
      const own: Core[] = [];
      payload?.lower(memory, val, own);
      out.push(index);
      for (let k = 0; k < joined.length; k++) {
        out.push(widen(own[k] ?? 0, payload?.flat[k] ?? "i", joined[k] as string));
      }
    },
  };
}

function join(a: string, b: string): string {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, k) => {
    const pair = `${a[k] ?? b[k]}${b[k] ?? a[k]}`;
    return pair[0] === pair[1] ? pair[0] : pair === "if" || pair === "fi" ? "i" : "l";
  }).join("");
}

/** One core value as bits, big-endian: a narrow one is in the lower half. */
const bits = new DataView(new ArrayBuffer(8));

/** A core value of the joined type `to`, from one of the type `from`. */
function widen(value: Core, from: string, to: string): Core {
  if (from === to) return value;
  bits.setBigUint64(0, 0n);
  if (from === "d") bits.setFloat64(0, Number(value));
  else if (from === "f") bits.setFloat32(4, Number(value));
  else bits.setInt32(4, Number(value));
  return to === "l" ? bits.getBigInt64(0) : to === "d" ? bits.getFloat64(0) : bits.getInt32(4);
}

/** The reverse of {@link widen}. */
function narrow(value: Core, from: string, to: string): Core {
  if (from === to) return value;
  bits.setBigUint64(0, BigInt.asUintN(64, BigInt(value)));
  return to === "d" ? bits.getFloat64(0) : to === "f" ? bits.getFloat32(4) : bits.getInt32(4);
}
