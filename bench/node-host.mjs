/** Measures in Node: one process for the suite, and a fresh one for every cold start. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NODE } from "./paths.mjs";

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("./node-child.mjs", import.meta.url));

export async function startNode() {
  return {
    name: "node-26",
    coldStart: async (engine) => child([CHILD, "init", engine]),
    suite: async (options, log) => child(["--expose-gc", CHILD, "suite", JSON.stringify(options)], log),
    close: async () => {},
  };
}

/** Runs Node 26 with `args` and gives the JSON of its last line of output. */
async function child(args, log) {
  const running = run(NODE, args, { maxBuffer: 1 << 26 });
  if (log !== undefined) running.child.stderr.on("data", (text) => log(String(text).trimEnd()));
  try {
    const { stdout } = await running;
    return JSON.parse(stdout.trimEnd().split("\n").at(-1));
  } catch (error) {
    const last = (error.stderr ?? "").trimEnd().split("\n").slice(-15).join("\n");
    throw new Error(`\`node ${args.join(" ")}\` failed (${error.code ?? error.message}):\n${last}`);
  }
}
