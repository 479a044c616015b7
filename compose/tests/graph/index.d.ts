// Made by `sqlink-compose compose`. Do not edit.
import type { Database, OpenOptions } from "sqlink/core";

/** An extension of the bundle. */
export interface BundledExtension {
  /** Its linked core module. */
  readonly module: WebAssembly.Module;
  readonly name: string;
  /** SHA-256 of the component it was linked from, in hexadecimal. */
  readonly digest: string;
  /** Capabilities it is granted when it is loaded. */
  readonly grants: readonly string[];
}

/** The bundled extensions, as `loadExtension` takes them, with the grants they were bundled with. */
export declare const extensions: readonly BundledExtension[];

/** Opens a database with every bundled extension loaded. */
export declare function open(options?: OpenOptions): Promise<Database>;
