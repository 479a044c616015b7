/** `@sqlite.org/sqlite-wasm` through its object API (`oo1`), and the C API where that has no function. */
import { TABLE_ROWS } from "../workloads.mjs";

export const name = "@sqlite.org/sqlite-wasm";

/**
 * Loads the library and compiles its WebAssembly.
 * @returns {Promise<{open: () => Promise<object>}>} `open` gives a new in-memory database, as all the modules here do.
 */
export async function load() {
  const { default: init } = await import("@sqlite.org/sqlite-wasm");
  const sqlite3 = await init();
  return { open: async () => connection(sqlite3, new sqlite3.oo1.DB(":memory:")) };
}

function connection(sqlite3, db) {
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
    register() {
      registerSum(sqlite3, db);
      registerBinary(sqlite3, db);
      registerRows(sqlite3, db);
      return ["aggregate", "window", "collation", "table"];
    },
    close: () => db.close(),
  };
}

/** An aggregate and window function; its sums are kept by the address that SQLite gives each. */
function registerSum({ capi }, db) {
  const sums = new Map();
  const add = (context, x) => {
    const at = capi.sqlite3_aggregate_context(context, 4);
    sums.set(at, (sums.get(at) ?? 0) + x);
  };
  const current = (context) => sums.get(capi.sqlite3_aggregate_context(context, 4)) ?? 0;
  db.createFunction({
    name: "js_sum",
    arity: 1,
    deterministic: true,
    xStep: add,
    xInverse: (context, x) => add(context, -x),
    xValue: current,
    xFinal(context) {
      const sum = current(context);
      sums.delete(capi.sqlite3_aggregate_context(context, 0));
      return sum;
    },
  });
}

/** A collation that compares the bytes where they are. */
function registerBinary({ capi, wasm }, db) {
  const compare = (_, lengthA, a, lengthB, b) => {
    const bytes = wasm.heap8u();
    const length = Math.min(lengthA, lengthB);
    for (let i = 0; i < length; i += 1) if (bytes[a + i] !== bytes[b + i]) return bytes[a + i] - bytes[b + i];
    return lengthA - lengthB;
  };
  check(capi.sqlite3_create_collation_v2(db, "js_binary", capi.SQLITE_UTF8, 0, compare, 0));
}

/** A table of as many rows as the table `scan` has. */
function registerRows({ capi, vtab }, db) {
  const module = vtab.setupModule({
    methods: {
      xConnect(connection, _aux, _argc, _argv, into) {
        const code = capi.sqlite3_declare_vtab(connection, "CREATE TABLE x(x INTEGER, r REAL, s TEXT)");
        if (code === 0) vtab.xVtab.create(into);
        return code;
      },
      xDisconnect: (table) => void vtab.xVtab.dispose(table),
      xBestIndex(_table, info) {
        const index = vtab.xIndexInfo(info);
        index.$estimatedRows = TABLE_ROWS;
        index.dispose();
        return 0;
      },
      xOpen(_table, into) {
        vtab.xCursor.create(into).row = 0;
      },
      xClose: (cursor) => void vtab.xCursor.dispose(cursor),
      xFilter(cursor) {
        vtab.xCursor.get(cursor).row = 0;
      },
      xNext(cursor) {
        vtab.xCursor.get(cursor).row += 1;
      },
      xEof: (cursor) => (vtab.xCursor.get(cursor).row >= TABLE_ROWS ? 1 : 0),
      xRowid: (cursor, into) => vtab.xRowid(into, vtab.xCursor.get(cursor).row),
      xColumn(cursor, context, column) {
        const { row } = vtab.xCursor.get(cursor);
        if (column === 0) capi.sqlite3_result_int(context, row);
        else if (column === 1) capi.sqlite3_result_double(context, row * 0.5);
        else capi.sqlite3_result_text(context, "sixteen bytes it", 16, capi.SQLITE_TRANSIENT);
      },
    },
  });
  check(capi.sqlite3_create_module(db, "js_rows", module, 0));
}

function check(code) {
  if (code !== 0) throw new Error(`official sqlite-wasm refuses a registration with ${code}`);
}
