/**
 * What extensions import: the engine's `guest-imports`, which check the grants.
 *
 * @module
 */
import type { Func } from "../generated/contract.js";
import { ResultError } from "./canonical.js";
import { guestImport } from "./engine.js";
import { AUTH } from "./errors.js";

/** The extension called an import that it may not call, and the call cannot go on. */
export class Denied extends Error {}

/** Gives the function behind an import, by the interface's short name and the function's. */
export type Imports = (
  interfaceName: string,
  functionName: string,
  func: Func,
) => (...args: readonly unknown[]) => unknown;

/** Name of an interface without package and version: `spi` for `sqlink:extension/spi@0.1.0`. */
export function shortName(interfaceName: string): string {
  return interfaceName.replace(/^.*\//, "").replace(/@.*$/, "");
}

/** Whether the function returns the contract's errors. */
function isFallible({ result }: Func): boolean {
  return result !== null && typeof result === "object" && "result" in result;
}

/**
 * The imports for `describe`: nothing is granted. Messages are dropped, but a panic's is kept for the error.
 *
 * @param onError - gets each error-level message
 * @param onDenied - gets what the extension may not call: its manifest does not count then
 */
export function deniedImports(onError: (message: string) => void, onDenied: (denied: Denied) => void): Imports {
  return (interfaceName, functionName, func) => {
    if (interfaceName === "log") {
      return (level, message) => {
        if (level === "error") onError(String(message));
      };
    }
    return () => {
      const message = `\`${interfaceName}.${functionName}\` can't be called from \`describe\``;
      const denied = new Denied(message);
      onDenied(denied);
      throw isFallible(func) ? new ResultError({ code: AUTH, message: `capability-denied: ${message}` }) : denied;
    };
  };
}

/**
 * The contract's imports for one extension.
 *
 * @param id - the extension
 * @param onError - gets each error-level message, before the engine does
 */
export function grantedImports(id: number, onError: (message: string) => void): Imports {
  return (interfaceName, functionName) => {
    const name = `${interfaceName}-${functionName}`;
    if (name !== "log-write") return (...args) => guestImport(name, [id, ...args]);
    return (level, message) => {
      if (level === "error") onError(String(message));
      guestImport(name, [id, level, message]);
    };
  };
}
