/** The same API through a worker thread. */

import { SqliteError } from "sqlink";
import { openWorker, type WorkerDatabase, type WorkerOptions } from "sqlink/worker";
import { afterEach, expect, test } from "vitest";

const opened: WorkerDatabase[] = [];
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

async function fresh(options?: WorkerOptions): Promise<WorkerDatabase> {
  const database = await openWorker(options);
  opened.push(database);
  return database;
}

const ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/** A table `s` of the numbers from 1. */
const series = (n: number): string =>
  `WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < ${n})`;

test("statements, rows and errors cross", async () => {
  const db = await fresh();
  await db.exec("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, x'0102'), (2, 'é')");
  expect(await db.query("SELECT * FROM t")).toEqual([
    { a: 1, b: new Uint8Array([1, 2]) },
    { a: 2, b: "é" },
  ]);
  const statement = await db.prepare("INSERT INTO t VALUES (?1, ?2)");
  expect(await statement.run([3, 2n ** 60n])).toEqual({ changes: 1, lastInsertRowid: 3 });
  expect(await (await db.prepare("SELECT b FROM t WHERE a = ?1")).get([3])).toEqual({ b: 2n ** 60n });
  const error = await db.query("SELECT x FROM t").catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SqliteError);
  expect(error).toMatchObject({ message: "no such column: x", offset: 7, code: "SQLITE_ERROR" });
  expect(await db.changes).toBe(1);
  expect((await db.export()).length).toBeGreaterThan(4096);
});

test("iteration streams in batches and can be ended", async () => {
  const db = await fresh();
  const statement = await db.prepare(`${series(5000)} SELECT value AS v FROM s`);
  let sum = 0;
  for await (const row of statement.iterate()) sum += Number(row.v);
  expect(sum).toBe(12_502_500);
  for await (const row of statement.iterate()) if (row.v === 20) break;
  expect(await statement.get()).toEqual({ v: 1 });
});

test("an abort stops the running statement and leaves the connection usable", async () => {
  const db = await fresh();
  const abort = new AbortController();
  const running = db.query(ENDLESS, undefined, { signal: abort.signal });
  const queued = db.query(ENDLESS, undefined, { signal: abort.signal });
  const after = db.query("SELECT 1 AS a");
  setTimeout(() => abort.abort(), 100);
  for (const outcome of await Promise.allSettled([running, queued])) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "SQLITE_INTERRUPT" } });
  }
  expect(await after).toEqual([{ a: 1 }]);
});

test("a transaction keeps other calls out until it is over", async () => {
  const db = await fresh();
  await db.exec("CREATE TABLE t(a)");
  const first = db.transaction(async (tx) => {
    await tx.exec("INSERT INTO t VALUES (1)");
    await new Promise((resolve) => setTimeout(resolve, 30));
    await tx.transaction((inner) => inner.exec("INSERT INTO t VALUES (2)"));
    return tx.query("SELECT count(*) AS n FROM t");
  });
  const outside = db.query("SELECT count(*) AS n FROM t");
  const failed = db.transaction(async (tx) => {
    await tx.exec("INSERT INTO t VALUES (3)");
    throw new Error("back");
  });
  const back = expect(failed).rejects.toThrow("back");
  expect(await first).toEqual([{ n: 2 }]);
  expect(await outside).toEqual([{ n: 2 }]);
  await back;
  expect(await db.query("SELECT count(*) AS n FROM t")).toEqual([{ n: 2 }]);
});

test("a module makes functions in the worker", async () => {
  const db = await fresh();
  const module = "export default (db) => db.createFunction('triple', (x) => x * 3)";
  await db.use(new URL(`data:text/javascript,${encodeURIComponent(module)}`));
  expect(await db.query("SELECT triple(14) AS a")).toEqual([{ a: 42 }]);
});

test("closing ends the worker; later calls are errors", async () => {
  const db = await fresh();
  await db.close();
  expect(db.closed).toBe(true);
  await expect(db.query("SELECT 1")).rejects.toThrow("the connection is closed");
});
