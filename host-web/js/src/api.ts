/**
 * The public API, the same from every entry.
 *
 * @module
 */

export {
  Database,
  type FunctionOptions,
  type Limits,
  type OpenOptions,
  open,
  type QueryAllError,
  type QueryAllOptions,
  type StatementResult,
} from "./database.js";
export { SqliteError, type SqliteErrorFields } from "./errors.js";
export type {
  ComponentSource,
  ExtensionDescription,
  ExtensionInfo,
  ExtensionSource,
  LinkedExtension,
  LinkerName,
  LinkOptions,
  LoadOptions,
} from "./extension.js";
export type { FileSource, FileSources } from "./files.js";
export type { ScalarFunction } from "./functions.js";
export type { LogEntry, LogLevel } from "./log.js";
export type {
  Capability,
  FunctionFlags,
  HookName,
  HttpPolicy,
  ManifestAggregate,
  ManifestFunction,
  ManifestModule,
  ModuleFlags,
  Nesting,
} from "./manifest.js";
export type { Row } from "./rows.js";
export {
  type ArrayRows,
  type Column,
  type ObjectRows,
  type RowOptions,
  type RunResult,
  Statement,
} from "./statement.js";
export type { Param, Params, Value } from "./values.js";
export { type EngineVersion, engineVersion } from "./version.js";
