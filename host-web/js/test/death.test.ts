/** An engine that failed: its connections say so, and `open()` starts a fresh instance. */

import { readFileSync } from "node:fs";
import { open, SqliteError } from "sqlink";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.restoreAllMocks();
});

test("after the engine failed, its connections are lost and open() works again", async () => {
  const lost = await open({ timeout: 60_000 });
  const other = await open();
  const statement = other.prepare("SELECT 1");
  // No exception should ever pass through the engine. This one does, because the clock is not expected to throw.
  vi.spyOn(performance, "now").mockImplementation(() => {
    throw new Error("no clock");
  });
  expect(() => lost.query("SELECT 1")).toThrow(/the engine failed \(Error: no clock\)/);
  vi.restoreAllMocks();
  for (const use of [() => lost.query("SELECT 1"), () => other.exec("SELECT 1"), () => statement.all()]) {
    expect(use).toThrow(SqliteError);
  }
  const fresh = await open();
  expect(fresh.query("SELECT 1 AS a")).toEqual([{ a: 1 }]);
  expect(() => other.exec("SELECT 1")).toThrow("this connection was lost when the engine failed; open a new one");
  expect(() => statement.all()).toThrow("this connection was lost when the engine failed; open a new one");
  fresh.createFunction("twice", (x: number) => x * 2);
  expect(fresh.query("SELECT twice(21) AS a")).toEqual([{ a: 42 }]);
  other.close();
  lost.close();
  fresh.close();
});

test.each([
  ["in a function", (db: Awaited<ReturnType<typeof open>>) => db.query("SELECT kit_monotonic()")],
  ["in a call that is not frequent", (db: Awaited<ReturnType<typeof open>>) => db.unloadExtension("kit")],
])("it fails below an extension, %s", async (_, use) => {
  const kit = readFileSync(new URL("../../../dist/guests/kit.wasm", import.meta.url));
  const lost = await open();
  await lost.loadExtension(kit, { grants: ["clock"] });
  // The extension's import needs the clock: of the extension itself, or for the rate of its messages.
  vi.spyOn(performance, "now").mockImplementation(() => {
    throw new Error("no clock");
  });
  expect(() => use(lost)).toThrow(/the engine failed \(Error: no clock\)/);
  vi.restoreAllMocks();
  expect(() => lost.exec("SELECT 1")).toThrow("the engine failed");
  const fresh = await open();
  await fresh.loadExtension(kit, { grants: ["clock"] });
  expect(fresh.query("SELECT kit_echo(7) AS a, kit_monotonic() > 0 AS b")).toEqual([{ a: 7, b: 1 }]);
  expect(fresh.query("SELECT count(s) AS n FROM kit_series(1, 300)")).toEqual([{ n: 300 }]);
  fresh.unloadExtension("kit");
  fresh.close();
  lost.close();
});

test("extensions don't go on in an engine that failed without room to say so", async () => {
  const kit = readFileSync(new URL("../../../dist/guests/kit.wasm", import.meta.url));
  const lost = await open();
  await lost.loadExtension(kit, { grants: ["clock"] });
  // As when the stack is exhausted: what is thrown can't even be put into words.
  vi.spyOn(performance, "now").mockImplementation(() => {
    throw {
      toString() {
        throw new Error("no room");
      },
    };
  });
  expect(() => lost.query("SELECT kit_monotonic()")).toThrow(/the engine failed \(Error: no room\)/);
  vi.restoreAllMocks();
  expect(() => lost.exec("SELECT 1")).toThrow("the engine failed");
  const fresh = await open();
  expect(fresh.query("SELECT 1 AS a")).toEqual([{ a: 1 }]);
  fresh.close();
  lost.close();
});
