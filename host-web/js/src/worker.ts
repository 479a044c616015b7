/**
 * A database in a dedicated worker, for browsers.
 *
 * @packageDocumentation
 */
import { connect, type WorkerDatabase, type WorkerOptions } from "./client.js";

/**
 * Starts a worker and opens a connection in it.
 *
 * @param options - as for `open()`
 */
export function openWorker(options: WorkerOptions = {}): Promise<WorkerDatabase> {
  const worker = new Worker(new URL("./worker-thread.js", import.meta.url), { type: "module" });
  return connect(
    {
      post: (message) => worker.postMessage(message),
      listen(receive, failed) {
        worker.onmessage = ({ data }) => receive(data);
        worker.onerror = (event) => failed(event.message || "its script could not be loaded");
        worker.onmessageerror = () => failed("a message could not be read");
      },
      terminate: () => worker.terminate(),
      url: (text) => new URL(text, globalThis.location?.href).href,
    },
    options,
  );
}

export * from "./worker-api.js";
