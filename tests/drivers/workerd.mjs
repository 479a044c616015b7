/**
 * Driver of the host workerd: `node workerd.mjs RUNNER`, where RUNNER is the conformance runner, which makes the bundle.
 *
 * An extension that the composition refused is not in the bundle: loading it gives the composition's error.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { default as workerd } from "workerd";
import { serveLines } from "./lines.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const runner = process.argv[2];
if (runner === undefined) throw new Error("expected the runner's path");

const folder = await mkdtemp(join(tmpdir(), "sqlink-workerd-"));
let server;
try {
  await promisify(execFile)(runner, ["bundle", root, folder]);
  const refused = JSON.parse(await readFile(join(folder, "refused.json"), "utf8"));
  for (const file of ["worker.mjs", "session.mjs"]) {
    await copyFile(new URL(file, import.meta.url), join(folder, file));
  }
  await writeFile(join(folder, "config.capnp"), await config(folder));

  server = spawn(workerd.default, ["serve", join(folder, "config.capnp"), "--control-fd=3"], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const port = await listening(server);
  const url = `http://127.0.0.1:${port}/`;
  await serveLines({ workerd: "serving" }, async (request) => {
    const reason = request.op === "load" ? refused[request.name] : undefined;
    if (reason !== undefined) return { error: { extendedCode: 1, message: reason } };
    const response = await fetch(url, { method: "POST", body: JSON.stringify(request) });
    if (!response.ok) throw new Error(`workerd answered ${response.status}: ${await response.text()}`);
    return response.json();
  });
} finally {
  server?.kill();
  await rm(folder, { recursive: true, force: true });
}

/** The server's port, which it chooses itself. */
async function listening(child) {
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`workerd ended with code ${code} before it served`);
  });
  const told = (async () => {
    for await (const line of createInterface({ input: child.stdio[3] })) {
      const { event, port } = JSON.parse(line);
      if (event === "listen") return port;
    }
    throw new Error("workerd does not say where it serves");
  })();
  return Promise.race([told, failed]);
}

/** The configuration: one service whose modules are the files of the bundle. */
async function config(folder) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => /\.(js|mjs|wasm)$/.test(file)).sort();
  const main = files.indexOf("worker.mjs");
  // The first module is the one that is run.
  const ordered = [...files.splice(main, 1), ...files];
  const modules = ordered.map((file) => {
    const kind = file.endsWith(".wasm") ? "wasm" : "esModule";
    return `    (name = ${JSON.stringify(file)}, ${kind} = embed ${JSON.stringify(file)})`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
${modules.join(",\n")},
  ],
  compatibilityDate = "2026-11-01",
);
`;
}
