/** Where the build puts what the benchmarks load. */
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** The repository's root, with a slash at the end. */
export const ROOT = path("../");
/** Node 26, which the measurements run on. */
export const NODE = path("../node_modules/node/bin/node");
/** Extensions by name: `dist/extensions/NAME.wasm`. */
export const EXTENSIONS = path("../dist/extensions/");
/** A test guest whose scalar function `echo` returns its argument. */
export const ECHO_EXTENSION = path("../dist/guests/probe.wasm");
/** The built npm package. */
export const PACKAGE = path("../host-web/js/dist/");
/** Where generated engine and linker files are. */
export const GENERATED = path("../host-web/js/generated/");
