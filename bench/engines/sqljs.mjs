/** `sql.js` through its `Database` class. */

export const name = "sql.js";

/**
 * Loads the library and compiles its WebAssembly.
 * @param {{url?: (file: string) => string}} assets `url` says where the page finds a `.wasm` file; Node needs none.
 */
export async function load(assets) {
  const { default: init } = await import("sql.js");
  const SQL = await init(assets.url === undefined ? {} : { locateFile: assets.url });
  return { open: async () => connection(new SQL.Database()) };
}

function connection(db) {
  return {
    exec: (sql) => db.run(sql),
    value: (sql) => db.exec(sql)[0].values[0][0],
    rows: (sql) => db.exec(sql)[0].values,
    insertAll(sql, rows) {
      const statement = db.prepare(sql);
      try {
        for (const row of rows) statement.run(row);
      } finally {
        statement.free();
      }
    },
    identityInteger: (functionName) => db.create_function(functionName, (x) => x),
    identityText: (functionName) => db.create_function(functionName, (s) => s),
    register() {
      db.create_aggregate("js_sum", { init: () => 0, step: (sum, x) => sum + x, finalize: (sum) => sum });
      return ["aggregate"];
    },
    close: () => db.close(),
  };
}
