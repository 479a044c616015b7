/** Where a bundled page finds the engines' files: all beside the bundle. */
export const assets = {
  url: (file) => new URL(file, import.meta.url).href,
  echo: async () => new Uint8Array(await (await fetch(new URL("echo.wasm", import.meta.url))).arrayBuffer()),
};
