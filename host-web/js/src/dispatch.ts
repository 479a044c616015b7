/**
 * What the engine imports over the canonical ABI: the calls of extensions that are not frequent, and the files that were handed
 * over to them. The build maps the engine's imports of these names to {@link hostImport}.
 *
 * As everything the engine imports, nothing here throws, but for the engine's own death.
 *
 * @module
 */
import * as host from "../generated/host.js";
import { type CoreFunction, importedFunction, ResultError } from "./canonical.js";
import type { Core } from "./codecs.js";
import { engineAbi, isDead } from "./engine.js";
import { readFile, releaseFiles, sizeOfFile, writeFile } from "./files.js";
import { describeGuest, invokeGuest, linkedOf, releaseGuest } from "./guests.js";

const wanted: host.Interfaces = host.imports;

type Run = (...args: unknown[]) => unknown;

/** What the engine imports besides the functions of extensions. */
const OWN = {
  exports: (extension: number) => ({
    ...Object.fromEntries((linkedOf(extension)?.interfaces ?? []).map((name) => [name, true])),
    freshInstances: true,
  }),
  describe: describeGuest,
  release(extension: number): void {
    releaseGuest(extension);
    releaseFiles(extension);
  },
  size: sizeOfFile,
  read: readFile,
  write: writeFile,
} as Readonly<Record<string, Run>>;

/** INTERFACE-FUNCTION of what an extension exports. */
function guestFunction(name: string): Run {
  const [, interfaceName = "", functionName = ""] = /^([a-z]+)-(.*)$/.exec(name) ?? [];
  return (extension, ...args) => invokeGuest(extension as number, interfaceName, functionName, args);
}

/** The error of the `result` that an exception stands for. */
function errorOf(exception: unknown): unknown {
  if (isDead()) return undefined;
  if (exception instanceof ResultError) return exception.payload;
  // What a guest returned can't be lowered, though it was checked: a mistake of this package, which must not end the engine.
  return { tag: "failure", val: { kind: "invalid-result", message: String(exception) } };
}

const functions = new Map<string, CoreFunction>();

/** Calls what the engine imports. */
export function hostImport(interfaceName: string, functionName: string, flat: Core[]): Core | undefined {
  const key = `${interfaceName}#${functionName}`;
  let call = functions.get(key);
  if (call === undefined) {
    const func = wanted[interfaceName]?.[functionName] as host.Func;
    call = importedFunction(func, engineAbi, OWN[functionName] ?? guestFunction(functionName), errorOf);
    functions.set(key, call);
  }
  return call(...flat);
}
