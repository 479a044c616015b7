/** Every interface an extension can export, through both linkers, with and without the adapter: the same results. */
import { readFileSync } from "node:fs";
import { type Database, type LoadOptions, type LogEntry, type OpenOptions, open, SqliteError } from "sqlink";
import { openWorker } from "sqlink/worker";
import { afterEach, describe, expect, test } from "vitest";

const guest = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../dist/guests/${name}.wasm`, import.meta.url)));

const opened: Database[] = [];
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

function caught(run: () => unknown): SqliteError {
  try {
    run();
  } catch (error) {
    if (error instanceof SqliteError) return error;
    throw error;
  }
  throw new Error("expected an SqliteError");
}

const GRANTS = ["spi.read", "spi.write", "state", "cache", "clock", "random", "files.read", "files.write"];

describe.each([
  ["direct", {}],
  // As in Node 20 and Safari.
  ["direct", { adapter: null }],
  ["jco", {}],
] as const)("%s %o", (linker, openOptions) => {
  async function fresh(options: LoadOptions & OpenOptions = {}): Promise<Database> {
    const database = await open({ ...openOptions, ...options });
    opened.push(database);
    await database.loadExtension(guest("kit"), { linker, name: "kit.wasm", ...options });
    return database;
  }

  const rows = (db: Database, sql: string): unknown => db.query(sql, undefined, { rowMode: "array" });
  const one = (db: Database, sql: string): unknown => db.query(sql, undefined, { rowMode: "array" })[0]?.[0];

  test("what it registered is told", async () => {
    const db = await fresh({ grants: ["spi.read"], prefix: "a_" });
    const [info] = db.extensions();
    expect(info).toMatchObject({
      name: "kit",
      linker,
      aggregates: expect.arrayContaining(["a_kit_sum"]),
      collations: expect.arrayContaining(["a_kit_reverse"]),
      modules: expect.arrayContaining(["a_kit_series", "a_kit_table"]),
      hooks: ["authorizer", "update", "preupdate", "commit", "rollback"],
      granted: ["spi.read"],
    });
    expect(info?.functions).toContain("a_kit_echo");
    expect(one(db, "SELECT a_kit_echo('x')")).toBe("x");
    expect(caught(() => one(db, "SELECT kit_echo('x')")).message).toContain("no such function");
  });

  test("inspecting shows every kind", async () => {
    const db = await open();
    opened.push(db);
    const found = await db.inspectExtension(guest("kit"), { linker });
    const none = { deterministic: false, directOnly: false, innocuous: false, subtype: false };
    expect(found).toMatchObject({ name: "kit", linker, nesting: "fresh-instance", required: [] });
    expect(found.functions[0]).toEqual({
      name: "kit_echo",
      argCount: 1,
      flags: { ...none, deterministic: true, innocuous: true },
    });
    expect(found.aggregates[0]).toEqual({ name: "kit_sum", argCount: 1, flags: none, window: true });
    expect(found.collations).toContain("kit_reverse");
    expect(found.modules.find((module) => module.name === "kit_table")).toMatchObject({
      flags: { eponymous: false, creatable: true, writable: true, savepoints: true, directOnly: false },
      shadowNames: ["data"],
    });
    expect(found.hooks).toEqual(["authorizer", "update", "preupdate", "commit", "rollback"]);
    expect(found).not.toHaveProperty("http");
  });

  test("aggregates and windows", async () => {
    const db = await fresh();
    expect(one(db, "SELECT kit_sum(column1) FROM (VALUES (1), (41), ('x'), (NULL))")).toBe(42);
    expect(one(db, "SELECT kit_sum(1) WHERE 0")).toBe(null);
    expect(one(db, "SELECT kit_total() FROM (VALUES (1), (2))")).toBe(0);
    expect(one(db, "SELECT kit_group(column1) FROM (VALUES (1), ('é😀'), (x'00'), (NULL), (0.5))")).toBe(
      "1,é😀,blob(1),NULL,0.5",
    );
    expect(one(db, `SELECT length(kit_group('${"x".repeat(100_000)}'))`)).toBe(100_000);
    expect(rows(db, "SELECT kit_sum(n) OVER (ORDER BY n ROWS 1 PRECEDING) FROM kit_series(1, 4)")).toEqual([
      [1],
      [3],
      [5],
      [7],
    ]);
    for (const how of ["step", "inverse", "current", "finish"]) {
      const sql = (suffix: string) =>
        how === "finish"
          ? `SELECT kit_break('finish${suffix}', n) FROM kit_series(1, 3)`
          : `SELECT kit_break('${how}${suffix}', n) OVER (ROWS 1 PRECEDING) FROM kit_series(1, 3)`;
      expect(caught(() => rows(db, sql(""))).message).toContain(`${how} fails`);
      expect(caught(() => rows(db, sql("-trap")))).toMatchObject({ reason: "trapped", function: "kit_break" });
    }
    expect(one(db, "SELECT kit_sum(7)")).toBe(7);
    expect(db.extensions()[0]?.traps).toBe(4);
  });

  test("collations", async () => {
    const db = await fresh();
    const sorted = (name: string): unknown =>
      rows(db, `SELECT column1 FROM (VALUES ('b'), (''), ('éé'), ('a')) ORDER BY 1 COLLATE ${name}`);
    expect(sorted("kit_reverse")).toEqual([["éé"], ["b"], ["a"], [""]]);
    expect(sorted("kit_length")).toEqual([[""], ["a"], ["b"], ["éé"]]);
    db.exec("CREATE TABLE t(a TEXT COLLATE kit_length PRIMARY KEY); INSERT INTO t VALUES ('bb'), ('c'), ('aaa')");
    expect(rows(db, "SELECT a FROM t WHERE a > 'c' ORDER BY a")).toEqual([["bb"], ["aaa"]]);
    expect(caught(() => one(db, "SELECT 'x' < 'trap' COLLATE kit_trap"))).toMatchObject({ reason: "trapped" });
    expect(one(db, "SELECT 'x' < 'y' COLLATE kit_trap")).toBe(1);
  });

  test("virtual tables", async () => {
    const db = await fresh();
    expect(rows(db, "SELECT rowid, * FROM kit_series(2, 3)")).toEqual([
      [2, 2, 1, "row number 00002"],
      [3, 3, 1.5, "row number 00003"],
    ]);
    expect(rows(db, "SELECT count(*), sum(n), sum(r), max(s) FROM kit_series(1, 5000)")).toEqual([
      [5000, 12_502_500, 6_251_250, "row number 05000"],
    ]);
    expect(rows(db, "SELECT n FROM kit_series WHERE n IN (9, 2, 40)")).toEqual([[2], [9]]);
    expect(rows(db, "SELECT a.n, b.n FROM kit_series(1, 2) AS a, kit_series(1, 2) AS b")).toHaveLength(4);
    db.exec("CREATE VIRTUAL TABLE t USING kit_table(a, b)");
    const insert = db.prepare("INSERT INTO t VALUES (?1, ?2)");
    const values = [null, 2n ** 62n, 0.1, "é", new Uint8Array([0, 255])];
    for (const value of values) insert.run([value, "b"]);
    expect(rows(db, "SELECT a FROM t")).toEqual(values.map((value) => [value]));
    expect(() => db.transaction((tx) => [tx.exec("DELETE FROM t"), tx.exec("no SQL")])).toThrow();
    expect(one(db, "SELECT count(*) FROM t")).toBe(5);
    db.exec("UPDATE t SET a = 'new' WHERE rowid = 1; DELETE FROM t WHERE rowid > 1; ALTER TABLE t RENAME TO u");
    expect(rows(db, "SELECT a FROM u")).toEqual([["new"]]);
    expect(one(db, "SELECT kit_log()")).toMatch(/create main.t\(a\|b\).*begin.*rollback.*rename u/);
    expect(rows(db, "PRAGMA integrity_check")).toEqual([["ok"]]);
    expect(caught(() => rows(db, "SELECT a FROM kit_bad('few')"))).toMatchObject({ reason: "invalid-result" });
    expect(caught(() => rows(db, "SELECT a FROM kit_bad('late-trap')"))).toMatchObject({ reason: "trapped" });
    expect(rows(db, "SELECT n FROM kit_series(1, 2)")).toEqual([[1], [2]]);
  });

  test("hooks", async () => {
    const db = await fresh({ config: { deny: "drop-table" } });
    db.exec("CREATE TABLE t(a, b)");
    one(db, "SELECT kit_log()");
    db.exec("INSERT INTO t VALUES (1, 'é'); UPDATE t SET a = NULL; DELETE FROM t");
    expect(String(one(db, "SELECT kit_log()")).split("; ")).toEqual([
      "pre-insert main.t 0 1() 1(1,é)",
      "insert main.t 1",
      "commit",
      "pre-update main.t 0 1(1,é) 1(NULL,é)",
      "update main.t 1",
      "commit",
      "pre-delete main.t 0 1(NULL,é) 1()",
      "delete main.t 1",
      "commit",
    ]);
    expect(caught(() => db.exec("DROP TABLE t"))).toMatchObject({ code: "SQLITE_AUTH", extension: "kit" });
    for (const hook of ["authorize", "update", "preupdate", "commit"]) {
      for (const how of ["fail", "trap"]) {
        const strict = await fresh({ config: { [how]: hook } });
        const error = caught(() => strict.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1)"));
        expect([hook, error.reason]).toEqual([hook, how === "trap" ? "trapped" : undefined]);
        expect(strict.inTransaction).toBe(false);
      }
    }
  });

  test("a load that on-load refuses leaves nothing; on-unload has the last word", async () => {
    const entries: LogEntry[] = [];
    const db = await open({ onLog: (entry) => entries.push(entry) });
    opened.push(db);
    await expect(db.loadExtension(guest("kit"), { linker, config: { refuse: "not today" } })).rejects.toThrow(
      "not today",
    );
    expect(db.extensions()).toEqual([]);
    await db.loadExtension(guest("kit"), { linker });
    db.unloadExtension("kit");
    expect(entries).toEqual([{ level: "info", message: "unload", extension: "kit" }]);
    expect(caught(() => one(db, "SELECT kit_echo(1)")).message).toContain("no such function");
    expect(rows(db, "SELECT 1")).toEqual([[1]]);
  });

  test("imports", async () => {
    const db = await fresh({ grants: GRANTS, config: { b: "2", a: "é" } });
    expect(one(db, "SELECT kit_config_keys() || kit_config('a') || (kit_config('c') IS NULL)")).toBe("a,bé1");
    expect(one(db, "SELECT kit_host('contract')")).toBe("0.1.0");
    expect(one(db, "SELECT kit_host('sqlite') = sqlite_version()")).toBe(1);
    db.exec("SELECT kit_state_set('k', 'v'), kit_state_set('k2', x'00')");
    expect(rows(db, "SELECT kit_state_get('k'), kit_state_get('z'), kit_state_keys('k')")).toEqual([
      [new TextEncoder().encode("v"), null, "k,k2"],
    ]);
    expect(rows(db, "SELECT kit_state_delete('k'), kit_state_delete('k')")).toEqual([[1, 0]]);
    db.exec("SELECT kit_cache_set('c', 'v', 0)");
    expect(rows(db, "SELECT kit_cache_get('c'), kit_cache_delete('c'), kit_cache_get('c')")).toEqual([
      [new TextEncoder().encode("v"), 1, null],
    ]);
    expect(one(db, "SELECT kit_subtype(kit_set_subtype('x', 74))")).toBe(74);
    expect(Number(one(db, "SELECT kit_monotonic()"))).toBeGreaterThan(0);
    db.exec("CREATE TABLE t(a)");
    expect(one(db, "SELECT kit_execute('INSERT INTO t VALUES (?1), (?2), (?3)', 2, NULL, x'01')")).toBe(3);
    expect(one(db, "SELECT kit_fetch('SELECT a AS x, 1 FROM t', 2)")).toBe("x,1 2 1");
    expect(rows(db, "SELECT kit_changes(), kit_rowid()")).toEqual([[3, 3]]);
    db.exec("SELECT kit_batch('DELETE FROM t; INSERT INTO t VALUES (''one'')')");
    expect(one(db, "SELECT kit_query('SELECT a FROM t WHERE a = ?1', 'one')")).toBe("one");
    expect(caught(() => one(db, "SELECT kit_query('SELECT x')")).message).toContain("no such column: x");
  });

  test("calls nest in further instances, and a trap ends only its own", async () => {
    const db = await fresh({ grants: GRANTS });
    expect(one(db, "SELECT kit_factorial(12)")).toBe(479_001_600);
    expect(one(db, "SELECT kit_query('SELECT kit_query(''SELECT kit_echo(7)'')')")).toBe(7);
    expect(caught(() => one(db, "SELECT kit_query('SELECT kit_trap(''deep'')')")).message).toContain("deep");
    expect(one(db, "SELECT kit_factorial(5)")).toBe(120);
    db.limits = { callDepth: 5 };
    expect(caught(() => one(db, "SELECT kit_factorial(20)"))).toMatchObject({ reason: "call-depth-exceeded" });
  });

  test("files are read and written by their names", async () => {
    const bytes = new Uint8Array([104, 105]);
    const db = await fresh({
      grants: GRANTS,
      files: {
        "a.txt": bytes,
        "b.txt": new Blob(["blob"]),
        "c.txt": new Uint8Array([1, 2, 3]).buffer,
        "out.txt": { bytes, writable: true },
      },
    });
    expect(one(db, "SELECT kit_files()")).toBe("a.txt 2, b.txt 4, c.txt 3, out.txt 2 w");
    expect(rows(db, "SELECT kit_read('b.txt', 1, 2), kit_read('b.txt', 4, 9), kit_read('c.txt', 9, 1)")).toEqual([
      [new TextEncoder().encode("lo"), new Uint8Array(), new Uint8Array()],
    ]);
    for (const part of ["!", "?", "é".repeat(40_000)]) {
      db.prepare("SELECT kit_write('out.txt', (SELECT length(kit_read('out.txt', 0, 1000000))), ?1)").all([part]);
    }
    db.exec("SELECT kit_write('out.txt', 0, 'H')");
    expect(new TextDecoder().decode(db.extensionFile("kit", "out.txt"))).toBe(`Hi!?${"é".repeat(40_000)}`);
    expect(bytes).toEqual(new Uint8Array([104, 105]));
    expect(db.extensionFile("kit", "a.txt")).toEqual(bytes);
    expect(caught(() => one(db, "SELECT kit_write('a.txt', 0, 'x')")).code).toBe("SQLITE_READONLY");
    expect(caught(() => one(db, "SELECT kit_write('out.txt', 1000000, 'x')")).code).toBe("SQLITE_RANGE");
    expect(caught(() => one(db, "SELECT kit_read('z.txt', 0, 1)")).code).toBe("SQLITE_CANTOPEN");
    expect(caught(() => db.extensionFile("kit", "z.txt")).message).toContain("handed no file `z.txt`");
    expect(caught(() => db.extensionFile("none", "a.txt")).message).toContain("no extension `none` is loaded");
  });

  test("names that are taken: an error, or replaced", async () => {
    const db = await open({ ...openOptions });
    opened.push(db);
    db.createFunction("kit_echo", (value) => `mine ${value}`);
    await expect(db.loadExtension(guest("kit"), { linker })).rejects.toThrow(/kit_echo/);
    expect(one(db, "SELECT kit_echo(1)")).toBe("mine 1");
    await db.loadExtension(guest("kit"), { linker, replace: true });
    expect(one(db, "SELECT kit_echo(1)")).toBe(1);
  });
});

test("what is given wrongly is an error", async () => {
  const db = await open();
  opened.push(db);
  const load = (options: unknown) => db.loadExtension(guest("kit"), options as LoadOptions);
  await expect(load({ config: { a: 1 } })).rejects.toThrow("expected a string, found number");
  await expect(load({ prefix: 1 })).rejects.toThrow("expected a string, found number");
  await expect(load({ files: { a: "text" } })).rejects.toThrow("file `a` is given as bytes, a Blob or");
  await expect(load({ files: { a: null } })).rejects.toThrow("file `a` is given as bytes, a Blob or");
  expect(db.extensions()).toEqual([]);
});

test("limits of state, cache and open handles", async () => {
  const db = await open({ limits: { stateBytes: 100, cacheBytes: 200, openHandles: 2 } });
  opened.push(db);
  expect(db.limits).toMatchObject({ stateBytes: 100, cacheBytes: 200, openHandles: 2 });
  await db.loadExtension(guest("kit"), { grants: GRANTS });
  expect(caught(() => db.query("SELECT kit_state_set('k', zeroblob(100))")).code).toBe("SQLITE_FULL");
  expect(caught(() => db.query("SELECT kit_cache_set('k', zeroblob(300), 0)")).code).toBe("SQLITE_TOOBIG");
  expect(caught(() => db.query("SELECT kit_open('SELECT 1') FROM (VALUES (1), (2), (3))")).code).toBe("SQLITE_TOOBIG");
});

test("through a worker: settings, files, and what was written", async () => {
  const db = await openWorker();
  try {
    const info = await db.loadExtension(guest("kit"), {
      grants: GRANTS,
      config: { a: "1" },
      prefix: "p_",
      files: { "a.txt": new Blob(["hello"]), "out.txt": { bytes: new Uint8Array(), writable: true } },
    });
    expect(info.modules).toContain("p_kit_series");
    expect(await db.query("SELECT p_kit_config('a') AS a, kit FROM (SELECT p_kit_files() AS kit)")).toEqual([
      { a: "1", kit: "a.txt 5, out.txt 0 w" },
    ]);
    await db.exec("SELECT p_kit_write('out.txt', 0, p_kit_read('a.txt', 0, 4))");
    expect(new TextDecoder().decode(await db.extensionFile("kit", "out.txt"))).toBe("hell");
    expect((await db.inspectExtension(guest("kit"))).collations).toContain("kit_length");
    expect((await db.limits).openHandles).toBe(100_000);
  } finally {
    await db.close();
  }
});
