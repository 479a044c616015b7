/**
 * Direct linking: a linked core module, instantiated with imports that go straight to the engine, and called over the
 * canonical ABI without generated glue.
 *
 * @module
 */

import type { Interfaces } from "../generated/contract.js";
import * as contract from "../generated/contract.js";
import { AbiError, type GuestMemory, importedFunction, load } from "./canonical.js";
import { copier } from "./copier.js";
import type { Manifest } from "./describe.js";
import { engineMemory, grow } from "./engine.js";
import { ERROR, SqliteError } from "./errors.js";
import type { Guest, ScalarCall } from "./guests.js";
import {
  contractError,
  type Denied,
  deniedImports,
  grantedImports,
  type Implementations,
  shortName,
} from "./imports.js";

const wantedImports: Interfaces = contract.imports;
const wantedExports: Interfaces = contract.exports;
const METADATA = `sqlink:extension/metadata@${contract.version}`;
const SCALAR = `sqlink:extension/scalar@${contract.version}`;

/** What a linked core module exports. */
export interface Exports extends GuestMemory {
  readonly describe: () => number;
  readonly describePost: (pointer: number) => void;
  readonly call: (id: number, list: number, count: number) => number;
  readonly callPost: (pointer: number) => void;
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

function nothing(): void {}

function instantiate(module: WebAssembly.Module, name: string, implementations: Implementations): Exports {
  let exports: Exports | undefined;
  const guest = (): GuestMemory => {
    if (exports === undefined) throw new AbiError("an import was called before the instance was complete");
    return exports;
  };
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const wanted of WebAssembly.Module.imports(module)) {
    const func = wantedImports[wanted.module]?.[wanted.name];
    const implementation = implementations[shortName(wanted.module)]?.[wanted.name];
    if (func === undefined || implementation === undefined) {
      throw new SqliteError(
        `extension \`${name}\` imports ${wanted.kind} \`${wanted.module}#${wanted.name}\`, which contract ${contract.version} does not have`,
        { extendedCode: ERROR },
      );
    }
    imports[wanted.module] ??= {};
    (imports[wanted.module] as Record<string, WebAssembly.ImportValue>)[wanted.name] = importedFunction(
      func,
      guest,
      implementation as (...args: unknown[]) => unknown,
      contractError,
    );
  }
  const instance = new WebAssembly.Instance(module, imports);
  const found = (key: string): unknown => {
    const value = instance.exports[key];
    if (value === undefined) {
      throw new SqliteError(`extension \`${name}\` is not a linked core module: it has no export \`${key}\``, {
        extendedCode: ERROR,
      });
    }
    return value;
  };
  const optional = (key: string): unknown => instance.exports[key] ?? nothing;
  exports = {
    memory: found("memory") as WebAssembly.Memory,
    realloc: found("cabi_realloc") as Exports["realloc"],
    describe: found(`${METADATA}#describe`) as Exports["describe"],
    describePost: optional(`cabi_post_${METADATA}#describe`) as Exports["describePost"],
    call: found(`${SCALAR}#call`) as Exports["call"],
    callPost: optional(`cabi_post_${SCALAR}#call`) as Exports["callPost"],
  };
  return exports;
}

/** Makes the call that carries arguments and results between the two memories. */
function connect(guest: Exports): ScalarCall {
  if (adapter === undefined) return copier(guest);
  const { exports } = new WebAssembly.Instance(adapter, {
    engine: { memory: engineMemory(), grow },
    guest: { memory: guest.memory, realloc: guest.realloc, call: guest.call, post: guest.callPost },
  });
  return exports.call as ScalarCall;
}

/** Reads the manifest of a linked core module, on an instance of its own with every import denied. */
export function describeModule(module: WebAssembly.Module, name: string, onError: (message: string) => void): Manifest {
  const func = wantedExports[METADATA]?.describe;
  let denied: Denied | undefined;
  const onDenied = (call: Denied): void => {
    denied ??= call;
  };
  const guest = instantiate(module, name, deniedImports(onError, onDenied));
  const pointer = guest.describe();
  const manifest = load(guest, func?.result ?? "string", pointer) as Manifest;
  guest.describePost(pointer);
  if (denied !== undefined) throw denied;
  return manifest;
}

/**
 * Makes a guest of a linked core module. It is instantiated at its first call, and again at the first call after a trap.
 *
 * @param id - the number the engine knows it by
 * @param module - what `compose::link` made of the extension
 * @param name - for errors
 */
export function directGuest(id: number, module: WebAssembly.Module, name: string): Guest {
  const onError = (message: string): void => {
    guest.lastLog = message;
  };
  const fresh: ScalarCall = (...args) => {
    guest.call = connect(instantiate(module, name, grantedImports(id, onError)));
    return guest.call(...args);
  };
  const guest: Guest = {
    call: fresh,
    lastLog: "",
    linker: "direct",
    describe: () => describeModule(module, name, onError),
    drop() {
      guest.call = fresh;
    },
  };
  return guest;
}
