/** The package as built, on this Node. On Node 20, which has no multi-memory, extensions go through copier.ts. */

import { type Database, engineVersion, type OpenOptions, open, SqliteError } from "sqlink";
import { afterEach, expect, test } from "vitest";

const opened: Database[] = [];
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

async function fresh(options?: OpenOptions): Promise<Database> {
  const database = await open(options);
  opened.push(database);
  return database;
}

function failure(run: () => unknown): SqliteError {
  try {
    run();
  } catch (error) {
    if (error instanceof SqliteError) return error;
    throw error;
  }
  throw new Error("expected an SqliteError");
}

/** A table `s` of the numbers from 1. */
const series = (n: number): string =>
  `WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < ${n})`;

test("values keep their type and their bits", async () => {
  const db = await fresh();
  const values = [
    null,
    0,
    -1,
    2 ** 31,
    -(2 ** 31) - 1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2n ** 53n,
    -(2n ** 53n),
    2n ** 63n - 1n,
    -(2n ** 63n),
    0.5,
    -1e300,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    "",
    "a\0b",
    "\uFEFFé€😀",
    "x".repeat(100_000),
    new Uint8Array(),
    new Uint8Array([0, 1, 255]),
  ];
  const statement = db.prepare("SELECT ?1, typeof(?1), length(?1)");
  for (const value of values) {
    const [found] = statement.get([value], { rowMode: "array" }) ?? [];
    expect(found).toStrictEqual(value);
  }
  expect(db.query("SELECT typeof(?1) AS t, ?1 AS v", [-0])).toEqual([{ t: "real", v: -0 }]);
  expect(db.query("SELECT ?1 AS v, typeof(?2) AS b, ?2 AS c", [Number.NaN, true])).toEqual([
    { v: null, b: "integer", c: 1 },
  ]);
});

test("bigint: true gives every integer as a bigint", async () => {
  const db = await fresh({ bigint: true });
  expect(db.query("SELECT 1 AS a, -1 AS b, 1.0 AS c")).toEqual([{ a: 1n, b: -1n, c: 1 }]);
  db.exec("CREATE TABLE t(a)");
  expect(db.prepare("INSERT INTO t VALUES (?)").run([1])).toEqual({ changes: 1n, lastInsertRowid: 1n });
});

test("a lone surrogate and invalid UTF-8 become U+FFFD", async () => {
  const db = await fresh();
  expect(db.query("SELECT ?1 AS a, CAST(x'61ff62' AS TEXT) AS b", ["x\ud800"])).toEqual([
    { a: "x\ufffd", b: "a\ufffdb" },
  ]);
});

test("rows of many batches, as objects and as arrays", async () => {
  const db = await fresh();
  const sql =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'é' || i AS s, i / 2.0 AS r FROM n";
  const objects = db.query(sql);
  expect(objects).toHaveLength(5000);
  expect(objects[4999]).toEqual({ i: 5000, s: "é5000", r: 2500 });
  const arrays = db.query(sql, undefined, { rowMode: "array" });
  expect(arrays.map((row) => row[1])).toEqual(objects.map((row) => row.s));
});

test("a column named __proto__ is a property, and the last of two equal names counts", async () => {
  const db = await fresh();
  const [row] = db.query('SELECT 1 AS a, 2 AS "__proto__", 3 AS a');
  expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  expect(Object.entries(row ?? {})).toEqual([
    ["a", 3],
    ["__proto__", 2],
  ]);
});

test("parameters by position and by name; a wrong number is an error", async () => {
  const db = await fresh();
  const statement = db.prepare("SELECT :a AS a, @b AS b, $c AS c");
  expect(statement.parameterCount).toBe(3);
  expect(statement.get({ a: 1, "@b": 2, c: 3 })).toEqual({ a: 1, b: 2, c: 3 });
  expect(statement.get([4, 5, 6])).toEqual({ a: 4, b: 5, c: 6 });
  expect(failure(() => statement.get({ a: 1, b: 2 })).message).toBe("no value for parameter `$c`");
  expect(failure(() => statement.get([1, 2])).message).toBe("the statement has 3 parameters, 2 values were given");
  expect(failure(() => statement.get()).code).toBe("SQLITE_RANGE");
  expect(failure(() => db.query("SELECT ?1", [undefined as never])).code).toBe("SQLITE_MISMATCH");
  expect(failure(() => db.query("SELECT ?1", [2n ** 63n])).message).toContain("does not fit a 64-bit integer");
  expect(failure(() => db.query("SELECT ?1", [new Date(0) as never])).message).toContain("value 1 is Date");
});

