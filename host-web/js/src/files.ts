/**
 * The files that were handed over to extensions: bytes by a number.
 *
 * @module
 */
import { ResultError } from "./canonical.js";
import { misuse } from "./errors.js";
import { onReset } from "./lifecycle.js";

/** A file for an extension. Bytes that are given alone are for reading. */
export type FileSource =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | {
      /** What is in it at first. */
      readonly bytes: Uint8Array | ArrayBuffer | Blob;
      /** Whether the extension may write it, with the grant `files.write`; what you gave stays as it is. Default no. */
      readonly writable?: boolean;
    };

/** Files by the names under which the extension knows them. */
export type FileSources = Readonly<Record<string, FileSource>>;

/** A file that is handed over. */
export interface File {
  readonly name: string;
  readonly writable: boolean;
  /** Its bytes, and room for more. */
  buffer: Uint8Array;
  size: number;
}

/** By number; a number is never used twice. */
const files: (File | undefined)[] = [];
/** Numbers by extension. */
const handed = new Map<number, readonly number[]>();
onReset(() => {
  files.fill(undefined);
  handed.clear();
});

/** Reads what was given. */
export async function readSources(sources: FileSources): Promise<File[]> {
  return Promise.all(
    Object.entries(sources).map(async ([name, source]) => {
      const given = isPlain(source) ? source : { bytes: source };
      const buffer = await bytesOf(given.bytes, name);
      return { name, writable: given.writable === true, buffer, size: buffer.length };
    }),
  );
}

function isPlain(source: FileSource): source is Exclude<FileSource, Uint8Array | ArrayBuffer | Blob> {
  return typeof source === "object" && source !== null && "bytes" in source && !(source instanceof Blob);
}

async function bytesOf(source: unknown, name: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  throw misuse(`file \`${name}\` is given as bytes, a Blob or { bytes, writable }`);
}

/** Keeps the files of an extension and gives their numbers. */
export function keepFiles(extension: number, given: readonly File[]): readonly number[] {
  const numbers = given.map((file) => files.push(file) - 1);
  handed.set(extension, numbers);
  return numbers;
}

/** The extension is gone. */
export function releaseFiles(extension: number): void {
  for (const number of handed.get(extension) ?? []) files[number] = undefined;
  handed.delete(extension);
}

/** A copy of what is in a file of an extension; undefined if it has none of that name. */
export function contentOf(extension: number, name: string): Uint8Array | undefined {
  const found = handed.get(extension)?.map((number) => files[number]);
  const file = found?.find((file) => file?.name === name);
  return file?.buffer.slice(0, file.size);
}

function fileOf(number: number): File {
  const file = files[number];
  if (file === undefined) throw new ResultError("the file is gone");
  return file;
}

/** `handed-files.size` */
export function sizeOfFile(number: number): bigint {
  return BigInt(fileOf(number).size);
}

/** `handed-files.read` */
export function readFile(number: number, offset: bigint, length: number): Uint8Array {
  const { buffer, size } = fileOf(number);
  const start = Math.min(Number(offset), size);
  return buffer.subarray(start, Math.min(start + length, size));
}

/** `handed-files.write` */
export function writeFile(number: number, offset: bigint, bytes: Uint8Array): void {
  const file = fileOf(number);
  const start = Number(offset);
  const end = start + bytes.length;
  if (!file.writable || start > file.size) throw new ResultError("the file can't be written there");
  if (!owned.has(file) || end > file.buffer.length) {
    let larger: Uint8Array;
    try {
      larger = new Uint8Array(Math.max(end, Math.min(file.size * 2, file.size + GROWTH)));
    } catch {
      throw new ResultError(`there is no memory for ${end} bytes`);
    }
    larger.set(file.buffer.subarray(0, file.size));
    file.buffer = larger;
    owned.add(file);
  }
  file.buffer.set(bytes, start);
  file.size = Math.max(file.size, end);
}

/** Most bytes of room a file gets beyond its end. */
const GROWTH = 64 * 1024 * 1024;

/** Files whose bytes are no longer the caller's. */
const owned = new WeakSet<File>();
