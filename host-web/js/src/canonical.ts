/**
 * Functions over the component model's canonical ABI, driven by types as data: for calls that are too rare to be worth
 * generated code. The others are in adapter.wat.
 *
 * @module
 */
import type { Func } from "../generated/contract.js";
import { type AbiMemory, type Core, codec, Flat, type Tagged } from "./codecs.js";

/** A core function. */
export type CoreFunction = (...flat: Core[]) => Core | undefined;

/** The error of a `result`, as an exception. jco looks for `payload`. */
export class ResultError extends Error {
  /** The error. */
  readonly payload: unknown;

  /** Makes the exception of an error. */
  constructor(payload: unknown) {
    super((payload as { readonly message?: string } | undefined)?.message ?? String(payload));
    this.payload = payload;
  }
}

/** Most core values a function's parameters flatten to; with more they are passed in memory. */
const MAX_FLAT_PARAMS = 16;

/**
 * Makes the core function that an instance imports.
 *
 * @param func - its type
 * @param memoryOf - gives the instance's memory when the instance calls
 * @param implementation - gets lifted arguments; its result is lowered. If the type is a `result`, an exception for which
 *   `errorOf` gives a value is lowered as the error; any other exception unwinds the instance.
 * @param errorOf - the error an exception stands for, or undefined
 */
export function importedFunction(
  func: Func,
  memoryOf: () => AbiMemory,
  implementation: (...args: unknown[]) => unknown,
  errorOf: (exception: unknown) => unknown,
): CoreFunction {
  const params = codec({ tuple: func.params.map(([, type]) => type) });
  const spilled = params.flat.length > MAX_FLAT_PARAMS;
  const { result } = func;
  const fallible = result !== null && typeof result === "object" && "result" in result;
  const returned = result === null ? undefined : codec(result);
  const pointer = spilled ? 1 : params.flat.length;

  /** Returns what the core function returns. */
  function lowered(memory: AbiMemory, value: unknown, flat: readonly Core[]): Core | undefined {
    if (returned === undefined) return undefined;
    memory.refresh();
    if (returned.flat.length > 1) {
      const at = Number(flat[pointer]) >>> 0;
      memory.check(at, returned.size, returned.align, "pointer");
      returned.store(memory, at, value);
      return undefined;
    }
    const out: Core[] = [];
    returned.lower(memory, value, out);
    return out[0];
  }

  return (...flat) => {
    const memory = memoryOf();
    memory.begin();
    let args: readonly unknown[];
    if (spilled) {
      const at = Number(flat[0]) >>> 0;
      memory.check(at, params.size, params.align, "pointer");
      args = params.load(memory, at) as readonly unknown[];
    } else {
      args = params.lift(memory, new Flat(flat)) as readonly unknown[];
    }
    if (!fallible) return lowered(memory, implementation(...args), flat);
    try {
      return lowered(memory, { tag: "ok", val: implementation(...args) }, flat);
    } catch (exception) {
      const error = errorOf(exception);
      if (error === undefined) throw exception;
      return lowered(memory, { tag: "err", val: error }, flat);
    }
  };
}

/**
 * Makes a JavaScript function of what an instance exports. If its type is a `result`, it returns the value or throws the error
 * as a {@link ResultError}.
 *
 * @param func - its type
 * @param memory - the instance's memory
 * @param call - the export
 * @param post - what frees the result, where there is something to free
 */
export function exportedFunction(
  func: Func,
  memory: AbiMemory,
  call: CoreFunction,
  post: CoreFunction | undefined,
): (...args: unknown[]) => unknown {
  const params = codec({ tuple: func.params.map(([, type]) => type) });
  const spilled = params.flat.length > MAX_FLAT_PARAMS;
  const { result } = func;
  const fallible = result !== null && typeof result === "object" && "result" in result;
  const returned = result === null ? undefined : codec(result);
  return (...args) => {
    let flat: Core[] = [];
    memory.refresh();
    if (spilled) {
      const at = memory.allocate(params.align, params.size);
      params.store(memory, at, args);
      flat = [at];
    } else {
      params.lower(memory, args, flat);
    }
    const core = call(...flat);
    if (returned === undefined || core === undefined) return undefined;
    memory.begin();
    let value: unknown;
    if (returned.flat.length > 1) {
      const at = Number(core) >>> 0;
      memory.check(at, returned.size, returned.align, "result pointer");
      value = returned.load(memory, at);
    } else {
      value = returned.lift(memory, new Flat([core]));
    }
    post?.(core);
    if (!fallible) return value;
    const { tag, val } = value as Tagged;
    if (tag === "err") throw new ResultError(val);
    return val;
  };
}
