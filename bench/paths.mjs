/** Where the build puts what the benchmarks load. */
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** The repository's root, with a slash at the end. */
export const ROOT = path("../");
/** Node 26, which the measurements run on. */
export const NODE = path("../node_modules/node/bin/node");
/** Extensions by name: `dist/extensions/NAME.wasm`. */
export const EXTENSIONS = path("../dist/extensions/");
/** What is measured, by file name: the guests that have the least of every kind, and an extension of the catalogue. */
export const MEASURED = {
  "bench.wasm": path("../dist/guests/bench.wasm"),
  "kit.wasm": path("../dist/guests/kit.wasm"),
  "uuid.wasm": path("../dist/extensions/uuid.wasm"),
};
/** The built npm package. */
export const PACKAGE = path("../host-web/js/dist/");
/** Where generated engine and linker files are. */
export const GENERATED = path("../host-web/js/generated/");
