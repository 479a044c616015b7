/** SQLink through its package, in the thread that calls it. */

export const name = "sqlink";

/**
 * Loads the package and compiles the engine.
 * @param {{echo: () => Promise<Uint8Array>}} assets reads an extension whose scalar function returns its argument
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
    loadEcho: async () => db.loadExtension(await assets.echo()),
    close: () => db.close(),
  };
}
