/**
 * What each kind of registration costs: the extension `bench` on SQLink, the same job done by SQLite's own C in the same
 * engine, and by a peer's JavaScript where it has an interface for it. A row is one query; its time is divided by the rows
 * it goes through.
 */
import { TABLE_ROWS } from "./workloads.mjs";

/** Rows whose function runs SQL or keeps something. */
const IMPORT_ROWS = 20_000;
/** Loads of the extension `uuid` in a round. */
const LOADS = 5;

/** The row in milliseconds. */
export const LOAD = "load of an extension, in ms";

/** Column of SQLite's own C. */
const BUILT_IN = "SQLite's C";

const SETUP = `
  CREATE TABLE scan(x INTEGER, r REAL, s TEXT);
  WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < ${TABLE_ROWS - 1})
    INSERT INTO scan SELECT n, n * 0.5, 'sixteen bytes it' FROM c;
  CREATE TABLE unsorted(s TEXT);
  INSERT INTO unsorted SELECT substr('zqxwvkjpmygbfhdu', x % 7 + 1, 4) || (x * 7919 % 100003) || ' row' FROM scan;
`;

const window = (sum) => `SELECT max(w) FROM (SELECT ${sum}(x) OVER (ORDER BY rowid ROWS 9 PRECEDING) AS w FROM scan)`;
const sort = (collation) => `SELECT s FROM unsorted ORDER BY s COLLATE ${collation} LIMIT 1 OFFSET ${TABLE_ROWS - 1}`;
const scan = (table) => `SELECT sum(x) || ' ' || sum(r) || ' ' || max(s) FROM ${table}`;
const kit = (series) => `SELECT sum(n) || ' ' || sum(r) || ' ' || max(s) FROM ${series}(1, ${TABLE_ROWS})`;
const imported = (value) => `SELECT sum(${value}) FROM scan WHERE x < ${IMPORT_ROWS}`;

/**
 * `ours`, `builtIn` and `peer` are the SQL of each column; `peer` is for engines that can register its `kind`.
 * @type {{name: string, rows: number, before?: string, after?: string, kit?: true, ours: string, builtIn?: string, peer?: string, kind?: string}[]}
 */
const MEASURES = [
  {
    name: "aggregate, per step",
    rows: TABLE_ROWS,
    ours: "SELECT bench_sum(x) FROM scan",
    builtIn: "SELECT sum(x) FROM scan",
    peer: "SELECT js_sum(x) FROM scan",
    kind: "aggregate",
  },
  {
    name: "window of 10, per row",
    rows: TABLE_ROWS,
    ours: window("bench_sum"),
    builtIn: window("sum"),
    peer: window("js_sum"),
    kind: "window",
  },
  {
    name: "collation, sort of 100,000, per row",
    rows: TABLE_ROWS,
    ours: sort("bench_binary"),
    builtIn: sort("nocase"),
    peer: sort("js_binary"),
    kind: "collation",
  },
  {
    name: "virtual table, 3 columns, per row",
    rows: TABLE_ROWS,
    ours: scan(`bench_rows(${TABLE_ROWS})`),
    builtIn: scan("scan"),
    peer: scan("js_rows"),
    kind: "table",
  },
  { name: "rows it formats, in batches, per row", rows: TABLE_ROWS, kit: true, ours: kit("kit_series") },
  { name: "rows it formats, one a call, per row", rows: TABLE_ROWS, kit: true, ours: kit("kit_singly") },
  {
    name: "virtual table, insert, per row",
    rows: TABLE_ROWS,
    before: "CREATE VIRTUAL TABLE stored USING bench_table; CREATE TABLE kept(x INTEGER, r REAL, s TEXT)",
    ours: "INSERT INTO stored SELECT * FROM scan",
    builtIn: "INSERT INTO kept SELECT * FROM scan",
    after: "DROP TABLE stored; DROP TABLE kept",
  },
  {
    name: "SQL from a function, per query",
    rows: IMPORT_ROWS,
    ours: imported("bench_query(x)"),
    builtIn: imported("(SELECT scan.x + 1)"),
  },
  { name: "state, set", rows: IMPORT_ROWS, ours: imported("bench_set(x)") },
  { name: "state, get", rows: IMPORT_ROWS, ours: imported("bench_get(x)") },
];

/** Connections of their own, each with what it offers for this: what they hold and load is in nobody else's way. */
export class ExtensionMeasures {
  #engines = [];
  /** By engine, the kinds that its JavaScript could register. */
  #kinds = new Map();

  /** The columns of what is measured. */
  columns() {
    return this.#engines.flatMap(({ name, db }) => (db.loadBench === undefined ? [name] : [name, BUILT_IN]));
  }

  /** @param {{name: string, library: object}[]} engines */
  async setUp(engines) {
    for (const { name, library } of engines) {
      const db = await library.open();
      await db.exec(SETUP);
      const engine = { name, db, formats: undefined };
      if (db.loadBench === undefined) this.#kinds.set(name, db.register?.() ?? []);
      else {
        await db.loadBench();
        // It listens to everything that its connection does.
        engine.formats = await library.open();
        await engine.formats.loadKit();
      }
      this.#engines.push(engine);
    }
  }

  /** @param {{time: Function, answer: Function}} recorder @param {(work: () => unknown) => Promise<[number, unknown]>} timed */
  async round(recorder, timed) {
    for (const measure of MEASURES) {
      for (const { name, db, formats } of this.#engines) {
        if (formats !== undefined) {
          if (measure.before !== undefined) await db.exec(measure.before);
          await one(measure.kit ? formats : db, name, measure, measure.ours);
          if (measure.builtIn !== undefined) await one(db, BUILT_IN, measure, measure.builtIn);
          if (measure.after !== undefined) await db.exec(measure.after);
        } else if (this.#kinds.get(name).includes(measure.kind)) {
          await one(db, name, measure, measure.peer);
        }
      }
      this.#engines.push(this.#engines.shift());
    }
    for (const { name, db } of this.#engines) {
      if (db.loadAndUnload === undefined) continue;
      for (let i = 0; i < LOADS; i += 1) recorder.time(LOAD, name, await db.loadAndUnload());
    }

    async function one(db, column, { name: row, rows }, sql) {
      const query = sql.startsWith("SELECT");
      const [elapsed, value] = await timed(() => (query ? db.value(sql) : db.exec(sql)));
      recorder.time(row, column, (elapsed * 1e6) / rows);
      if (query) recorder.answer(row, column, value);
    }
  }

  async close() {
    for (const { db, formats } of this.#engines) {
      await formats?.close();
      await db.close();
    }
  }
}
