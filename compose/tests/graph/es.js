// Made by `sqlink-compose compose`. Do not edit: sqlink.lock.json says what is inside.
import { open as openDatabase } from "sqlink/core";

async function found(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`cannot fetch ${url}: HTTP status ${response.status}`);
  return response;
}

const compile = async (url) => WebAssembly.compile(await (await found(url)).arrayBuffer());

const [engine, adapter, ext0, ext1] = await Promise.all([
  compile(new URL("./engine.wasm", import.meta.url)),
  // Only where there is multi-memory; without, values are copied by JavaScript.
  compile(new URL("./adapter.wasm", import.meta.url)).catch(() => undefined),
  compile(new URL("./ext/quiet.wasm", import.meta.url)),
  compile(new URL("./ext/all-of-it.wasm", import.meta.url)),
]);

/** The bundled extensions, as `loadExtension` takes them, with the grants they were bundled with. */
export const extensions = [
  { module: ext0, name: "quiet", digest: "<sha256 of quiet.wasm>", grants: [] },
  { module: ext1, name: "all-of-it", digest: "<sha256 of all-of-it.wasm>", grants: ["random", "spi.read"] },
];

/** Opens a database with every bundled extension loaded. */
export async function open(options = {}) {
  const db = await openDatabase({ engine, adapter, ...options });
  try {
    for (const { module, name, digest, grants } of extensions) {
      await db.loadExtension({ module, name, digest }, { grants });
    }
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}
