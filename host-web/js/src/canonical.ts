/**
 * The component model's canonical ABI, driven by types as data: for calls that are too rare to be worth generated code.
 * Scalar calls don't come this way, see adapter.wat.
 *
 * Values look as jco makes them: records as objects, variants and results as `{ tag, val }`, options as the value or
 * `undefined`, enums as their case's name, flags as an object of booleans, s64 and u64 as bigint, list<u8> as Uint8Array.
 *
 * Nothing a guest says is trusted: pointers, lengths, cases and text are checked, and a violation is an {@link AbiError}.
 *
 * @see https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
 * @module
 */
import type { Func, Type } from "../generated/contract.js";

/** A guest broke the canonical ABI. */
export class AbiError extends Error {}

/** A guest's memory and its allocator. */
export interface GuestMemory {
  readonly memory: WebAssembly.Memory;
  readonly realloc: (old: number, oldSize: number, align: number, size: number) => number;
}

/** A tagged case, as jco represents variants and results. */
export interface Tagged {
  readonly tag: string;
  readonly val?: unknown;
}

/** Most items of a list that are lifted in one call, against a guest that claims a list of 2^28 units without content. */
const MAX_ITEMS = 1 << 24;

interface Layout {
  readonly size: number;
  readonly align: number;
  /** Core types of the flattened value, one letter each: i (i32), l (i64), f (f32), d (f64). */
  readonly flat: string;
}

const SCALARS: Readonly<Record<string, Layout>> = {
  bool: { size: 1, align: 1, flat: "i" },
  u8: { size: 1, align: 1, flat: "i" },
  s8: { size: 1, align: 1, flat: "i" },
  u16: { size: 2, align: 2, flat: "i" },
  s16: { size: 2, align: 2, flat: "i" },
  u32: { size: 4, align: 4, flat: "i" },
  s32: { size: 4, align: 4, flat: "i" },
  char: { size: 4, align: 4, flat: "i" },
  f32: { size: 4, align: 4, flat: "f" },
  u64: { size: 8, align: 8, flat: "l" },
  s64: { size: 8, align: 8, flat: "l" },
  f64: { size: 8, align: 8, flat: "d" },
  string: { size: 8, align: 4, flat: "ii" },
};

const layouts = new WeakMap<object, Layout>();

function layout(type: Type): Layout {
  if (typeof type === "string") return SCALARS[type] as Layout;
  let known = layouts.get(type);
  if (known === undefined) {
    known = measure(type);
    layouts.set(type, known);
  }
  return known;
}

function alignTo(offset: number, align: number): number {
  return (offset + align - 1) & -align;
}

type Case = readonly [name: string, type: Type | null];

/** The cases of what the ABI treats as a variant; undefined for other types. */
function cases(type: Exclude<Type, string>): readonly Case[] | undefined {
  if ("variant" in type) return type.variant;
  if ("enum" in type) return type.enum.map((name) => [name, null]);
  if ("option" in type) {
    return [
      ["none", null],
      ["some", type.option],
    ];
  }
  if ("result" in type) {
    return [
      ["ok", type.result[0]],
      ["err", type.result[1]],
    ];
  }
  return undefined;
}

/** The fields of what the ABI treats as a record; undefined for other types. */
function fields(type: Exclude<Type, string>): readonly (readonly [string, Type])[] | undefined {
  if ("record" in type) return type.record;
  if ("tuple" in type) return type.tuple.map((item, k) => [String(k), item]);
  return undefined;
}

function caseBytes(count: number): number {
  return count <= 0x100 ? 1 : count <= 0x1_0000 ? 2 : 4;
}

function flagBytes(count: number): number {
  return count <= 8 ? 1 : count <= 16 ? 2 : alignTo(count, 32) / 8;
}

