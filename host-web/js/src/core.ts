/**
 * The API without WebAssembly of its own: `open` needs `engine` (and `adapter`, where there is multi-memory). For bundles
 * that bring theirs, as `sqlink compose` makes them.
 *
 * @packageDocumentation
 */
import { configure, fetchBytes } from "./environment.js";
import { misuse } from "./errors.js";

configure({
  engine: () => Promise.reject(misuse("`open` of `sqlink/core` needs `engine`, a compiled WebAssembly.Module")),
  adapter: async () => undefined,
  read: fetchBytes,
  url: (text) => new URL(text),
});

export * from "./api.js";
