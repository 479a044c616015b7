/**
 * SQLite and its extensions in WebAssembly: the entry for Node.
 *
 * @packageDocumentation
 */
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import adapter from "sqlink:adapter";
import { compileAdapter, configure, fetchBytes } from "./environment.js";
import { CANTOPEN, SqliteError } from "./errors.js";

async function readBytes(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(url);
  } catch (cause) {
    throw new SqliteError(`cannot read \`${url}\`: ${String(cause)}`, { extendedCode: CANTOPEN }, { cause });
  }
}

configure({
  engine: () => readBytes(new URL("./engine.wasm", import.meta.url)),
  linker: () => readBytes(new URL("./linker.wasm", import.meta.url)),
  adapter: () => compileAdapter(adapter),
  read: (url) => (url.protocol === "file:" ? readBytes(url) : fetchBytes(url)),
  // A scheme has two letters or more: `C:\x.wasm` is a path.
  url: (text) => (/^[a-z][a-z0-9+.-]+:/i.test(text) ? new URL(text) : pathToFileURL(text)),
});

export * from "./api.js";
