/**
 * The jco path: components of any shape, transpiled at run time. A chunk of its own, loaded when it is needed.
 *
 * The engine's gates are the same as on the direct path; only how values cross differs. WASI is denied: a component built for
 * wasm32-wasip2 imports it whether it uses it or not, so it links, and the call that uses it ends.
 *
 * @module
 */
import { $init, generate } from "@bytecodealliance/jco-transpile/component";
import * as contract from "../generated/contract.js";
import { jcoCalls } from "./cells.js";
import { AbiError, MAX_LIFTED } from "./codecs.js";
import { ERROR, SqliteError } from "./errors.js";
import { type HotCalls, type Instance, type Linked, payloadOf } from "./guests.js";
import { Denied, type Imports, shortName } from "./imports.js";
import { trapName } from "./traps.js";

type Run = (...args: readonly unknown[]) => unknown;

/** What a transpiled component exports: functions by interface, in lowerCamelCase. */
type Exports = Readonly<Record<string, Readonly<Record<string, Run>>>>;

/** A transpiled component. */
interface Transpiled {
  /** Begins a call. */
  begin(): void;
  instantiate(getCoreModule: (path: string) => WebAssembly.Module, imports: Readonly<Record<string, unknown>>): Exports;
}

const OURS = "sqlink:extension/";
const wantedImports: contract.Interfaces = contract.imports;

/** What {@link transpile} made. */
interface Prepared {
  readonly component: Transpiled;
  readonly modules: ReadonlyMap<string, WebAssembly.Module>;
  readonly imports: readonly string[];
  /** Interface names with their version by their name without it. */
  readonly versions: ReadonlyMap<string, string>;
  /** Short names of the interfaces of the contract that it exports. */
  readonly interfaces: readonly string[];
}

/** Transpiles a component and compiles its core modules. */
async function transpile(bytes: Uint8Array, name: string): Promise<Prepared> {
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
  return {
    component: await run(strict(script)),
    modules,
    imports: generated.imports,
    versions: versionsIn(bytes),
    interfaces: generated.exports.flatMap(([exported]) => (exported.startsWith(OURS) ? shortName(exported) : [])),
  };
}

/** Goes behind the script: see {@link strict}. */
const PRELUDE = `
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
let left = 0;
export function begin() {
  left = ${MAX_LIFTED};
}
function sqlinkTake(bytes) {
  left -= bytes.byteLength;
  if (left < 0) throw new TypeError("more than ${MAX_LIFTED} bytes in one call");
  return bytes;
}
const sqlinkDecoder = { decode: (bytes) => decoder.decode(sqlinkTake(bytes)) };
`;

/**
 * The script with what a guest hands over read as the contract says: invalid UTF-8 is an error, a byte order mark stays, a list
 * that ends outside the memory is an error too, where jco cuts it short, and every bool but 0 is true. And no call makes
 * more of the guest's memory than there is.
 */
function strict(script: string): string {
  return (
    script
      .replace(/new TextDecoder\(\)/g, "sqlinkDecoder")
      .replace(
        /new (\w+Array)\((\w+)\.buffer\.slice\((\w+), \3 \+ (\w+) \* \d\)\)/g,
        "sqlinkTake(new $1($2.buffer, $3, $4)).slice()",
      )
      .replaceAll(": throwInvalidBool()", ": true") + PRELUDE
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

/** An instance of a transpiled component. */
class JcoInstance implements Instance {
  readonly #component: Transpiled;
  readonly #exports: Exports;
  /** The import outside the contract that ended the call. */
  #denied: Denied | undefined;

  constructor({ component, modules, imports, versions }: Prepared, given: Imports) {
    this.#component = component;
    const interfaces = Object.fromEntries(
      imports.map((name) => [
        name,
        name.startsWith(OURS) ? ours(shortName(name), given, component) : this.#deny(versions.get(name) ?? name),
      ]),
    );
    this.#exports = this.#during(() =>
      component.instantiate((path) => {
        const module = modules.get(path);
        if (module === undefined) throw new AbiError(`no core module ${path}`);
        return module;
      }, interfaces),
    );
  }

  invoke(interfaceName: string, functionName: string, args: readonly unknown[]): unknown {
    const run = this.#exports[`${OURS}${interfaceName}@${contract.version}`]?.[camel(functionName)];
    if (run === undefined) throw new AbiError(`there is no export \`${interfaceName}.${functionName}\``);
    return this.#during(() => run(...args));
  }

  hot(): HotCalls {
    return jcoCalls((interfaceName, functionName, args) => this.invoke(interfaceName, functionName, args));
  }

  /** Runs a call and gives what ended it: jco may have replaced the exception. */
  #during<T>(call: () => T): T {
    this.#denied = undefined;
    this.#component.begin();
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

/** An interface of the contract, as jco imports it. */
function ours(interfaceName: string, given: Imports, component: Transpiled): Readonly<Record<string, Run>> {
  const functions = wantedImports[`${OURS}${interfaceName}@${contract.version}`] ?? {};
  return Object.fromEntries(
    Object.entries(functions).map(([name, func]) => {
      const run = given(interfaceName, name, func);
      // Its arguments are lifted: what the guest hands over next is another call's.
      const counted: Run = (...args) => {
        component.begin();
        return run(...args);
      };
      return [camel(name), counted];
    }),
  );
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
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
  const prepared = await transpile(bytes, name);
  return {
    name,
    digest,
    linker: "jco",
    interfaces: prepared.interfaces,
    instantiate: (imports) => new JcoInstance(prepared, imports),
  };
}
