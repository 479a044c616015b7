/**
 * Runs the workloads over several engines, interleaved: within a round every measurement is taken on each engine in turn,
 * and the order of the engines moves on by one from round to round. The same file runs in Node and in a browser's worker.
 */
import { ExtensionMeasures } from "./extension.mjs";
import {
  CHECK_POINTS,
  CREATE_POINTS,
  FETCH_POINTS,
  INSERT_POINT,
  makeRows,
  ROWS,
  SCALARS,
  SETUP,
  SQL_WORKLOADS,
  scalarQuery,
} from "./workloads.mjs";

const PRAGMAS = ["page_size", "cache_size", "journal_mode", "synchronous", "temp_store"];

/** Isolated function of the extension `bench`, and the JavaScript functions every engine gets. */
const ECHO = "bench_echo";
const JS_FUNCTION = { integer: "js_integer", text: "js_text" };

/**
 * @param {{name: string, module: object, assets: object}[]} engines
 * @param {{rounds: number, warmup: number, log: (line: string) => void}} options `warmup` rounds are run and thrown away
 * @returns {Promise<{samples: Samples, extensions: Samples, settings: Record<string, object>}>} what an extension costs is in
 *   `extensions`
 * @typedef {Record<string, Record<string, number[]>>} Samples by row name and engine: milliseconds for `sql/*`, nanoseconds for
 *   the others
 */
export async function runSuite(engines, { rounds, warmup, log }) {
  const loaded = [];
  for (const engine of engines) {
    const library = await engine.module.load(engine.assets);
    const points = await library.open();
    await points.identityInteger(JS_FUNCTION.integer);
    await points.identityText(JS_FUNCTION.text);
    await points.loadBench?.();
    loaded.push({ name: engine.name, library, points });
  }
  const settings = {};
  for (const { name, points } of loaded) settings[name] = await readSettings(points);

  const measures = new ExtensionMeasures();
  await measures.setUp(loaded);
  const recorder = new Recorder(loaded.map(({ name }) => name));
  const extensions = new Recorder(measures.columns());
  const rows = makeRows();
  for (let round = -warmup; round < rounds; round += 1) {
    const order = rotate(loaded, round + warmup);
    recorder.recording = round >= 0;
    extensions.recording = recorder.recording;
    await sqlRound(order, recorder);
    await rowRound(order, rows, recorder);
    await scalarRound(order, recorder);
    await measures.round(extensions, timed);
    log(round < 0 ? "warm-up round done" : `round ${round + 1} of ${rounds} done`);
  }
  await measures.close();
  for (const { points } of loaded) await points.close();
  return { samples: recorder.samples, extensions: extensions.samples, settings };
}

/** Keeps the times and the first engine's answers, and compares every further answer with them. */
class Recorder {
  samples = {};
  recording = false;
  #answers = new Map();
  #engines;

  constructor(engines) {
    this.#engines = engines;
  }

  time(row, engine, value) {
    if (!this.recording) return;
    this.samples[row] ??= Object.fromEntries(this.#engines.map((name) => [name, []]));
    this.samples[row][engine].push(value);
  }

  answer(row, engine, value) {
    const text = String(value);
    const known = this.#answers.get(row);
    if (known === undefined) this.#answers.set(row, { engine, text });
    else if (known.text !== text) {
      throw new Error(`\`${row}\`: \`${engine}\` gives \`${text}\`, \`${known.engine}\` gave \`${known.text}\``);
    }
  }
}

async function sqlRound(order, recorder) {
  const open = [];
  for (const { name, library } of order) {
    const db = await library.open();
    await db.exec(SETUP);
    open.push({ name, db });
  }
  for (const { name: row, sql, query, check } of SQL_WORKLOADS) {
    for (const { name, db } of open) {
      const [elapsed, value] = await timed(() => (sql === undefined ? db.value(query) : db.exec(sql)));
      recorder.time(row, name, elapsed);
      recorder.answer(row, name, sql === undefined ? value : await db.value(check));
    }
  }
  for (const { db } of open) await db.close();
}

async function rowRound(order, rows, recorder) {
  for (const { name, points } of order) {
    await points.exec(CREATE_POINTS);
    await points.exec("BEGIN");
    const [elapsed] = await timed(() => points.insertAll(INSERT_POINT, rows));
    await points.exec("COMMIT");
    recorder.time("prepared-insert-row", name, (elapsed * 1e6) / ROWS);
    recorder.answer("prepared-insert-row", name, await points.value(CHECK_POINTS));
  }
  for (const { name, points } of order) {
    const [elapsed, fetched] = await timed(() => points.rows(FETCH_POINTS));
    recorder.time("fetch-row", name, (elapsed * 1e6) / ROWS);
    recorder.answer("fetch-row", name, digest(fetched));
  }
}

async function scalarRound(order, recorder) {
  for (const { name: row, kind, isolated } of SCALARS) {
    for (const { name, points } of order) {
      const call = isolated && points.loadBench !== undefined ? ECHO : JS_FUNCTION[kind];
      const [base, plain] = await timed(() => points.value(scalarQuery(kind)));
      const [elapsed, value] = await timed(() => points.value(scalarQuery(kind, call)));
      recorder.time(row, name, ((elapsed - base) * 1e6) / ROWS);
      recorder.answer(`${row} without a function`, name, plain);
      recorder.answer(`${row} without a function`, name, value);
    }
  }
}

/** Runs `work` after a garbage collection, where the host offers one, and gives its milliseconds and result. */
async function timed(work) {
  globalThis.gc?.();
  const start = performance.now();
  const value = await work();
  return [performance.now() - start, value];
}

/** Number of rows and a checksum over all values, so that a wrong or missing value shows. */
function digest(rows) {
  let sum = 0;
  let text = 0;
  for (const [x, r, s] of rows) {
    sum += Number(x) + r;
    for (let i = 0; i < s.length; i += 1) text = (text * 31 + s.charCodeAt(i)) | 0;
  }
  return `${rows.length} ${sum} ${text}`;
}

async function readSettings(db) {
  const settings = { sqlite: await db.value("SELECT sqlite_version()") };
  for (const pragma of PRAGMAS) settings[pragma] = await db.value(`PRAGMA ${pragma}`);
  return settings;
}

function rotate(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
