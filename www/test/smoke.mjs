/**
 * Opens the built page in Chromium and uses it as a visitor would.
 *
 *   node test/smoke.mjs [--dist FOLDER] [--screenshots FOLDER]
 *
 * Needs `npm run build` before. Any content security policy violation or page error fails the test.
 */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { preview } from "vite";
import { launchChromium } from "../../tests/drivers/browser.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const { values: options } = parseArgs({
  options: {
    dist: { type: "string", default: path("../dist") },
    screenshots: { type: "string" },
  },
});

/** What the page says when what ran has ended. */
const FINISHED = /^(\d+ statements?, |failed|stopped)/;

const server = await preview({
  root: path(".."),
  build: { outDir: options.dist },
  preview: { host: "127.0.0.1", port: 0, strictPort: false },
});
const address = server.resolvedUrls.local[0];
const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
const problems = [];
page.setDefaultTimeout(20_000);
page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
page.on("console", (message) => {
  if (message.type() === "error") problems.push(`console: ${message.text()}`);
});
await page.addInitScript(() => {
  document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
  });
});

const tests = {
  starts,
  runsThroughExtension,
  showsEveryKindOfValue,
  capsRows,
  marksError,
  asksBeforeGranting,
  refusesBadFile,
  handsOverFile,
  stops,
  runsSample,
  runsOtherSamples,
  fitsPhone,
};
try {
  const response = await page.goto(address);
  assert.match(response.headers()["content-security-policy"], /frame-ancestors 'none'/);
  for (const [name, test] of Object.entries(tests)) {
    await test();
    assert.deepEqual(problems, [], `${name}: problems on the page`);
    console.log(`ok ${name}`);
  }
} catch (error) {
  for (const problem of problems) console.error(problem);
  throw error;
} finally {
  await browser.close();
  await server.close();
}

async function starts() {
  await page.getByText(/^SQLite \d+\.\d+\.\d+, ready in/).waitFor();
  assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), true);
}

async function runsThroughExtension() {
  await page.getByRole("button", { name: "+ regexp" }).click();
  await page.locator("#extensions li", { hasText: "regexp" }).waitFor();
  await run(
    "SELECT column1 AS word, column1 REGEXP '^[a-c]\\w+$' AS hit FROM (VALUES ('apple'), ('dune'), ('cedar'));",
  );
  assert.deepEqual(await table(0), [
    ["word", "hit"],
    ["apple", "1"],
    ["dune", "0"],
    ["cedar", "1"],
  ]);
}

async function showsEveryKindOfValue() {
  await run(
    "SELECT 9223372036854775807 AS i, -1.5 AS r, '<b>t</b>' AS t, NULL AS n, x'00ff' AS b; CREATE TABLE w(x); INSERT INTO w VALUES (1), (2);",
  );
  assert.deepEqual(await table(0), [
    ["i", "r", "t", "n", "b"],
    ["9223372036854775807", "-1.5", "<b>t</b>", "NULL", "x'00ff'"],
  ]);
  const classes = await page.locator("#results td").evaluateAll((cells) => cells.map(({ className }) => className));
  assert.deepEqual(classes, ["number", "number", "text", "null", "blob"]);
  assert.equal(await page.locator("#results .result").count(), 3);
  assert.match(await page.locator("#results .result").nth(2).textContent(), /2 rows changed/);
  await page.locator("#tables", { hasText: "w" }).waitFor();
}

async function capsRows() {
  await run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i FROM n;");
  assert.equal(await page.locator("#results tbody tr").count(), 1000);
  assert.match(await page.locator("#results").textContent(), /first 1,000 rows of 2,500 rows/);
}

async function marksError() {
  await run("SELECT 'é' AS before;\nSELECT 1 FRM x;");
  const error = page.locator("#results .error");
  assert.match(await error.textContent(), /SQLITE_ERROR.*near "x": syntax error.*line 2, column 14/s);
  assert.equal(await page.locator(".cm-sqlError").textContent(), "x");
  assert.deepEqual(await table(0), [["before"], ["é"]]);
  await screenshot("error");
  await run("SELECT 1 AS again");
  assert.equal(await page.locator(".cm-sqlError").count(), 0);
}

