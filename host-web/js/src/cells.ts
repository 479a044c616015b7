/**
 * The frequent calls over values in JavaScript, for extensions linked through jco: arguments out of the engine's cells, results
 * into them.
 *
 * @module
 */
import { batchRoom } from "./engine.js";
import { readCell, writeError, writeResult } from "./functions.js";
import { type HotCalls, type Instance, payloadOf } from "./guests.js";
import { encodeText, f64, i32, i64, readText, u8, u32, views } from "./heap.js";
import { BLOB, INTEGER, NULL, REAL, Real, TEXT, type Value } from "./values.js";

/** A value as jco represents the contract's `value`. */
interface ContractValue {
  readonly tag: string;
  readonly val?: unknown;
}

/** `batch` of the contract. */
interface ContractBatch {
  readonly rowids: ArrayLike<bigint>;
  readonly values: readonly ContractValue[];
  readonly last: boolean;
}

/** Gives a SQLite value as the contract's `value`. Integers are bigint here. */
function toContract(value: Value): ContractValue {
  switch (typeof value) {
    case "bigint":
      return { tag: "integer", val: value };
    case "number":
      return { tag: "real", val: value };
    case "string":
      return { tag: "text", val: value };
    default:
      return value === null ? { tag: "null" } : { tag: "blob", val: value };
  }
}

/** The reverse of {@link toContract}: what {@link writeResult} takes. */
function fromContract({ tag, val }: ContractValue): unknown {
  return tag === "null" ? null : tag === "real" ? new Real(Number(val)) : val;
}

function readArgs(args: number, count: number): ContractValue[] {
  views();
  return Array.from({ length: count }, (_, k) => toContract(readCell((args >>> 2) + k * 4, true)));
}

/** Word of an error's code, or of the call's number, see platform.rs. */
const CODE = 6;

/** The frequent calls through `invoke`. */
export function jcoCalls(invoke: Instance["invoke"]): HotCalls {
  /** Runs a call, and writes its error if it returns one. Gives the status. */
  function answer(out: number, call: () => unknown, write: (result: never) => number): number {
    let result: unknown;
    try {
      result = call();
    } catch (exception) {
      const error = payloadOf(exception);
      if (error === undefined) throw exception;
      return writeError(error.code, error.message, out >>> 2);
    }
    views();
    return write(result as never);
  }
  const value = (out: number, functionName: string, ...args: readonly unknown[]): number =>
    answer(
      out,
      () => invoke("aggregate", functionName, args),
      (result: ContractValue) => writeResult(fromContract(result), out >>> 2, true),
    );
  const row =
    (functionName: string): HotCalls["step"] =>
    (id, context, args, count, out) =>
      answer(
        out,
        () => invoke("aggregate", functionName, [id, context, readArgs(args, count)]),
        () => 0,
      );
  return {
    call: (id, args, count, out) =>
      answer(
        out,
        () => invoke("scalar", "call", [id, readArgs(args, count)]),
        (result: ContractValue) => writeResult(fromContract(result), out >>> 2, true),
      ),
    step: row("step"),
    inverse: row("inverse"),
    current: (id, context, out) => value(out, "current", id, context),
    finish: (id, context, out) => value(out, "finish", id, context),
    compare(id, left, leftLength, right, rightLength, out) {
      views();
      const texts = [readText(left, leftLength), readText(right, rightLength)];
      const order = Number(invoke("collation", "compare", [id, ...texts]));
      views();
      i32[(out >>> 2) + CODE] = order;
      return 0;
    },
    nextBatch: (cursor, maxRows, out) =>
      answer(
        out,
        () => invoke("vtab", "next-batch", [cursor, maxRows]),
        (batch: ContractBatch) => writeBatch(batch, out >>> 2),
      ),
  };
}

/** Puts rows into the engine's batch; `out` is the result's address divided by 4. Returns the status to return. */
function writeBatch({ rowids, values, last }: ContractBatch, out: number): number {
  const bytes = values.map(({ tag, val }) =>
    tag === "text" ? encodeText(val as string) : tag === "blob" ? (val as Uint8Array) : undefined,
  );
  const size = bytes.reduce((sum, item) => sum + (item?.length ?? 0), 0);
  const places = batchRoom(rowids.length, values.length, Math.min(size, 0xffff_ffff)) >>> 2;
  // The engine says why.
  if (places === 0) return 0;
  views();
  const ids = (u32[places] as number) >>> 3;
  for (let k = 0; k < rowids.length; k++) i64[ids + k] = rowids[k] as bigint;
  const heap = u32[places + 2] as number;
  let used = 0;
  let word = (u32[places + 1] as number) >>> 2;
  values.forEach(({ tag, val }, k) => {
    const own = bytes[k];
    if (own !== undefined) {
      u8.set(own, heap + used);
      i32[word] = tag === "text" ? TEXT : BLOB;
      u32[word + 2] = used;
      u32[word + 3] = own.length;
      used += own.length;
    } else if (tag === "integer") {
      i32[word] = INTEGER;
      i64[(word + 2) >>> 1] = val as bigint;
    } else if (tag === "real") {
      i32[word] = REAL;
      f64[(word + 2) >>> 1] = val as number;
    } else {
      i32[word] = NULL;
    }
    word += 4;
  });
  i32[out + CODE] = last ? 1 : 0;
  return 0;
}
