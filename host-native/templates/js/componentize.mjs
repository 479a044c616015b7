import { writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";
import { build } from "esbuild";

const [entry, witPath, worldName, bundle, output] = process.argv.slice(1);
await build({
  entryPoints: [entry],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "neutral",
  mainFields: ["module", "main"],
  external: ["sqlink:*"],
  logLevel: "warning",
});
// An extension has no system interfaces: the contract is all it may reach.
const disableFeatures = ["random", "stdio", "clocks", "http", "fetch-event"];
const { component } = await componentize({ sourcePath: bundle, witPath, worldName, disableFeatures });
await writeFile(output, component);
