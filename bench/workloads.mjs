/**
 * What is measured. Every engine gets the same SQL text and its own default settings, and must give the same
 * answer to `check`; a difference ends the run.
 */

/** Rows of the tables that the SQL workloads and the per-row measurements use. */
export const ROWS = 200_000;

/** Rows of the tables on which kinds of registration are measured. */
export const TABLE_ROWS = 100_000;

/** Makes the numbers 1 to `ROWS` as table `seq`; not measured. */
export const SETUP = `
  CREATE TABLE seq(n INTEGER PRIMARY KEY);
  WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${ROWS}) INSERT INTO seq SELECT n FROM c;
  CREATE TABLE kind(id INTEGER PRIMARY KEY, label TEXT NOT NULL);
  INSERT INTO kind SELECT n - 1, 'kind ' || (n * 7919 % 1009) FROM seq WHERE n <= 1009;
`;

/**
 * The pure SQL workloads, in the order they run on one database.
 * `sql` is timed when it runs; `query` is timed and its one value is the answer; `check` is not timed.
 * @type {{name: string, sql?: string, query?: string, check?: string}[]}
 */
export const SQL_WORKLOADS = [
  {
    name: "sql/insert",
    sql: `
      CREATE TABLE t(id INTEGER PRIMARY KEY, k INTEGER NOT NULL, r REAL NOT NULL, s TEXT NOT NULL, j TEXT NOT NULL);
      INSERT INTO t SELECT n, n * 7919 % 1009, n * 0.25, substr('zqxwvkjpmygbfhdu', n % 7 + 1, 4) || (n * 7919 % 100003) || ' row ' || n,
        '{"id":' || n || ',"tags":["a","b' || (n % 13) || '"],"point":{"x":' || (n % 360) || ',"y":-1.5}}' FROM seq;`,
    check: "SELECT count(*) || ' ' || sum(k) || ' ' || sum(r) || ' ' || sum(length(s)) || ' ' || sum(length(j)) FROM t",
  },
  {
    name: "sql/aggregate",
    query: `SELECT count(*) || ' ' || sum(c) || ' ' || sum(total) || ' ' || round(sum(mean), 3) || ' ' || min(low) || ' ' || max(high)
      FROM (SELECT k, count(*) AS c, sum(id) AS total, avg(r) AS mean, min(s) AS low, max(s) AS high FROM t GROUP BY k)`,
  },
  {
    name: "sql/sort",
    sql: "CREATE TABLE sorted AS SELECT s, id FROM t ORDER BY s DESC, id",
    check: "SELECT sum(rowid * (id % 101)) FROM sorted",
  },
  {
    name: "sql/like",
    query: "SELECT count(*) FROM t WHERE s LIKE '%7%ROW%3%1' OR s LIKE 'q_w%'",
  },
  {
    name: "sql/json",
    query: `SELECT count(*) || ' ' || sum(json_extract(j, '$.id')) || ' ' || sum(json_extract(j, '$.point.x')) FROM t
      WHERE j ->> '$.tags[1]' = 'b5' OR json_extract(j, '$.point.x') < 90`,
  },
  {
    name: "sql/index",
    sql: "CREATE INDEX t_s ON t(s); CREATE INDEX t_k ON t(k, r)",
    check: "SELECT count(*) || ' ' || max(id) FROM t INDEXED BY t_s WHERE s > 'q' AND s < 'x'",
  },
  {
    name: "sql/join",
    query: `SELECT count(*) || ' ' || sum(b.id % 1000) || ' ' || sum(length(kind.label))
      FROM seq JOIN t AS a ON a.id = seq.n JOIN t AS b ON b.s = a.s JOIN kind ON kind.id = b.k`,
  },
  {
    name: "sql/update",
    sql: "UPDATE t SET r = r + 1, s = s || '!' WHERE k % 4 = 0",
    check: "SELECT sum(r) || ' ' || sum(length(s)) FROM t",
  },
  {
    name: "sql/cte",
    query: `WITH RECURSIVE c(n, x) AS (SELECT 1, 7 UNION ALL SELECT n + 1, (x * 1103515245 + 12345) & 2147483647 FROM c WHERE n < ${2 * ROWS})
      SELECT count(*) || ' ' || sum(x % 1000) FROM c`,
  },
];

/** Rows for prepared inserts: integer, real, 16-byte text. Made once, so that making them is not measured. */
export function makeRows() {
  return Array.from({ length: ROWS }, (_, i) => [
    (i * 7919) % 100_003,
    i * 0.5 + 0.25,
    `${String(i % 5)}text ${String(i).padStart(10, "0")}`,
  ]);
}

/** The table of the per-row measurements, filled by prepared inserts. */
export const CREATE_POINTS = "DROP TABLE IF EXISTS p; CREATE TABLE p(x INTEGER, r REAL, s TEXT)";
export const INSERT_POINT = "INSERT INTO p VALUES (?, ?, ?)";
export const CHECK_POINTS =
  "SELECT count(*) || ' ' || sum(x) || ' ' || sum(r) || ' ' || max(s) || ' ' || min(length(s)) || ' ' || max(length(s)) FROM p";
export const FETCH_POINTS = "SELECT x, r, s FROM p";

/**
 * Scalar functions: the same query with the function and without it; the difference over the rows is what one call adds.
 * `js` rows call a JavaScript function on every engine; in the others SQLink calls an isolated extension instead.
 */
export const SCALARS = [
  { name: "scalar-int", kind: "integer", isolated: true },
  { name: "scalar-text", kind: "text", isolated: true },
  { name: "js-scalar-int", kind: "integer", isolated: false },
  { name: "js-scalar-text", kind: "text", isolated: false },
];

/** @param {"integer" | "text"} kind @param {string} [call] name of the function; none for the base query */
export function scalarQuery(kind, call) {
  const column = kind === "integer" ? "x" : "s";
  const value = call === undefined ? column : `${call}(${column})`;
  return kind === "integer" ? `SELECT sum(${value}) FROM p` : `SELECT max(${value}) FROM p`;
}