function measure(type: Exclude<Type, string>): Layout {
  if ("list" in type) return { size: 8, align: 4, flat: "ii" };
  if ("flags" in type) {
    const size = flagBytes(type.flags.length);
    return { size, align: Math.min(size, 4), flat: "i".repeat(Math.max(1, size / 4)) };
  }
  const parts = fields(type);
  if (parts !== undefined) {
    let [size, align, flat] = [0, 1, ""];
    for (const [, part] of parts) {
      const one = layout(part);
      size = alignTo(size, one.align) + one.size;
      align = Math.max(align, one.align);
      flat += one.flat;
    }
    return { size: alignTo(size, align), align, flat };
  }
  const all = cases(type) ?? [];
  const tag = caseBytes(all.length);
  let [size, align] = [0, tag];
  let flat: string[] = [];
  for (const [, payload] of all) {
    if (payload === null) continue;
    const one = layout(payload);
    size = Math.max(size, one.size);
    align = Math.max(align, one.align);
    flat = join(flat, [...one.flat]);
  }
  return {
    size: alignTo(alignTo(tag, payloadAlign(all)) + size, align),
    align,
    flat: `i${flat.join("")}`,
  };
}

function join(a: readonly string[], b: readonly string[]): string[] {
  const joined: string[] = [];
  for (let k = 0; k < Math.max(a.length, b.length); k++) {
    const [x, y] = [a[k], b[k]];
    if (x === undefined || y === undefined || x === y) joined.push((x ?? y) as string);
    else joined.push(`${x}${y}` === "if" || `${x}${y}` === "fi" ? "i" : "l");
  }
  return joined;
}

