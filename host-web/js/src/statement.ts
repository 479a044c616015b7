/**
 * Prepared statements.
 *
 * @module
 */
import {
  alive,
  bindAndFetch,
  check,
  currentGeneration,
  engine,
  fetchOne,
  fetchRows,
  runStatement,
  scratch,
} from "./engine.js";
import { misuse, RANGE, SqliteError } from "./errors.js";
import {
  bufferedRows,
  type Row,
  readArrays,
  readObjects,
  repliedFirst,
  repliedReprepared,
  repliedSecond,
} from "./rows.js";
import { type Param, type Params, type Value, writeParams } from "./values.js";

/** What a statement did. */
export interface RunResult {
  /** Rows it inserted, updated or deleted; 0 if it is no such statement. */
  readonly changes: number | bigint;
  /** Rowid of the last row inserted on the connection. */
  readonly lastInsertRowid: number | bigint;
}

/** A result column. */
export interface Column {
  /** The AS clause, or what SQLite makes of the expression. */
  readonly name: string;
  /** Declared type as written in CREATE TABLE; null for an expression. */
  readonly type: string | null;
}

/** Rows as objects by column name, the default. Of two columns with the same name the last one counts. */
export interface ObjectRows {
  /** How rows look. */
  readonly rowMode?: "object";
}

/** Rows as arrays in column order. */
export interface ArrayRows {
  /** How rows look. */
  readonly rowMode: "array";
}

/** How rows look. */
export type RowOptions = ObjectRows | ArrayRows;

/** What `fetch` answers while there are more rows. */
const MORE = 1;
/** Rows and bytes of a batch when all rows are wanted. */
const BATCH_ROWS = 1024;
const BATCH_BYTES = 0x1_0000;
/** Most rows and bytes a streaming iteration reads ahead. It starts with one row and takes four times as many each time. */
const AHEAD_ROWS = 256;
const AHEAD_BYTES = 0x4000;

/**
 * A prepared statement. It stays usable until {@link finalize} or until its connection closes.
 *
 * @see https://sqlite.org/c3ref/stmt.html
 */
export class Statement {
  readonly #handle: number;
  readonly #sql: string;
  readonly #bigint: boolean;
  readonly #generation: number;
  readonly #parameterCount: number;
  #names: string[] | undefined;
  #parameters: (string | null)[] | undefined;
  #reprepared = 0;
  /** Counts runs: an iteration ends when the statement is used for something else. */
  #turn = 0;
  #finalized = false;

  /** @internal */
  constructor(handle: number, sql: string, bigint: boolean, parameterCount: number) {
    this.#handle = handle;
    this.#sql = sql;
    this.#bigint = bigint;
    this.#generation = currentGeneration();
    this.#parameterCount = parameterCount;
  }

  /** The SQL it was made from. */
  get sql(): string {
    return this.#sql;
  }

  /** Number of the largest parameter. */
  get parameterCount(): number {
    return this.#parameterCount;
  }

