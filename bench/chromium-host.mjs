/**
 * Measures in Chromium: everything is bundled and minified as a site would do, and served from 127.0.0.1. The suite runs in a
 * dedicated worker; every cold start gets a new browser context, so neither files nor compiled code are cached.
 */

import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launchChromium } from "../tests/drivers/browser.mjs";
import { MEASURED, PACKAGE } from "./paths.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const PAGE = '<!doctype html><meta charset="utf-8"><title>bench</title><script type="module" src="/page.js"></script>';

/** What stands beside the bundle, by engine. */
const FILES = {
  sqlink: [],
  "@sqlite.org/sqlite-wasm": ["@sqlite.org/sqlite-wasm/sqlite3.wasm"],
  "sql.js": ["sql.js/dist/sql-wasm-browser.wasm"],
  "wa-sqlite": ["wa-sqlite/dist/wa-sqlite.wasm"],
};

/** @param {{engines: string[]}} options only these engines' files have to exist */
export async function startChromium({ engines }) {
  const folder = await mkdtemp(join(tmpdir(), "sqlink-bench-"));
  await bundle(folder, engines);
  const server = createServer((request, response) => serve(folder, request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}/`;
  const browser = await launchChromium(["--js-flags=--expose-gc"]);

  /** Opens the page in a new context, calls `work`, and closes the context. */
  const inPage = async (work, log) => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(0);
      page.on("console", (message) => {
        if (message.type() === "info" && log !== undefined) log(message.text());
      });
      await page.goto(origin);
      await page.waitForFunction(() => globalThis.bench !== undefined);
      return await work(page);
    } finally {
      await context.close();
    }
  };
  return {
    name: "chromium",
    coldStart: (engine) => inPage((page) => page.evaluate((name) => globalThis.bench.coldStart(name), engine)),
    suite: (options, log) =>
      inPage((page) => page.evaluate((argument) => globalThis.bench.suite(argument), options), log),
    async close() {
      await browser.close();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function bundle(folder, engines) {
  const source = (file) => fileURLToPath(new URL(file, import.meta.url));
  await build({
    entryPoints: [source("./page.mjs"), source("./worker.mjs")],
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "esnext",
    platform: "browser",
    conditions: ["browser"],
    logLevel: "error",
    external: ["node:*", ...Object.keys(FILES).filter((engine) => !engines.includes(engine))],
  });
  await writeFile(join(folder, "index.html"), PAGE);
  for (const file of engines.flatMap((engine) => FILES[engine])) {
    await copyFile(fileURLToPath(import.meta.resolve(file)), join(folder, basename(file)));
  }
  if (engines.includes("sqlink")) {
    for (const file of ["engine", "linker", "adapter"]) {
      await copyFile(join(PACKAGE, `${file}.wasm`), join(folder, `${file}.wasm`));
    }
    for (const [file, path] of Object.entries(MEASURED)) await copyFile(path, join(folder, file));
  }
}

async function serve(folder, request, response) {
  const { pathname } = new URL(request.url, "http://127.0.0.1");
  const name = pathname === "/" ? "index.html" : basename(pathname);
  try {
    const body = await readFile(join(folder, name));
    response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}
