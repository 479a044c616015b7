/** The suite in a dedicated worker. Messages back: `{line}`, then `{result}` or `{error}`. */
import { assets } from "./browser-assets.mjs";
import { engine } from "./engines.mjs";
import { runSuite } from "./suite.mjs";

self.onmessage = async ({ data: { engines, ...options } }) => {
  try {
    const loaded = await Promise.all(engines.map((name) => engine(name, assets)));
    const result = await runSuite(loaded, { ...options, log: (line) => self.postMessage({ line }) });
    self.postMessage({ result });
  } catch (error) {
    self.postMessage({ error: error.stack ?? String(error) });
  }
};
