/** The catalogue's extensions, as files beside the page; one is fetched when it is asked for. */

const URLS = import.meta.glob<string>(["../../dist/extensions/*.wasm", "!../../dist/extensions/*.wasip2.wasm"], {
  query: "?url",
  import: "default",
  eager: true,
});

const FILES = new Map(Object.entries(URLS).map(([path, url]) => [path.replace(/^.*\/|\.wasm$/g, ""), url]));

/** Their names, in the order of the alphabet. */
export const BUNDLED: readonly string[] = [...FILES.keys()].sort();

/** The component's bytes. */
export async function fetchBundled(name: string): Promise<Uint8Array> {
  const url = FILES.get(name);
  if (url === undefined) throw new Error(`no extension \`${name}\` comes with the page`);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`\`${name}.wasm\`: the server answers ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
