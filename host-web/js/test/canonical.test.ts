/** The canonical ABI: every type in memory and flat, and what is refused. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Func, Type } from "../generated/contract.js";
import { exportedFunction, importedFunction, ResultError } from "../src/canonical.js";
import { AbiError, AbiMemory, type Core, codec, Flat } from "../src/codecs.js";

/** A memory whose allocator never frees, and grows it. */
function memory(): AbiMemory {
  const memory = new WebAssembly.Memory({ initial: 1 });
  let next = 64;
  return new AbiMemory(
    memory,
    (_old, _oldSize, align, size) => {
      const at = Math.ceil(next / align) * align;
      next = at + size;
      const missing = Math.ceil((next - memory.buffer.byteLength) / 65_536);
      if (missing > 0) memory.grow(missing);
      return at;
    },
    1_000_000,
  );
}

const value: Type = {
  variant: [
    ["null", null],
    ["integer", "s64"],
    ["real", "f64"],
    ["text", "string"],
    ["blob", { list: "u8" }],
  ],
};
const mixed: Type = {
  variant: [
    ["a", "f32"],
    ["b", "u32"],
    ["c", "f64"],
    ["d", { tuple: ["u8", "f32"] }],
  ],
};
const flags = (count: number): Type => ({ flags: Array.from({ length: count }, (_, k) => `f${k}`) });
const set = (count: number, ...names: string[]): unknown =>
  Object.fromEntries(Array.from({ length: count }, (_, k) => [`f${k}`, names.includes(`f${k}`)]));

/** Type, size, alignment, flat core types, and values of it. */
const TYPES: readonly (readonly [Type, number, number, string, readonly unknown[]])[] = [
  ["bool", 1, 1, "i", [true, false]],
  ["u8", 1, 1, "i", [0, 255]],
  ["s8", 1, 1, "i", [-128, 127]],
  ["u16", 2, 2, "i", [0, 65_535]],
  ["s16", 2, 2, "i", [-32_768, 32_767]],
  ["u32", 4, 4, "i", [0, 4_294_967_295]],
  ["s32", 4, 4, "i", [-2_147_483_648, 2_147_483_647]],
  ["u64", 8, 8, "l", [0n, 2n ** 64n - 1n]],
  ["s64", 8, 8, "l", [-(2n ** 63n), 2n ** 63n - 1n]],
  ["f32", 4, 4, "f", [0.5, -0, Number.POSITIVE_INFINITY]],
  ["f64", 8, 8, "d", [0.1, -0, Number.NaN]],
  ["char", 4, 4, "i", ["a", "😀"]],
  ["string", 8, 4, "ii", ["", "a\0é😀", "\uFEFFx", "x".repeat(100_000)]],
  [{ list: "u8" }, 8, 4, "ii", [new Uint8Array(), new Uint8Array(70_000).fill(7)]],
  [{ list: "s64" }, 8, 4, "ii", [[], [1n, -1n]]],
  [{ list: { list: value } }, 8, 4, "ii", [[[{ tag: "null" }], [{ tag: "text", val: "é" }], []]]],
  [{ option: "s64" }, 16, 8, "il", [undefined, -5n]],
  [{ option: "string" }, 12, 4, "iii", [undefined, "", "x"]],
  [{ option: { list: "u8" } }, 12, 4, "iii", [undefined, new Uint8Array([1])]],
  [{ tuple: ["u8", "s64", "bool"] }, 24, 8, "ili", [[1, 2n, true]]],
  [
    {
      record: [
        ["code", "s32"],
        ["message", "string"],
      ],
    },
    12,
    4,
    "iii",
    [{ code: -1, message: "no" }],
  ],
  [{ enum: ["a", "b-c"] }, 1, 1, "i", ["a", "b-c"]],
  [{ enum: Array.from({ length: 300 }, (_, k) => `c${k}`) }, 2, 2, "i", ["c299"]],
  [flags(3), 1, 1, "i", [set(3), set(3, "f0", "f2")]],
  [flags(10), 2, 2, "i", [set(10, "f7", "f9")]],
  [flags(40), 8, 4, "ii", [set(40, "f31", "f32", "f39")]],
  [
    value,
    16,
    8,
    "ili",
    [
      { tag: "null" },
      { tag: "integer", val: -3n },
      { tag: "real", val: 0.1 },
      { tag: "text", val: "x" },
      { tag: "blob", val: new Uint8Array([1, 2]) },
    ],
  ],
  [
    mixed,
    16,
    8,
    "ilf",
    [
      { tag: "a", val: -0.5 },
      { tag: "b", val: 4_000_000_000 },
      { tag: "c", val: 1e300 },
      { tag: "d", val: [200, 2.5] },
    ],
  ],
  [{ result: [null, null] }, 1, 1, "i", [{ tag: "ok" }, { tag: "err" }]],
  [
    { result: ["f32", "s32"] },
    8,
    4,
    "ii",
    [
      { tag: "ok", val: 1.5 },
      { tag: "err", val: -1 },
    ],
  ],
  [
    { result: [{ option: "string" }, "s32"] },
    16,
    4,
    "iiii",
    [
      { tag: "ok", val: "x" },
      { tag: "err", val: -1 },
    ],
  ],
];

test.each(TYPES)("%j", (type, size, align, flat, values) => {
  const known = codec(type);
  expect([known.size, known.align, known.flat]).toEqual([size, align, flat]);
  for (const one of values) {
    const heap = memory();
    const at = heap.allocate(known.align, known.size);
    known.store(heap, at, one);
    heap.begin();
    expect(known.load(heap, at)).toEqual(one);
    const cores: Core[] = [];
    known.lower(heap, one, cores);
    expect(cores.map((core) => typeof core)).toEqual([...flat].map((letter) => (letter === "l" ? "bigint" : "number")));
    expect(known.lift(heap, new Flat(cores))).toEqual(one);
  }
});

