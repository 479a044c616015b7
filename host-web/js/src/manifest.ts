/**
 * Manifests: what an extension says of itself.
 *
 * @module
 */

/** What SQLite may assume of a function. */
export interface FunctionFlags {
  /** Equal arguments always give an equal result. */
  readonly deterministic?: boolean;
  /** Not usable from a view, a trigger or the schema. */
  readonly directOnly?: boolean;
  /** Safe in the schema even when `trusted_schema` is off. */
  readonly innocuous?: boolean;
  /** Reads or sets a value's subtype. */
  readonly subtype?: boolean;
}

/** A scalar function in a manifest. */
export interface ManifestFunction {
  /** SQL name. */
  readonly name: string;
  /** Number of arguments, -1 for any number. */
  readonly argCount: number;
  /** What SQLite may assume of it. */
  readonly flags: FunctionFlags;
}

/** An aggregate function in a manifest. */
export interface ManifestAggregate extends ManifestFunction {
  /** Whether it is a window function too. */
  readonly window: boolean;
}

/** How a virtual table module behaves. */
export interface ModuleFlags {
  /** Usable without CREATE VIRTUAL TABLE. */
  readonly eponymous: boolean;
  /** Accepts CREATE VIRTUAL TABLE. */
  readonly creatable: boolean;
  /** Accepts INSERT, UPDATE and DELETE. */
  readonly writable: boolean;
  /** Takes part in transactions. */
  readonly transactional: boolean;
  /** Supports savepoints. */
  readonly savepoints: boolean;
  /** Sees to ON CONFLICT itself. */
  readonly conflicts: boolean;
  /** Accepts ALTER TABLE … RENAME. */
  readonly renamable: boolean;
  /** Takes part in PRAGMA integrity_check. */
  readonly integrity: boolean;
  /** Not usable from a view or trigger. */
  readonly directOnly: boolean;
  /** Safe in the schema even when `trusted_schema` is off. */
  readonly innocuous: boolean;
}

/** A virtual table module in a manifest. */
export interface ManifestModule {
  /** Name for use after USING. */
  readonly name: string;
  /** How it behaves. */
  readonly flags: ModuleFlags;
  /** What follows `TABLE_` in the names of the ordinary tables its tables keep their content in. */
  readonly shadowNames: readonly string[];
}

/** A hook of a connection. */
export type HookName = "authorizer" | "update" | "preupdate" | "commit" | "rollback";

/** A capability an extension asks for. */
export interface Capability {
  /** For instance `random` or `spi.read`. */
  readonly name: string;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** What an extension would send over HTTP. */
export interface HttpPolicy {
  /** Host names: exact, or `*.` and a domain. */
  readonly allowedDomains: readonly string[];
  /** Methods in upper case. */
  readonly methods: readonly string[];
  /** Largest body, in bytes. */
  readonly maxBodyBytes: bigint;
  /** For one request, in milliseconds. */
  readonly timeoutMs: number;
}

/** What becomes of a call of an extension that comes while another call of it runs. */
export type Nesting = "refuse" | "fresh-instance";

/** An extension's manifest as lifted from it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly functions: readonly ManifestFunction[];
  readonly aggregates: readonly ManifestAggregate[];
  readonly collations: readonly { readonly name: string }[];
  readonly modules: readonly ManifestModule[];
  readonly hooks: Readonly<Record<HookName, boolean>>;
  readonly required: readonly Capability[];
  readonly optional: readonly Capability[];
  readonly nesting: Nesting;
  readonly http?: HttpPolicy;
}

/** Bits of `function-flags` in wit/metadata.wit. */
export function flagBits(flags: FunctionFlags): number {
  return (
    (flags.deterministic ? 1 : 0) | (flags.directOnly ? 2 : 0) | (flags.innocuous ? 4 : 0) | (flags.subtype ? 8 : 0)
  );
}
