/** Where a bundled page finds the engines' files: all beside the bundle. */
export const assets = {
  url: (file) => new URL(file, import.meta.url).href,
  extension: async (file) => new Uint8Array(await (await fetch(new URL(file, import.meta.url))).arrayBuffer()),
};