test("errors carry code, offset and SQL", async () => {
  const db = await fresh();
  const syntax = failure(() => db.query("SELECT 'é' FRO t"));
  expect(syntax).toMatchObject({ name: "SqliteError", code: "SQLITE_ERROR", offset: 16, position: 15 });
  db.exec("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)");
  const unique = failure(() => db.exec("INSERT INTO t VALUES (1)"));
  expect(unique).toMatchObject({
    code: "SQLITE_CONSTRAINT",
    extendedCode: 2067,
    extendedName: "SQLITE_CONSTRAINT_UNIQUE",
    message: "UNIQUE constraint failed: t.a",
    sql: "INSERT INTO t VALUES (1)",
  });
  expect(failure(() => db.query("SELECT 1; SELECT 2")).code).toBe("SQLITE_MISUSE");
  expect(db.query("SELECT 1 AS a; -- done\n;")).toEqual([{ a: 1 }]);
  expect(db.query("-- nothing")).toEqual([]);
  expect(failure(() => db.prepare(" ")).code).toBe("SQLITE_MISUSE");
});

test("queryAll gives one result per statement, and those before an error", async () => {
  const db = await fresh();
  const results = db.queryAll("CREATE TABLE t(a); /* é */ INSERT INTO t VALUES (1), (2);\nSELECT a FROM t;", {
    maxRows: 1,
  });
  expect(
    results.map(({ sql, start, columns, rows, rowCount, changes }) => ({
      sql: sql.trim(),
      start,
      columns,
      rows,
      rowCount,
      changes,
    })),
  ).toEqual([
    { sql: "CREATE TABLE t(a);", start: 0, columns: [], rows: [], rowCount: 0, changes: 0 },
    { sql: "/* é */ INSERT INTO t VALUES (1), (2);", start: 18, columns: [], rows: [], rowCount: 0, changes: 2 },
    { sql: "SELECT a FROM t;", start: 57, columns: ["a"], rows: [[1]], rowCount: 2, changes: 0 },
  ]);
  const error = failure(() => db.queryAll("SELECT 'é' AS a; SELECT b FROM t"));
  expect(error).toMatchObject({ message: "no such column: b", offset: 25, position: 24 });
  expect((error as { results?: unknown[] }).results).toHaveLength(1);
});

test("iteration streams, and ending it early resets the statement", async () => {
  const db = await fresh();
  let calls = 0;
  db.createFunction("seen", (value) => {
    calls++;
    return value;
  });
  const statement = db.prepare(`${series(100_000)} SELECT seen(value) AS v FROM s`);
  for (const row of statement.iterate()) {
    if (row.v === 3) break;
  }
  expect(calls).toBeLessThan(10);
  expect(db.inTransaction).toBe(false);
  const iteration = statement.iterate();
  expect(iteration.next().value).toEqual({ v: 1 });
  expect(statement.all()).toHaveLength(100000);
  expect(failure(() => [...iteration]).message).toContain("used for something else");
});

test("an error after some rows comes after them", async () => {
  const db = await fresh();
  const rows: unknown[] = [];
  const error = failure(() => {
    const sql = `${series(9)} SELECT abs(CASE value WHEN 4 THEN -9223372036854775808 ELSE value END) AS v FROM s`;
    for (const row of db.prepare(sql).iterate()) rows.push(row.v);
  });
  expect(error.message).toBe("integer overflow");
  expect(rows).toEqual([1, 2, 3]);
});

test("column names follow a schema change", async () => {
  const db = await fresh();
  db.exec("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 2)");
  const statement = db.prepare("SELECT * FROM t");
  expect(statement.all()).toEqual([{ a: 1, b: 2 }]);
  db.exec("ALTER TABLE t RENAME COLUMN b TO c; ALTER TABLE t ADD COLUMN d DEFAULT 3");
  expect(statement.all()).toEqual([{ a: 1, c: 2, d: 3 }]);
  expect(statement.all()).toEqual([{ a: 1, c: 2, d: 3 }]);
  expect(statement.columns.map((column) => column.name)).toEqual(["a", "c", "d"]);
});

