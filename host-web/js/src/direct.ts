/**
 * Direct linking: a linked core module, instantiated with imports that go straight to the engine, and called over the
 * canonical ABI without generated glue.
 *
 * @module
 */

import type { Func, Interfaces } from "../generated/contract.js";
import * as contract from "../generated/contract.js";
import { type CoreFunction, exportedFunction, importedFunction } from "./canonical.js";
import { AbiError, AbiMemory, MAX_LIFTED, type Realloc } from "./codecs.js";
import { copier } from "./copier.js";
import { batchRoom, engineMemory, grow } from "./engine.js";
import { ERROR, SqliteError } from "./errors.js";
import { type HotCalls, type Instance, type Linked, payloadOf } from "./guests.js";
import { type Imports, shortName } from "./imports.js";

const wantedImports: Interfaces = contract.imports;
const wantedExports: Interfaces = contract.exports;

/** Name of an interface with package and version. */
function longName(interfaceName: string): string {
  return `sqlink:extension/${interfaceName}@${contract.version}`;
}

type Post = (pointer: number) => void;

/** What a linked core module exports for the frequent calls. */
export interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly realloc: Realloc;
  readonly call: (id: number, list: number, count: number) => number;
  readonly callPost: Post;
  readonly step: (id: number, context: number, list: number, count: number) => number;
  readonly stepPost: Post;
  readonly inverse: Exports["step"];
  readonly inversePost: Post;
  readonly current: (id: number, context: number) => number;
  readonly currentPost: Post;
  readonly finish: Exports["current"];
  readonly finishPost: Post;
  readonly compare: (id: number, left: number, leftLength: number, right: number, rightLength: number) => number;
  readonly nextBatch: (cursor: number, maxRows: number) => number;
  readonly nextBatchPost: Post;
}

/** Compiled adapter.wat; undefined where WebAssembly has no multi-memory, and JavaScript copies instead. */
let adapter: WebAssembly.Module | undefined;

/** Sets the adapter for guests from now on. */
export function useAdapter(compiled: WebAssembly.Module | undefined): void {
  adapter = compiled;
}

/** Whether calls go through the adapter. */
export function hasAdapter(): boolean {
  return adapter !== undefined;
}

/** Stands for what a guest does not export: the engine does not call it. */
function nothing(): number {
  return 0;
}

/** An instance of a linked core module. */
class DirectInstance implements Instance {
  readonly #name: string;
  readonly #exports: WebAssembly.Exports;
  readonly #abi: AbiMemory;
  readonly #functions = new Map<string, (...args: readonly unknown[]) => unknown>();

  constructor(module: WebAssembly.Module, name: string, imports: Imports) {
    this.#name = name;
    let abi: AbiMemory | undefined;
    const memory = (): AbiMemory => {
      if (abi === undefined) throw new AbiError("an import was called before the instance was complete");
      return abi;
    };
    const given: Record<string, Record<string, CoreFunction>> = {};
    for (const wanted of WebAssembly.Module.imports(module)) {
      const func = wantedImports[wanted.module]?.[wanted.name];
      if (func === undefined) {
        throw new SqliteError(
          `extension \`${name}\` imports ${wanted.kind} \`${wanted.module}#${wanted.name}\`, which contract ${contract.version} does not have`,
          { extendedCode: ERROR },
        );
      }
      const run = imports(shortName(wanted.module), wanted.name, func);
      given[wanted.module] ??= {};
      (given[wanted.module] as Record<string, CoreFunction>)[wanted.name] = importedFunction(
        func,
        memory,
        run,
        payloadOf,
      );
    }
    this.#exports = new WebAssembly.Instance(module, given as WebAssembly.Imports).exports;
    const { memory: found, realloc } = this.#memory();
    abi = new AbiMemory(found, realloc, MAX_LIFTED);
    this.#abi = abi;
  }

  #found(key: string): unknown {
    const value = this.#exports[key];
    if (value === undefined) {
      throw new SqliteError(`extension \`${this.#name}\` is not a linked core module: it has no export \`${key}\``, {
        extendedCode: ERROR,
      });
    }
    return value;
  }

  #memory(): { memory: WebAssembly.Memory; realloc: Realloc } {
    return {
      memory: this.#found("memory") as WebAssembly.Memory,
      realloc: this.#found("cabi_realloc") as Realloc,
    };
  }

  invoke(interfaceName: string, functionName: string, args: readonly unknown[]): unknown {
    const long = longName(interfaceName);
    const key = `${long}#${functionName}`;
    let call = this.#functions.get(key);
    if (call === undefined) {
      const func = wantedExports[long]?.[functionName] as Func;
      const post = this.#exports[`cabi_post_${key}`] as CoreFunction | undefined;
      call = exportedFunction(func, this.#abi, this.#found(key) as CoreFunction, post);
      this.#functions.set(key, call);
    }
    return call(...args);
  }

  /** Makes the calls that carry arguments and results between the two memories. */
  hot(): HotCalls {
    const optional = (interfaceName: string, functionName: string): never =>
      (this.#exports[`${longName(interfaceName)}#${functionName}`] ?? nothing) as never;
    const post = (interfaceName: string, functionName: string): never =>
      (this.#exports[`cabi_post_${longName(interfaceName)}#${functionName}`] ?? nothing) as never;
    const guest: Exports = {
      ...this.#memory(),
      call: optional("scalar", "call"),
      callPost: post("scalar", "call"),
      step: optional("aggregate", "step"),
      stepPost: post("aggregate", "step"),
      inverse: optional("aggregate", "inverse"),
      inversePost: post("aggregate", "inverse"),
      current: optional("aggregate", "current"),
      currentPost: post("aggregate", "current"),
      finish: optional("aggregate", "finish"),
      finishPost: post("aggregate", "finish"),
      compare: optional("collation", "compare"),
      nextBatch: optional("vtab", "next-batch"),
      nextBatchPost: post("vtab", "next-batch"),
    };
    if (adapter === undefined) return copier(guest);
    const engine = { memory: engineMemory(), grow, room: batchRoom };
    // The same object is both the copier's and the adapter's.
    const { exports } = new WebAssembly.Instance(adapter, {
      engine,
      guest: guest as unknown as WebAssembly.ModuleImports,
    });
    return exports as unknown as HotCalls;
  }
}

/** Short names of the interfaces of the contract that a linked core module exports functions of. */
function interfacesOf(module: WebAssembly.Module): string[] {
  const names = WebAssembly.Module.exports(module).flatMap(({ name }) => {
    const [interfaceName = ""] = name.split("#");
    return wantedExports[interfaceName] === undefined ? [] : shortName(interfaceName);
  });
  return [...new Set(names)];
}

/**
 * Makes an extension of a linked core module.
 *
 * @param module - what `compose::link` made of the component
 * @param name - for errors
 * @param digest - SHA-256 in hexadecimal
 */
export function directly(module: WebAssembly.Module, name: string, digest: string): Linked {
  return {
    name,
    digest,
    linker: "direct",
    interfaces: interfacesOf(module),
    instantiate: (imports) => new DirectInstance(module, name, imports),
  };
}