function payloadAlign(all: readonly Case[]): number {
  return all.reduce((most, [, type]) => (type === null ? most : Math.max(most, layout(type).align)), 1);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function view(guest: GuestMemory, pointer: number, size: number, align: number): DataView {
  const at = pointer >>> 0;
  if (at % align !== 0) throw new AbiError("pointer is not aligned");
  if (at + size > guest.memory.buffer.byteLength) throw new AbiError("pointer out of bounds of memory");
  return new DataView(guest.memory.buffer, at, size);
}

function bytes(guest: GuestMemory, pointer: number, length: number): Uint8Array {
  const at = pointer >>> 0;
  const size = length >>> 0;
  if (at + size > guest.memory.buffer.byteLength) {
    throw new AbiError("string pointer/length out of bounds of memory");
  }
  return new Uint8Array(guest.memory.buffer, at, size);
}

function text(utf8: Uint8Array): string {
  try {
    return decoder.decode(utf8);
  } catch {
    throw new AbiError("text is not valid UTF-8");
  }
}

function list(guest: GuestMemory, item: Type, pointer: number, length: number): unknown {
  const count = length >>> 0;
  if (item === "u8") return bytes(guest, pointer, count).slice();
  const { size, align } = layout(item);
  if (count > MAX_ITEMS) throw new AbiError(`list of ${count} items`);
  view(guest, pointer, count * size, align);
  return Array.from({ length: count }, (_, k) => load(guest, item, (pointer >>> 0) + k * size));
}

function scalar(type: string, raw: number | bigint): unknown {
  switch (type) {
    case "bool":
      return Number(raw) !== 0;
    case "s64":
      return BigInt.asIntN(64, BigInt(raw));
    case "u64":
      return BigInt.asUintN(64, BigInt(raw));
    case "f32":
    case "f64":
      return Number(raw);
    case "char": {
      const code = Number(raw) >>> 0;
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw new AbiError("invalid char");
      return String.fromCodePoint(code);
    }
    default: {
      // u8 … s32 from a flat i32: only the type's own bits count.
      const bits = Number(type.slice(1));
      const value = Number(BigInt.asUintN(bits, BigInt(raw)));
      return type[0] === "s" && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
    }
  }
}

/** Reads a value from a guest's memory. */
export function load(guest: GuestMemory, type: Type, pointer: number): unknown {
  const { size, align } = layout(type);
  const at = view(guest, pointer, size, align);
  if (typeof type === "string") {
    switch (type) {
      case "string":
        return text(bytes(guest, at.getUint32(0, true), at.getUint32(4, true)));
      case "s64":
      case "u64":
        return scalar(type, at.getBigInt64(0, true));
      case "f64":
        return at.getFloat64(0, true);
      case "f32":
        return at.getFloat32(0, true);
      default:
        return scalar(type, unsigned(at, size));
    }
  }
  if ("list" in type) return list(guest, type.list, at.getUint32(0, true), at.getUint32(4, true));
  if ("flags" in type) {
    return Object.fromEntries(type.flags.map((name, k) => [name, ((at.getUint8(k >> 3) >> (k & 7)) & 1) === 1]));
  }
  const parts = fields(type);
  if (parts !== undefined) {
    let offset = 0;
    const items = parts.map(([name, part]): [string, unknown] => {
      const one = layout(part);
      offset = alignTo(offset, one.align);
      const item = load(guest, part, pointer + offset);
      offset += one.size;
      return [name, item];
    });
    return "tuple" in type ? items.map(([, item]) => item) : Object.fromEntries(items);
  }
  const all = cases(type) ?? [];
  const tag = caseBytes(all.length);
  const found = all[unsigned(at, tag)];
  if (found === undefined) throw new AbiError("invalid variant discriminant");
  const payload = found[1] === null ? undefined : load(guest, found[1], pointer + alignTo(tag, payloadAlign(all)));
  return shaped(type, found[0], payload);
}

function unsigned(at: DataView, size: number): number {
  return size === 1 ? at.getUint8(0) : size === 2 ? at.getUint16(0, true) : at.getUint32(0, true);
}

function shaped(type: Exclude<Type, string>, tag: string, val: unknown): unknown {
  if ("enum" in type) return tag;
  if ("option" in type) return tag === "some" ? val : undefined;
  return val === undefined ? { tag } : { tag, val };
}

/** Writes a value into a guest's memory. The host made the value, so a wrong one is this package's mistake. */
export function store(guest: GuestMemory, type: Type, value: unknown, pointer: number): void {
  const { size, align } = layout(type);
  if (typeof type === "string") {
    storeScalar(guest, type, value, pointer, size);
    return;
  }
  if ("list" in type) {
    const [start, count] = storeList(guest, type.list, value as ArrayLike<unknown>);
    const at = view(guest, pointer, size, align);
    at.setUint32(0, start, true);
    at.setUint32(4, count, true);
    return;
  }
  if ("flags" in type) {
    const at = view(guest, pointer, size, align);
    const set = value as Readonly<Record<string, boolean | undefined>>;
    for (let k = 0; k < size; k++) at.setUint8(k, 0);
    type.flags.forEach((name, k) => {
      if (set[name] === true) at.setUint8(k >> 3, at.getUint8(k >> 3) | (1 << (k & 7)));
    });
    return;
  }
  const parts = fields(type);
  if (parts !== undefined) {
    let offset = 0;
    for (const [name, part] of parts) {
      const one = layout(part);
      offset = alignTo(offset, one.align);
      store(guest, part, (value as Readonly<Record<string, unknown>>)[name], pointer + offset);
      offset += one.size;
    }
    return;
  }
  const all = cases(type) ?? [];
  const { tag, val } = tagged(type, value);
  const index = all.findIndex(([name]) => name === tag);
  const payload = all[index]?.[1] ?? null;
  const at = view(guest, pointer, size, align);
  const width = caseBytes(all.length);
  if (width === 1) at.setUint8(0, index);
  else if (width === 2) at.setUint16(0, index, true);
  else at.setUint32(0, index, true);
  if (payload !== null) store(guest, payload, val, pointer + alignTo(width, payloadAlign(all)));
}

function tagged(type: Exclude<Type, string>, value: unknown): Tagged {
  if ("enum" in type) return { tag: String(value) };
  if ("option" in type) return value === undefined ? { tag: "none" } : { tag: "some", val: value };
  return value as Tagged;
}

function storeScalar(guest: GuestMemory, type: string, value: unknown, pointer: number, size: number) {
  if (type === "string") {
    const utf8 = encoder.encode(String(value));
    const start = allocate(guest, 1, utf8.length);
    bytes(guest, start, utf8.length).set(utf8);
    const at = view(guest, pointer, 8, 4);
    at.setUint32(0, start, true);
    at.setUint32(4, utf8.length, true);
    return;
  }
  const at = view(guest, pointer, size, size);
  if (type === "f64") at.setFloat64(0, Number(value), true);
  else if (type === "f32") at.setFloat32(0, Number(value), true);
  else if (size === 8) at.setBigInt64(0, BigInt(value as bigint), true);
  else {
    const number = type === "char" ? String(value).codePointAt(0) : Number(value);
    if (size === 4) at.setInt32(0, number ?? 0, true);
    else if (size === 2) at.setInt16(0, number ?? 0, true);
    else at.setInt8(0, number ?? 0);
  }
}

function storeList(guest: GuestMemory, item: Type, items: ArrayLike<unknown>): [number, number] {
  const count = items.length;
  if (item === "u8") {
    const start = allocate(guest, 1, count);
    bytes(guest, start, count).set(items as ArrayLike<number>);
    return [start, count];
  }
  const { size, align } = layout(item);
  const start = allocate(guest, align, count * size);
  for (let k = 0; k < count; k++) store(guest, item, items[k], start + k * size);
  return [start, count];
}

function allocate(guest: GuestMemory, align: number, size: number): number {
  const start = guest.realloc(0, 0, align, size) >>> 0;
  view(guest, start, size, align);
  return start;
}

/** Reads one value from flat core values. */
function lift(guest: GuestMemory, type: Type, flat: (number | bigint)[]): unknown {
  const next = (): number | bigint => flat.shift() ?? 0;
  if (typeof type === "string") {
    if (type !== "string") return scalar(type, next());
    const [pointer, length] = [Number(next()), Number(next())];
    return text(bytes(guest, pointer, length));
  }
  if ("list" in type) {
    const [pointer, length] = [Number(next()), Number(next())];
    return list(guest, type.list, pointer, length);
  }
  if ("enum" in type) {
    const found = type.enum[Number(next())];
    if (found === undefined) throw new AbiError("invalid enum discriminant");
    return found;
  }
  const parts = fields(type);
  if (parts !== undefined) {
    const items = parts.map(([name, part]): [string, unknown] => [name, lift(guest, part, flat)]);
    return "tuple" in type ? items.map(([, item]) => item) : Object.fromEntries(items);
  }
  // No import of the contract passes flags, options or variants flat; a contract that does needs this written.
  throw new AbiError("a parameter type that is not supported");
}

/** Most core values a function's parameters flatten to; with more they are passed in memory. */
const MAX_FLAT_PARAMS = 16;

/**
 * Makes the core function that a guest imports for one of the contract's functions.
 *
 * @param func - its type
 * @param guest - gives the guest's memory when the guest calls
 * @param implementation - gets lifted arguments; its result is lowered. If the type is a `result`, an exception for which
 *   `errorOf` gives a value is lowered as the error; any other exception unwinds the guest.
 * @param errorOf - the contract's error an exception stands for, or undefined
 */
export function importedFunction(
  func: Func,
  guest: () => GuestMemory,
  implementation: (...args: unknown[]) => unknown,
  errorOf: (exception: unknown) => unknown,
): (...flat: (number | bigint)[]) => number | bigint | undefined {
  const types = func.params.map(([, type]) => type);
  const spilled = types.reduce((n, type) => n + layout(type).flat.length, 0) > MAX_FLAT_PARAMS;
  const params: Type = { tuple: types };
  const { result } = func;
  const returned = result === null ? "" : layout(result).flat;
  return (...flat) => {
    const memory = guest();
    const args = (spilled ? load(memory, params, Number(flat.shift())) : lift(memory, params, flat)) as unknown[];
    let value: unknown;
    if (result !== null && typeof result === "object" && "result" in result) {
      try {
        value = { tag: "ok", val: implementation(...args) };
      } catch (exception) {
        const error = errorOf(exception);
        if (error === undefined) throw exception;
        value = { tag: "err", val: error };
      }
    } else {
      value = implementation(...args);
    }
    if (result === null) return undefined;
    if (returned.length > 1) {
      store(memory, result, value, Number(flat[0]));
      return undefined;
    }
    return value as number | bigint;
  };
}
