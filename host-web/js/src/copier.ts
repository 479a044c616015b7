/**
 * What adapter.wat does, in JavaScript: for engines without multi-memory (Safari, Node 20).
 *
 * The same order, the same checks, the same statuses; see there.
 *
 * @module
 */
import type { Exports } from "./direct.js";
import { grow } from "./engine.js";
import * as heap from "./heap.js";

/** Carries scalar calls between the engine's memory and a guest's. */
export function copier(guest: Exports): (id: number, args: number, count: number, out: number) => number {
  const { memory, realloc, call, callPost } = guest;
  let u8 = new Uint8Array(memory.buffer);
  let u32 = new Uint32Array(memory.buffer);

  // The guest's memory may have grown in any call into it, which leaves empty views behind.
  function views(): void {
    if (u8.length === 0) {
      u8 = new Uint8Array(memory.buffer);
      u32 = new Uint32Array(memory.buffer);
    }
  }

  return (id, args, count, out) => {
    const bytes = count * 16;
    const list = realloc(0, 0, 8, bytes) >>> 0;
    views();
    if (list % 8 !== 0) return 3;
    if (list + bytes > u8.length) return 4;
    heap.views();
    let from = args >>> 2;
    let to = list >>> 2;
    for (let k = 0; k < count; k++, from += 4, to += 4) {
      const kind = (heap.u32[from] as number) & 0xff;
      u32[to] = kind;
      u32[to + 1] = 0;
      if (kind < 3) {
        u32[to + 2] = heap.u32[from + 2] as number;
        u32[to + 3] = heap.u32[from + 3] as number;
        continue;
      }
      const address = heap.u32[from + 2] as number;
      const length = heap.u32[from + 3] as number;
      const copy = realloc(0, 0, 1, length) >>> 0;
      views();
      if (copy + length > u8.length) return 4;
      copyBytes(heap.u8, address, u8, copy, length);
      u32[to + 2] = copy;
      u32[to + 3] = length;
    }

    const result = call(id, list, count) >>> 0;
    views();
    heap.views();
    if (result % 8 !== 0) return 5;
    if (result + 24 > u8.length) return 6;
    const at = result >>> 2;
    const cell = out >>> 2;
    let status = u8[result] as number;
    if (status > 1) return 7;
    let bytesAt = at + 4;
    if (status === 1) {
      heap.u32[cell + 6] = u32[at + 2] as number;
      heap.u32[cell] = 0;
      bytesAt = at + 3;
    } else {
      const kind = u8[result + 8] as number;
      if (kind > 4) return 8;
      heap.u32[cell] = kind;
      if (kind < 3) {
        heap.u32[cell + 2] = u32[at + 4] as number;
        heap.u32[cell + 3] = u32[at + 5] as number;
        callPost(result);
        return 0;
      }
    }
    const address = u32[bytesAt] as number;
    const length = u32[bytesAt + 1] as number;
    if (address + length > u8.length) return 9;
    heap.u32[cell + 3] = length;
    let target = heap.u32[cell + 4] as number;
    if (length > (heap.u32[cell + 5] as number)) {
      target = grow(out, length) >>> 0;
      heap.views();
      if (target === 0) status = 2;
    }
    if (status !== 2) {
      copyBytes(u8, address, heap.u8, target, length);
      heap.u32[cell + 2] = target;
    }
    callPost(result);
    return status;
  };
}

/** Up to here a loop is faster than making a view and calling `set`. */
const SHORT = 64;

function copyBytes(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length > SHORT) {
    to.set(from.subarray(start, start + length), at);
    return;
  }
  for (let k = 0; k < length; k++) to[at + k] = from[start + k] as number;
}
