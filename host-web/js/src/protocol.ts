/**
 * Messages between a page and the worker that runs its database.
 *
 * The client sends one request and waits for its answer before it sends the next: so an abort means the statement that is
 * running, and a transaction is nobody else's.
 *
 * @module
 */
import type { Limits, QueryAllOptions, StatementResult } from "./database.js";
import { SqliteError, type SqliteErrorFields } from "./errors.js";
import type { ExtensionDescription, ExtensionInfo, LinkedExtension, LinkOptions, LoadOptions } from "./extension.js";
import type { LogEntry } from "./log.js";
import type { Row } from "./rows.js";
import type { Column, RowOptions, RunResult } from "./statement.js";
import type { Params, Value } from "./values.js";

/** What an extension is given as, between threads. */
export type SentExtension = string | Uint8Array | ArrayBuffer | Blob | WebAssembly.Module | LinkedExtension;

/** How to open, between threads. */
export interface SentOptions {
  readonly filename?: string;
  readonly bytes?: Uint8Array | ArrayBuffer;
  readonly readOnly?: boolean;
  readonly bigint?: boolean;
  readonly timeout?: number;
  readonly limits?: Limits;
  readonly engine?: string | WebAssembly.Module | BufferSource;
  /** Whether log messages are wanted. */
  readonly log: boolean;
  /** One word that is not 0 while the running statement is to stop; absent without shared memory. */
  readonly flag?: Int32Array<SharedArrayBuffer>;
}

/** A prepared statement, as the client knows it. */
export interface Prepared {
  readonly statement: number;
  readonly parameterCount: number;
}

/** A batch of an iteration. */
export interface Batch {
  readonly rows: Row[] | Value[][];
  readonly done: boolean;
}

/** Every operation: what it takes and what it gives. */
export interface Operations {
  open: { args: { options: SentOptions }; result: undefined };
  exec: { args: { sql: string }; result: undefined };
  query: {
    args: { sql: string; params?: Params | undefined; options?: RowOptions | undefined };
    result: Row[] | Value[][];
  };
  queryAll: { args: { sql: string; options: QueryAllOptions }; result: StatementResult[] };
  prepare: { args: { sql: string }; result: Prepared };
  run: { args: StatementArgs; result: RunResult };
  all: { args: StatementArgs; result: Row[] | Value[][] };
  get: { args: StatementArgs; result: Row | Value[] | undefined };
  columns: { args: { statement: number }; result: readonly Column[] };
  iterate: { args: StatementArgs; result: number };
  next: { args: { iteration: number; rows: number }; result: Batch };
  endIteration: { args: { iteration: number }; result: undefined };
  finalize: { args: { statement: number }; result: undefined };
  changes: { args: Record<never, never>; result: number | bigint };
  totalChanges: { args: Record<never, never>; result: number | bigint };
  lastInsertRowid: { args: Record<never, never>; result: number | bigint };
  inTransaction: { args: Record<never, never>; result: boolean };
  getLimits: { args: Record<never, never>; result: Required<Limits> };
  setLimits: { args: { limits: Limits }; result: undefined };
  loadExtension: { args: { source: SentExtension; options: LoadOptions }; result: ExtensionInfo };
  inspectExtension: { args: { source: SentExtension; options: LinkOptions }; result: ExtensionDescription };
  unloadExtension: { args: { name: string }; result: undefined };
  extensionFile: { args: { extension: string; file: string }; result: Uint8Array };
  extensions: { args: Record<never, never>; result: ExtensionInfo[] };
  use: { args: { url: string }; result: undefined };
  export: { args: { schema?: string | undefined }; result: Uint8Array };
  close: { args: Record<never, never>; result: undefined };
}

/** What running a prepared statement takes. */
export interface StatementArgs {
  readonly statement: number;
  readonly params?: Params | undefined;
  readonly options?: RowOptions | undefined;
}

/** Name of an operation. */
export type Operation = keyof Operations;

/** A message to the worker. */
export type Request = { [K in Operation]: { readonly id: number; readonly op: K } & Operations[K]["args"] }[Operation];

/** A message from the worker. */
export type Response =
  | { readonly kind: "result"; readonly id: number; readonly result: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: SentError }
  | { readonly kind: "log"; readonly entry: LogEntry };

/** An error, between threads. */
export interface SentError {
  readonly message: string;
  /** Absent for an error that is not SQLite's. */
  readonly fields?: SqliteErrorFields;
  /** Further properties. */
  readonly extra: { readonly results?: readonly StatementResult[] };
  /** The exception of a JavaScript function, as text. */
  readonly cause?: string;
}

/** Takes an error apart. */
export function sendError(error: unknown): SentError {
  if (!(error instanceof SqliteError)) return { message: String(error), extra: {} };
  const { message, extendedCode, offset, sql, reason, extension, function: name, cause } = error;
  const { results } = error as SentError["extra"];
  return {
    message,
    fields: { extendedCode, offset, sql, reason, extension, function: name },
    extra: results === undefined ? {} : { results },
    ...(cause !== undefined && { cause: String(cause) }),
  };
}

/** Puts an error together again. */
export function receiveError({ message, fields, extra, cause }: SentError): Error {
  if (fields === undefined) return new Error(message);
  const options = cause === undefined ? undefined : { cause: new Error(cause) };
  return Object.assign(new SqliteError(message, fields, options), extra);
}
