/**
 * Extensions as the engine calls them: by a number, through one frame that catches whatever a guest does.
 *
 * @module
 */
import { ResultError } from "./canonical.js";
import { AbiError } from "./codecs.js";
import { isDead } from "./engine.js";
import type { LinkerName } from "./extension.js";
import { Denied, deniedImports, grantedImports, type Imports } from "./imports.js";
import { onReset } from "./lifecycle.js";
import type { Manifest } from "./manifest.js";
import { trapName } from "./traps.js";

/**
 * The frequent calls: with numbers only. `args` is the address of `count` cells in the engine's memory, `out` that of the
 * result, see platform.rs. For what they return see adapter.wat.
 */
export interface HotCalls {
  /** `scalar.call` */
  readonly call: (id: number, args: number, count: number, out: number) => number;
  /** `aggregate.step` */
  readonly step: (id: number, context: number, args: number, count: number, out: number) => number;
  /** `aggregate.inverse` */
  readonly inverse: (id: number, context: number, args: number, count: number, out: number) => number;
  /** `aggregate.current` */
  readonly current: (id: number, context: number, out: number) => number;
  /** `aggregate.finish` */
  readonly finish: (id: number, context: number, out: number) => number;
  /** `collation.compare`, of texts by address and length. */
  readonly compare: (
    id: number,
    left: number,
    leftLength: number,
    right: number,
    rightLength: number,
    out: number,
  ) => number;
  /** `vtab.next-batch` */
  readonly nextBatch: (cursor: number, maxRows: number, out: number) => number;
}

/** An instance of an extension. */
export interface Instance {
  /** Prepares the frequent calls. */
  hot(): HotCalls;
  /** Calls any function; an error of the extension is an exception with a `payload`. */
  invoke(interfaceName: string, functionName: string, args: readonly unknown[]): unknown;
}

/** An extension that can be made a guest of any connection. */
export interface Linked {
  /** What to call it before its manifest is known. */
  readonly name: string;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  /** Which way it is linked. */
  readonly linker: LinkerName;
  /** Short names of the interfaces it exports. */
  readonly interfaces: readonly string[];
  /** Makes an instance of it. */
  instantiate(imports: Imports): Instance;
}

/** An extension that the engine has, with its instance. */
class Guest {
  readonly linked: Linked;
  readonly #id: number;
  #instance: Instance | undefined;
  #deeper: Guest | undefined;
  /** The frequent calls of the instance, once one was made. */
  hot: HotCalls | undefined;
  /** Whether a call is on the stack. */
  running = false;
  /** The last error-level message of the running call: a panic's text. */
  lastLog = "";

  constructor(id: number, linked: Linked) {
    this.#id = id;
    this.linked = linked;
  }

  /** The instance: made at the first call, and at the first after one ended. */
  get instance(): Instance {
    this.#instance ??= this.linked.instantiate(
      grantedImports(this.#id, (message) => {
        this.lastLog = message;
      }),
    );
    return this.#instance;
  }

  /** Makes {@link hot}. */
  connect(): HotCalls {
    this.hot = this.instance.hot();
    return this.hot;
  }

  /** The same extension, with an instance of its own: for a call that comes while one runs. */
  get deeper(): Guest {
    this.#deeper ??= new Guest(this.#id, this.linked);
    return this.#deeper;
  }

  /** Forgets the instance, so that the next call gets a fresh one. */
  drop(): void {
    this.#instance = undefined;
    this.hot = undefined;
  }
}

/** By id; an id is never used twice. */
const guests: (Guest | undefined)[] = [];
onReset(() => guests.fill(undefined));

/** Keeps an extension and gives its id. */
export function keepGuest(linked: Linked): number {
  return guests.push(new Guest(guests.length, linked)) - 1;
}

/** The extension with an id. */
export function linkedOf(id: number): Linked | undefined {
  return guests[id]?.linked;
}

/** The engine no longer calls the guest. */
export function releaseGuest(id: number): void {
  guests[id] = undefined;
}

/** The guest, or one of the same extension that is further down, with no call on the stack. */
function idle(extension: number): Guest {
  let guest = guests[extension] as Guest;
  while (guest.running) guest = guest.deeper;
  return guest;
}

/** What the call that ended just now returned is of no use: the next gets a fresh instance. The engine calls this. */
export function dropGuest(extension: number): void {
  idle(extension).drop();
}

/** Finds a guest, which the engine has as long as it names it, and marks it as running. */
function enter(extension: number): Guest {
  const guest = guests[extension] as Guest;
  guest.running = true;
  guest.lastLog = "";
  return guest;
}

/** From here on a status says that the call ended its instance; {@link takeFailure} says how. */
const FAILED = 3;

/** Reason and detail of the last call that ended badly. */
let failure = "";

/** The reason of the last failed call, a line feed and its detail. The engine calls this. */
export function takeFailure(): string {
  const taken = failure;
  failure = "";
  return taken;
}

/** `scalar.call`. The engine calls it again while the guest runs, if its manifest says that a further instance may run then. */
export function callGuest(extension: number, id: number, args: number, count: number, out: number): number {
  const guest = idle(extension);
  guest.running = true;
  guest.lastLog = "";
  try {
    return settled(guest, (guest.hot ?? guest.connect()).call(id, args, count, out));
  } catch (exception) {
    return ended(guest, exception);
  } finally {
    guest.running = false;
  }
}

