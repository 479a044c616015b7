/**
 * What adapter.wat does, in JavaScript: for engines without multi-memory (Safari, Node 20).
 *
 * The same order, the same checks, the same statuses; see there.
 *
 * @module
 */
import type { Exports } from "./direct.js";
import { batchRoom, grow } from "./engine.js";
import type { HotCalls } from "./guests.js";
import * as heap from "./heap.js";

/** Words of `out`, see platform.rs. */
const PAYLOAD = 2;
const LENGTH = 3;
const BUFFER = 4;
const CAPACITY = 5;
const CODE = 6;

/** A guest's memory, and what carries values between it and the engine's. */
class Copier {
  readonly #memory: WebAssembly.Memory;
  readonly #realloc: Exports["realloc"];
  u8 = new Uint8Array(0);
  u32 = new Uint32Array(0);

  constructor({ memory, realloc }: Exports) {
    this.#memory = memory;
    this.#realloc = realloc;
    this.views();
  }

  /** The guest's memory may have grown in any call into it, which leaves empty views behind. */
  views(): void {
    if (this.u8.length !== 0) return;
    this.u8 = new Uint8Array(this.#memory.buffer);
    this.u32 = new Uint32Array(this.#memory.buffer);
  }

  /** Copies bytes of the engine into the guest: their place there, or the status to return, negative. */
  lowerBytes(address: number, length: number): number {
    const to = this.#realloc(0, 0, 1, length) >>> 0;
    this.views();
    if (to + length > this.u8.length) return -4;
    heap.views();
    copyBytes(heap.u8, address, this.u8, to, length);
    return to;
  }

  /** Copies values of the engine into the guest: their place there, or the status to return, negative. */
  lower(args: number, count: number): number {
    const bytes = count * 16;
    const list = this.#realloc(0, 0, 8, bytes) >>> 0;
    this.views();
    if (list % 8 !== 0) return -3;
    if (list + bytes > this.u8.length) return -4;
    heap.views();
    let from = args >>> 2;
    let to = list >>> 2;
    for (let k = 0; k < count; k++, from += 4, to += 4) {
      const kind = (heap.u32[from] as number) & 0xff;
      this.u32[to] = kind;
      this.u32[to + 1] = 0;
      if (kind < 3) {
        this.u32[to + 2] = heap.u32[from + 2] as number;
        this.u32[to + 3] = heap.u32[from + 3] as number;
        continue;
      }
      const length = heap.u32[from + 3] as number;
      const copy = this.lowerBytes(heap.u32[from + 2] as number, length);
      if (copy < 0) return copy;
      this.u32[to + 2] = copy;
      this.u32[to + 3] = length;
    }
    return list;
  }

  /** Copies the bytes of which address and length stand at `at` (a word of the guest's memory) into the buffer of `out`. */
  #liftBytes(at: number, out: number): number {
    const address = this.u32[at] as number;
    const length = this.u32[at + 1] as number;
    if (address + length > this.u8.length) return 9;
    const cell = out >>> 2;
    heap.u32[cell + LENGTH] = length;
    let target = heap.u32[cell + BUFFER] as number;
    if (length > (heap.u32[cell + CAPACITY] as number)) {
      target = grow(out, length) >>> 0;
      heap.views();
      if (target === 0) return 2;
    }
    copyBytes(this.u8, address, heap.u8, target, length);
    heap.u32[cell + PAYLOAD] = target;
    return 0;
  }

  #liftError(at: number, out: number): number {
    heap.u32[(out >>> 2) + CODE] = this.u32[at] as number;
    heap.u32[out >>> 2] = 0;
    return this.#liftBytes(at + 1, out) || 1;
  }

