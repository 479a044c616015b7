/** The page of the Chromium driver: connections in dedicated workers, through `sqlink/worker`. */
import { openWorker } from "/sqlink/worker.js";
import { Session } from "./session.mjs";

const session = new Session(openWorker, (connection, { path }, options) =>
  // `path` is a URL of the driver's server by now.
  connection.loadExtension(new URL(path, location.href), { ...options, linker: "direct" }),
);

/** Called by the driver: a request as JSON to a reply as JSON. */
globalThis.answer = async (request) => JSON.stringify(await session.answer(JSON.parse(request)));
