/**
 * Measures SQLink beside its peers and prints the ratios.
 *
 *   node bench/run.mjs [--host node-26|chromium] [--quick] [--report FILE] [--readme README.md] [--engines NAME,NAME]
 *
 * Both hosts unless `--host` names one. `--report` writes every median as JSON, `--readme` replaces the table between the
 * markers `<!-- bench:begin -->` and `<!-- bench:end -->`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { startChromium } from "./chromium-host.mjs";
import { ENGINE_NAMES } from "./engines.mjs";
import { startNode } from "./node-host.mjs";
import { goals, hostReport, markdown, replaceBetweenMarkers } from "./report.mjs";

const HOSTS = { "node-26": startNode, chromium: startChromium };

const { values: options } = parseArgs({
  options: {
    host: { type: "string", multiple: true, default: Object.keys(HOSTS) },
    quick: { type: "boolean", default: false },
    report: { type: "string" },
    readme: { type: "string" },
    engines: { type: "string", default: ENGINE_NAMES.join(",") },
  },
});
const engines = options.engines.split(",");
const plan = options.quick ? { init: 5, rounds: 3, warmup: 1 } : { init: 21, rounds: 9, warmup: 2 };

const reports = [];
for (const name of options.host) {
  const start = HOSTS[name];
  if (start === undefined) throw new Error(`no host \`${name}\`; there are ${Object.keys(HOSTS).join(", ")}`);
  const host = await start({ engines });
  try {
    reports.push(await measure(host));
  } finally {
    await host.close();
  }
}

const table = markdown(reports, plan);
console.log(table);
// A goal is a ratio to a peer: it needs all of them.
if (ENGINE_NAMES.every((name) => engines.includes(name))) for (const line of goals(reports)) console.log(line);
if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify({ runs: reports }, null, 2)}\n`);
if (options.readme !== undefined) {
  await writeFile(options.readme, replaceBetweenMarkers(await readFile(options.readme, "utf8"), table, options.readme));
}

async function measure(host) {
  const log = (line) => console.error(`${host.name}: ${line}`);
  const init = Object.fromEntries(engines.map((engine) => [engine, []]));
  // One more than is kept: the first of each fills the operating system's file cache.
  for (let round = -1; round < plan.init; round += 1) {
    for (let i = 0; i < engines.length; i += 1) {
      const engine = engines[(i + round + 1) % engines.length];
      const elapsed = await host.coldStart(engine);
      if (round >= 0) init[engine].push(elapsed);
    }
  }
  log(`${plan.init} cold starts of each engine done`);
  const { samples, extensions, settings } = await host.suite(
    { engines, rounds: plan.rounds, warmup: plan.warmup },
    log,
  );
  return hostReport(host.name, { init, ...samples }, extensions, settings);
}
