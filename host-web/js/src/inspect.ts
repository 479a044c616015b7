/**
 * Reading what extensions say of themselves: before they are loaded, and once the engine has them.
 *
 * @module
 */
import type { Manifest } from "./describe.js";
import { AUTH, ERROR, SqliteError } from "./errors.js";
import {
  type ExtensionDescription,
  type ExtensionInfo,
  type ExtensionSource,
  type Linked,
  type LoadOptions,
  link,
} from "./extension.js";
import { classify, guestOf } from "./guests.js";
import { readArrays } from "./rows.js";
import type { Value } from "./values.js";

/** Reads an extension's manifest with every import denied. */
export async function inspect(source: ExtensionSource, options: LoadOptions): Promise<ExtensionDescription> {
  const linked = await link(source, options);
  const { name, version, description, functions, required, optional } = describe(linked);
  return {
    name,
    version,
    description,
    digest: linked.digest,
    functions: functions.map((item) => ({ name: item.name, argCount: item.argCount, flags: item.flags })),
    required,
    optional,
    linker: linked.linker,
  };
}

function describe(linked: Linked): Manifest {
  let lastLog = "";
  try {
    return linked.describe((message) => {
      lastLog = message;
    });
  } catch (cause) {
    if (cause instanceof SqliteError) throw cause;
    const [reason, detail] = classify(cause, lastLog);
    throw new SqliteError(
      `${reason}: extension \`${linked.name}\`, function \`describe\`: ${detail}`,
      {
        extendedCode: reason === "capability-denied" ? AUTH : ERROR,
        reason,
        extension: linked.name,
        function: "describe",
      },
      { cause },
    );
  }
}

/** The error with the extension's file in it, where the engine had no manifest yet to take a name from. */
export function named(error: SqliteError, name: string): SqliteError {
  const { message, extendedCode, reason, cause } = error;
  const unnamed = ": extension, function `describe`";
  if (reason === undefined || !message.includes(unnamed)) return error;
  return new SqliteError(
    message.replace(unnamed, () => `: extension \`${name}\`, function \`describe\``),
    { extendedCode, reason, extension: name, function: "describe" },
    { cause },
  );
}

/** The buffered rows. */
export function buffered(bigint: boolean): Value[][] {
  const rows: Value[][] = [];
  readArrays(rows, bigint);
  return rows;
}

/** The extensions in the row buffer: rows of key and value, of which `id` begins the next extension. */
export function readInfos(): ExtensionInfo[] {
  type Growing = { -readonly [K in keyof ExtensionInfo]: ExtensionInfo[K] } & {
    functions: string[];
    granted: string[];
    denied: string[];
  };
  const infos: Growing[] = [];
  for (const [key, value] of buffered(false)) {
    const info = infos.at(-1);
    switch (key) {
      case "id":
        infos.push({
          name: "",
          version: "",
          description: "",
          digest: "",
          functions: [],
          granted: [],
          denied: [],
          linker: guestOf(Number(value))?.linker ?? "direct",
          traps: 0,
        });
        break;
      case "traps":
        if (info !== undefined) info.traps = Number(value);
        break;
      case "functions":
      case "granted":
      case "denied":
        info?.[key].push(String(value));
        break;
      case "name":
      case "version":
      case "description":
      case "digest":
        if (info !== undefined) info[key] = String(value);
        break;
    }
  }
  return infos;
}

/** Engine's numbers of the extensions in the row buffer, by name. */
export function readIds(): Map<string, number> {
  const ids = new Map<string, number>();
  let id = 0;
  for (const [key, value] of buffered(false)) {
    if (key === "id") id = Number(value);
    if (key === "name") ids.set(String(value), id);
  }
  return ids;
}
