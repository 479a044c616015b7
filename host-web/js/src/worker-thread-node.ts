/**
 * The script of the worker thread.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import "./node.js";
import { serve } from "./thread.js";

serve({
  post: (message, transfer) => parentPort?.postMessage(message, transfer),
  listen: (receive) => void parentPort?.on("message", receive),
});
