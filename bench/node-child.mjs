/**
 * What runs inside the measured Node process: `node-child.mjs init ENGINE` or `node-child.mjs suite '{"engines": […], "rounds": …}'`.
 * Prints one line of JSON on stdout; progress goes to stderr.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { coldStart, engine } from "./engines.mjs";
import { MEASURED } from "./paths.mjs";

const assets = {
  bytes: async (file) => readFile(fileURLToPath(import.meta.resolve(file))),
  extension: async (file) => readFile(MEASURED[file]),
};

const [mode, argument] = process.argv.slice(2);
if (mode === "init") {
  console.log(JSON.stringify(await coldStart(await engine(argument, assets))));
} else {
  const { runSuite } = await import("./suite.mjs");
  const { engines, ...options } = JSON.parse(argument);
  const loaded = await Promise.all(engines.map((name) => engine(name, assets)));
  const result = await runSuite(loaded, { ...options, log: (line) => console.error(line) });
  console.log(JSON.stringify(result));
}
