/**
 * The page's side: the API of a connection that lives in a worker, every method asynchronous.
 *
 * @module
 */
import type { Database, Limits, OpenOptions, QueryAllOptions, StatementResult } from "./database.js";
import { INTERRUPT, misuse, SqliteError } from "./errors.js";
import type { ExtensionDescription, ExtensionInfo, ExtensionSource, LinkOptions, LoadOptions } from "./extension.js";
import type { LogEntry } from "./log.js";
import {
  type Operation,
  type Operations,
  type Response as Reply,
  type Request,
  receiveError,
  type SentExtension,
  type SentOptions,
} from "./protocol.js";
import type { Row } from "./rows.js";
import type { ArrayRows, Column, ObjectRows, RowOptions, RunResult } from "./statement.js";
import type { Params, Value } from "./values.js";

/** How to open a connection in a worker. The engine is given as a module, as bytes or as a URL. */
export interface WorkerOptions extends Omit<OpenOptions, "engine" | "adapter"> {
  /** The engine, instead of the package's own. */
  readonly engine?: WebAssembly.Module | BufferSource | URL;
}

/** Lets a call be cancelled. */
export interface Cancellable {
  /**
   * Aborting it stops the statement with SQLITE_INTERRUPT, and the connection stays usable. That needs shared memory (in a
   * browser a cross-origin isolated page, in Node always); without it the worker is terminated: the connection is closed then,
   * and the error has `terminated: true`.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A worker, whichever kind the platform has. */
export interface Thread {
  /** Sends a message. */
  post(message: Request): void;
  /** Receives messages, and failures of the worker itself. */
  listen(receive: (message: Reply) => void, failed: (message: string) => void): void;
  /** Ends it at once. */
  terminate(): void;
  /** Makes an absolute URL of what the caller gave. */
  url(text: string): string;
}

/** An error that says that the worker was terminated to stop a statement. */
export interface TerminatedError extends SqliteError {
  /** True: the connection is gone with its worker. */
  readonly terminated?: boolean;
}

interface Waiting {
  readonly request: Request;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends requests one after the other. */
class Channel {
  readonly #thread: Thread;
  readonly #flag: Int32Array | undefined;
  readonly #queue: Waiting[] = [];
  #running: Waiting | undefined;
  #next = 1;
  /** Why nothing can be sent any more. */
  ended: Error | undefined;

  constructor(thread: Thread, flag: Int32Array | undefined, log: ((entry: LogEntry) => void) | undefined) {
    this.#thread = thread;
    this.#flag = flag;
    thread.listen(
      (reply) => {
        if (reply.kind === "log") log?.(reply.entry);
        else this.#settle(reply);
      },
      (message) => this.end(misuse(`the worker failed: ${message}`)),
    );
  }

