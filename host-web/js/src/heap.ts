/**
 * The engine's memory: typed arrays over it, and text in it.
 *
 * One engine runs per JavaScript realm, so this is module state: the hot paths read it without a property access.
 *
 * @module
 */

/** Bytes. */
export let u8 = new Uint8Array(0);
/** Words, signed. */
export let i32 = new Int32Array(0);
/** Words, unsigned: addresses and lengths. */
export let u32 = new Uint32Array(0);
/** Reals. */
export let f64 = new Float64Array(0);
/** Wide integers. */
export let i64 = new BigInt64Array(0);

let memory: WebAssembly.Memory | undefined;

/** Makes the arrays views of another memory. */
export function attach(engineMemory: WebAssembly.Memory): void {
  memory = engineMemory;
  rebuild();
}

function rebuild(): void {
  if (memory === undefined) return;
  const { buffer } = memory;
  u8 = new Uint8Array(buffer);
  i32 = new Int32Array(buffer);
  u32 = new Uint32Array(buffer);
  f64 = new Float64Array(buffer);
  i64 = new BigInt64Array(buffer);
}

/** Makes the arrays whole again if the memory grew. To be called after every call into the engine, before an array is used. */
export function views(): void {
  // Growing detaches the old buffer, and a view of a detached buffer is empty.
  if (u8.length === 0) rebuild();
}

// A byte order mark in a value is part of the value.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Up to here a loop over the characters is faster than a call of TextEncoder. */
const SHORT = 64;

/** Reads UTF-8 text; what is not valid becomes U+FFFD. */
export function readText(address: number, bytes: number): string {
  if (bytes <= 16) {
    let any = 0;
    for (let at = address; at < address + bytes; at++) any |= u8[at] as number;
    if (any < 128) return readLatin(address).substring(0, bytes);
  }
  return decoder.decode(u8.subarray(address, address + bytes));
}

/** 16 bytes as one string of 16 characters. One call with many arguments costs a fifth of sixteen, or of a TextDecoder. */
function readLatin(at: number): string {
  return String.fromCharCode(
    u8[at] as number,
    u8[at + 1] as number,
    u8[at + 2] as number,
    u8[at + 3] as number,
    u8[at + 4] as number,
    u8[at + 5] as number,
    u8[at + 6] as number,
    u8[at + 7] as number,
    u8[at + 8] as number,
    u8[at + 9] as number,
    u8[at + 10] as number,
    u8[at + 11] as number,
    u8[at + 12] as number,
    u8[at + 13] as number,
    u8[at + 14] as number,
    u8[at + 15] as number,
  );
}

/**
 * Writes text as UTF-8; a lone surrogate becomes U+FFFD.
 *
 * @param address - room for three bytes per UTF-16 unit
 * @returns bytes written
 */
export function writeText(text: string, address: number): number {
  const { length } = text;
  if (length <= SHORT) {
    let at = 0;
    for (; at < length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 127) break;
      u8[address + at] = unit;
    }
    if (at === length) return length;
  }
  return encoder.encodeInto(text, u8.subarray(address, address + length * 3)).written;
}

/** Text as UTF-8 bytes of its own. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes as text; what is not valid UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