describe("functions", () => {
  /** The function, called through what imports it. */
  function through(func: Func, run: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
    const heap = memory();
    const imported = importedFunction(
      func,
      () => heap,
      run,
      (exception) => (exception instanceof ResultError ? exception.payload : undefined),
    );
    const returned = func.result === null ? undefined : codec(func.result);
    return exportedFunction(
      func,
      heap,
      (...flat) => {
        if (returned === undefined || returned.flat.length < 2) return imported(...flat);
        const at = heap.allocate(returned.align, returned.size);
        imported(...flat, at);
        return at;
      },
      undefined,
    );
  }

  const many = Array.from({ length: 6 }, (_, k) => [`p${k}`, { option: "string" }] as const);

  test("parameters are flat up to 16 core values, in memory beyond", () => {
    for (const count of [0, 1, 5, 6]) {
      const call = through({ params: many.slice(0, count), result: { list: { option: "string" } } }, (...args) => args);
      const args = [undefined, "a", "", undefined, "é", "z"].slice(0, count);
      expect(call(...args)).toEqual(args);
    }
  });

  test("results: nothing, a core value, memory, an error", () => {
    expect(through({ params: [], result: null }, () => 7)()).toBe(undefined);
    expect(through({ params: [["a", "s32"]], result: "s32" }, (a) => a)(-1)).toBe(-1);
    const error: Type = { record: [["code", "s32"]] };
    const fallible: Func = { params: [["a", "u32"]], result: { result: [{ option: "u32" }, error] } };
    const call = through(fallible, (a) => {
      if (a === 3) throw new ResultError({ code: 3 });
      if (a === 4) throw new RangeError("unwinds");
      return a === 2 ? undefined : a;
    });
    expect([call(1), call(2)]).toEqual([1, undefined]);
    expect(() => call(3)).toThrow(ResultError);
    expect(() => call(4)).toThrow(RangeError);
  });

  test("a result that cannot be lowered is an error, where the type has one for it", () => {
    const func: Func = { params: [], result: { result: [{ enum: ["a"] }, "string"] } };
    const heap = memory();
    const call = importedFunction(
      func,
      () => heap,
      () => "not a case",
      String,
    );
    call(8);
    heap.begin();
    expect(codec(func.result as Type).load(heap, 8)).toEqual({
      tag: "err",
      val: "Error: invalid variant discriminant",
    });
  });
});

describe("refused", () => {
  const heap = memory();
  beforeEach(() => heap.begin());
  const put = (...words: number[]): number => {
    const at = heap.allocate(8, 64);
    words.forEach((word, k) => {
      heap.view.setUint32(at + k * 4, word, true);
    });
    return at;
  };
  const LAST = 65_536;
  test.each<[string, Type, number[], string]>([
    ["text out of bounds", "string", [LAST - 3, 4], "string pointer/length out of bounds of memory"],
    ["text with a huge length", "string", [64, 0xffff_ffff], "string pointer/length out of bounds of memory"],
    ["bytes out of bounds", { list: "u8" }, [LAST, 1], "list pointer/length out of bounds of memory"],
    ["a misaligned list", { list: "s64" }, [68, 1], "list pointer is not aligned"],
    ["a list out of bounds", { list: "s64" }, [LAST - 8, 2], "list pointer/length out of bounds of memory"],
    ["a list of nothing without end", { list: { tuple: [] } }, [64, 0xffff_ffff], "list of 4294967295 items"],
    ["an unknown case", value, [5, 0, 0, 0], "invalid variant discriminant"],
    ["an unknown option", { option: "u8" }, [2], "invalid variant discriminant"],
    ["a surrogate", "char", [0xd800], "invalid char"],
    ["no character", "char", [0x11_0000], "invalid char"],
  ])("%s", (_, type, words, message) => {
    const at = put(...words);
    expect(() => codec(type).load(heap, at)).toThrow(new AbiError(message));
  });

  test("more bytes than a call may hand over", () => {
    const text = put(0, 60_000);
    const item = heap.view.getBigUint64(text, true);
    const list = heap.allocate(8, 8 * 20);
    for (let k = 0; k < 20; k++) heap.view.setBigUint64(list + k * 8, item, true);
    const at = put(list, 20);
    expect(() => codec({ list: { list: "u8" } }).load(heap, at)).toThrow("more than 1000000 bytes in one call");
  });

  test("text that is not UTF-8", () => {
    const at = put(64, 1);
    heap.u8[64] = 0xff;
    expect(() => codec("string").load(heap, at)).toThrow(new AbiError("text is not valid UTF-8"));
  });

  test("a result pointer that is misaligned or out of bounds", () => {
    const func: Func = { params: [], result: value };
    for (const [pointer, message] of [
      [68, "result pointer is not aligned"],
      [LAST - 8, "result pointer out of bounds of memory"],
    ] as const) {
      const call = exportedFunction(func, heap, () => pointer, undefined);
      expect(() => call()).toThrow(new AbiError(message));
    }
  });

  test("an allocator that gives what it does not have", () => {
    for (const [pointer, message] of [
      [4, "realloc return is not aligned"],
      [LAST, "realloc return out of bounds of memory"],
    ] as const) {
      const bad = new AbiMemory(new WebAssembly.Memory({ initial: 1 }), () => pointer, 0);
      expect(() => codec({ list: "s64" }).lower(bad, [1n], [])).toThrow(new AbiError(message));
    }
  });
});
