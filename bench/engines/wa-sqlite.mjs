/** `wa-sqlite`, the synchronous build, through its `Factory` API. */

export const name = "wa-sqlite";

/**
 * Loads the library and compiles its WebAssembly.
 * @param {{bytes?: (file: string) => Promise<Uint8Array>}} assets `bytes` reads the `.wasm` file in Node,
 *   where the library can't fetch it.
 */
export async function load(assets) {
  const [{ default: factory }, SQLite] = await Promise.all([
    import("wa-sqlite/dist/wa-sqlite.mjs"),
    import("wa-sqlite"),
  ]);
  const wasmBinary = assets.bytes && (await assets.bytes("wa-sqlite/dist/wa-sqlite.wasm"));
  const sqlite3 = SQLite.Factory(await factory(wasmBinary === undefined ? {} : { wasmBinary }));
  return { open: async () => connection(sqlite3, SQLite, await sqlite3.open_v2(":memory:")) };
}

function connection(sqlite3, SQLite, db) {
  const rows = async (sql) => (await sqlite3.execWithParams(db, sql)).rows;
  const define = (functionName, body) =>
    sqlite3.create_function(db, functionName, 1, SQLite.SQLITE_UTF8 | SQLite.SQLITE_DETERMINISTIC, 0, body);
  return {
    exec: (sql) => sqlite3.exec(db, sql),
    value: async (sql) => (await rows(sql))[0][0],
    rows,
    async insertAll(sql, values) {
      const text = sqlite3.str_new(db, sql);
      const { stmt } = await sqlite3.prepare_v2(db, sqlite3.str_value(text));
      try {
        for (const row of values) {
          sqlite3.bind_collection(stmt, row);
          await sqlite3.step(stmt);
          await sqlite3.reset(stmt);
        }
      } finally {
        await sqlite3.finalize(stmt);
        sqlite3.str_finish(text);
      }
    },
    // The typed accessors: the fastest way a user of this library can write the function.
    identityInteger: (functionName) =>
      define(functionName, (context, values) => {
        sqlite3.result_int(context, sqlite3.value_int(values[0]));
      }),
    identityText: (functionName) =>
      define(functionName, (context, values) => {
        sqlite3.result_text(context, sqlite3.value_text(values[0]));
      }),
    close: () => sqlite3.close(db),
  };
}
