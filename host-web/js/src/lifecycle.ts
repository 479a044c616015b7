/**
 * What is to be forgotten when the engine's instance is replaced. A module of its own, because those who register are
 * imported by the engine.
 *
 * @module
 */
const resets: (() => void)[] = [];

/** Calls `reset` when the engine's instance is replaced by a fresh one. */
export function onReset(reset: () => void): void {
  resets.push(reset);
}

/** Forgets everything of the old instance. */
export function resetAll(): void {
  for (const reset of resets) reset();
}
