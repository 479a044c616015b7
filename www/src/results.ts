/** Result tables and errors. */

import type { SqliteError, StatementResult, Value } from "sqlink";
import { count, duration, make } from "./dom.ts";

/** Most rows that one table shows. */
export const SHOWN_ROWS = 1000;
/** Most characters of a text, and bytes of a blob, that a cell shows. */
const SHOWN_TEXT = 2000;
const SHOWN_BYTES = 32;

/** One block per statement: its text, what came of it, and the table if it has columns. */
export function renderResults(results: readonly StatementResult[]): HTMLElement[] {
  return results.map((result, index) => {
    const head = make(
      "header",
      "",
      make("code", "statement", oneLine(result.sql)),
      make("span", "outcome", outcome(result)),
    );
    const section = make("section", result.columns.length === 0 ? "result plain" : "result", head);
    section.setAttribute("aria-label", `Statement ${index + 1}`);
    if (result.columns.length > 0) section.append(table(result));
    if (result.rowCount > result.rows.length) {
      section.append(
        make(
          "p",
          "cap",
          `The first ${count(result.rows.length, "row")} of ${count(result.rowCount, "row")} are shown.`,
        ),
      );
    }
    return section;
  });
}

/** An error, with where it is if SQLite told. */
export function renderError(error: unknown, place: { line: number; column: number } | undefined): HTMLElement {
  const block = make("section", "result error");
  block.setAttribute("role", "alert");
  const sqlite = isSqliteError(error) ? error : undefined;
  const title = sqlite === undefined ? "Error" : sqlite.extendedName;
  block.append(make("strong", "", title), make("p", "", error instanceof Error ? error.message : String(error)));
  const details: string[] = [];
  if (place !== undefined) details.push(`line ${place.line}, column ${place.column}`);
  if (sqlite?.extension !== undefined) details.push(`extension ${sqlite.extension}`);
  if (sqlite?.function !== undefined) details.push(`function ${sqlite.function}`);
  if (sqlite?.reason !== undefined) details.push(sqlite.reason);
  if (details.length > 0) block.append(make("p", "details", details.join(" · ")));
  return block;
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && error.name === "SqliteError";
}

function outcome({ columns, rowCount, changes, elapsed }: StatementResult): string {
  const parts = columns.length > 0 ? [count(rowCount, "row")] : [];
  if (changes !== 0 && changes !== 0n) parts.push(`${count(changes, "row")} changed`);
  return [...parts, duration(elapsed)].join(" · ");
}

function table({ columns, rows }: StatementResult): HTMLElement {
  const head = make(
    "tr",
    "",
    ...columns.map((name, index) => header(name, rows.find((row) => row[index] !== null)?.[index])),
  );
  const body = make("tbody", "");
  for (const row of rows) body.append(make("tr", "", ...row.map(cell)));
  const element = make("table", "", make("thead", "", head), body);
  const scroller = make("div", "scroller", element);
  // A region that scrolls must be reachable from the keyboard.
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", "Rows");
  return scroller;
}

/** A column's name, to the right when its first value that is not NULL is a number. */
function header(name: string, sample: Value | undefined): HTMLTableCellElement {
  const element = make("th", isNumber(sample) ? "number" : "", name);
  element.scope = "col";
  return element;
}

function isNumber(value: Value | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function cell(value: Value): HTMLTableCellElement {
  if (value === null) return make("td", "null", "NULL");
  if (isNumber(value)) return make("td", "number", String(value));
  if (typeof value === "string") {
    const shown =
      value.length > SHOWN_TEXT ? `${value.slice(0, SHOWN_TEXT)}… (${count(value.length, "character")})` : value;
    return make("td", "text", shown);
  }
  return make("td", "blob", blob(value));
}

function blob(bytes: Uint8Array): string {
  const hex = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return bytes.length > SHOWN_BYTES ? `x'${hex}…' (${count(bytes.length, "byte")})` : `x'${hex}'`;
}

/** The statement without leading comments, on one line. */
function oneLine(sql: string): string {
  const text = sql
    .replace(/^(?:\s*--.*\n)+/, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
