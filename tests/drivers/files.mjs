/** A static HTTP server on a free port of 127.0.0.1. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/**
 * Serves folders.
 *
 * @param folders - URL prefix, with both slashes, to folder
 * @param headers - sent with every answer
 * @returns the server's origin, and how to stop it
 */
export async function serveFiles(folders, headers) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    const prefix = Object.keys(folders).find((candidate) => path.startsWith(candidate));
    try {
      if (prefix === undefined) throw new Error("no such folder");
      const bytes = await readFile(join(folders[prefix], path.slice(prefix.length)));
      response.writeHead(200, { ...headers, "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      response.end(bytes);
    } catch {
      response.writeHead(404, headers);
      response.end("not found");
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
