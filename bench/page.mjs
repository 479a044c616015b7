/** The page of the Chromium host: cold starts run here, the suite in a worker. */
import { assets } from "./browser-assets.mjs";
import { coldStart, engine } from "./engines.mjs";

globalThis.bench = {
  coldStart: async (name) => coldStart(await engine(name, assets)),
  suite: (options) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = ({ data }) => {
        if (data.line !== undefined) console.info(data.line);
        else if (data.error !== undefined) reject(new Error(data.error));
        else resolve(data.result);
      };
      worker.postMessage(options);
    }),
};