test("transactions commit, roll back and nest", async () => {
  const db = await fresh();
  db.exec("CREATE TABLE t(a)");
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  expect(db.transaction(() => insert.run([1]).lastInsertRowid)).toBe(1);
  expect(() =>
    db.transaction(() => {
      insert.run([2]);
      throw new Error("no");
    }),
  ).toThrow("no");
  db.transaction(() => {
    insert.run([3]);
    expect(() =>
      db.transaction(() => {
        insert.run([4]);
        throw new Error("inner");
      }),
    ).toThrow("inner");
    insert.run([5]);
  }, "immediate");
  expect(db.query("SELECT a FROM t", undefined, { rowMode: "array" }).flat()).toEqual([1, 3, 5]);
  expect(failure(() => db.transaction(async () => insert.run([6]))).message).toContain("must not be asynchronous");
  expect(db.inTransaction).toBe(false);
  // What was rolled back counts as well.
  expect(db.totalChanges).toBe(6);
});

test("JavaScript functions: arguments, results, exceptions as cause", async () => {
  const db = await fresh();
  db.createFunction("plus", (a: number, b: number) => a + b, { deterministic: true });
  db.createFunction("glue", (...parts) => parts.join("-"), { varargs: true });
  db.createFunction("size", (bytes: Uint8Array) => bytes.length);
  db.createFunction("big", () => 2n ** 62n);
  db.createFunction("yes", () => true);
  db.createFunction("nil", () => undefined);
  db.createFunction("long", () => "é".repeat(10_000));
  db.createFunction("twice", (x: Uint8Array) => new Uint8Array([...x, ...x]));
  expect(
    db.query(
      "SELECT plus(1, 2.5) a, glue('x', NULL, 1, x'00') j, size(x'0102') s, big() b, yes() y, nil() n, length(long()) l, hex(twice(x'ab')) t",
    ),
  ).toEqual([{ a: 3.5, j: "x--1-0", s: 2, b: 2n ** 62n, y: 1, n: null, l: 10_000, t: "ABAB" }]);
  const thrown = new RangeError("out of cheese");
  db.createFunction("boom", () => {
    throw thrown;
  });
  const error = failure(() => db.query("SELECT boom()"));
  expect(error.message).toBe("out of cheese");
  expect(error.cause).toBe(thrown);
  db.createFunction("wait", () => Promise.resolve(1) as never);
  expect(failure(() => db.query("SELECT wait()")).message).toContain("promise");
  expect(db.query("SELECT 1 AS fine")).toEqual([{ fine: 1 }]);
  db.removeFunction("plus", 2);
  expect(failure(() => db.query("SELECT plus(1, 2)")).message).toBe("no such function: plus");
});

test("a function may use its own connection", async () => {
  const db = await fresh();
  db.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)");
  db.createFunction("total", (limit) => db.query("SELECT sum(a) AS s FROM t WHERE a <= ?1", [limit])[0]?.s ?? null);
  expect(db.query("SELECT a, total(a) AS s FROM t")).toEqual([
    { a: 1, s: 1 },
    { a: 2, s: 3 },
    { a: 3, s: 6 },
  ]);
  db.createFunction("recurse", () => db.query("SELECT recurse()").length);
  expect(failure(() => db.query("SELECT recurse()")).reason).toBe("call-depth-exceeded");
  db.createFunction("shut", () => {
    db.close();
    return 1;
  });
  expect(failure(() => db.query("SELECT shut()")).code).toBe("SQLITE_MISUSE");
  expect(db.query("SELECT 1 AS a")).toEqual([{ a: 1 }]);
});

test("a statement can be stopped: by its timeout, by a function, by shared memory", async () => {
  const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  const timed = await fresh({ timeout: 50 });
  expect(failure(() => timed.query(endless))).toMatchObject({ code: "SQLITE_INTERRUPT" });
  const db = await fresh();
  db.createFunction("stop", () => db.interrupt());
  expect(failure(() => db.query(`${endless} WHERE i < 0 OR stop()`)).code).toBe("SQLITE_INTERRUPT");
  const flag = new Int32Array(new SharedArrayBuffer(4));
  db.interruptOn(flag);
  flag[0] = 1;
  expect(failure(() => db.query(endless)).code).toBe("SQLITE_INTERRUPT");
  flag[0] = 0;
  expect(db.query("SELECT 1 AS a")).toEqual([{ a: 1 }]);
});

