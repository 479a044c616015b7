/** Requests and replies as JSON lines on standard input and output. */
import { createInterface } from "node:readline";

/**
 * Says that the driver is ready, then answers requests until standard input ends.
 *
 * @param ready - what to say of this host
 * @param answer - request to reply
 */
export async function serveLines(ready, answer) {
  const say = (reply) => process.stdout.write(`${JSON.stringify(reply)}\n`);
  say({ ready });
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    say(await answer(JSON.parse(line)));
  }
}
