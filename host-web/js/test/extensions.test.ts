/** Extensions through the direct linker and through jco: same results, same errors. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Database, type LoadOptions, type LogEntry, type OpenOptions, open, SqliteError } from "sqlink";
import { afterEach, describe, expect, test } from "vitest";

const root = new URL("../../../dist/", import.meta.url);
const guest = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`guests/${name}.wasm`, root)));
const extension = (name: string): URL => pathToFileURL(fileURLToPath(new URL(`extensions/${name}.wasm`, root)));

const opened: Database[] = [];
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

async function fresh(options?: OpenOptions): Promise<Database> {
  const database = await open(options);
  opened.push(database);
  return database;
}

async function caught(run: () => unknown): Promise<SqliteError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof SqliteError) return error;
    throw error;
  }
  throw new Error("expected an SqliteError");
}

const one = (db: Database, sql: string): unknown => db.query(sql, undefined, { rowMode: "array" })[0]?.[0];

describe.each(["direct", "jco"] as const)("%s", (linker) => {
  const load = (db: Database, name: string, options: LoadOptions = {}) =>
    db.loadExtension(guest(name), { linker, name: `${name}.wasm`, ...options });

  test("values cross unchanged", async () => {
    const db = await fresh();
    const info = await load(db, "probe");
    expect(info).toMatchObject({ name: "probe", linker, traps: 0, granted: [] });
    expect(info.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(info.denied).toContain("random");
    const values = [
      null,
      0,
      -1,
      2n ** 63n - 1n,
      -(2n ** 63n),
      0.1,
      "",
      "a\0b",
      "\uFEFFé€😀",
      "x".repeat(200_000),
      new Uint8Array(),
      new Uint8Array(70_000).fill(7),
    ];
    const echo = db.prepare("SELECT echo(?1), typeof(echo(?1)) = typeof(?1)");
    for (const value of values) {
      expect(echo.get([value], { rowMode: "array" })).toStrictEqual([value, 1]);
    }
    expect(one(db, "SELECT typeof(echo(1.0))")).toBe("real");
    expect(one(db, "SELECT probe_concat('a', 'é', 'c')")).toBe("aéc");
  });

  test("a trap ends the instance, not the connection", async () => {
    const db = await fresh();
    await load(db, "probe");
    await load(db, "traps");
    expect(await caught(() => one(db, "SELECT probe_panic('no way')"))).toMatchObject({
      reason: "trapped",
      extension: "probe",
      function: "probe_panic",
      message: expect.stringMatching(/^trapped: extension `probe`, function `probe_panic`: panic: no way at .*:\d+/),
    });
    for (const [sql, detail] of [
      ["trap_unreachable()", "unreachable"],
      ["trap_oob()", "out of bounds memory access"],
      ["trap_div(1, 0)", "integer divide by zero"],
      ["trap_div(-9223372036854775808, -1)", "integer overflow"],
      ["trap_stack()", "call stack exhausted"],
      ["trap_mismatch()", "indirect call type mismatch"],
      ["trap_null()", "indirect call type mismatch"],
      ["trap_element()", "undefined element"],
    ]) {
      const error = await caught(() => one(db, `SELECT ${sql}`));
      expect([sql, error.reason, error.message.split(": ").at(-1)]).toEqual([sql, "trapped", detail]);
      expect(one(db, "SELECT trap_ok()")).toBe(1);
    }
    const traps = Object.fromEntries(db.extensions().map((info) => [info.name, info.traps]));
    expect(traps).toEqual({ probe: 1, traps: 8 });
    expect(one(db, "SELECT echo(1)")).toBe(1);
  });

  test("what breaks the canonical ABI is invalid-result", async () => {
    const db = await fresh();
    await load(db, "results");
    for (const sql of [
      "result_tag()",
      "result_case()",
      "result_text_bounds()",
      "result_blob_bounds()",
      "result_utf8()",
    ]) {
      const error = await caught(() => one(db, `SELECT ${sql}`));
      expect([sql, error.reason]).toEqual([sql, "invalid-result"]);
      expect(one(db, "SELECT result_ok()")).toBe(1);
    }
    expect(one(db, "SELECT result_nan()")).toBe(null);
    expect((await caught(() => one(db, "SELECT error_code(2067)"))).extendedName).toBe("SQLITE_CONSTRAINT_UNIQUE");
  });

  test("capabilities: denied without a grant, given with it", async () => {
    const denied = await fresh();
    await load(denied, "probe");
    expect(await caught(() => one(denied, "SELECT probe_random(4)"))).toMatchObject({ code: "SQLITE_AUTH" });
    expect(await caught(() => one(denied, "SELECT probe_query('SELECT 1')"))).toMatchObject({ code: "SQLITE_AUTH" });
    const db = await fresh();
    const info = await load(db, "probe", { grants: ["random", "clock", "spi.read", "spi.write"] });
    expect(info.denied).toEqual([]);
    expect(one(db, "SELECT length(probe_random(4))")).toBe(4);
    expect(Math.abs(Number(one(db, "SELECT probe_now()")) - Date.now())).toBeLessThan(10_000);
    db.exec("CREATE TABLE t(a); INSERT INTO t VALUES (41)");
    expect(one(db, "SELECT probe_execute('UPDATE t SET a = a + 1')")).toBe(1);
    expect(one(db, "SELECT probe_query('SELECT a FROM t')")).toBe(42);
    const again = await caught(() => one(db, "SELECT probe_nested('SELECT echo(1)')"));
    expect(again.message).toContain("re-entered");
  });

  test("messages reach the listener", async () => {
    const entries: LogEntry[] = [];
    const db = await fresh({ onLog: (entry) => entries.push(entry) });
    await load(db, "probe");
    await caught(() => one(db, "SELECT probe_panic('heard')"));
    expect(entries).toContainEqual(
      expect.objectContaining({ level: "error", extension: "probe", message: expect.stringContaining("heard") }),
    );
  });

  test("an extension is unloaded by name", async () => {
    const db = await fresh();
    await load(db, "probe");
    db.unloadExtension("probe");
    expect(db.extensions()).toEqual([]);
    expect((await caught(() => one(db, "SELECT echo(1)"))).message).toBe("no such function: echo");
    expect((await caught(() => db.unloadExtension("probe"))).code).toBe("SQLITE_MISUSE");
  });

  test.each([
    ["manifest-duplicate", /duplicate|same name|twice/],
    ["manifest-nul", /NUL|U\+0000/],
    ["manifest-128-args", /128/],
    ["manifest-unknown-required", /teleport/],
    ["describe-trap", /trapped/],
    ["describe-bounds", /invalid-result|trapped/],
    ["collide", /already|probe_echo/],
  ])("%s is refused and nothing is registered", async (name, message) => {
    const db = await fresh();
    if (name === "collide") await load(db, "probe");
    const before = db.extensions().length;
    expect((await caught(() => load(db, name))).message).toMatch(message);
    expect(db.extensions()).toHaveLength(before);
    expect(one(db, "SELECT 1")).toBe(1);
  });
});

describe.each(["direct", "jco"] as const)("refused before anything runs: %s", (linker) => {
  test.each([
    "not-wasm",
    "core-module",
    "truncated",
    "missing-export",
    "extra-export",
    "wrong-type",
    "wrong-version",
    "unknown-import",
    "memory-huge",
  ])("%s", async (name) => {
    const db = await fresh();
    const error = await caught(() => db.loadExtension(guest(name), { name: `${name}.wasm`, linker }));
    expect(error.message).toContain(`\`${name}.wasm\``);
    expect(error.message).toMatch(/found|expected/);
    expect(db.extensions()).toEqual([]);
  });
});

test("the catalogue gives the same through both linkers", async () => {
  const queries = {
    regexp: "SELECT 'abc' REGEXP '^a.c$', regexp_replace('a1b22', '[0-9]+', '#'), regexp_count('banana', 'an')",
    hashes: "SELECT sha256('abc'), md5(''), crc32('abc'), blake3('x')",
    uuid: "SELECT length(uuid()), length(uuid7())",
  };
  for (const [name, sql] of Object.entries(queries)) {
    const results: unknown[] = [];
    for (const linker of ["direct", "jco"] as const) {
      const db = await fresh();
      await db.loadExtension(extension(name), { linker, grants: ["random", "clock"] });
      results.push(db.query(sql, undefined, { rowMode: "array" }));
    }
    expect(results[0]).toEqual(results[1]);
  }
});

test("a component built for wasm32-wasip2 is taken by jco on its own, with WASI denied", async () => {
  const url = extension("regexp.wasip2");
  expect(existsSync(url)).toBe(true);
  const db = await fresh();
  const info = await db.loadExtension(url);
  expect(info).toMatchObject({ name: "regexp", linker: "jco" });
  expect(one(db, "SELECT 'abc' REGEXP 'b'")).toBe(1);
  const direct = await caught(() => db.loadExtension(url, { linker: "direct" }));
  expect(direct.message).toContain("regexp.wasip2.wasm");
});

test("an extension is inspected without being registered", async () => {
  const db = await fresh();
  const found = await db.inspectExtension(extension("uuid"));
  expect(found).toMatchObject({ name: "uuid", linker: "direct" });
  expect(found.required.concat(found.optional).map((item) => item.name)).toContain("random");
  expect(found.functions.map((item) => item.name)).toContain("uuid");
  expect(db.extensions()).toEqual([]);
});

test("an extension that cannot describe itself is an error of inspecting it too", async () => {
  const db = await fresh();
  const trap = await caught(() => db.inspectExtension(guest("describe-trap"), { name: "describe-trap.wasm" }));
  expect(trap).toMatchObject({ reason: "trapped", extension: "describe-trap.wasm" });
  const denied = await caught(() => db.inspectExtension(guest("describe-import"), { name: "x.wasm" }));
  expect(denied).toMatchObject({ reason: "capability-denied", code: "SQLITE_AUTH" });
});

test("sources: a path, a Blob, a Response, a linked core module; anything else is an error", async () => {
  const path = fileURLToPath(extension("uuid"));
  const bytes = new Uint8Array(readFileSync(path));
  for (const source of [path, new Blob([bytes]), new Response(bytes)]) {
    const db = await fresh();
    expect((await db.loadExtension(source, { grants: ["random", "clock"] })).name).toBe("uuid");
  }
  const db = await fresh();
  expect((await caught(() => db.loadExtension(new URL("file:///nowhere/x.wasm")))).code).toBe("SQLITE_CANTOPEN");
  expect((await caught(() => db.loadExtension(7 as never))).code).toBe("SQLITE_MISUSE");
  const empty = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  expect((await caught(() => db.loadExtension({ module: empty, name: "empty" }))).message).toContain("empty");
  expect((await caught(() => db.loadExtension(new Uint8Array(64 * 1024 * 1024 + 1)))).code).toBe("SQLITE_TOOBIG");
});
