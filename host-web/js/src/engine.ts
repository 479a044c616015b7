/**
 * The engine's one instance in this JavaScript realm: starting it, calling it, and what happens when it dies.
 *
 * Nothing the engine imports throws (see callbacks.ts), so an exception that leaves one of its exports means that the
 * instance itself is broken: it panicked, ran out of memory or out of stack. It cannot be used again then; every
 * connection of it is lost, and the next `open()` starts a fresh instance.
 *
 * @module
 */
import * as wasm from "../generated/engine.js";
import * as host from "../generated/host.js";
import { type CoreFunction, exportedFunction, ResultError } from "./canonical.js";
import { AbiMemory, type Realloc } from "./codecs.js";
import { MISUSE, misuse, SqliteError } from "./errors.js";
import { attach } from "./heap.js";
import { resetAll } from "./lifecycle.js";
import { readArrays, setReply } from "./rows.js";
import type { Value } from "./values.js";

/** Raised when the engine itself failed. Its SQLite code is SQLITE_INTERNAL. */
const INTERNAL = 2;

/** SQLITE_NOMEM. */
const NOMEM = 7;

/** What the engine said before it died. */
let panic = "";
/**
 * Whether the engine is dead. Set before anything else where an exception left it: without stack even {@link died} throws, and a
 * frame further out, which has some again, must know.
 */
let dead = false;
/** What says so, once there was stack to make it. */
let death: SqliteError | undefined;
/** Counts instances: a connection belongs to one. */
let generation = 0;
/** What the instance exports: wasm-bindgen's functions, which are called through `wasm`, and those of the canonical ABI. */
let exports: Readonly<Record<string, unknown>> = {};
let abi: AbiMemory | undefined;
let started: Promise<void> | undefined;
let compiled: WebAssembly.Module | undefined;

/** Exceptions of JavaScript functions, kept until the error they caused is made. */
let thrown: { readonly message: string; readonly error: unknown } | undefined;

/** Keeps the panic's message for the error to come. */
export function notePanic(message: string): void {
  panic = message;
}

/** Keeps what a JavaScript function threw, to be the `cause` of the error with this message. */
export function noteThrown(message: string, error: unknown): void {
  thrown = { message, error };
}

/** Whether the engine died. A guest's frames must let the exception pass then. */
export function isDead(): boolean {
  return dead;
}

/** The instance a connection is of. */
export function currentGeneration(): number {
  return generation;
}

/** Starts the engine, or a fresh instance of it if it died. */
export async function start(source: () => Promise<WebAssembly.Module>): Promise<void> {
  started ??= source().then((module) => {
    compiled = module;
    adopt(wasm.initSync({ module }));
  });
  try {
    await started;
  } catch (error) {
    started = undefined;
    throw error;
  }
  if (dead) {
    resetAll();
    wasm.__wbg_reset_state();
    dead = false;
    death = undefined;
    panic = "";
    // There is an instance already: this only finds its exports.
    if (compiled !== undefined) adopt(wasm.initSync({ module: compiled }));
  }
}

/** The instance's memory. */
export function engineMemory(): WebAssembly.Memory {
  if (abi === undefined) throw misuse("the engine is not started");
  return exports.memory as WebAssembly.Memory;
}

/** The instance's memory for the canonical ABI. */
export function engineAbi(): AbiMemory {
  if (abi === undefined) throw misuse("the engine is not started");
  return abi;
}

function adopt(instance: wasm.InitOutput): void {
  generation++;
  exports = instance as unknown as typeof exports;
  // The engine is trusted, and has limits of its own.
  abi = new AbiMemory(instance.memory, guarded(exports.cabi_realloc as Realloc), Number.POSITIVE_INFINITY);
  guestImports.clear();
  thrown = undefined;
  attach(instance.memory);
  wasm.start();
  setReply(wasm.reply_block());
  scratchAt = wasm.scratch(0) >>> 0;
  scratchUsual = true;
}

const GUEST_IMPORTS = `sqlink:host/guest-imports@${host.version}`;
const guestImportTypes: host.Interfaces = host.exports;
const guestImports = new Map<string, (...args: readonly unknown[]) => unknown>();

/**
 * Calls what extensions import.
 *
 * @param name - INTERFACE-FUNCTION
 * @param args - the extension, and the function's arguments
 * @throws ResultError if the function fails
 */
export function guestImport(name: string, args: readonly unknown[]): unknown {
  if (dead) throw died();
  let call = guestImports.get(name);
  if (call === undefined) {
    const key = `${GUEST_IMPORTS}#${name}`;
    const func = guestImportTypes[GUEST_IMPORTS]?.[name] as host.Func;
    const post = exports[`cabi_post_${key}`] as CoreFunction | undefined;
    call = exportedFunction(func, engineAbi(), exports[key] as CoreFunction, post);
    guestImports.set(name, call);
  }
  try {
    return call(...args);
  } catch (error) {
    const alreadyDead = dead;
    dead = true;
    if (error instanceof ResultError && !alreadyDead) {
      dead = false;
      throw error;
    }
    throw died(error);
  }
}

