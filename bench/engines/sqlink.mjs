/** SQLink through its package, in the thread that calls it. */

export const name = "sqlink";

/**
 * Loads the package and compiles the engine.
 * @param {{extension: (file: string) => Promise<Uint8Array>}} assets reads `bench.wasm`, `kit.wasm` or `uuid.wasm`
 */
export async function load(assets) {
  const { open } = await import("sqlink");
  return { open: async () => connection(await open(), assets) };
}

function connection(db, assets) {
  const array = { rowMode: "array" };
  return {
    exec: (sql) => db.exec(sql),
    value: (sql) => db.query(sql, [], array)[0][0],
    rows: (sql) => db.query(sql, [], array),
    insertAll(sql, rows) {
      const statement = db.prepare(sql);
      try {
        for (const row of rows) statement.run(row);
      } finally {
        statement.finalize();
      }
    },
    identityInteger: (functionName) => db.createFunction(functionName, (x) => x, { deterministic: true }),
    identityText: (functionName) => db.createFunction(functionName, (s) => s, { deterministic: true }),
    loadBench: async () => db.loadExtension(await assets.extension("bench.wasm"), { grants: ["spi.read", "state"] }),
    loadKit: async () => db.loadExtension(await assets.extension("kit.wasm")),
    /** Milliseconds to load an extension that was never loaded before. */
    async loadAndUnload() {
      const bytes = unlike(await assets.extension("uuid.wasm"));
      const start = performance.now();
      const { name: extension } = await db.loadExtension(bytes, { grants: ["random", "clock"] });
      const elapsed = performance.now() - start;
      db.unloadExtension(extension);
      return elapsed;
    },
    close: () => db.close(),
  };
}

let files = 0;

/** The same component with one more custom section, named by a number: nothing kept of an earlier load fits it. */
function unlike(component) {
  files += 1;
  const name = new TextEncoder().encode(String(files).padStart(8, "0"));
  return new Uint8Array([...component, 0, name.length + 1, name.length, ...name]);
}
