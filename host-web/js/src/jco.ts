/**
 * The jco path: components of any shape, transpiled at run time. A chunk of its own, loaded when it is needed.
 *
 * The engine's gates are the same as on the direct path; only how values cross differs. WASI is denied: a component built for
 * wasm32-wasip2 imports it whether it uses it or not, so it links, and the call that uses it ends.
 *
 * @module
 */
import { $init, generate } from "@bytecodealliance/jco-transpile/component";
import { AbiError } from "./canonical.js";
import type { Manifest } from "./describe.js";
import { ERROR, SqliteError } from "./errors.js";
import type { Linked } from "./extension.js";
import { readCell, writeError, writeResult } from "./functions.js";
import type { Guest, ScalarCall } from "./guests.js";
import { views } from "./heap.js";
import {
  type ContractValue,
  Denied,
  deniedImports,
  fromContract,
  grantedImports,
  type Implementations,
  shortName,
  toContract,
} from "./imports.js";

import { trapName } from "./traps.js";

/** What a transpiled component exports. */
interface Exports {
  readonly "sqlink:extension/metadata@0.1.0": { describe(): Manifest };
  readonly "sqlink:extension/scalar@0.1.0": {
    call(id: number, args: readonly ContractValue[]): ContractValue;
  };
}

/** A transpiled component. */
interface Transpiled {
  instantiate(getCoreModule: (path: string) => WebAssembly.Module, imports: Readonly<Record<string, unknown>>): Exports;
}

const OURS = "sqlink:extension/";

/** Transpiles a component and compiles its core modules. */
async function transpile(bytes: Uint8Array, name: string): Promise<() => Instance> {
  await $init;
  let generated: ReturnType<typeof generate>;
  try {
    generated = generate(bytes, {
      name: "extension",
      instantiation: { tag: "sync" },
      noTypescript: true,
      noNodejsCompat: true,
      base64Cutoff: 0,
    });
  } catch (cause) {
    throw new SqliteError(`\`${name}\` could not be transpiled: ${String(cause)}`, { extendedCode: ERROR }, { cause });
  }
  const modules = new Map<string, WebAssembly.Module>();
  let script = "";
  for (const [path, content] of generated.files) {
    if (path.endsWith(".wasm")) modules.set(path, await WebAssembly.compile(content as Uint8Array<ArrayBuffer>));
    else if (path.endsWith(".js")) script = new TextDecoder().decode(content);
  }
  const component = await run(strict(script));
  const versions = versionsIn(bytes);
  return () => new Instance(component, modules, generated.imports, versions);
}

/**
 * The script with what a guest hands over read as the contract says: invalid UTF-8 is an error, a byte order mark stays, and
 * a list that ends outside the memory is an error too, where jco cuts it short.
 */
function strict(script: string): string {
  return script
    .replace(/new TextDecoder\(\)/g, 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })')
    .replace(
      /new Uint8Array\((\w+)\.buffer\.slice\((\w+), \2 \+ (\w+) \* 1\)\)/g,
      "new Uint8Array($1.buffer, $2, $3).slice()",
    );
}

