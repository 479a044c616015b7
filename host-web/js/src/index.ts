/**
 * SQLite and its extensions in WebAssembly: the entry for browsers, Deno and bundlers.
 *
 * @example
 * ```ts
 * import { open } from "sqlink";
 * const db = await open();
 * await db.loadExtension("https://example.org/regexp.wasm");
 * db.query("SELECT 'SQLite' REGEXP ?1 AS found", ["^SQL"]); // [{ found: 1 }]
 * ```
 *
 * @packageDocumentation
 */
import adapter from "sqlink:adapter";
import { compileAdapter, configure, fetchBytes } from "./environment.js";

configure({
  engine: () => fetch(new URL("./engine.wasm", import.meta.url)),
  linker: () => fetch(new URL("./linker.wasm", import.meta.url)),
  adapter: () => compileAdapter(adapter),
  read: fetchBytes,
  url: (text) => new URL(text, globalThis.location?.href),
});

export * from "./api.js";
