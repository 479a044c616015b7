/**
 * SQLite result codes and the error that carries them.
 *
 * @see https://sqlite.org/rescode.html
 * @module
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const PRIMARY =
  "OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB NOTICE WARNING".split(
    " ",
  );

/** Names of the extended codes by primary code; the position, from 1, is the second byte. */
const EXTENDED: Readonly<Record<number, string>> = {
  0: "LOAD_PERMANENTLY SYMLINK",
  1: "MISSING_COLLSEQ RETRY SNAPSHOT RESERVESIZE KEY UNABLE",
  4: "- ROLLBACK",
  5: "RECOVERY SNAPSHOT TIMEOUT",
  6: "SHAREDCACHE VTAB",
  8: "RECOVERY CANTLOCK ROLLBACK DBMOVED CANTINIT DIRECTORY",
  10: "READ SHORT_READ WRITE FSYNC DIR_FSYNC TRUNCATE FSTAT UNLOCK RDLOCK DELETE BLOCKED NOMEM ACCESS CHECKRESERVEDLOCK LOCK CLOSE DIR_CLOSE SHMOPEN SHMSIZE SHMLOCK SHMMAP SEEK DELETE_NOENT MMAP GETTEMPPATH CONVPATH VNODE AUTH BEGIN_ATOMIC COMMIT_ATOMIC ROLLBACK_ATOMIC DATA CORRUPTFS IN_PAGE BADKEY CODEC",
  11: "VTAB SEQUENCE INDEX",
  14: "NOTEMPDIR ISDIR FULLPATH CONVPATH DIRTYWAL SYMLINK",
  19: "CHECK COMMITHOOK FOREIGNKEY FUNCTION NOTNULL PRIMARYKEY TRIGGER UNIQUE VTAB ROWID PINNED DATATYPE",
  23: "USER",
  27: "RECOVER_WAL RECOVER_ROLLBACK RBU",
  28: "AUTOINDEX",
};

/**
 * Names a primary result code.
 *
 * @param extendedCode - a primary or extended SQLite result code
 * @returns for instance `SQLITE_CONSTRAINT` for 19 and for 2067; `SQLITE_UNKNOWN_n` for a code SQLite does not have
 */
export function codeName(extendedCode: number): string {
  const primary = extendedCode & 0xff;
  if (primary === 100) return "SQLITE_ROW";
  if (primary === 101) return "SQLITE_DONE";
  return `SQLITE_${PRIMARY[primary] ?? `UNKNOWN_${primary}`}`;
}

/**
 * Names an extended result code.
 *
 * @param extendedCode - a primary or extended SQLite result code
 * @returns for instance `SQLITE_CONSTRAINT_UNIQUE` for 2067; the primary name if the code has no extension
 */
export function extendedCodeName(extendedCode: number): string {
  const primary = codeName(extendedCode);
  const second = extendedCode >>> 8;
  if (second === 0) return primary;
  const name = EXTENDED[extendedCode & 0xff]?.split(" ")[second - 1];
  return name === undefined || name === "-" ? `${primary}_${second}` : `${primary}_${name}`;
}

/** What a {@link SqliteError} is made of besides its message. Plain data, so that it crosses to a worker. */
export interface SqliteErrorFields {
  /** Extended SQLite result code, for instance 2067. */
  extendedCode: number;
  /** Offset of the offending token in the SQL, in UTF-8 bytes from 0. */
  offset?: number | undefined;
  /** The SQL of the statement that failed. */
  sql?: string | undefined;
  /** Why an extension call failed: `trapped`, `capability-denied`, `re-entered`, … */
  reason?: string | undefined;
  /** The extension whose call failed. */
  extension?: string | undefined;
  /** SQL name of the function whose call failed. */
  function?: string | undefined;
}

/**
 * An error of SQLite, of an extension, or of this package used wrongly (`SQLITE_MISUSE`).
 *
 * @see https://sqlite.org/rescode.html
 */
export class SqliteError extends Error {
  // The build shortens class names, and an uncaught error is printed with its class's.
  static {
    Object.defineProperty(SqliteError, "name", { value: "SqliteError" });
  }

  /** Name of the primary result code, for instance `SQLITE_CONSTRAINT`. */
  readonly code: string;
  /** Extended result code as a number, for instance 2067. */
  readonly extendedCode: number;
  /** Name of the extended result code, for instance `SQLITE_CONSTRAINT_UNIQUE`. */
  readonly extendedName: string;
  /** Offset of the offending token in {@link sql}, in UTF-8 bytes from 0, where SQLite knows it. */
  declare readonly offset?: number;
  /** The same place as {@link offset}, in UTF-16 units: an index into {@link sql}. */
  declare readonly position?: number;
  /** The SQL of the statement that failed, where there is one. */
  declare readonly sql?: string;
  /** Set when an extension call failed: `trapped`, `capability-denied`, `re-entered`, … */
  declare readonly reason?: string;
  /** The extension whose call failed. */
  declare readonly extension?: string;
  /** SQL name of the function whose call failed. */
  declare readonly function?: string;

  /**
   * @param message - what went wrong, as SQLite or the extension said it
   * @param fields - code, place and cause
   * @param options - `cause`: the exception a JavaScript function threw
   */
  constructor(message: string, fields: SqliteErrorFields, options?: ErrorOptions) {
    super(message, options);
    this.name = "SqliteError";
    this.extendedCode = fields.extendedCode;
    this.code = codeName(fields.extendedCode);
    this.extendedName = extendedCodeName(fields.extendedCode);
    if (fields.offset !== undefined) this.offset = fields.offset;
    if (fields.sql !== undefined) this.sql = fields.sql;
    if (fields.offset !== undefined && fields.sql !== undefined) {
      this.position = decoder.decode(encoder.encode(fields.sql).subarray(0, fields.offset)).length;
    }
    if (fields.reason !== undefined) this.reason = fields.reason;
    if (fields.extension !== undefined) this.extension = fields.extension;
    if (fields.function !== undefined) this.function = fields.function;
  }
}

/** SQLITE_ERROR. */
export const ERROR = 1;
/** SQLITE_INTERRUPT. */
export const INTERRUPT = 9;
/** SQLITE_CANTOPEN. */
export const CANTOPEN = 14;
/** SQLITE_TOOBIG. */
export const TOOBIG = 18;
/** SQLITE_MISMATCH. */
export const MISMATCH = 20;
/** SQLITE_MISUSE. */
export const MISUSE = 21;
/** SQLITE_AUTH. */
export const AUTH = 23;
/** SQLITE_RANGE. */
export const RANGE = 25;

/** Makes the error for this package used wrongly. */
export function misuse(message: string): SqliteError {
  return new SqliteError(message, { extendedCode: MISUSE });
}
