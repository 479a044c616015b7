/**
 * A database in a worker thread, for Node.
 *
 * @packageDocumentation
 */
import { Worker } from "node:worker_threads";
import { connect, type WorkerDatabase, type WorkerOptions } from "./client.js";

/**
 * Starts a worker thread and opens a connection in it.
 *
 * @param options - as for `open()`
 */
export function openWorker(options: WorkerOptions = {}): Promise<WorkerDatabase> {
  const worker = new Worker(new URL("./worker-thread-node.js", import.meta.url));
  return connect(
    {
      post: (message) => worker.postMessage(message),
      listen(receive, failed) {
        worker.on("message", receive);
        worker.on("error", (error) => failed(String(error)));
        worker.on("messageerror", (error) => failed(String(error)));
      },
      terminate: () => void worker.terminate(),
      url: (text) => text,
    },
    options,
  );
}

export * from "./worker-api.js";
