/** Medians, the Markdown table and the comparison with the goals. */

import { LOAD } from "./extension.mjs";
import { ROWS } from "./workloads.mjs";

const OURS = "sqlink";
const OFFICIAL = "@sqlite.org/sqlite-wasm";
const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

/** The middle value, or the mean of the two in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * One host's part of the report.
 * @param {Record<string, Record<string, number[]>>} samples by row and engine
 * @param {Record<string, Record<string, number[]>>} measured what an extension costs, by row and column
 * @param {Record<string, object>} settings SQLite version and page settings by engine
 */
export function hostReport(host, samples, measured, settings) {
  const rows = Object.entries(samples).map(([name, byEngine]) => {
    const medians = Object.fromEntries(
      Object.entries(byEngine).map(([engine, values]) => [engine, round3(median(values))]),
    );
    const { [OURS]: ours, ...peers } = medians;
    return { name, unit: name === "init" || name.startsWith("sql/") ? "ms" : "ns", [OURS]: ours ?? null, peers };
  });
  rows.sort((a, b) => order(a.name) - order(b.name));
  const extensions = Object.entries(measured).map(([name, byColumn]) => {
    const columns = Object.entries(byColumn).filter(([, values]) => values.length > 0);
    return {
      name,
      unit: name === LOAD ? "ms" : "ns",
      medians: Object.fromEntries(columns.map(([column, values]) => [column, round3(median(values))])),
    };
  });
  return { host, rows, extensions, settings };
}

const ORDER = [
  "init",
  "sql/insert",
  "sql/index",
  "sql/aggregate",
  "sql/sort",
  "sql/like",
  "sql/join",
  "sql/update",
  "sql/json",
  "sql/cte",
];

function order(name) {
  const at = ORDER.indexOf(name);
  return at === -1 ? ORDER.length : at;
}

const LEGEND = `Databases in memory, every engine with its own defaults, the same SQL text over ${ROWS.toLocaleString("en")} rows, answers compared.
\`init\` is cold: load the library, compile its WebAssembly, open, \`SELECT 1\`, in a fresh process or browser context. \`prepared-insert-row\` and
\`fetch-row\` are per row of an integer, a real and a 16-byte text, fetched as arrays. The scalar rows are what one call adds to a query:
SQLink's \`scalar-*\` call an isolated extension, all others a JavaScript function; the function returns its argument.`;

/** The tables of all hosts. A number in parentheses is that engine's time over SQLink's: above 1, SQLink is faster. */
export function markdown(reports, plan) {
  const tables = reports.map((report) => hostTable(report, plan));
  const extensions = reports.filter((report) => report.extensions.length > 0).map(extensionTable);
  return [LEGEND, ...tables, EXTENSION_LEGEND, ...extensions].join("\n\n");
}

const EXTENSION_LEGEND = `What the kinds of registration cost, in nanoseconds of the whole query over its rows: an isolated extension that does
the least possible, SQLite's own C for the same (\`sum\`, \`NOCASE\`, an ordinary table, a subquery) in the same engine, and JavaScript registered in the
peers that can. In parentheses the time over the extension's.`;

function extensionTable({ host, extensions }) {
  const columns = [...new Set(extensions.flatMap(({ medians }) => Object.keys(medians)))].filter(
    (name) => name !== OURS,
  );
  const cell = (time, ours) => (time === undefined ? "" : `${short(time)} (${(time / ours).toFixed(2)})`);
  return [
    `| ${host} | extension | ${columns.join(" | ")} |`,
    `|---|--:|${columns.map(() => "--:|").join("")}`,
    ...extensions.map(
      ({ name, medians: { [OURS]: ours, ...others } }) =>
        `| ${name} | ${short(ours)} | ${columns.map((column) => cell(others[column], ours)).join(" | ")} |`,
    ),
  ].join("\n");
}

