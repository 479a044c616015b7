/**
 * What extensions import, implemented over the engine, which checks the grants.
 *
 * @module
 */
import { engine, lastError, scratch } from "./engine.js";
import { LEVELS } from "./log.js";
import { readArrays, repliedFirst } from "./rows.js";
import { Real, type Value, writeParams } from "./values.js";

/** The contract's `error`, as an exception. jco looks for `payload`. */
export class ContractError extends Error {
  /** What the guest gets. */
  readonly payload: { readonly code: number; readonly message: string };

  /** Makes the exception of an error. */
  constructor(code: number, message: string) {
    super(message);
    this.payload = { code, message };
  }
}

/** The contract's error an exception stands for; undefined if it stands for none. */
export function contractError(exception: unknown): unknown {
  return exception instanceof ContractError ? exception.payload : undefined;
}

/** The extension called an import that it may not call, and the call cannot go on. */
export class Denied extends Error {}

/** A value as jco represents the contract's `value`. */
export interface ContractValue {
  readonly tag: string;
  readonly val?: unknown;
}

/** Functions of an interface by their WIT names. */
export type Implementation = Readonly<Record<string, (...args: never[]) => unknown>>;

const encoder = new TextEncoder();

/** Gives a SQLite value as the contract's `value`. Integers are bigint here. */
export function toContract(value: Value): ContractValue {
  switch (typeof value) {
    case "bigint":
      return { tag: "integer", val: value };
    case "number":
      return { tag: "real", val: value };
    case "string":
      return { tag: "text", val: value };
    default:
      return value === null ? { tag: "null" } : { tag: "blob", val: value };
  }
}

/** The reverse of {@link toContract}: what {@link writeParams} takes. */
export function fromContract({ tag, val }: ContractValue): unknown {
  return tag === "null" ? null : tag === "real" ? new Real(Number(val)) : val;
}

/** Writes the contract's values as cells into the scratch area. */
function writeContract(values: readonly ContractValue[]): number {
  writeParams(values.map(fromContract), scratch, true);
  return values.length;
}

/** Throws the engine's error as the contract's. */
function answer(status: number): void {
  if (status >= 0) return;
  const error = lastError();
  throw new ContractError(error.extendedCode, error.message);
}

/** Interfaces by their short name: `spi` for `sqlink:extension/spi@0.1.0`. */
export type Implementations = Readonly<Record<string, Implementation>>;

/** Name of an interface without package and version. */
export function shortName(interfaceName: string): string {
  return interfaceName.replace(/^.*\//, "").replace(/@.*$/, "");
}

/** SQLITE_AUTH. */
const AUTH = 23;

/**
 * The imports for `describe`: nothing is granted. Messages are dropped, but a panic's is kept for the error.
 *
 * @param onError - gets each error-level message
 * @param onDenied - gets what the extension may not call: its manifest does not count then
 */
export function deniedImports(onError: (message: string) => void, onDenied: (denied: Denied) => void): Implementations {
  const deny = (what: string) => (): never => {
    const message = `\`${what}\` can't be called from \`describe\``;
    onDenied(new Denied(message));
    throw new ContractError(AUTH, `capability-denied: ${message}`);
  };
  return {
    log: {
      write(level: string, message: string): void {
        if (level === "error") onError(message);
      },
    },
    random: { bytes: deny("random.bytes") },
    clock: { now: deny("clock.now") },
    spi: { query: deny("spi.query"), execute: deny("spi.execute") },
  };
}

/**
 * The contract's imports for one extension.
 *
 * @param id - the extension
 * @param onError - gets each error-level message, before the engine does
 */
export function grantedImports(id: number, onError: (message: string) => void): Implementations {
  return {
    log: {
      write(level: string, message: string): void {
        if (level === "error") onError(message);
        engine.guestLog(id, LEVELS.indexOf(level as "error"), encoder.encode(message));
      },
    },
    random: {
      bytes(length: number): Uint8Array {
        answer(engine.guestRandom(id, length));
        return firstCell() as Uint8Array;
      },
    },
    clock: {
      now(): bigint {
        answer(engine.guestClock(id));
        return BigInt(repliedFirst(true));
      },
    },
    spi: {
      query(sql: string, params: readonly ContractValue[]): unknown {
        answer(engine.guestQuery(id, sql, writeContract(params)));
        const rows: Value[][] = [];
        readArrays(rows, true);
        const [columns, ...rest] = rows;
        return { columns, rows: rest.map((row) => row.map(toContract)) };
      },
      execute(sql: string, params: readonly ContractValue[]): bigint {
        answer(engine.guestExecute(id, sql, writeContract(params)));
        return BigInt(repliedFirst(true));
      },
    },
  };
}

function firstCell(): Value | undefined {
  const rows: Value[][] = [];
  readArrays(rows, true);
  return rows[0]?.[0];
}
