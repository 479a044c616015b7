/** `@sqlite.org/sqlite-wasm` through its object API (`oo1`). */

export const name = "@sqlite.org/sqlite-wasm";

/**
 * Loads the library and compiles its WebAssembly.
 * @returns {Promise<{open: () => Promise<object>}>} `open` gives a new in-memory database, as all the modules here do.
 */
export async function load() {
  const { default: init } = await import("@sqlite.org/sqlite-wasm");
  const sqlite3 = await init();
  return { open: async () => connection(new sqlite3.oo1.DB(":memory:")) };
}

function connection(db) {
  return {
    exec: (sql) => db.exec(sql),
    value: (sql) => db.selectValue(sql),
    rows: (sql) => db.selectArrays(sql),
    insertAll(sql, rows) {
      const statement = db.prepare(sql);
      try {
        for (const row of rows) statement.bind(row).stepReset();
      } finally {
        statement.finalize();
      }
    },
    identityInteger: (functionName) => db.createFunction(functionName, (_context, x) => x, { deterministic: true }),
    identityText: (functionName) => db.createFunction(functionName, (_context, s) => s, { deterministic: true }),
    close: () => db.close(),
  };
}