async function asksBeforeGranting() {
  const dialog = page.getByRole("dialog");
  const file = await readFile(path("../../dist/extensions/uuid.wasm"));
  await drop("uuid.wasm", file);
  await dialog.waitFor();
  assert.match(await dialog.textContent(), /uuid.*random/s);
  assert.match(await dialog.textContent(), /[0-9a-f]{64}/);
  await screenshot("grant");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.locator("#extensions li").count(), 1);
  await drop("uuid.wasm", file);
  await dialog.getByRole("button", { name: "Load" }).click();
  await page.locator("#extensions li", { hasText: "uuid" }).locator(".grant", { hasText: "random" }).waitFor();
  await run("SELECT uuid() <> uuid() AS different");
  assert.deepEqual(await table(0), [["different"], ["1"]]);
}

async function refusesBadFile() {
  await drop("notes.wasm", Buffer.from("not WebAssembly at all"));
  const alert = page.locator("#extension-error");
  await alert.waitFor();
  assert.match(await alert.textContent(), /notes\.wasm/);
  assert.equal(await page.locator("#extensions li").count(), 2);
}

async function handsOverFile() {
  await page.getByRole("button", { name: "+ csv" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  assert.match(await dialog.textContent(), /2 tables: csv, csv_each/);
  const file = { name: "people.csv", mimeType: "text/csv", buffer: Buffer.from("name,age\nAda,36\nAlan,41\n") };
  await dialog.locator('input[type="file"]').setInputFiles(file);
  await dialog.getByRole("button", { name: "Load" }).click();
  await page.locator("#extensions li", { hasText: "csv" }).locator(".grant", { hasText: "files.read" }).waitFor();
  await run(
    "CREATE VIRTUAL TABLE people USING csv(filename = 'people.csv', header = yes); SELECT sum(age) AS years FROM people;",
  );
  assert.deepEqual(await table(1), [["years"], ["77"]]);
}

async function stops() {
  await type("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;");
  await page.keyboard.press("Control+Enter");
  await page.getByText("running…").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText(/^stopped after/).waitFor();
  await run("SELECT count(*) AS kept FROM w");
  assert.deepEqual(await table(0), [["kept"], ["2"]]);
}

async function runsSample() {
  await page.getByRole("button", { name: "Cities by pattern" }).click();
  await page.locator("#results tbody tr").nth(3).waitFor();
  const [head, first] = await table(0);
  assert.deepEqual(head, ["country", "cities", "first", "fingerprint"]);
  assert.match(first[3], /^[0-9a-f]{16}$/);
  await screenshot("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await screenshot("dark");
  await page.emulateMedia({ colorScheme: "light" });
}

async function runsOtherSamples() {
  const titles = await page.locator("#samples button").allTextContents();
  for (const title of titles.filter((each) => each !== "Endless query")) {
    await page.getByRole("button", { name: title, exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.or(page.getByText(FINISHED)).first().waitFor();
    if (await dialog.isVisible()) {
      await screenshot(`asks-${title.toLowerCase().replaceAll(" ", "-")}`);
      await dialog.getByRole("button", { name: "Load" }).click();
    }
    await finished();
    assert.equal(await page.locator("#results .error").count(), 0, title);
    assert.ok((await page.locator("#results td").count()) > 0, title);
    await screenshot(`sample-${title.toLowerCase().replaceAll(" ", "-")}`);
  }
}

async function fitsPhone() {
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} pixels wide on a screen of 390`);
  await screenshot("phone");
}

/** Replaces the editor's text. Typing over highlighted text would make Chromium try inline styles, which the policy blocks. */
async function type(sql) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(sql);
}

/** Runs `sql` from the keyboard and waits until it has ended. */
async function run(sql) {
  await type(sql);
  await page.keyboard.press("Control+Enter");
  await finished();
}

/** Waits until what runs has ended. */
async function finished() {
  await page.getByText(FINISHED).waitFor();
  await page.waitForFunction(() => document.querySelector("#results").ariaBusy === "false");
}

/** Header and rows of the n-th result as text. */
function table(index) {
  return page
    .locator("#results .result")
    .nth(index)
    .locator("tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
}

/** Drops a file on the page. */
async function drop(name, bytes) {
  const transfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content)], fileName, { type: "application/wasm" }));
      return data;
    },
    [name, [...bytes]],
  );
  await page.dispatchEvent("#drop", "drop", { dataTransfer: transfer });
}

async function screenshot(name) {
  if (options.screenshots === undefined) return;
  await mkdir(options.screenshots, { recursive: true });
  await page.screenshot({ path: join(options.screenshots, `${name}.png`), fullPage: true });
}
