/**
 * Manifests, and how they reach the engine.
 *
 * @module
 */

/** A scalar function in a manifest. */
export interface ManifestFunction {
  readonly id: number;
  readonly name: string;
  readonly argCount: number;
  readonly flags: FunctionFlags;
}

/** What SQLite may assume of a function. */
export interface FunctionFlags {
  readonly deterministic?: boolean;
  readonly directOnly?: boolean;
  readonly innocuous?: boolean;
  readonly subtype?: boolean;
}

/** A capability an extension asks for. */
export interface Capability {
  /** For instance `random` or `spi.read`. */
  readonly name: string;
  /** Why, in one sentence. */
  readonly reason: string;
}

interface Named {
  readonly name: string;
}

/** An extension's manifest as lifted from it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly functions: readonly ManifestFunction[];
  readonly aggregates: readonly Named[];
  readonly collations: readonly Named[];
  readonly modules: readonly Named[];
  readonly hooks: Readonly<Record<string, boolean>>;
  readonly required: readonly Capability[];
  readonly optional: readonly Capability[];
  readonly http?: unknown;
}

/** A manifest, an error of the extension, or how its call failed. */
export type Described =
  | { readonly manifest: Manifest }
  | { readonly code: number; readonly message: string }
  | { readonly reason: string; readonly detail: string };

/** Bits of `function-flags` in wit/metadata.wit. */
export function flagBits(flags: FunctionFlags): number {
  return (
    (flags.deterministic ? 1 : 0) | (flags.directOnly ? 2 : 0) | (flags.innocuous ? 4 : 0) | (flags.subtype ? 8 : 0)
  );
}

/** Writes what manifest.rs reads: 32-bit little-endian numbers, texts and lists with their length in front. */
class Writer {
  readonly #parts: Uint8Array[] = [];
  readonly #encoder = new TextEncoder();

  number(value: number): void {
    const part = new Uint8Array(4);
    new DataView(part.buffer).setInt32(0, value, true);
    this.#parts.push(part);
  }

  text(value: string): void {
    const utf8 = this.#encoder.encode(value);
    this.number(utf8.length);
    this.#parts.push(utf8);
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.number(items.length);
    for (const item of items) write(item);
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** Encodes an outcome of `describe` for the engine. */
export function encodeDescribed(described: Described): Uint8Array {
  const out = new Writer();
  if ("manifest" in described) {
    out.number(0);
    writeManifest(out, described.manifest);
  } else if ("code" in described) {
    out.number(1);
    out.number(described.code);
    out.text(described.message);
  } else {
    out.number(2);
    out.text(described.reason);
    out.text(described.detail);
  }
  return out.bytes();
}

function writeManifest(out: Writer, manifest: Manifest): void {
  const name = (item: Named): void => out.text(item.name);
  const capability = (item: Capability): void => {
    out.text(item.name);
    out.text(item.reason);
  };
  out.text(manifest.name);
  out.text(manifest.version);
  out.text(manifest.description);
  out.list(manifest.functions, (item) => {
    out.number(item.id);
    out.text(item.name);
    out.number(item.argCount);
    out.number(flagBits(item.flags));
  });
  out.list(manifest.aggregates, name);
  out.list(manifest.collations, name);
  out.list(manifest.modules, name);
  out.number(Object.values(manifest.hooks).reduce((bits, set, k) => bits | (set ? 1 << k : 0), 0));
  out.list(manifest.required, capability);
  out.list(manifest.optional, capability);
  out.number(manifest.http === undefined ? 0 : 1);
}
