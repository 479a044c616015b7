/**
 * The public API of `sqlink/worker` besides `openWorker`.
 *
 * @module
 */
export {
  type Cancellable,
  type TerminatedError,
  WorkerDatabase,
  type WorkerOptions,
  WorkerStatement,
} from "./client.js";
export { SqliteError, type SqliteErrorFields } from "./errors.js";