  /** The case of a result, or from 3 on why it can't be read. */
  #case(result: number, size: number, align: number): number {
    this.views();
    heap.views();
    if (result % align !== 0) return 5;
    if (result + size > this.u8.length) return 6;
    const status = this.u8[result] as number;
    return status > 1 ? 7 : status;
  }

  /** Copies a result<value, error> into `out`, and gives the status. */
  liftValue(result: number, out: number): number {
    const status = this.#case(result, 24, 8);
    const at = result >>> 2;
    if (status !== 0) return status === 1 ? this.#liftError(at + 2, out) : status;
    const kind = this.u8[result + 8] as number;
    if (kind > 4) return 8;
    const cell = out >>> 2;
    heap.u32[cell] = kind;
    if (kind >= 3) return this.#liftBytes(at + 4, out);
    heap.u32[cell + PAYLOAD] = this.u32[at + 4] as number;
    heap.u32[cell + LENGTH] = this.u32[at + 5] as number;
    return 0;
  }

  /** Copies the error of a result<_, error> into `out`, and gives the status. */
  liftEnd(result: number, out: number): number {
    const status = this.#case(result, 16, 4);
    return status === 1 ? this.#liftError((result >>> 2) + 1, out) : status;
  }

  /** The status for a list: 0 if it lies inside the guest's memory. */
  #list(pointer: number, bytes: number): number {
    return pointer % 8 !== 0 ? 10 : pointer + bytes > this.u8.length ? 9 : 0;
  }

  /** Copies a result<batch, error> into the engine's batch, and gives the status. */
  liftBatch(result: number, out: number): number {
    const status = this.#case(result, 24, 4);
    const at = result >>> 2;
    if (status !== 0) return status === 1 ? this.#liftError(at + 1, out) : status;
    const [rowids, rows] = [this.u32[at + 1] as number, this.u32[at + 2] as number];
    const [values, count] = [this.u32[at + 3] as number, this.u32[at + 4] as number];
    const bad = this.#list(rowids, rows * 8) || this.#list(values, count * 16);
    if (bad !== 0) return bad;

    // Check every value and sum the bytes up: the guest does not run until they are copied.
    const first = values >>> 2;
    let sum = 0;
    for (let k = 0, word = first; k < count; k++, word += 4) {
      const kind = (this.u32[word] as number) & 0xff;
      if (kind > 4) return 8;
      if (kind < 3) continue;
      const length = this.u32[word + 3] as number;
      if ((this.u32[word + 2] as number) + length > this.u8.length) return 9;
      sum += length;
    }

    const places = batchRoom(rows, count, Math.min(sum, 0xffff_ffff)) >>> 2;
    // The engine says why.
    if (places === 0) return 0;
    heap.views();
    copyBytes(this.u8, rowids, heap.u8, heap.u32[places] as number, rows * 8);
    // Values are the same on both sides, but for the places of texts and blobs: those are offsets into the bytes.
    const cells = heap.u32[places + 1] as number;
    copyBytes(this.u8, values, heap.u8, cells, count * 16);
    const bytes = heap.u32[places + 2] as number;
    let used = 0;
    for (let k = 0, word = first, to = cells >>> 2; k < count; k++, word += 4, to += 4) {
      if (((this.u32[word] as number) & 0xff) < 3) continue;
      const length = this.u32[word + 3] as number;
      copyBytes(this.u8, this.u32[word + 2] as number, heap.u8, bytes + used, length);
      heap.u32[to + 2] = used;
      used += length;
    }
    heap.u32[(out >>> 2) + CODE] = this.u8[result + 20] === 0 ? 0 : 1;
    return 0;
  }
}

/** Carries calls between the engine's memory and a guest's. */
export function copier(guest: Exports): HotCalls {
  const copy = new Copier(guest);
  const settle = (status: number, post: (pointer: number) => void, result: number): number => {
    if (status < 3) post(result);
    return status;
  };
  const row =
    (call: Exports["step"], post: Exports["stepPost"]): HotCalls["step"] =>
    (id, context, args, count, out) => {
      const list = copy.lower(args, count);
      if (list < 0) return -list;
      const result = call(id, context, list, count) >>> 0;
      return settle(copy.liftEnd(result, out), post, result);
    };
  const end =
    (call: Exports["finish"], post: Exports["finishPost"]): HotCalls["finish"] =>
    (id, context, out) => {
      const result = call(id, context) >>> 0;
      return settle(copy.liftValue(result, out), post, result);
    };
  return {
    call(id, args, count, out) {
      const list = copy.lower(args, count);
      if (list < 0) return -list;
      const result = guest.call(id, list, count) >>> 0;
      return settle(copy.liftValue(result, out), guest.callPost, result);
    },
    step: row(guest.step, guest.stepPost),
    inverse: row(guest.inverse, guest.inversePost),
    current: end(guest.current, guest.currentPost),
    finish: end(guest.finish, guest.finishPost),
    compare(id, left, leftLength, right, rightLength, out) {
      const first = copy.lowerBytes(left, leftLength);
      if (first < 0) return -first;
      const second = copy.lowerBytes(right, rightLength);
      if (second < 0) return -second;
      const order = guest.compare(id, first, leftLength, second, rightLength);
      heap.views();
      heap.i32[(out >>> 2) + CODE] = order;
      return 0;
    },
    nextBatch(cursor, maxRows, out) {
      const result = guest.nextBatch(cursor, maxRows) >>> 0;
      return settle(copy.liftBatch(result, out), guest.nextBatchPost, result);
    },
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
