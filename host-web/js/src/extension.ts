/**
 * Extensions: from what the caller gives to something the engine can call.
 *
 * @module
 */
import { directly } from "./direct.js";
import { environment, MAX_EXTENSION_BYTES, responseBytes } from "./environment.js";
import { ERROR, MISUSE, SqliteError, TOOBIG } from "./errors.js";
import type { FileSources } from "./files.js";
import type { Linked } from "./guests.js";
import type {
  Capability,
  HookName,
  HttpPolicy,
  ManifestAggregate,
  ManifestFunction,
  ManifestModule,
  Nesting,
} from "./manifest.js";

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

/** How to link an extension. */
export interface LinkOptions {
  /**
   * `direct` calls the extension without generated glue; `jco` takes any component, but calls are ten times slower and it
   * needs a content security policy that allows `blob:` scripts. `auto`, the default, takes `jco` only for a component whose shape
   * `direct` refuses.
   */
  readonly linker?: "auto" | LinkerName;
  /** What to call the file in errors. Default: the last part of its URL. */
  readonly name?: string | undefined;
}

/** How to link an extension, and what to give it. */
export interface LoadOptions extends LinkOptions {
  /**
   * Capabilities granted to the extension: `random`, `clock`, `spi.read`, `spi.write`, `state`, `cache`, `files.read`,
   * `files.write`. Default none.
   */
  readonly grants?: readonly string[];
  /** Settings, which the extension reads by their names. */
  readonly config?: Readonly<Record<string, string>>;
  /** Files, which the extension knows by their names here; it needs the grant `files.read`, and `files.write` to write. */
  readonly files?: FileSources;
  /** Goes in front of the SQL names of everything the extension registers. */
  readonly prefix?: string;
  /** Replaces functions, collations and modules of other owners that have the same names; default: they are an error. */
  readonly replace?: boolean;
}

/** A loaded extension. Names are as registered, with the prefix, in manifest order. */
export interface ExtensionInfo {
  /** Name from its manifest. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  /** One sentence. */
  readonly description: string;
  /** SHA-256 of its file in hexadecimal; empty for a linked core module given without one. */
  readonly digest: string;
  /** Scalar functions; a name is there once per argument count. */
  readonly functions: readonly string[];
  /** Aggregate and window functions, likewise. */
  readonly aggregates: readonly string[];
  /** Collating sequences. */
  readonly collations: readonly string[];
  /** Virtual table modules. */
  readonly modules: readonly string[];
  /** Hooks. */
  readonly hooks: readonly HookName[];
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
  readonly functions: readonly ManifestFunction[];
  /** Its aggregate and window functions. */
  readonly aggregates: readonly ManifestAggregate[];
  /** Its collating sequences. */
  readonly collations: readonly string[];
  /** Its virtual table modules. */
  readonly modules: readonly ManifestModule[];
  /** The hooks it wants called. */
  readonly hooks: readonly HookName[];
  /** Without every one of these the load fails. */
  readonly required: readonly Capability[];
  /** Without one of these the load succeeds. */
  readonly optional: readonly Capability[];
  /** What becomes of a call that comes while another runs. */
  readonly nesting: Nesting;
  /** What it would send over HTTP; absent if nothing. */
  readonly http?: HttpPolicy;
  /** Which way it would be linked. */
  readonly linker: LinkerName;
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
export async function link(source: ExtensionSource, options: LinkOptions = {}): Promise<Linked> {
  const { linker = "auto" } = options;
  if (source instanceof WebAssembly.Module) {
    return directly(source, options.name ?? "extension", "");
  }
  if (isLinked(source)) {
    return directly(source.module, options.name ?? source.name ?? "extension", source.digest ?? "");
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
    if (module !== undefined) linked = directly(module, name, digest);
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
