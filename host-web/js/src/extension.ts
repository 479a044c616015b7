/**
 * Extensions: from what the caller gives to something the engine can call.
 *
 * @module
 */
import type { Capability, FunctionFlags, Manifest } from "./describe.js";
import { describeModule, directGuest } from "./direct.js";
import { environment, MAX_EXTENSION_BYTES, responseBytes } from "./environment.js";
import { ERROR, MISUSE, SqliteError, TOOBIG } from "./errors.js";
import type { Guest } from "./guests.js";

/** An extension that was linked already, as `sqlink compose --target workers` gives it. */
export interface LinkedExtension {
  /** The linked core module. */
  readonly module: WebAssembly.Module;
  /** What to call it in errors; its manifest has the last word. */
  readonly name?: string;
  /** SHA-256 of the component file, in hexadecimal. */
  readonly digest?: string;
}

/** A component's bytes, or where to get them. A string is a URL; in Node it may be a path. */
export type ComponentSource = Uint8Array | ArrayBuffer | Blob | URL | string | Response;

/** Where an extension comes from: a component, or a linked core module. */
export type ExtensionSource = ComponentSource | WebAssembly.Module | LinkedExtension;

/** Which way an extension is linked. */
export type LinkerName = "direct" | "jco";

/** How to link and what to grant. */
export interface LoadOptions {
  /** Capabilities granted to the extension: `random`, `clock`, `spi.read`, `spi.write`. Default none. */
  readonly grants?: readonly string[];
  /**
   * `direct` calls the extension without generated glue; `jco` takes any component, but calls are ten times slower and it
   * needs a content security policy that allows `blob:` scripts. `auto`, the default, takes `jco` only for a component whose shape
   * `direct` refuses.
   */
  readonly linker?: "auto" | LinkerName;
  /** What to call the file in errors. Default: the last part of its URL. */
  readonly name?: string;
}

/** A loaded extension. */
export interface ExtensionInfo {
  /** Name from its manifest. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  /** One sentence. */
  readonly description: string;
  /** SHA-256 of its file in hexadecimal; empty for a linked core module given without one. */
  readonly digest: string;
  /** SQL names of its functions, in manifest order. */
  readonly functions: readonly string[];
  /** Capabilities in force. */
  readonly granted: readonly string[];
  /** Optional capabilities that were not granted. */
  readonly denied: readonly string[];
  /** Which way it is linked. */
  readonly linker: LinkerName;
  /** How often a call ended its instance. */
  readonly traps: number;
}

/** What an extension says of itself, before anything is registered or granted. */
export interface ExtensionDescription {
  /** Name from its manifest. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  /** One sentence. */
  readonly description: string;
  /** SHA-256 of its file in hexadecimal; empty for a linked core module given without one. */
  readonly digest: string;
  /** Its scalar functions. */
  readonly functions: readonly {
    /** SQL name. */
    readonly name: string;
    /** Number of arguments, -1 for any number. */
    readonly argCount: number;
    /** What SQLite may assume of it. */
    readonly flags: FunctionFlags;
  }[];
  /** Without every one of these the load fails. */
  readonly required: readonly Capability[];
  /** Without one of these the load succeeds. */
  readonly optional: readonly Capability[];
  /** Which way it would be linked. */
  readonly linker: LinkerName;
}

/** An extension that can be made a guest of any connection. */
export interface Linked {
  /** What to call it before its manifest is known. */
  readonly name: string;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  /** Which way it is linked. */
  readonly linker: LinkerName;
  /** Makes the guest. */
  guest(id: number): Guest;
  /** Reads the manifest with every import denied. */
  describe(onError: (message: string) => void): Manifest;
}

interface Named {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function lastPart(url: string): string {
  return url.replace(/[?#].*$/, "").replace(/^.*\//, "") || "extension";
}

async function read(source: ComponentSource): Promise<Named> {
  if (source instanceof Uint8Array) return { name: "extension", bytes: source };
  if (source instanceof ArrayBuffer) return { name: "extension", bytes: new Uint8Array(source) };
  if (source instanceof Response) {
    return { name: lastPart(source.url), bytes: await responseBytes(source) };
  }
  if (source instanceof Blob) {
    const name = "name" in source && typeof source.name === "string" ? source.name : "extension";
    return { name, bytes: new Uint8Array(await source.arrayBuffer()) };
  }
  const url = source instanceof URL ? source : environment().url(source);
  const name = url.protocol === "data:" ? "extension" : lastPart(url.pathname);
  return { name, bytes: await environment().read(url) };
}

function isLinked(source: ExtensionSource): source is LinkedExtension {
  return typeof source === "object" && "module" in source && source.module instanceof WebAssembly.Module;
}

/** What {@link link} made of a file already, by digest and linker: the same file is often loaded into several connections. */
const known = new Map<string, Linked>();
/** Most files that are kept. */
const KEEP = 32;

function keep(key: string, linked: Linked): Linked {
  const [oldest] = known.keys();
  if (known.size >= KEEP && oldest !== undefined) known.delete(oldest);
  known.set(key, linked);
  return linked;
}

/**
 * Reads, verifies and compiles an extension.
 *
 * @param source - where it comes from
 * @param options - which linker
 */
export async function link(source: ExtensionSource, options: LoadOptions = {}): Promise<Linked> {
  const { linker = "auto" } = options;
  if (source instanceof WebAssembly.Module) {
    return direct(source, options.name ?? "extension", "");
  }
  if (isLinked(source)) {
    return direct(source.module, options.name ?? source.name ?? "extension", source.digest ?? "");
  }
  if (!isReadable(source)) {
    throw new SqliteError(
      "an extension is given as bytes, a Blob, a URL, a Response, a WebAssembly.Module or { module, name, digest }",
      { extendedCode: MISUSE },
    );
  }
  const { name: found, bytes } = await read(source);
  const name = options.name ?? found;
  if (bytes.length > MAX_EXTENSION_BYTES) {
    throw new SqliteError(
      `\`${name}\` is too large: found ${bytes.length} bytes, expected at most ${MAX_EXTENSION_BYTES}`,
      {
        extendedCode: TOOBIG,
      },
    );
  }
  const { digestOf, linkDirect, verifyComponent } = await linkerFunctions();
  const digest = await digestOf(bytes);
  const kept = known.get(`${linker} ${digest} ${name}`);
  if (kept !== undefined) return kept;
  let linked: Linked | undefined;
  if (linker !== "jco") {
    const module = await linkDirect(bytes, name, linker === "direct");
    if (module !== undefined) linked = direct(module, name, digest);
  }
  if (linked === undefined) {
    await verifyComponent(bytes, name);
    linked = await (await import("./jco.js")).linkJco(bytes, name, digest);
  }
  return keep(`${linker} ${digest} ${name}`, linked);
}

function isReadable(source: unknown): source is ComponentSource {
  return (
    typeof source === "string" ||
    source instanceof Uint8Array ||
    source instanceof ArrayBuffer ||
    source instanceof URL ||
    source instanceof Response ||
    source instanceof Blob
  );
}

async function linkerFunctions(): Promise<typeof import("./linker.js")> {
  if (environment().linker === undefined) {
    throw new SqliteError(
      "extensions cannot be linked where WebAssembly may not be compiled: link them at build time with `sqlink compose --target workers` and give the WebAssembly.Module",
      { extendedCode: ERROR },
    );
  }
  return import("./linker.js");
}

function direct(module: WebAssembly.Module, name: string, digest: string): Linked {
  return {
    name,
    digest,
    linker: "direct",
    guest: (id) => directGuest(id, module, name),
    describe: (onError) => describeModule(module, name, onError),
  };
}
