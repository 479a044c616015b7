/**
 * Reading what extensions say of themselves: before they are loaded, and once the engine has them.
 *
 * @module
 */
import { AUTH, ERROR, SqliteError } from "./errors.js";
import {
  type ExtensionDescription,
  type ExtensionInfo,
  type ExtensionSource,
  type LinkOptions,
  link,
} from "./extension.js";
import { classify, describe, type Linked, linkedOf } from "./guests.js";
import type { HookName, Manifest } from "./manifest.js";
import { readArrays } from "./rows.js";
import type { Value } from "./values.js";

/** Reads an extension's manifest with every import denied. */
export async function inspect(source: ExtensionSource, options: LinkOptions): Promise<ExtensionDescription> {
  const linked = await link(source, options);
  const manifest = manifestOf(linked);
  const { name, version, description, required, optional, nesting, http } = manifest;
  return {
    name,
    version,
    description,
    digest: linked.digest,
    functions: manifest.functions.map(({ name, argCount, flags }) => ({ name, argCount, flags })),
    aggregates: manifest.aggregates.map(({ name, argCount, flags, window }) => ({ name, argCount, flags, window })),
    collations: manifest.collations.map((item) => item.name),
    modules: manifest.modules.map(({ name, flags, shadowNames }) => ({ name, flags, shadowNames })),
    hooks: Object.entries(manifest.hooks).flatMap(([hook, wanted]) => (wanted ? (hook as HookName) : [])),
    required,
    optional,
    nesting,
    ...(http !== undefined && { http }),
    linker: linked.linker,
  };
}

function manifestOf(linked: Linked): Manifest {
  let lastLog = "";
  try {
    return describe(linked, (message) => {
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

const TEXTS = ["name", "version", "description", "digest"] as const;
const LISTS = ["functions", "aggregates", "collations", "modules", "hooks", "granted", "denied"] as const;

/** The extensions in the row buffer: rows of key and value, of which `id` begins the next extension. */
export function readInfos(): ExtensionInfo[] {
  const infos: Map<unknown, string[]>[] = [];
  for (const [key, value] of buffered(false)) {
    if (key === "id") infos.push(new Map());
    const values = infos.at(-1)?.get(key);
    if (values === undefined) infos.at(-1)?.set(key, [String(value)]);
    else values.push(String(value));
  }
  return infos.map((info) => ({
    ...pick(TEXTS, (key) => info.get(key)?.[0] ?? ""),
    ...pick(LISTS, (key) => info.get(key) ?? []),
    linker: linkedOf(Number(info.get("id")?.[0]))?.linker ?? "direct",
    traps: Number(info.get("traps")?.[0]),
  })) as ExtensionInfo[];
}

function pick<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
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