function hostTable({ host, rows, settings }, plan) {
  const peers = Object.keys(rows[0].peers);
  const versions = Object.entries(settings).map(([engine, { sqlite }]) => `${engine} has SQLite ${sqlite}`);
  const lines = [
    `**${host}**: medians of ${plan.rounds} rounds (${plan.init} cold starts); in parentheses the peer's time over SQLink's, above 1 is in SQLink's favour. ${versions.join(", ")}. ${settingsLine(settings)}`,
    "",
    `| | unit | SQLink | ${peers.join(" | ")} |`,
    `|---|---|--:|${peers.map(() => "--:|").join("")}`,
  ];
  for (const { name, unit, peers: times, ...rest } of rows) {
    const ours = rest[OURS];
    const cells = peers.map(
      (peer) => `${short(times[peer])}${ours === null ? "" : ` (${(times[peer] / ours).toFixed(2)})`}`,
    );
    lines.push(`| ${name} | ${unit} | ${ours === null ? "" : short(ours)} | ${cells.join(" | ")} |`);
  }
  const sql = rows.filter(({ name }) => name.startsWith("sql/"));
  if (sql.every((row) => row[OURS] !== null)) {
    const cells = peers.map((peer) => `(${geomean(sql.map((row) => row.peers[peer] / row[OURS])).toFixed(2)})`);
    lines.push(`| **sql/\\* geometric mean** | | | ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

function settingsLine(settings) {
  const groups = new Map();
  for (const [engine, { sqlite: _version, ...pragmas }] of Object.entries(settings)) {
    const text = Object.entries(pragmas)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
    groups.set(text, [...(groups.get(text) ?? []), engine]);
  }
  return [...groups].map(([text, engines]) => `${engines.join(", ")}: ${text}.`).join(" ");
}

/** One line per goal, with what was measured. */
export function goals(reports) {
  return reports.flatMap(({ host, rows, extensions }) => {
    const row = (name) => rows.find((candidate) => candidate.name === name);
    const best = (name) => Math.min(...Object.values(row(name).peers));
    const sql = rows.filter(({ name }) => name.startsWith("sql/"));
    const pure = geomean(sql.map((r) => r[OURS] / r.peers[OFFICIAL]));
    const extension = (name) => extensions.find((candidate) => candidate.name.startsWith(name)).medians[OURS];
    const checks = [
      ["scalar-int at most 200 ns", row("scalar-int")[OURS], 200],
      ["scalar-text at most 350 ns", row("scalar-text")[OURS], 350],
      ["scalar-int at most 1/3 of official", row("scalar-int")[OURS], row("scalar-int").peers[OFFICIAL] / 3],
      ["scalar-int no slower than wa-sqlite", row("scalar-int")[OURS], row("scalar-int").peers["wa-sqlite"]],
      ["scalar-text at most 1/4 of the fastest peer", row("scalar-text")[OURS], best("scalar-text") / 4],
      ["virtual table row at most 1,000 ns", extension("virtual table, 3 columns"), 1000],
      [
        "rows in batches faster than one a call",
        extension("rows it formats, in batches"),
        extension("rows it formats, one"),
      ],
      ["load at most 10 ms", extension(LOAD), 10],
      ["fetch-row no slower than the fastest peer", row("fetch-row")[OURS], best("fetch-row")],
      ["sql/* geometric mean within 1.1 of official", pure, 1.1],
      ["init no slower than official", row("init")[OURS], row("init").peers[OFFICIAL]],
    ];
    return checks.map(
      ([goal, value, limit]) =>
        `${value <= limit ? "reached" : "MISSED "} ${host}: ${goal}: ${short(value)} (limit ${short(limit)})`,
    );
  });
}

/** Puts `table` between the markers. */
export function replaceBetweenMarkers(text, table, file) {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin)
    throw new Error(`\`${file}\` needs the lines \`${BEGIN}\` and \`${END}\`, in this order`);
  return `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`;
}

function geomean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

const round3 = (value) => Math.round(value * 1000) / 1000;
const short = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