/** Turns an exception that left the engine into the error that says so. Without one, it ran out of stack. */
function died(cause: unknown = new RangeError("call stack exhausted")): SqliteError {
  if (death === undefined) {
    const what = panic === "" ? String(cause) : panic;
    death = new SqliteError(
      `the engine failed (${what}); its connections are lost, \`open()\` starts a fresh one`,
      { extendedCode: INTERNAL },
      { cause },
    );
  }
  return death;
}

/** Throws if the engine died, or was replaced since `mine` began. */
export function alive(mine: number): void {
  if (dead) throw died();
  if (mine !== generation) {
    throw new SqliteError("this connection was lost when the engine failed; open a new one", {
      extendedCode: MISUSE,
    });
  }
}

/** The export with the engine's death caught. */
function guarded<A extends readonly unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    if (dead) throw died();
    try {
      return call(...args);
    } catch (error) {
      dead = true;
      throw died(error);
    }
  };
}

let scratchAt = 0;
let scratchUsual = true;
/** Bytes the scratch area always has. */
const SCRATCH = 0x1_0000;

/** Makes room in the scratch area and returns its address. */
export function scratch(bytes: number): number {
  if (bytes > SCRATCH || !scratchUsual) {
    scratchUsual = bytes <= SCRATCH;
    // Sizes are 32 bits; what needs more is out of memory in any case.
    scratchAt = guarded(wasm.scratch)(Math.min(bytes, 0xffff_fff0)) >>> 0;
    if (scratchAt === 0) {
      scratchUsual = false;
      throw new SqliteError("out of memory", { extendedCode: NOMEM });
    }
  }
  return scratchAt;
}

/** {@link wasm.bind_and_fetch}. */
export function bindAndFetch(statement: number, count: number, rows: number, bytes: number): number {
  if (dead) throw died();
  try {
    return wasm.bind_and_fetch(statement, count, rows, bytes);
  } catch (error) {
    dead = true;
    throw died(error);
  }
}

/** {@link wasm.fetch}. */
export function fetchRows(statement: number, rows: number, bytes: number): number {
  if (dead) throw died();
  try {
    return wasm.fetch(statement, rows, bytes);
  } catch (error) {
    dead = true;
    throw died(error);
  }
}

/** {@link wasm.fetch_one}. */
export function fetchOne(statement: number, count: number): number {
  if (dead) throw died();
  try {
    return wasm.fetch_one(statement, count);
  } catch (error) {
    dead = true;
    throw died(error);
  }
}

/** {@link wasm.run}. */
export function runStatement(statement: number, count: number): number {
  if (dead) throw died();
  try {
    return wasm.run(statement, count);
  } catch (error) {
    dead = true;
    throw died(error);
  }
}

/** {@link wasm.grow}, for results that do not fit the result buffer. */
export const grow = guarded(wasm.grow);

/** {@link wasm.batch_room}. */
export const batchRoom = guarded(wasm.batch_room);

/** The engine's other exports. */
export const engine = {
  open: guarded(wasm.open),
  close: guarded(wasm.close),
  setLimits: guarded(wasm.set_limits),
  limits: guarded(wasm.limits),
  exec: guarded(wasm.exec),
  prepare: guarded(wasm.prepare),
  scriptOpen: guarded(wasm.script_open),
  scriptNext: guarded(wasm.script_next),
  scriptClose: guarded(wasm.script_close),
  columns: guarded(wasm.columns),
  parameters: guarded(wasm.parameters),
  reset: guarded(wasm.reset),
  finalize: guarded(wasm.finalize),
  changes: guarded(wasm.changes),
  totalChanges: guarded(wasm.total_changes),
  inTransaction: guarded(wasm.in_transaction),
  interrupt: guarded(wasm.interrupt),
  serialize: guarded(wasm.serialize),
  deserialize: guarded(wasm.deserialize),
  version: guarded(wasm.version),
  createFunction: guarded(wasm.create_function),
  removeFunction: guarded(wasm.remove_function),
  loadExtension: guarded(wasm.load_extension),
  unloadExtension: guarded(wasm.unload_extension),
  extensions: guarded(wasm.extensions),
};

const takeError = guarded(wasm.take_error);

/** The error the last failed export kept. */
export function lastError(sql?: string): SqliteError {
  takeError();
  const rows: Value[][] = [];
  readArrays(rows, false);
  const [code, message, offset, reason, extension, name] = rows[0] ?? [INTERNAL, "no error was kept"];
  const cause = thrown?.message === message ? thrown : undefined;
  thrown = undefined;
  // A function's own query may have failed for a reason that is this error's too.
  const inner = cause?.error instanceof SqliteError ? cause.error : undefined;
  return new SqliteError(
    String(message),
    {
      extendedCode: Number(code),
      offset: typeof offset === "number" ? offset : undefined,
      sql,
      reason: optionalText(reason) ?? inner?.reason,
      extension: optionalText(extension) ?? inner?.extension,
      function: optionalText(name) ?? inner?.function,
    },
    cause && { cause: cause.error },
  );
}

function optionalText(value: Value | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Throws the error an export kept if its status says so; else gives the status back. */
export function check(status: number, sql?: string): number {
  if (status < 0) throw lastError(sql);
  return status;
}
