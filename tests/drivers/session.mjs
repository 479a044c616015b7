/**
 * What every JavaScript driver does with a request, whether the connections are in this realm or in workers.
 *
 * The requests and replies are described in tests/src/protocol.rs. Nothing here belongs to a platform: a driver hands in how
 * connections are opened and where extensions come from.
 */

/** A value as it goes over the wire: null, or storage class and exact text. */
function encode(value) {
  if (value === null) return null;
  switch (typeof value) {
    case "bigint":
      return ["i", value.toString()];
    case "number":
      // Connections are opened with `bigint: true`, so a number is a REAL.
      if (value === Number.POSITIVE_INFINITY) return ["r", "inf"];
      if (value === Number.NEGATIVE_INFINITY) return ["r", "-inf"];
      return ["r", Object.is(value, -0) ? "-0" : String(value)];
    case "string":
      return ["t", value];
    default:
      if (value instanceof Uint8Array) return ["b", toHex(value)];
      throw new TypeError(`a result holds a ${typeof value}`);
  }
}

/** The other way round. */
function decode(wire) {
  if (wire === null) return null;
  const [storageClass, text] = wire;
  switch (storageClass) {
    case "i":
      return BigInt(text);
    case "r":
      return text === "inf" ? Number.POSITIVE_INFINITY : text === "-inf" ? Number.NEGATIVE_INFINITY : Number(text);
    case "t":
      return text;
    case "b":
      return fromHex(text);
    default:
      throw new TypeError(`unknown storage class ${storageClass}`);
  }
}

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += PAIRS[byte];
  return text;
}

function fromHex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.substr(2 * i, 2), 16);
  return bytes;
}

function decodeParams(params) {
  if (Array.isArray(params)) return params.map(decode);
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decode(value)]));
}

/** The package's names for the limits of a script, which are those of host-web/wit/host.wit. */
const LIMITS = {
  "statement-timeout-ms": "timeout",
  "call-depth": "callDepth",
  "output-bytes": "outputBytes",
  "value-bytes": "valueBytes",
  "sql-bytes": "sqlBytes",
  "state-bytes": "stateBytes",
  "cache-bytes": "cacheBytes",
  "open-handles": "openHandles",
};

function renameLimits(limits) {
  const renamed = {};
  for (const [name, value] of Object.entries(limits)) {
    if (LIMITS[name] === undefined) throw new TypeError(`the package has no limit ${name}`);
    renamed[LIMITS[name]] = value;
  }
  return renamed;
}

function encodeError(error) {
  if (error?.name === "SqliteError") {
    const { code, extendedCode, extendedName, message, offset, reason, extension } = error;
    return { code, extendedCode, extendedName, message, offset, reason, extension, function: error.function };
  }
  // Not SQLite's: shown as code 2 (SQLITE_INTERNAL), which no script expects.
  return { extendedCode: 2, message: String(error?.stack ?? error) };
}

function encodeExtension({ name, version, functions, granted, denied, traps }) {
  const counts = [functions.length, traps].map((count) => ["i", String(count)]);
  return [["t", name], ["t", version], counts[0], ["t", granted.join(",")], ["t", denied.join(",")], counts[1]];
}

/** The package's options for a load; files come as hexadecimal text. */
function loadOptions({ name, grants, config, files, prefix, replace }) {
  const handed = Object.entries(files).map(([file, { hex, writable }]) => [file, { bytes: fromHex(hex), writable }]);
  return { name, grants, config, files: Object.fromEntries(handed), prefix, replace };
}

/** One row per registration: extension, kind, name. */
function encodeRegistrations({ name, functions, aggregates, collations, modules, hooks }) {
  const kinds = { function: functions, aggregate: aggregates, collation: collations, module: modules, hook: hooks };
  return Object.entries(kinds).flatMap(([kind, names]) =>
    names.map((each) => [
      ["t", name],
      ["t", kind],
      ["t", each],
    ]),
  );
}

const EXTENSION_COLUMNS = ["name", "version", "functions", "granted", "denied", "traps"];

export class Session {
  #connections = new Map();
  #open;
  #load;

  /**
   * @param open - options to a connection of the package, in this realm or in a worker
   * @param load - loads an extension: (connection, request, the package's options) to its information
   */
  constructor(open, load) {
    this.#open = open;
    this.#load = load;
  }

  /** Carries out a request. Never rejects. */
  async answer(request) {
    try {
      return { ok: await this.#carryOut(request) };
    } catch (error) {
      return { error: encodeError(error) };
    }
  }

  async #carryOut(request) {
    switch (request.op) {
      case "open":
        this.#connections.set(
          request.connection,
          await this.#open({ bigint: true, limits: renameLimits(request.limits) }),
        );
        return {};
      case "load": {
        const info = await this.#load(this.#connection(request), request, loadOptions(request));
        return { columns: EXTENSION_COLUMNS, rows: [encodeExtension(info)] };
      }
      case "unload":
        await this.#connection(request).unloadExtension(request.name);
        return {};
      case "registrations": {
        const infos = await this.#connection(request).extensions();
        return { columns: ["extension", "kind", "name"], rows: infos.flatMap(encodeRegistrations) };
      }
      case "extensions": {
        const infos = await this.#connection(request).extensions();
        return { columns: EXTENSION_COLUMNS, rows: infos.map(encodeExtension) };
      }
      case "sql":
        return request.params === undefined
          ? runAll(this.#connection(request), request.sql)
          : runOne(this.#connection(request), request.sql, decodeParams(request.params));
      case "reset":
        for (const connection of this.#connections.values()) await connection.close();
        this.#connections.clear();
        return {};
      default:
        throw new TypeError(`unknown request ${request.op}`);
    }
  }

  #connection({ connection }) {
    const found = this.#connections.get(connection);
    if (found === undefined) throw new TypeError(`connection ${connection} is not open`);
    return found;
  }
}

/** Any number of statements: the rows of the last one with columns, the changes of the last one. */
async function runAll(connection, sql) {
  const results = await connection.queryAll(sql);
  const { columns, rows } = results.findLast((result) => result.columns.length > 0) ?? { columns: [], rows: [] };
  return { columns, rows: rows.map((row) => row.map(encode)), changes: Number(results.at(-1)?.changes ?? 0) };
}

function pad(params, count) {
  return [...params, ...Array(Math.max(count - params.length, 0)).fill(null)];
}

/** One statement with parameters, prepared. */
async function runOne(connection, sql, params) {
  const statement = await connection.prepare(sql);
  try {
    const before = await connection.totalChanges;
    const columns = await statement.columns;
    // The package demands a value for every parameter; in a script, as in SQLite, what is not bound is NULL.
    const values = Array.isArray(params) ? pad(params, statement.parameterCount) : params;
    const rows = await statement.all(values, { rowMode: "array" });
    const changes = (await connection.totalChanges) === before ? 0 : Number(await connection.changes);
    return {
      columns: columns.map((column) => column.name),
      types: columns.map((column) => column.type),
      rows: rows.map((row) => row.map(encode)),
      changes,
    };
  } finally {
    await statement.finalize();
  }
}
