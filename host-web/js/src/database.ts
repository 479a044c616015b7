/**
 * Connections.
 *
 * @module
 */
import { useAdapter } from "./direct.js";
import { alive, check, currentGeneration, engine, lastError, start } from "./engine.js";
import { compile, environment } from "./environment.js";
import { misuse, RANGE, SqliteError } from "./errors.js";
import {
  type ExtensionDescription,
  type ExtensionInfo,
  type ExtensionSource,
  type LinkOptions,
  type LoadOptions,
  link,
} from "./extension.js";
import { contentOf, keepFiles, readSources, releaseFiles } from "./files.js";
import { keepFunction, releaseFunction, type ScalarFunction } from "./functions.js";
import { keepGuest, releaseGuest } from "./guests.js";
import { buffered, inspect, named, readIds, readInfos } from "./inspect.js";
import { unwatch, watch } from "./interrupts.js";
import { type LogEntry, listen } from "./log.js";
import { type FunctionFlags, flagBits } from "./manifest.js";
import { type Row, repliedFirst, repliedParameters, repliedSecond, repliedStatement } from "./rows.js";
import { type ArrayRows, type ObjectRows, type RowOptions, Statement } from "./statement.js";
import type { Params, Value } from "./values.js";

/** Limits of a connection. Those that are not given stay as they are. */
export interface Limits {
  /** Wall-clock time one statement may run, in milliseconds; 0, the default, for no limit. */
  readonly timeout?: number;
  /** Nested calls between SQL and functions, 1 to 255; default 32. */
  readonly callDepth?: number;
  /** Most bytes one call of an extension may return, and one `spi` query; default 64 MiB. */
  readonly outputBytes?: number;
  /** Most bytes of a text, a blob or a row; default 1,000,000,000. */
  readonly valueBytes?: number;
  /** Most bytes of an SQL statement; default 1,000,000,000. */
  readonly sqlBytes?: number;
  /** Most bytes of keys and values in the state of one extension; default 1 MiB. */
  readonly stateBytes?: number;
  /** Most bytes of keys and values in the cache of one extension; default 4 MiB. */
  readonly cacheBytes?: number;
  /** Most cursors of queries and of virtual tables, and running aggregates, of one extension, each; default 100,000. */
  readonly openHandles?: number;
}

/** The limits in the engine's order. */
const LIMITS = [
  "timeout",
  "callDepth",
  "outputBytes",
  "valueBytes",
  "sqlBytes",
  "stateBytes",
  "cacheBytes",
  "openHandles",
] as const satisfies readonly (keyof Limits)[];

/** How to open a connection. */
export interface OpenOptions {
  /**
   * `:memory:`, the default, for a database of this connection alone. Any other name is a database in memory that
   * connections with the same name share, as long as this JavaScript realm lives.
   */
  readonly filename?: string;
  /** A database file to start from; it is copied. */
  readonly bytes?: Uint8Array | ArrayBuffer;
  /** Opens for reading only. */
  readonly readOnly?: boolean;
  /**
   * Gives every INTEGER as a bigint, and takes every number as REAL. Default: an INTEGER is a number where it is a safe
   * integer, a bigint beyond, and a number that is a safe integer is taken as INTEGER.
   */
  readonly bigint?: boolean;
  /** Wall-clock time one statement may run, in milliseconds; 0, the default, for no limit. */
  readonly timeout?: number;
  /** Further limits. */
  readonly limits?: Limits;
  /** Gets the messages of all extensions in this JavaScript realm, and of the engine. */
  readonly onLog?: (entry: LogEntry) => void;
  /** The engine, instead of the package's own `sqlink/engine.wasm`. Only the first `open()` of a realm uses it. */
  readonly engine?: WebAssembly.Module | BufferSource | URL | Response;
  /** The adapter, compiled, instead of the package's own `sqlink/adapter.wasm`; null to do without. */
  readonly adapter?: WebAssembly.Module | null;
}

