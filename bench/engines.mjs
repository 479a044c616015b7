/** The engines that are compared, SQLink first. Each is imported only when it is asked for. */

const MODULES = {
  sqlink: () => import("./engines/sqlink.mjs"),
  "@sqlite.org/sqlite-wasm": () => import("./engines/official.mjs"),
  "sql.js": () => import("./engines/sqljs.mjs"),
  "wa-sqlite": () => import("./engines/wa-sqlite.mjs"),
};

export const ENGINE_NAMES = Object.keys(MODULES);

/**
 * @param {string} name one of `ENGINE_NAMES`
 * @param {object} assets where this host finds files; see the engine's `load`
 */
export async function engine(name, assets) {
  const load = MODULES[name];
  if (load === undefined) throw new Error(`no engine \`${name}\`; there are ${ENGINE_NAMES.join(", ")}`);
  return { name, module: await load(), assets };
}

/**
 * Cold start: load the library, compile its WebAssembly, open a database, `SELECT 1`. Call it once per process or page.
 * @returns {Promise<number>} milliseconds
 */
export async function coldStart({ name, module, assets }) {
  const start = performance.now();
  const library = await module.load(assets);
  const db = await library.open();
  const value = await db.value("SELECT 1");
  const elapsed = performance.now() - start;
  if (value !== 1) throw new Error(`\`${name}\`: \`SELECT 1\` gives \`${value}\``);
  await db.close();
  return elapsed;
}
