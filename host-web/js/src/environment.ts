/**
 * Where this build gets its WebAssembly from: the entry for a browser, for Node and for Workers each say.
 *
 * @module
 */
import { CANTOPEN, SqliteError } from "./errors.js";

/** What `WebAssembly` and the engine's start accept. */
export type WasmSource = WebAssembly.Module | BufferSource | Response;

/** What differs between a browser, Node and Workers. */
export interface Environment {
  /** The engine. */
  engine(): Promise<WasmSource>;
  /** The linker; undefined where WebAssembly may not be compiled at run time. */
  readonly linker?: () => Promise<WasmSource>;
  /** The adapter, compiled; undefined without multi-memory. */
  adapter(): Promise<WebAssembly.Module | undefined>;
  /** Reads a URL. */
  read(url: URL): Promise<Uint8Array>;
  /** Turns what the caller wrote into a URL. */
  url(text: string): URL;
}

let current: Environment | undefined;

/** Sets the environment. Each entry does it before anything else. */
export function configure(environment: Environment): void {
  current = environment;
}

/** The environment of this build. */
export function environment(): Environment {
  if (current === undefined) {
    throw new SqliteError("sqlink was not imported through one of its entries", {
      extendedCode: CANTOPEN,
    });
  }
  return current;
}

/** Most bytes of an extension's file. */
export const MAX_EXTENSION_BYTES = 64 * 1024 * 1024;

/** Fetches a URL's bytes. */
export async function fetchBytes(url: URL): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new SqliteError(`cannot fetch \`${url}\`: ${String(cause)}`, { extendedCode: CANTOPEN }, { cause });
  }
  return responseBytes(response);
}

/** A response's bytes, if it is a success and not too large. */
export async function responseBytes(response: Response): Promise<Uint8Array> {
  if (!response.ok) {
    throw new SqliteError(`cannot fetch \`${response.url}\`: HTTP status ${response.status}`, {
      extendedCode: CANTOPEN,
    });
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Compiles the adapter where there is multi-memory. */
export async function compileAdapter(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined> {
  return WebAssembly.validate(bytes) ? WebAssembly.compile(bytes) : undefined;
}

/** Compiles whatever WebAssembly was given. */
export async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  // Bytes and modules first: in Node the mere mention of `Response` loads its HTTP client, which takes longer than all else.
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  const response = source as Response;
  if (!response.ok) {
    throw new SqliteError(`cannot fetch \`${response.url}\`: HTTP status ${response.status}`, {
      extendedCode: CANTOPEN,
    });
  }
  if (response.headers.get("content-type")?.startsWith("application/wasm") && "compileStreaming" in WebAssembly) {
    return WebAssembly.compileStreaming(response);
  }
  // A server that does not know .wasm: slower, but it works.
  return WebAssembly.compile(await response.arrayBuffer());
}