test("a database goes out as a file and comes in again", async () => {
  const db = await fresh();
  db.exec("CREATE TABLE t(a); INSERT INTO t VALUES ('kept')");
  const bytes = db.export();
  expect(new TextDecoder().decode(bytes.subarray(0, 15))).toBe("SQLite format 3");
  const copy = await fresh({ bytes });
  copy.exec("INSERT INTO t VALUES ('new')");
  expect(copy.query("SELECT count(*) AS n FROM t")).toEqual([{ n: 2 }]);
  expect(db.query("SELECT count(*) AS n FROM t")).toEqual([{ n: 1 }]);
  const fixed = await fresh({ bytes, readOnly: true });
  expect(failure(() => fixed.exec("INSERT INTO t VALUES (1)")).code).toBe("SQLITE_READONLY");
  await expect(open({ bytes: new Uint8Array(100) }).then((db) => db.query("SELECT * FROM t"))).rejects.toBeInstanceOf(
    SqliteError,
  );
});

test("limits are read and set, and out of range is an error", async () => {
  const db = await fresh({ limits: { callDepth: 5 } });
  expect(db.limits).toMatchObject({ callDepth: 5, timeout: 0, outputBytes: 64 * 1024 * 1024 });
  db.limits = { valueBytes: 1000 };
  expect(failure(() => db.query("SELECT zeroblob(1001)")).code).toBe("SQLITE_TOOBIG");
  expect(failure(() => (db.limits = { callDepth: 0 })).code).toBe("SQLITE_RANGE");
  expect(failure(() => (db.limits = { timeout: 1.5 })).code).toBe("SQLITE_RANGE");
  db.limits = { outputBytes: 5000, valueBytes: 1_000_000 };
  db.createFunction("large", (size: number) => "x".repeat(size));
  db.createFunction("fails", (size: number) => {
    throw new Error("y".repeat(size));
  });
  expect(db.query("SELECT length(large(5000)) AS n")).toEqual([{ n: 5000 }]);
  expect(failure(() => db.query("SELECT large(5001)"))).toMatchObject({
    code: "SQLITE_TOOBIG",
    reason: "output-too-large",
    message: expect.stringContaining("it returned 5001 bytes, over the limit of 5000"),
  });
  db.limits = { outputBytes: 100 };
  expect(failure(() => db.query("SELECT fails(4096)")).message).toMatch(/^y+$/);
});

test("closing: statements and the connection are errors afterwards, closing again is not", async () => {
  const db = await fresh();
  const statement = db.prepare("SELECT 1");
  db.close();
  db.close();
  expect(db.closed).toBe(true);
  expect(failure(() => db.exec("SELECT 1")).message).toBe("the connection is closed");
  expect(failure(() => statement.all()).code).toBe("SQLITE_MISUSE");
  statement.finalize();
});

test("names share a database, :memory: does not", async () => {
  const [a, b, c] = [await fresh({ filename: "shared.db" }), await fresh({ filename: "shared.db" }), await fresh()];
  a.exec("CREATE TABLE t(a)");
  expect(b.query("SELECT count(*) AS n FROM t")).toEqual([{ n: 0 }]);
  expect(failure(() => c.query("SELECT * FROM t")).message).toBe("no such table: t");
});

test("the engine tells its version", async () => {
  const db = await fresh();
  expect(db.query("SELECT sqlite_version() AS v")).toEqual([{ v: engineVersion().sqlite }]);
});

test("with bigint: true what comes out goes in unchanged", async () => {
  const db = await fresh({ bigint: true });
  db.createFunction("same", (value) => value);
  for (const value of [1, 1n, -0, 2n ** 62n, 1e15]) {
    const types = db.query("SELECT ?1 AS a, same(?1) AS b", [value]);
    expect(types).toStrictEqual([{ a: value, b: value }]);
  }
});
