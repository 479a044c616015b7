/**
 * Sizes of what a user downloads, in bytes: raw, gzip (level 9) and brotli (quality 11).
 *
 *   node bench/size.mjs [--report FILE]
 *
 * `js` is the package's browser entry bundled and minified by esbuild, with everything it can load except the chunks that hold
 * jco, which only an extension of an unusual shape fetches.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { EXTENSIONS, GENERATED, ROOT } from "./paths.mjs";

const { values: options } = parseArgs({ options: { report: { type: "string" } } });

const sizes = {
  engine: measure([await readFile(join(GENERATED, "engine.wasm"))]),
  linker: measure([await readFile(join(GENERATED, "linker.wasm"))]),
  js: measure(await packageScripts()),
};
for (const file of (await readdir(EXTENSIONS)).filter((name) => name.endsWith(".wasm")).sort()) {
  sizes[`ext/${file.slice(0, -".wasm".length)}`] = measure([await readFile(join(EXTENSIONS, file))]);
}

const width = Math.max(...Object.keys(sizes).map((name) => name.length));
const columns = ["raw", "gzip", "brotli"];
console.log(`${"".padEnd(width)}  ${columns.map((column) => column.padStart(11)).join("")}`);
for (const [name, size] of Object.entries(sizes)) {
  console.log(
    `${name.padEnd(width)}  ${columns.map((column) => size[column].toLocaleString("en").padStart(11)).join("")}`,
  );
}
if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(sizes, null, 2)}\n`);

/** Files that are sent one by one are compressed one by one. */
function measure(files) {
  const total = (size) => files.reduce((sum, file) => sum + size(file), 0);
  return {
    raw: total((file) => file.length),
    gzip: total((file) => gzipSync(file, { level: 9 }).length),
    brotli: total(
      (file) => brotliCompressSync(file, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: file.length } }).length,
    ),
  };
}

async function packageScripts() {
  const { outputFiles, metafile } = await build({
    entryPoints: { index: "sqlink" },
    absWorkingDir: join(ROOT, "bench"),
    outdir: "out",
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "esnext",
    conditions: ["browser"],
    platform: "browser",
    external: ["node:*"],
    logLevel: "error",
  });
  const inputs = ({ path }) =>
    Object.keys(Object.entries(metafile.outputs).find(([name]) => path.endsWith(name))[1].inputs);
  const kept = [];
  for (const file of outputFiles) {
    const jco = await Promise.all(inputs(file).map(holdsJco));
    if (!jco.includes(true)) kept.push(Buffer.from(file.contents));
  }
  return kept;
}

/** Whether a file of the package was bundled from jco: its source map names what it was made of. */
async function holdsJco(input) {
  const map = await readFile(`${join(ROOT, "bench", input)}.map`, "utf8").catch(() => undefined);
  return map !== undefined && JSON.parse(map).sources.some((source) => source.includes("@bytecodealliance/jco"));
}