type Frequent = (a: number, b: number, c: number, d: number, e: number, f: number) => number;

/** The frequent calls but `scalar.call`. Those with fewer arguments get some more that mean nothing. */
const frequent =
  (of: (hot: HotCalls) => Frequent) =>
  (extension: number, a: number, b: number, c: number, d: number, e: number, f: number): number => {
    const guest = enter(extension);
    try {
      return settled(guest, of(guest.hot ?? guest.connect())(a, b, c, d, e, f));
    } catch (exception) {
      return ended(guest, exception);
    } finally {
      guest.running = false;
    }
  };

/** `aggregate.step`. The engine calls this, and those that follow. */
export const stepGuest = frequent((hot) => hot.step);
/** `aggregate.inverse` */
export const inverseGuest = frequent((hot) => hot.inverse);
/** `aggregate.current` */
export const currentGuest = frequent((hot) => hot.current);
/** `aggregate.finish` */
export const finishGuest = frequent((hot) => hot.finish);
/** `collation.compare` */
export const compareGuest = frequent((hot) => hot.compare);
/** `vtab.next-batch` */
export const nextBatchGuest = frequent((hot) => hot.nextBatch);

/** What the statuses from {@link FAILED} on mean. */
const VIOLATIONS: readonly string[] = [
  "realloc return: result not aligned",
  "realloc return: beyond end of memory",
  "result pointer is not aligned",
  "result pointer out of bounds of memory",
  "invalid discriminant of `result`",
  "invalid discriminant of `value`",
  "string pointer/length out of bounds of memory",
  "list pointer is not aligned",
];

function settled(guest: Guest, status: number): number {
  if (status < FAILED) return status;
  guest.drop();
  failure = malformed(VIOLATIONS[status - FAILED] ?? "unknown").join("\n");
  return FAILED;
}

function ended(guest: Guest, exception: unknown): number {
  // The engine died in a call the guest made: let it unwind.
  if (isDead()) throw exception;
  guest.drop();
  failure = classify(exception, guest.lastLog).join("\n");
  return FAILED;
}

/** `failure-kind` of wit/host.wit, as far as JavaScript can tell. */
export type FailureKind = "trapped" | "capability-denied" | "invalid-result";

/**
 * Names what ended a call.
 *
 * @param exception - what the call threw
 * @param lastLog - the last error-level message of the call, empty if there was none
 */
export function classify(exception: unknown, lastLog: string): readonly [kind: FailureKind, message: string] {
  if (exception instanceof Denied) return ["capability-denied", exception.message];
  if (exception instanceof AbiError) return malformed(exception.message);
  if (lastLog === "") return ["trapped", trapName(exception)];
  // The SDK's panic hook logs `panicked: MESSAGE at FILE:LINE`.
  return ["trapped", lastLog.replace(/^panicked: /, "panic: ")];
}

function malformed(how: string): readonly [kind: FailureKind, message: string] {
  return ["invalid-result", `the returned value is malformed: ${how}`];
}

/** The contract's error that a call returned; undefined for any other exception. */
export function payloadOf(exception: unknown): { readonly code: number; readonly message: string } | undefined {
  const { payload } = (exception ?? {}) as {
    readonly payload?: { readonly code?: unknown; readonly message?: unknown };
  };
  const { code, message } = payload ?? {};
  return typeof code === "number" && typeof message === "string" ? { code, message } : undefined;
}

/** The `call-error` of wit/host.wit that an exception stands for, as an exception. Passes the engine's death on. */
function callError(exception: unknown, lastLog: string): unknown {
  if (isDead()) return exception;
  const error = payloadOf(exception);
  if (error !== undefined) return new ResultError({ tag: "error", val: error });
  const [kind, message] = classify(exception, lastLog);
  return new ResultError({ tag: "failure", val: { kind, message } });
}

/**
 * Calls any function of an extension.
 *
 * @throws a {@link ResultError} with the `call-error`
 */
export function invokeGuest(
  extension: number,
  interfaceName: string,
  functionName: string,
  args: readonly unknown[],
): unknown {
  const guest = enter(extension);
  try {
    return guest.instance.invoke(interfaceName, functionName, args);
  } catch (exception) {
    if (payloadOf(exception) === undefined) guest.drop();
    throw callError(exception, guest.lastLog);
  } finally {
    guest.running = false;
  }
}

/**
 * Reads an extension's manifest from an instance whose every import is denied.
 *
 * @param onError - gets each error-level message
 */
export function describe(linked: Linked, onError: (message: string) => void): Manifest {
  let denied: Denied | undefined;
  const imports = deniedImports(onError, (call) => {
    denied ??= call;
  });
  let manifest: unknown;
  try {
    manifest = linked.instantiate(imports).invoke("metadata", "describe", []);
  } catch (exception) {
    throw denied ?? exception;
  }
  if (denied !== undefined) throw denied;
  return manifest as Manifest;
}

/**
 * As {@link describe}, for the engine.
 *
 * @throws a {@link ResultError} with the `call-error`
 */
export function describeGuest(extension: number): Manifest {
  let lastLog = "";
  try {
    return describe((guests[extension] as Guest).linked, (message) => {
      lastLog = message;
    });
  } catch (exception) {
    throw callError(exception, lastLog);
  }
}