  /** Its result columns; none for a statement that returns no rows. */
  get columns(): readonly Column[] {
    this.#usable();
    check(engine.columns(this.#handle), this.#sql);
    const rows: Value[][] = [];
    readArrays(rows, false);
    return rows.map(([name, type]) => ({ name: String(name), type: type === null ? null : String(type) }));
  }

  /**
   * Runs it to its end and discards its rows.
   *
   * @param params - a value for every parameter
   */
  run(params?: Params): RunResult {
    const count = this.#write(params);
    check(runStatement(this.#handle, count), this.#sql);
    const changes = repliedFirst(this.#bigint);
    return { changes, lastInsertRowid: repliedSecond(this.#bigint) };
  }

  /**
   * Runs it and returns all its rows.
   *
   * @param params - a value for every parameter
   * @param options - how rows look
   */
  all(params?: Params, options?: ObjectRows): Row[];
  all(params: Params | undefined, options: ArrayRows): Value[][];
  all(params?: Params, options?: RowOptions): Row[] | Value[][];
  all(params?: Params, options?: RowOptions): Row[] | Value[][] {
    const rows: (Row | Value[])[] = [];
    const arrays = isArrays(options);
    const names = arrays ? [] : this.#columnNames();
    const count = this.#write(params);
    let status = bindAndFetch(this.#handle, count, BATCH_ROWS, BATCH_BYTES);
    for (;;) {
      check(status, this.#sql);
      this.#read(rows, arrays, names);
      if (status !== MORE) return rows as Row[] | Value[][];
      status = fetchRows(this.#handle, BATCH_ROWS, BATCH_BYTES);
    }
  }

  /**
   * Runs it and returns its first row.
   *
   * @param params - a value for every parameter
   * @param options - how the row looks
   * @returns undefined if there is no row
   */
  get(params?: Params, options?: ObjectRows): Row | undefined;
  get(params: Params | undefined, options: ArrayRows): Value[] | undefined;
  get(params?: Params, options?: RowOptions): Row | Value[] | undefined;
  get(params?: Params, options?: RowOptions): Row | Value[] | undefined {
    const rows: (Row | Value[])[] = [];
    const arrays = isArrays(options);
    const names = arrays ? [] : this.#columnNames();
    check(fetchOne(this.#handle, this.#write(params)), this.#sql);
    this.#read(rows, arrays, names);
    return rows[0];
  }

  /**
   * Runs it and gives its rows one by one. Rows are read ahead in batches that start with one row and grow to 256 rows
   * or 16 KiB. Ending the loop early resets the statement; using it for something else ends the iteration.
   *
   * @param params - a value for every parameter
   * @param options - how rows look
   */
  iterate(params?: Params, options?: ObjectRows): IterableIterator<Row>;
  iterate(params: Params | undefined, options: ArrayRows): IterableIterator<Value[]>;
  iterate(params?: Params, options?: RowOptions): IterableIterator<Row | Value[]>;
  iterate(params?: Params, options?: RowOptions): IterableIterator<Row | Value[]> {
    this.#usable();
    return this.#rows(params, isArrays(options));
  }

  *#rows(params: Params | undefined, arrays: boolean): Generator<Row | Value[], void, undefined> {
    const names = arrays ? [] : this.#columnNames();
    const count = this.#write(params);
    const turn = this.#turn;
    let size = 1;
    let more = false;
    try {
      let status = bindAndFetch(this.#handle, count, size, AHEAD_BYTES);
      for (;;) {
        more = status === MORE;
        const rows: (Row | Value[])[] = [];
        // An error comes after the rows before it.
        const error = status < 0 ? this.#failure(rows, arrays, names) : undefined;
        if (error === undefined) this.#read(rows, arrays, names);
        for (let k = 0; k < rows.length; k++) yield rows[k] as Row | Value[];
        if (error !== undefined) throw error;
        if (!more) return;
        this.#usable();
        if (turn !== this.#turn) {
          throw misuse("the statement was used for something else while its rows were iterated");
        }
        size = Math.min(size * 4, AHEAD_ROWS);
        status = fetchRows(this.#handle, size, AHEAD_BYTES);
      }
    } finally {
      if (more && turn === this.#turn && !this.#finalized) engine.reset(this.#handle);
    }
  }

  #failure(rows: (Row | Value[])[], arrays: boolean, names: readonly string[]): unknown {
    // The rows first: fetching the error uses the same buffer.
    this.#read(rows, arrays, names);
    try {
      check(-1, this.#sql);
    } catch (error) {
      return error;
    }
    return undefined;
  }

  /** Frees it. Using it afterwards is an error. */
  finalize(): void {
    if (this.#finalized) return;
    this.#finalized = true;
    if (this.#generation === currentGeneration()) engine.finalize(this.#handle);
  }

  /** {@link finalize} */
  [Symbol.dispose](): void {
    this.finalize();
  }

  #usable(): void {
    if (this.#finalized) throw misuse("the statement is finalized");
    alive(this.#generation);
  }

  #columnNames(): string[] {
    this.#names ??= this.columns.map((column) => column.name);
    return this.#names;
  }

  /** Reads the buffered rows. */
  #read(rows: (Row | Value[])[], arrays: boolean, names: readonly string[]): void {
    const count = bufferedRows();
    const reprepared = repliedReprepared();
    if (reprepared !== this.#reprepared) {
      this.#reprepared = reprepared;
      this.#names = undefined;
      if (!arrays && count > 0) {
        // The schema changed, so the names may have: they come through the buffer that holds the rows.
        const values: Value[][] = [];
        readArrays(values, this.#bigint);
        const fresh = this.#columnNames();
        for (const row of values) rows.push(Object.fromEntries(fresh.map((name, k) => [name, row[k] ?? null])));
        return;
      }
    }
    if (count === 0) return;
    if (arrays) readArrays(rows as Value[][], this.#bigint);
    else readObjects(rows as Row[], this.#names ?? names, this.#bigint);
  }

  /** Writes parameters into the scratch area and returns how many. */
  #write(params: Params | undefined): number {
    this.#usable();
    this.#turn++;
    const expected = this.#parameterCount;
    const values: readonly unknown[] =
      params === undefined
        ? []
        : Array.isArray(params)
          ? params
          : this.#named(params as Readonly<Record<string, Param>>);
    if (values.length !== expected) {
      throw new SqliteError(
        `the statement has ${expected} parameter${expected === 1 ? "" : "s"}, ${values.length} value${values.length === 1 ? " was" : "s were"} given`,
        { extendedCode: RANGE, sql: this.#sql },
      );
    }
    if (expected > 0) writeParams(values, scratch, this.#bigint);
    return expected;
  }

  #named(params: Readonly<Record<string, Param>>): unknown[] {
    if (typeof params !== "object" || params === null || ArrayBuffer.isView(params)) {
      throw misuse("parameters are given as an array or as an object");
    }
    if (this.#parameters === undefined) {
      check(engine.parameters(this.#handle), this.#sql);
      const rows: Value[][] = [];
      readArrays(rows, false);
      this.#parameters = rows.map(([name]) => (name === null ? null : String(name)));
    }
    return this.#parameters.map((name, k) => {
      if (name === null) throw misuse(`parameter ${k + 1} has no name: give the values as an array`);
      const bare = name.slice(1);
      const value = Object.hasOwn(params, name) ? params[name] : Object.hasOwn(params, bare) ? params[bare] : undefined;
      if (value === undefined) {
        throw new SqliteError(`no value for parameter \`${name}\``, { extendedCode: RANGE, sql: this.#sql });
      }
      return value;
    });
  }
}

function isArrays(options: RowOptions | undefined): boolean {
  return options?.rowMode === "array";
}
