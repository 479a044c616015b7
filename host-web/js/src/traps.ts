/**
 * Traps of WebAssembly by their short names, which are the same on every host.
 *
 * @module
 */

/** Texts of V8, SpiderMonkey and JavaScriptCore, lower case, and the name all hosts give the trap. */
const TRAPS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/unreachable/, "unreachable"],
  [/memory access out of bounds|out of bounds memory access/, "out of bounds memory access"],
  [/divide result unrepresentable|integer overflow/, "integer overflow"],
  [/division by zero|divide by zero|remainder by zero/, "integer divide by zero"],
  [/float unrepresentable|out of bounds trunc|invalid conversion to integer/, "invalid conversion to integer"],
  [/maximum call stack|too much recursion|call stack size|call stack exhausted/, "call stack exhausted"],
  // V8 does not tell a null entry from a wrong signature, so no host does.
  [/signature|null function|indirect call to null|null table entry/, "indirect call type mismatch"],
  [
    /table index is out of bounds|out of bounds call_indirect|table access out of bounds|undefined element/,
    "undefined element",
  ],
  // SpiderMonkey's text for memory; its text for tables names the table.
  [/index out of bounds/, "out of bounds memory access"],
];

/**
 * Names what an engine threw when a guest trapped.
 *
 * @param exception - what a call into a guest threw
 * @returns the trap's short name, or the exception's own text
 */
export function trapName(exception: unknown): string {
  // jco's own checks put their names behind the prefix.
  const text = (exception instanceof Error ? exception.message : String(exception)).replace(/^wasm trap: /, "");
  const lower = text.toLowerCase();
  return TRAPS.find(([pattern]) => pattern.test(lower))?.[1] ?? text;
}
