/**
 * Driver of the host chromium: a page whose connections live in dedicated workers.
 *
 * The page is cross-origin isolated and under a content security policy without `unsafe-eval` and `blob:`, so what passes here
 * needs neither. CHROMIUM names another browser than /usr/bin/chromium.
 */
import { dirname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { launchChromium } from "./browser.mjs";
import { serveFiles } from "./files.mjs";
import { serveLines } from "./lines.mjs";

const drivers = dirname(fileURLToPath(import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

const headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
  // The profile is new with every start, so nothing stale is ever found there.
  "cache-control": "max-age=3600",
};

const server = await serveFiles(
  { "/sqlink/": `${root}host-web/js/dist`, "/drivers/": drivers, "/dist/": `${root}dist` },
  headers,
);
const browser = await launchChromium();
try {
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => process.stderr.write(`console.${message.type()}: ${message.text()}\n`));
  await page.goto(`${server.origin}/drivers/page.html`);
  try {
    await page.waitForFunction(() => globalThis.answer !== undefined, undefined, { timeout: 60_000 });
  } catch (error) {
    throw new Error(`the page did not start: ${complaints.join("; ")}`, { cause: error });
  }

  /** Files of the checkout's dist folder, as the server knows them. */
  const url = (path) => `/${relative(root, path).split(sep).map(encodeURIComponent).join("/")}`;

  await serveLines({ chromium: browser.version() }, async (request) => {
    const sent = request.op === "load" ? { ...request, path: url(request.path) } : request;
    return JSON.parse(await page.evaluate((text) => globalThis.answer(text), JSON.stringify(sent)));
  });
} finally {
  await browser.close();
  server.stop();
}
