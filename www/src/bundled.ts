/** The extensions that come with the page, as files beside it. */

import hashes from "../../dist/extensions/hashes.wasm?url";
import regexp from "../../dist/extensions/regexp.wasm?url";
import uuid from "../../dist/extensions/uuid.wasm?url";

const FILES = { regexp, hashes, uuid } as const;

export type BundledName = keyof typeof FILES;

export const BUNDLED = Object.keys(FILES) as BundledName[];

/** The component's bytes. */
export async function fetchBundled(name: BundledName): Promise<Uint8Array> {
  const response = await fetch(FILES[name]);
  if (!response.ok) throw new Error(`\`${name}.wasm\`: the server answers ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
