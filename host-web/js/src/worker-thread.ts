/**
 * The script of the dedicated worker.
 *
 * @module
 */
import "./index.js";
import type { Request } from "./protocol.js";
import { serve } from "./thread.js";

/** What of a dedicated worker's global scope is used here. */
interface Scope {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}

const scope = globalThis as unknown as Scope;

serve({
  post: (message, transfer) => scope.postMessage(message, transfer),
  listen(receive) {
    scope.onmessage = ({ data }) => receive(data);
  },
});