/** What {@link Database.createFunction} may be told. */
export interface FunctionOptions extends FunctionFlags {
  /** Takes any number of arguments. Default: as many as the function declares. */
  readonly varargs?: boolean;
  /** Number of arguments, 0 to 127. Default: as many as the function declares. */
  readonly argCount?: number;
}

/** What one statement of {@link Database.queryAll} did. */
export interface StatementResult {
  /** The statement's text. */
  readonly sql: string;
  /** Where it begins in the whole text, in UTF-16 units. */
  readonly start: number;
  /** Names of its result columns; none for a statement that returns no rows. */
  readonly columns: readonly string[];
  /** Its first rows, at most `maxRows`. */
  readonly rows: readonly (readonly Value[])[];
  /** How many rows it gave. */
  readonly rowCount: number;
  /** Rows it inserted, updated or deleted. */
  readonly changes: number | bigint;
  /** How long it took to compile and run, in milliseconds. */
  readonly elapsed: number;
}

/** What {@link Database.queryAll} may be told. */
export interface QueryAllOptions {
  /** Most rows to keep of each statement; the rest is counted. Default: all. */
  readonly maxRows?: number;
}

/** An error of {@link Database.queryAll}, with what finished before it. */
export interface QueryAllError extends SqliteError {
  /** Results of the statements before the one that failed. */
  readonly results?: readonly StatementResult[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Opens a connection.
 *
 * The engine is loaded once per JavaScript realm and shared by its connections.
 *
 * @param options - name, content and limits
 */
export async function open(options: OpenOptions = {}): Promise<Database> {
  const { filename = ":memory:", readOnly = false, timeout, limits } = options;
  useAdapter(options.adapter === undefined ? await environment().adapter() : (options.adapter ?? undefined));
  await start(() => engineModule(options.engine));
  const handle = engine.open(filename, readOnly && options.bytes === undefined, true);
  if (handle === 0) throw lastError();
  const database = new Database(handle, options.bigint === true);
  try {
    if (options.onLog !== undefined) database.onLog(options.onLog);
    if (timeout !== undefined || limits !== undefined) {
      database.limits = { ...limits, ...(timeout !== undefined && { timeout }) };
    }
    if (options.bytes !== undefined) {
      check(engine.deserialize(handle, "main", new Uint8Array(options.bytes)));
      if (readOnly) database.exec("PRAGMA query_only = 1");
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

async function engineModule(given: OpenOptions["engine"]): Promise<WebAssembly.Module> {
  if (given === undefined) return compile(await environment().engine());
  if (given instanceof URL) return compile((await environment().read(given)) as Uint8Array<ArrayBuffer>);
  return compile(given);
}

/**
 * A connection. Made by {@link open}.
 *
 * @see https://sqlite.org/c3ref/sqlite3.html
 */
export class Database {
  readonly #handle: number;
  readonly #bigint: boolean;
  readonly #generation: number;
  readonly #cleanups: (() => void)[] = [];
  #closed = false;
  #savepoints = 0;

  /** @internal */
  constructor(handle: number, bigint: boolean) {
    this.#handle = handle;
    this.#bigint = bigint;
    this.#generation = currentGeneration();
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Rows inserted, updated or deleted by the last such statement. */
  get changes(): number | bigint {
    check(engine.changes(this.#use()));
    return repliedFirst(this.#bigint);
  }

  /** Rows inserted, updated or deleted since the connection was opened. */
  get totalChanges(): number | bigint {
    check(engine.totalChanges(this.#use()));
    return repliedFirst(this.#bigint);
  }

  /** Rowid of the last inserted row; 0 if there was none. */
  get lastInsertRowid(): number | bigint {
    check(engine.changes(this.#use()));
    return repliedSecond(this.#bigint);
  }

  /** Whether a transaction is open. */
  get inTransaction(): boolean {
    return check(engine.inTransaction(this.#use())) === 1;
  }

  /** The limits in force. Setting changes those that are given. */
  get limits(): Required<Limits> {
    check(engine.limits(this.#use()));
    const [row = []] = buffered(false);
    return Object.fromEntries(LIMITS.map((name, k) => [name, Number(row[k])])) as Required<
      Record<keyof Limits, number>
    >;
  }

  set limits(changed: Limits) {
    const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
    const all = { ...this.limits, ...given };
    for (const [name, value] of Object.entries(all)) {
      if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
        throw new SqliteError(`limit \`${name}\` is ${value}, expected a whole number up to 4294967295`, {
          extendedCode: RANGE,
        });
      }
    }
    const limits = Uint32Array.from(LIMITS, (name) => all[name]);
    check(engine.setLimits(this.#handle, limits));
  }

  /**
   * Runs every statement of a text and discards their rows. Stops at the first error; what ran before stays done.
   *
   * @param sql - any number of statements
   */
  exec(sql: string): void {
    if (engine.exec(this.#use(), text(sql)) < 0) throw lastError(sql);
  }

  /**
   * Compiles a statement for repeated use.
   *
   * @param sql - one statement
   */
  prepare(sql: string): Statement {
    const statement = this.#compile(sql, true);
    if (statement === undefined) throw misuse("there is no statement in the SQL");
    return statement;
  }

  #compile(sql: string, persistent: boolean): Statement | undefined {
    if (engine.prepare(this.#use(), text(sql), persistent) < 0) throw lastError(sql);
    const handle = repliedStatement();
    return handle === 0 ? undefined : new Statement(handle, sql, this.#bigint, repliedParameters());
  }

  /**
   * Runs one statement and returns all its rows.
   *
   * @param sql - one statement
   * @param params - a value for every parameter
   * @param options - how rows look
   */
  query(sql: string, params?: Params, options?: ObjectRows): Row[];
  query(sql: string, params: Params | undefined, options: ArrayRows): Value[][];
  query(sql: string, params?: Params, options?: RowOptions): Row[] | Value[][];
  query(sql: string, params?: Params, options?: RowOptions): Row[] | Value[][] {
    const statement = this.#compile(sql, false);
    if (statement === undefined) return [];
    try {
      return statement.all(params, options);
    } finally {
      statement.finalize();
    }
  }

  /**
   * Runs every statement of a text, one result each. Texts without a statement (comments) give none.
   *
   * When a statement fails, the error has the results of those before it as `results`, and its `offset` and `position`
   * count from the start of the whole text.
   *
   * @param sql - any number of statements
   * @param options - how many rows to keep
   */
  queryAll(sql: string, options: QueryAllOptions = {}): StatementResult[] {
    const results: StatementResult[] = [];
    const bytes = encoder.encode(text(sql));
    check(engine.scriptOpen(this.#use(), sql), sql);
    const script = repliedStatement();
    // Both count the same place: bytes for the engine, UTF-16 units for the caller.
    let [byte, unit] = [0, 0];
    const advance = (to: number): string => {
      const part = decoder.decode(bytes.subarray(byte, to));
      [byte, unit] = [to, unit + part.length];
      return part;
    };
    try {
      for (;;) {
        const began = performance.now();
        check(engine.scriptNext(script), sql);
        const handle = repliedStatement();
        if (handle === 0) return results;
        const parameters = repliedParameters();
        const [from, to] = [Number(repliedFirst(false)), Number(repliedSecond(false))];
        advance(from);
        const start = unit;
        const statement = new Statement(handle, advance(to), this.#bigint, parameters);
        try {
          results.push({ ...this.#runOne(statement, options), start, elapsed: performance.now() - began });
        } catch (error) {
          throw error instanceof SqliteError ? moved(error, sql, from) : error;
        } finally {
          statement.finalize();
        }
      }
    } catch (error) {
      throw error instanceof SqliteError ? Object.assign(error, { results }) : error;
    } finally {
      engine.scriptClose(script);
    }
  }

  #runOne(statement: Statement, { maxRows = Number.POSITIVE_INFINITY }: QueryAllOptions) {
    const before = this.totalChanges;
    const columns = statement.columns.map((column) => column.name);
    const rows: Value[][] = [];
    let rowCount = 0;
    for (const row of statement.iterate(undefined, { rowMode: "array" })) {
      if (rowCount++ < maxRows) rows.push(row);
    }
    const changes = this.totalChanges === before ? 0 : this.changes;
    return { sql: statement.sql, columns, rows, rowCount, changes };
  }

  /**
   * Runs a function in a transaction, or, inside one, in a savepoint: committed when it returns, rolled back when it
   * throws. The function must not be asynchronous.
   *
   * @param body - what to do
   * @param mode - when the transaction takes its locks
   * @see https://sqlite.org/lang_transaction.html
   */
  transaction<T>(body: (database: this) => T, mode: "deferred" | "immediate" | "exclusive" = "deferred"): T {
    const nested = this.inTransaction;
    const savepoint = `sqlink_${++this.#savepoints}`;
    this.exec(nested ? `SAVEPOINT ${savepoint}` : `BEGIN ${beginMode(mode)}`);
    try {
      const result = body(this);
      if (result instanceof Promise) {
        // Its rejection belongs to nobody else.
        result.catch(() => undefined);
        throw misuse("a transaction's function must not be asynchronous");
      }
      this.exec(nested ? `RELEASE ${savepoint}` : "COMMIT");
      return result;
    } catch (error) {
      // SQLite may have rolled back on its own.
      if (!this.#closed && this.inTransaction) {
        this.exec(nested ? `ROLLBACK TO ${savepoint}; RELEASE ${savepoint}` : "ROLLBACK");
      }
      throw error;
    } finally {
      this.#savepoints--;
    }
  }

  /**
   * Makes a JavaScript function callable from SQL. An exception it throws fails the statement and is the `cause` of the
   * {@link SqliteError}.
   *
   * @param name - SQL name, 1 to 255 bytes of UTF-8
   * @param call - gets the arguments and returns the result
   * @param options - argument count and what SQLite may assume
   * @see https://sqlite.org/c3ref/create_function.html
   */
  createFunction<A extends Value[]>(name: string, call: ScalarFunction<A>, options: FunctionOptions = {}): void {
    const argCount = options.varargs === true ? -1 : (options.argCount ?? call.length);
    const id = keepFunction(call as ScalarFunction, this.#bigint);
    const status = engine.createFunction(this.#use(), text(name), argCount, flagBits(options), id);
    if (status < 0) {
      const error = lastError();
      releaseFunction(id);
      throw error;
    }
  }

  /**
   * Removes a JavaScript function.
   *
   * @param name - SQL name
   * @param argCount - the number of arguments it was made with, -1 for any number
   */
  removeFunction(name: string, argCount: number): void {
    check(engine.removeFunction(this.#use(), text(name), argCount));
  }

  /**
   * Loads an extension: verifies it against the contract, reads its manifest with every import denied, checks its
   * capabilities against the grants, and registers everything, or nothing.
   *
   * @param source - the component's bytes or where to get them, or a linked core module
   * @param options - linker, grants, settings and files
   */
  async loadExtension(source: ExtensionSource, options: LoadOptions = {}): Promise<ExtensionInfo> {
    this.#use();
    const { grants = [], config = {}, prefix = "", replace = false } = options;
    const [linked, files] = await Promise.all([link(source, options), readSources(options.files ?? {})]);
    const handle = this.#use();
    const id = keepGuest(linked);
    const numbers = keepFiles(id, files);
    const status = engine.loadExtension(
      handle,
      id,
      linked.digest,
      [...grants],
      Object.entries(config).flatMap(([key, value]) => [key, text(value)]),
      files.map((file) => file.name),
      Uint32Array.from(files.flatMap((file, k) => [numbers[k] as number, file.writable ? 1 : 0])),
      text(prefix),
      replace,
    );
    if (status < 0) {
      const error = named(lastError(), linked.name);
      releaseGuest(id);
      releaseFiles(id);
      throw error;
    }
    const [info] = readInfos();
    if (info === undefined) throw misuse("the engine told nothing of the extension");
    return info;
  }

  /**
   * Returns what is in a file that was handed over to an extension, with what the extension has written.
   *
   * @param extension - as in its manifest
   * @param file - the extension's name for the file
   */
  extensionFile(extension: string, file: string): Uint8Array {
    const content = contentOf(this.#extension(extension), file);
    if (content === undefined) throw misuse(`extension \`${extension}\` was handed no file \`${file}\``);
    return content;
  }

  #extension(name: string): number {
    check(engine.extensions(this.#use()));
    const id = readIds().get(name);
    if (id === undefined) throw misuse(`no extension \`${name}\` is loaded`);
    return id;
  }

  /**
   * Removes an extension and everything it registered. Its files are gone then, too.
   *
   * @param name - as in its manifest
   */
  unloadExtension(name: string): void {
    check(engine.unloadExtension(this.#handle, this.#extension(name)));
  }

  /**
   * Reads an extension's manifest with every import denied, and registers nothing.
   *
   * @param source - as for {@link loadExtension}
   * @param options - which linker
   */
  inspectExtension(source: ExtensionSource, options: LinkOptions = {}): Promise<ExtensionDescription> {
    this.#use();
    return inspect(source, options);
  }

  /** The extensions of this connection. */
  extensions(): ExtensionInfo[] {
    check(engine.extensions(this.#use()));
    return readInfos();
  }

  /**
   * Returns the database as the bytes of a database file.
   *
   * @param schema - `main`, `temp` or an attached database
   * @see https://sqlite.org/c3ref/serialize.html
   */
  export(schema = "main"): Uint8Array {
    check(engine.serialize(this.#use(), text(schema)));
    return (buffered(false)[0]?.[0] ?? new Uint8Array()) as Uint8Array;
  }

  /** Makes the running statement stop with SQLITE_INTERRUPT. Only a function that the statement calls can do that. */
  interrupt(): void {
    check(engine.interrupt(this.#use()));
  }

  /**
   * Makes statements stop with SQLITE_INTERRUPT while a word of shared memory is not 0, so that another thread can
   * stop them.
   *
   * @param flag - one word over a SharedArrayBuffer
   */
  interruptOn(flag: Int32Array): void {
    watch(this.#use(), () => Atomics.load(flag, 0) !== 0);
  }

  /**
   * Adds a listener for messages of extensions and of the engine, of all connections in this realm.
   *
   * @param listener - gets each message
   */
  onLog(listener: (entry: LogEntry) => void): void {
    this.#use();
    this.#cleanups.push(listen(listener));
  }

  /** Closes the connection, its statements and its extensions. Closing again does nothing. */
  close(): void {
    if (this.#closed) return;
    if (this.#generation === currentGeneration()) check(engine.close(this.#handle));
    this.#closed = true;
    unwatch(this.#handle);
    for (const clean of this.#cleanups) clean();
  }

  /** {@link close} */
  [Symbol.dispose](): void {
    this.close();
  }

  #use(): number {
    if (this.#closed) throw misuse("the connection is closed");
    alive(this.#generation);
    return this.#handle;
  }
}

function beginMode(mode: string): string {
  if (mode !== "deferred" && mode !== "immediate" && mode !== "exclusive") {
    throw misuse(`transaction mode \`${mode}\`, expected deferred, immediate or exclusive`);
  }
  return mode.toUpperCase();
}

function text(value: string): string {
  if (typeof value !== "string") throw misuse(`expected a string, found ${typeof value}`);
  return value;
}

/** The error with its offset counted from the start of the script its statement is in. */
function moved(error: SqliteError, sql: string, from: number): SqliteError {
  const { extendedCode, offset, reason, extension, function: name, cause } = error;
  return new SqliteError(
    error.message,
    { extendedCode, offset: offset === undefined ? undefined : offset + from, sql, reason, extension, function: name },
    cause === undefined ? undefined : { cause },
  );
}
