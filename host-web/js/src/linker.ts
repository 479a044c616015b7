/**
 * The direct linker: the compose crate as WebAssembly, loaded when the first extension is.
 *
 * @module
 */
import { initSync, link, verify } from "../generated/linker.js";
import { compile, environment } from "./environment.js";
import { ERROR, SqliteError } from "./errors.js";

let started: Promise<unknown> | undefined;

async function start(): Promise<void> {
  const { linker } = environment();
  started ??= linker?.().then(async (source) => initSync({ module: await compile(source) }));
  try {
    await started;
  } catch (error) {
    started = undefined;
    throw error;
  }
}

/** SHA-256 of bytes, in hexadecimal. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  if (typeof crypto === "undefined" || crypto.subtle === undefined) {
    throw new SqliteError(
      "extensions can only be loaded in a secure context (https or localhost): `crypto.subtle` is missing",
      { extendedCode: ERROR },
    );
  }
  // A view of shared memory is refused, so the digest is of a copy then.
  const own = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", own));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the linker threw, as this package's error; undefined if only the shape is refused. */
function refusal(cause: unknown, name: string): SqliteError | undefined {
  const { code, message } = cause as { readonly code?: string; readonly message?: string };
  if (code === "not-direct") return undefined;
  // Anything without a code is the linker's own failure.
  const text = code === undefined ? `\`${name}\` could not be linked: ${String(cause)}` : String(message);
  return new SqliteError(text, { extendedCode: ERROR }, { cause });
}

/**
 * Verifies a component against the contract and compiles its core module.
 *
 * @param bytes - the component
 * @param name - what to call it in errors
 * @param only - whether a component of another shape is an error too
 * @returns the compiled core module; undefined if only the shape is refused, and `only` is false
 */
export async function linkDirect(
  bytes: Uint8Array,
  name: string,
  only: boolean,
): Promise<WebAssembly.Module | undefined> {
  await start();
  let core: Uint8Array<ArrayBuffer>;
  try {
    const linked = link(bytes, name);
    core = linked.core as Uint8Array<ArrayBuffer>;
    linked.free();
  } catch (cause) {
    const error = refusal(cause, name);
    if (error !== undefined) throw error;
    if (only) throw new SqliteError((cause as Error).message, { extendedCode: ERROR }, { cause });
    return undefined;
  }
  return WebAssembly.compile(core);
}

/**
 * Verifies a component of any shape against the contract.
 *
 * @param bytes - the component
 * @param name - what to call it in errors
 */
export async function verifyComponent(bytes: Uint8Array, name: string): Promise<void> {
  await start();
  try {
    verify(bytes, name);
  } catch (cause) {
    const error = refusal(cause, name);
    if (error !== undefined) throw error;
  }
}