async function run(script: string): Promise<Transpiled> {
  // Node imports no blob: URLs.
  if (typeof process !== "undefined" && process.versions?.node !== undefined) {
    const url = `data:text/javascript;charset=utf-8,${encodeURIComponent(script)}`;
    return import(/* @vite-ignore */ url);
  }
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    return await import(/* @vite-ignore */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Interface names with their version by their name without it: jco strips it, an error should show it. */
function versionsIn(bytes: Uint8Array): Map<string, string> {
  const names = new TextDecoder("latin1").decode(bytes).match(/[a-z][a-z0-9-]*:[a-z0-9-]+\/[a-z0-9-]+@\d+\.\d+\.\d+/g);
  return new Map(names?.map((full) => [full.replace(/@.*/, ""), full]));
}

/** Makes instances of one transpiled component. */
class Instance {
  readonly #component: Transpiled;
  readonly #modules: ReadonlyMap<string, WebAssembly.Module>;
  readonly #imports: readonly string[];
  readonly #versions: ReadonlyMap<string, string>;
  /** The import outside the contract that ended the call. */
  #denied: Denied | undefined;

  constructor(
    component: Transpiled,
    modules: ReadonlyMap<string, WebAssembly.Module>,
    imports: readonly string[],
    versions: ReadonlyMap<string, string>,
  ) {
    this.#component = component;
    this.#modules = modules;
    this.#imports = imports;
    this.#versions = versions;
  }

  /** Instantiates it. */
  start(implementations: Implementations): Exports {
    const imports = Object.fromEntries(
      this.#imports.map((name) => [
        name,
        name.startsWith(OURS) ? implementations[shortName(name)] : this.#deny(this.#versions.get(name) ?? name),
      ]),
    );
    return this.#component.instantiate((path) => {
      const module = this.#modules.get(path);
      if (module === undefined) throw new AbiError(`no core module ${path}`);
      return module;
    }, imports);
  }

  /** Runs a call and gives what ended it: jco may have replaced the exception. */
  during<T>(call: () => T): T {
    this.#denied = undefined;
    try {
      return call();
    } catch (exception) {
      if (payloadOf(exception) !== undefined) throw exception;
      throw this.#denied ?? blame(exception);
    }
  }

  /** An interface whose every function ends the call, and of whose resources there is never one. */
  #deny(interfaceName: string): unknown {
    const ends = (what: string) => (): never => {
      this.#denied = new Denied(`the extension called \`${interfaceName}#${what}\`, which no extension is given`);
      throw this.#denied;
    };
    return new Proxy(Object.create(null) as object, {
      get: (_, key) => {
        const text = String(key);
        return /^[A-Z]/.test(text) ? class {} : ends(kebab(text));
      },
    });
  }
}

/** The contract's error that a call returned: jco throws an error with a `payload`. */
function payloadOf(exception: unknown): { readonly code: number; readonly message: string } | undefined {
  const { payload } = (exception ?? {}) as {
    readonly payload?: { readonly code?: unknown; readonly message?: unknown };
  };
  const { code, message } = payload ?? {};
  return typeof code === "number" && typeof message === "string" ? { code, message } : undefined;
}

function kebab(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What a call that failed is to be called: the guest trapped, or what it handed over could not be lifted. */
function blame(exception: unknown): unknown {
  if (exception instanceof WebAssembly.RuntimeError || trapName(exception) === "call stack exhausted") return exception;
  return new AbiError(exception instanceof Error ? exception.message : String(exception));
}

/**
 * Prepares a component to be called through jco.
 *
 * @param bytes - the component
 * @param name - what to call it in errors
 * @param digest - SHA-256 in hexadecimal
 */
export async function linkJco(bytes: Uint8Array, name: string, digest: string): Promise<Linked> {
  const make = await transpile(bytes, name);
  const describe = (onError: (message: string) => void): Manifest => {
    const instance = make();
    let denied: Denied | undefined;
    const imports = deniedImports(onError, (call) => {
      denied ??= call;
    });
    const manifest = instance.during(() => instance.start(imports)["sqlink:extension/metadata@0.1.0"].describe());
    if (denied !== undefined) throw denied;
    return manifest;
  };
  return {
    name,
    digest,
    linker: "jco",
    describe,
    guest(id) {
      const onError = (message: string): void => {
        guest.lastLog = message;
      };
      const fresh: ScalarCall = (...args) => {
        guest.call = connect(make(), grantedImports(id, onError));
        return guest.call(...args);
      };
      const guest: Guest = {
        call: fresh,
        lastLog: "",
        linker: "jco",
        describe: () => describe(onError),
        drop() {
          guest.call = fresh;
        },
      };
      return guest;
    },
  };
}

function connect(instance: Instance, implementations: Implementations): ScalarCall {
  const { call } = instance.during(() => instance.start(implementations))["sqlink:extension/scalar@0.1.0"];
  return (id, args, count, out) => {
    views();
    const values: ContractValue[] = [];
    for (let k = 0, word = args >>> 2; k < count; k++, word += 4) values.push(toContract(readCell(word, true)));
    let value: ContractValue;
    try {
      value = instance.during(() => call(id, values));
    } catch (exception) {
      const error = payloadOf(exception);
      if (error === undefined) throw exception;
      return writeError(error.code, error.message, out >>> 2);
    }
    views();
    return writeResult(fromContract(value), out >>> 2, true);
  };
}
