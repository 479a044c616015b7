/**
 * SQLite and its extensions in WebAssembly: the entry for Cloudflare Workers, where WebAssembly is imported and nothing is
 * compiled at run time. Extensions are given as linked core modules.
 *
 * @packageDocumentation
 */
import adapter from "./adapter.wasm";
import engine from "./engine.wasm";
import { configure, fetchBytes } from "./environment.js";

configure({
  engine: async () => engine,
  adapter: async () => adapter,
  read: fetchBytes,
  url: (text) => new URL(text),
});

export * from "./api.js";
