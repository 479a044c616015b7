/** Driver of the hosts node-direct and node-jco: `node node.mjs --linker direct|jco`. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { open } from "sqlink";
import { serveLines } from "./lines.mjs";
import { Session } from "./session.mjs";

const { values } = parseArgs({ options: { linker: { type: "string" } } });
const { linker } = values;
if (linker !== "direct" && linker !== "jco") throw new Error("expected --linker direct or --linker jco");

const session = new Session(open, async (connection, { path }, options) =>
  connection.loadExtension(new Uint8Array(await readFile(path)), { ...options, linker }),
);
await serveLines({ node: process.version, linker }, (request) => session.answer(request));
