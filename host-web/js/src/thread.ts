/**
 * The worker's side: one connection, driven by messages.
 *
 * @module
 */
import { type Database, type OpenOptions, open } from "./database.js";
import { environment } from "./environment.js";
import { misuse } from "./errors.js";
import { type Batch, type Request, type Response, type SentOptions, sendError } from "./protocol.js";
import type { Row } from "./rows.js";
import type { Statement } from "./statement.js";
import type { Value } from "./values.js";

/** The worker's end of the connection to its page. */
export interface Port {
  /** Sends a message. */
  post(message: Response, transfer: ArrayBuffer[]): void;
  /** Receives messages. */
  listen(receive: (message: Request) => void): void;
}

/** A module given to {@link WorkerDatabase.use}. */
interface Setup {
  readonly default?: (database: Database) => unknown;
}

/** Serves a port. */
export function serve(port: Port): void {
  const thread = new Thread(port);
  port.listen((request) => {
    void thread.answer(request);
  });
}

class Thread {
  readonly #port: Port;
  #database: Database | undefined;
  readonly #statements = new Map<number, Statement>();
  readonly #iterations = new Map<number, IterableIterator<Row | Value[]>>();
  #next = 1;

  constructor(port: Port) {
    this.#port = port;
  }

  async answer(request: Request): Promise<void> {
    const { id } = request;
    try {
      const result = await this.#perform(request);
      this.#port.post({ kind: "result", id, result }, buffersIn(result));
    } catch (error) {
      this.#port.post({ kind: "error", id, error: sendError(error) }, []);
    }
  }

  #perform(request: Request): unknown {
    switch (request.op) {
      case "open":
        return this.#open(request.options);
      case "exec":
        return this.#db.exec(request.sql);
      case "query":
        return this.#db.query(request.sql, request.params, request.options);
      case "queryAll":
        return this.#db.queryAll(request.sql, request.options);
      case "prepare": {
        const statement = this.#db.prepare(request.sql);
        this.#statements.set(this.#next, statement);
        return { statement: this.#next++, parameterCount: statement.parameterCount };
      }
      case "run":
        return this.#statement(request.statement).run(request.params);
      case "all":
        return this.#statement(request.statement).all(request.params, request.options);
      case "get":
        return this.#statement(request.statement).get(request.params, request.options);
      case "columns":
        return this.#statement(request.statement).columns;
      case "iterate": {
        const rows = this.#statement(request.statement).iterate(request.params, request.options);
        this.#iterations.set(this.#next, rows);
        return this.#next++;
      }
      case "next":
        return this.#batch(request.iteration, request.rows);
      case "endIteration":
        this.#iterations.get(request.iteration)?.return?.();
        this.#iterations.delete(request.iteration);
        return undefined;
      case "finalize":
        this.#statement(request.statement).finalize();
        this.#statements.delete(request.statement);
        return undefined;
      case "changes":
        return this.#db.changes;
      case "totalChanges":
        return this.#db.totalChanges;
      case "lastInsertRowid":
        return this.#db.lastInsertRowid;
      case "inTransaction":
        return this.#db.inTransaction;
      case "getLimits":
        return this.#db.limits;
      case "setLimits":
        this.#db.limits = request.limits;
        return undefined;
      case "loadExtension":
        return this.#db.loadExtension(request.source, request.options);
      case "inspectExtension":
        return this.#db.inspectExtension(request.source, request.options);
      case "unloadExtension":
        return this.#db.unloadExtension(request.name);
      case "extensionFile":
        return this.#db.extensionFile(request.extension, request.file);
      case "extensions":
        return this.#db.extensions();
      case "use":
        return this.#use(request.url);
      case "export":
        return this.#db.export(request.schema);
      case "close":
        return this.#db.close();
      default:
        // Every operation has a case above: a new one fails to compile here.
        return unknownOperation(request);
    }
  }

  get #db(): Database {
    if (this.#database === undefined) throw misuse("the connection is not open");
    return this.#database;
  }

  #statement(id: number): Statement {
    const statement = this.#statements.get(id);
    if (statement === undefined) throw misuse("the statement is finalized");
    return statement;
  }

  async #open({ log, flag, engine, ...options }: SentOptions): Promise<void> {
    const given: OpenOptions = {
      ...options,
      ...(engine !== undefined && { engine: typeof engine === "string" ? environment().url(engine) : engine }),
      ...(log && { onLog: (entry) => this.#port.post({ kind: "log", entry }, []) }),
    };
    this.#database = await open(given);
    if (flag !== undefined) this.#database.interruptOn(flag);
  }

  async #use(url: string): Promise<void> {
    const database = this.#db;
    const { default: setup }: Setup = await import(/* @vite-ignore */ url);
    if (typeof setup !== "function") throw misuse(`\`${url}\` has no function as its default export`);
    await setup(database);
  }

  #batch(iteration: number, most: number): Batch {
    const rows: (Row | Value[])[] = [];
    const source = this.#iterations.get(iteration);
    let done = source === undefined;
    while (source !== undefined && !done && rows.length < most) {
      const next = source.next();
      if (next.done === true) done = true;
      else rows.push(next.value);
    }
    if (done) this.#iterations.delete(iteration);
    return { rows: rows as Row[] | Value[][], done };
  }
}

function unknownOperation(request: never): never {
  throw misuse(`unknown operation ${String((request as { op?: unknown }).op)}`);
}

/** Buffers of the blobs in a result: each is a blob's own, so it can be handed over instead of copied. */
function buffersIn(result: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const visit = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
    } else if (Array.isArray(value)) {
      for (const item of value) visit(item);
    } else if (typeof value === "object" && value !== null) {
      for (const item of Object.values(value)) visit(item);
    }
  };
  visit(result);
  return [...found];
}
