/**
 * Builds the package into dist/: the entries with shared chunks, the WebAssembly beside them, and their types.
 *
 * Needs generated/ (engine, linker, adapter, contract, host), which `cargo xtask build` makes.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const src = join(here, "src");
const dist = join(here, "dist");
const generated = join(here, "generated");

/** What the engine imports over the canonical ABI. */
async function hostInterfaces() {
  const source = readFileSync(join(generated, "host.ts"), "utf8");
  const { code } = await transform(source, { loader: "ts", format: "esm" });
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).imports;
}

const interfaces = await hostInterfaces();

/** An interface as an ES module: its functions under their names in WIT. They are hoisted, so imports may go round. */
function interfaceModule(name) {
  const functions = Object.keys(interfaces[name]).map(
    (key, k) =>
      `function f${k}(...flat) { return hostImport(${JSON.stringify(name)}, ${JSON.stringify(key)}, flat); }
export { f${k} as ${JSON.stringify(key)} };`,
  );
  return ['import { hostImport } from "./dispatch.ts";', ...functions].join("\n");
}

/** The imports that are no files: what the engine imports, and the adapter's bytes. */
const virtual = {
  name: "virtual",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^sqlink:callbacks$/ }, () => ({ path: join(src, "callbacks.ts") }));
    onResolve({ filter: /^sqlink:host\// }, ({ path }) => ({ path, namespace: "interface" }));
    onLoad({ filter: /.*/, namespace: "interface" }, ({ path }) => ({
      contents: interfaceModule(path),
      resolveDir: src,
    }));
    onResolve({ filter: /^sqlink:adapter$/ }, () => ({ path: "adapter", namespace: "adapter" }));
    onLoad({ filter: /.*/, namespace: "adapter" }, () => ({
      contents: readFileSync(join(generated, "adapter.wasm")),
      loader: "binary",
    }));
  },
};

const shared = {
  absWorkingDir: here,
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  // Works unbundled in a browser and in Node alike; what is Node's own is imported by name.
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["browser", "import"],
  external: ["node:*", "./engine.wasm", "./adapter.wasm"],
  plugins: [virtual],
  minify: true,
  // Node prints the whole line an uncaught error came from.
  lineLimit: 160,
  sourcemap: "linked",
  sourcesContent: true,
  legalComments: "eof",
  chunkNames: "chunk-[hash]",
  logLevel: "warning",
  // wasm-bindgen lists the one module the engine imports once per function.
  logOverride: { "duplicate-object-key": "silent" },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await build({
  ...shared,
  entryPoints: ["index", "node", "workerd", "core", "worker", "worker-node", "worker-thread", "worker-thread-node"].map(
    (name) => join(src, `${name}.ts`),
  ),
});

for (const name of ["engine.wasm", "linker.wasm", "adapter.wasm"]) cpSync(join(generated, name), join(dist, name));
// jco's transpiler finds its own modules beside the chunk it was bundled into.
const transpiler = dirname(require.resolve("@bytecodealliance/jco-transpile/component"));
for (const name of ["js-component-bindgen-component.core.wasm", "js-component-bindgen-component.core2.wasm"]) {
  cpSync(join(transpiler, name), join(dist, name));
}

// Declarations refer to nothing generated: internal files are emitted too, but the entries export none of their types.
execFileSync(
  process.execPath,
  [join(dirname(require.resolve("typescript/package.json")), "bin/tsc"), "-p", join(here, "tsconfig.build.json")],
  { stdio: "inherit" },
);
