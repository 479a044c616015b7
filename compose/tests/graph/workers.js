// Made by `sqlink-compose compose`. Do not edit: sqlink.lock.json says what is inside.
import { open as openDatabase } from "sqlink/core";
import engine from "./engine.wasm";
import adapter from "./adapter.wasm";
import ext0 from "./ext/quiet.wasm";
import ext1 from "./ext/all-of-it.wasm";

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