  send<K extends Operation>(
    op: K,
    args: Operations[K]["args"],
    signal?: AbortSignal,
  ): Promise<Operations[K]["result"]> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    if (signal?.aborted === true) return Promise.reject(interrupted());
    return new Promise((resolve, reject) => {
      // The pair of name and arguments is right by this method's type, which the union cannot express.
      const request = { ...args, id: this.#next++, op } as unknown as Request;
      const waiting: Waiting = { request, signal, resolve, reject };
      signal?.addEventListener("abort", () => this.#abort(waiting), { once: true });
      this.#queue.push(waiting);
      this.#advance();
    });
  }

  #advance(): void {
    if (this.#running !== undefined) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#running = next;
    if (this.#flag !== undefined) Atomics.store(this.#flag, 0, 0);
    try {
      this.#thread.post(next.request);
    } catch (error) {
      // Something in it cannot be sent, for instance a function.
      this.#running = undefined;
      next.reject(error);
      this.#advance();
    }
  }

  #settle(reply: Exclude<Reply, { kind: "log" }>): void {
    const running = this.#running;
    if (running === undefined || running.request.id !== reply.id) return;
    this.#running = undefined;
    if (reply.kind === "result") running.resolve(reply.result as never);
    else running.reject(receiveError(reply.error));
    this.#advance();
  }

  #abort(waiting: Waiting): void {
    const queued = this.#queue.indexOf(waiting);
    if (queued >= 0) {
      this.#queue.splice(queued, 1);
      waiting.reject(interrupted());
    } else if (this.#running === waiting) {
      if (this.#flag !== undefined) Atomics.store(this.#flag, 0, 1);
      else this.end(Object.assign(interrupted(), { terminated: true }));
    }
  }

  /** Ends the worker; whoever waits gets the error. */
  end(error: Error): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    this.#thread.terminate();
    for (const waiting of [this.#running, ...this.#queue]) waiting?.reject(error);
    this.#running = undefined;
    this.#queue.length = 0;
  }
}

function interrupted(): SqliteError {
  return new SqliteError("interrupted", { extendedCode: INTERRUPT });
}

/** Opens a connection in a thread. */
export async function connect(thread: Thread, options: WorkerOptions): Promise<WorkerDatabase> {
  const { onLog, engine, ...rest } = options;
  const flag = sharedFlag();
  const channel = new Channel(thread, flag, onLog);
  const sent: SentOptions = {
    ...rest,
    log: onLog !== undefined,
    ...(engine !== undefined && { engine: engine instanceof URL ? engine.href : engine }),
    ...(flag !== undefined && { flag }),
  };
  try {
    await channel.send("open", { options: sent });
  } catch (error) {
    channel.end(misuse("the connection was not opened"));
    throw error;
  }
  return new WorkerDatabase(channel, thread);
}

function sharedFlag(): Int32Array<SharedArrayBuffer> | undefined {
  // A browser shares memory with a worker only if the page is cross-origin isolated; elsewhere there is no such property.
  const isolated = (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated ?? true;
  return isolated && typeof SharedArrayBuffer !== "undefined" ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
}

/**
 * A connection in a worker: {@link Database} with every method asynchronous. Made by `openWorker()`.
 *
 * Calls run one after the other, in the order they are made. JavaScript functions cannot cross to a worker: {@link use} runs
 * a module there that makes them.
 */
export class WorkerDatabase {
  readonly #channel: Channel;
  readonly #thread: Thread;
  /** Ends of the transactions so far: others wait for them. */
  #turn: Promise<unknown> = Promise.resolve();
  /** In a transaction: the connection as its function sees it. */
  readonly #inner: boolean;
  #savepoints = 0;

  /** @internal */
  constructor(channel: Channel, thread: Thread, inner = false) {
    this.#channel = channel;
    this.#thread = thread;
    this.#inner = inner;
  }

  async #send<K extends Operation>(
    op: K,
    args: Operations[K]["args"],
    signal?: AbortSignal,
  ): Promise<Operations[K]["result"]> {
    if (!this.#inner) await this.#turn;
    return this.#channel.send(op, args, signal);
  }

  /** Whether it is closed, or its worker ended. */
  get closed(): boolean {
    return this.#channel.ended !== undefined;
  }

  /** As {@link Database.changes}. */
  get changes(): Promise<number | bigint> {
    return this.#send("changes", {});
  }

  /** As {@link Database.totalChanges}. */
  get totalChanges(): Promise<number | bigint> {
    return this.#send("totalChanges", {});
  }

  /** As {@link Database.lastInsertRowid}. */
  get lastInsertRowid(): Promise<number | bigint> {
    return this.#send("lastInsertRowid", {});
  }

  /** As {@link Database.inTransaction}. */
  get inTransaction(): Promise<boolean> {
    return this.#send("inTransaction", {});
  }

  /** The limits in force. */
  get limits(): Promise<Required<Limits>> {
    return this.#send("getLimits", {});
  }

  /** Changes the limits that are given. */
  setLimits(limits: Limits): Promise<void> {
    return this.#send("setLimits", { limits });
  }

  /** As {@link Database.exec}. */
  exec(sql: string, options: Cancellable = {}): Promise<void> {
    return this.#send("exec", { sql }, options.signal);
  }

  /** As {@link Database.query}. */
  query(sql: string, params?: Params, options?: ObjectRows & Cancellable): Promise<Row[]>;
  query(sql: string, params: Params | undefined, options: ArrayRows & Cancellable): Promise<Value[][]>;
  query(sql: string, params?: Params, options?: RowOptions & Cancellable): Promise<Row[] | Value[][]> {
    return this.#send("query", { sql, params, options: plain(options) }, options?.signal);
  }

  /** As {@link Database.queryAll}. */
  queryAll(sql: string, options: QueryAllOptions & Cancellable = {}): Promise<StatementResult[]> {
    const { signal, ...rest } = options;
    return this.#send("queryAll", { sql, options: rest }, signal);
  }

  /** As {@link Database.prepare}. */
  async prepare(sql: string): Promise<WorkerStatement> {
    const { statement, parameterCount } = await this.#send("prepare", { sql });
    return new WorkerStatement((op, args, signal) => this.#send(op, args, signal), statement, sql, parameterCount);
  }

  /**
   * As {@link Database.transaction}, with an asynchronous function: other calls on this connection wait until it is over.
   *
   * @param body - must use the connection it is given, not the one the transaction was called on
   */
  async transaction<T>(body: (database: WorkerDatabase) => Promise<T> | T): Promise<T> {
    if (this.#inner) {
      const name = `sqlink_w${++this.#savepoints}`;
      return this.#within(body, this, [`SAVEPOINT ${name}`, `RELEASE ${name}`, `ROLLBACK TO ${name}; RELEASE ${name}`]);
    }
    const inner = new WorkerDatabase(this.#channel, this.#thread, true);
    const done = this.#turn.then(() => this.#within(body, inner, ["BEGIN", "COMMIT", "ROLLBACK"]));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #within<T>(
    body: (database: WorkerDatabase) => Promise<T> | T,
    inner: WorkerDatabase,
    [begin, commit, rollback]: readonly [string, string, string],
  ): Promise<T> {
    await this.#channel.send("exec", { sql: begin });
    try {
      const result = await body(inner);
      await this.#channel.send("exec", { sql: commit });
      return result;
    } catch (error) {
      // SQLite may have rolled back on its own, or the worker may be gone.
      if (this.#channel.ended === undefined && (await this.#channel.send("inTransaction", {}))) {
        await this.#channel.send("exec", { sql: rollback });
      }
      throw error;
    }
  }

  /** As {@link Database.loadExtension}. */
  async loadExtension(source: ExtensionSource, options: LoadOptions = {}): Promise<ExtensionInfo> {
    return this.#send("loadExtension", await this.#sendable(source, options));
  }

  /** As {@link Database.inspectExtension}. */
  async inspectExtension(source: ExtensionSource, options: LinkOptions = {}): Promise<ExtensionDescription> {
    return this.#send("inspectExtension", await this.#sendable(source, options));
  }

  /** As {@link Database.unloadExtension}. */
  unloadExtension(name: string): Promise<void> {
    return this.#send("unloadExtension", { name });
  }

  /** As {@link Database.extensionFile}. */
  extensionFile(extension: string, file: string): Promise<Uint8Array> {
    return this.#send("extensionFile", { extension, file });
  }

  async #sendable<O extends LinkOptions>(
    source: ExtensionSource,
    options: O,
  ): Promise<{ source: SentExtension; options: O }> {
    if (typeof source === "string") return { source: this.#thread.url(source), options };
    if (source instanceof URL) return { source: source.href, options };
    if (typeof Response !== "undefined" && source instanceof Response) {
      if (!source.ok) throw misuse(`cannot fetch \`${source.url}\`: HTTP status ${source.status}`);
      const name = options.name ?? source.url.replace(/[?#].*$/, "").replace(/^.*\//, "");
      return { source: await source.arrayBuffer(), options: name === "" ? options : { ...options, name } };
    }
    return { source: source as SentExtension, options };
  }

  /** As {@link Database.extensions}. */
  extensions(): Promise<ExtensionInfo[]> {
    return this.#send("extensions", {});
  }

  /**
   * Imports a module in the worker and calls its default export with the {@link Database} there, so that it can make functions.
   *
   * @param module - URL of an ES module
   */
  use(module: URL | string): Promise<void> {
    return this.#send("use", { url: typeof module === "string" ? this.#thread.url(module) : module.href });
  }

  /** As {@link Database.export}. */
  export(schema?: string): Promise<Uint8Array> {
    return this.#send("export", { schema });
  }

  /** Closes the connection after the calls before it and ends the worker. */
  async close(): Promise<void> {
    if (this.#channel.ended !== undefined) return;
    try {
      await this.#send("close", {});
    } finally {
      this.#channel.end(misuse("the connection is closed"));
    }
  }

  /** {@link close} */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

type Send = <K extends Operation>(
  op: K,
  args: Operations[K]["args"],
  signal?: AbortSignal,
) => Promise<Operations[K]["result"]>;

/** Rows of the first and of later batches of an iteration. */
const FIRST_ROWS = 16;
const MOST_ROWS = 1024;

/** A prepared statement in a worker: `Statement` with every method asynchronous. */
export class WorkerStatement {
  readonly #send: Send;
  readonly #id: number;
  /** The SQL it was made from. */
  readonly sql: string;
  /** Number of the largest parameter. */
  readonly parameterCount: number;

  /** @internal */
  constructor(send: Send, id: number, sql: string, parameterCount: number) {
    this.#send = send;
    this.#id = id;
    this.sql = sql;
    this.parameterCount = parameterCount;
  }

  /** Its result columns. */
  get columns(): Promise<readonly Column[]> {
    return this.#send("columns", { statement: this.#id });
  }

  /** As `Statement.run`. */
  run(params?: Params, options: Cancellable = {}): Promise<RunResult> {
    return this.#send("run", { statement: this.#id, params }, options.signal);
  }

  /** As `Statement.all`. */
  all(params?: Params, options?: ObjectRows & Cancellable): Promise<Row[]>;
  all(params: Params | undefined, options: ArrayRows & Cancellable): Promise<Value[][]>;
  all(params?: Params, options?: RowOptions & Cancellable): Promise<Row[] | Value[][]> {
    return this.#send("all", { statement: this.#id, params, options: plain(options) }, options?.signal);
  }

  /** As `Statement.get`. */
  get(params?: Params, options?: ObjectRows & Cancellable): Promise<Row | undefined>;
  get(params: Params | undefined, options: ArrayRows & Cancellable): Promise<Value[] | undefined>;
  get(params?: Params, options?: RowOptions & Cancellable): Promise<Row | Value[] | undefined> {
    return this.#send("get", { statement: this.#id, params, options: plain(options) }, options?.signal);
  }

  /** As `Statement.iterate`; rows cross in batches that start with 16 and grow to 1024. */
  iterate(params?: Params, options?: ObjectRows & Cancellable): AsyncIterableIterator<Row>;
  iterate(params: Params | undefined, options: ArrayRows & Cancellable): AsyncIterableIterator<Value[]>;
  async *iterate(params?: Params, options?: RowOptions & Cancellable): AsyncIterableIterator<Row | Value[]> {
    const iteration = await this.#send("iterate", { statement: this.#id, params, options: plain(options) });
    let done = false;
    try {
      for (let rows = FIRST_ROWS; !done; rows = Math.min(rows * 4, MOST_ROWS)) {
        const batch = await this.#send("next", { iteration, rows }, options?.signal);
        done = batch.done;
        yield* batch.rows;
      }
    } finally {
      if (!done) await this.#send("endIteration", { iteration }).catch(() => undefined);
    }
  }

  /** Frees it. */
  finalize(): Promise<void> {
    return this.#send("finalize", { statement: this.#id });
  }

  /** {@link finalize} */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.finalize();
  }
}

/** Row options without what cannot be sent. */
function plain(options: (RowOptions & Cancellable) | undefined): RowOptions | undefined {
  return options?.rowMode === undefined ? undefined : ({ rowMode: options.rowMode } as RowOptions);
}
