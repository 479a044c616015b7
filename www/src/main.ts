/** The page: wires the editor, the results and the extensions panel to the session. */

import type { QueryAllError, StatementResult } from "sqlink";
import { button, byId, count, duration, make } from "./dom.ts";
import { SqlEditor } from "./editor.ts";
import { ExtensionPanel } from "./extensions.ts";
import { isSqliteError, renderError, renderResults } from "./results.ts";
import { SAMPLES, type Sample } from "./samples.ts";
import { Session } from "./session.ts";

const FIRST = "SELECT 'Hello from SQLite ' || sqlite_version() AS greeting;\n";

const runButton = byId("run", HTMLButtonElement);
const stopButton = byId("stop", HTMLButtonElement);
const runStatus = byId("run-status", HTMLParagraphElement);
const engineStatus = byId("engine-status", HTMLParagraphElement);
const results = byId("results", HTMLDivElement);
const apple = /Mac|iPhone|iPad/.test(navigator.userAgent);
byId("run-key", HTMLElement).textContent = apple ? "⌘ Enter" : "Ctrl Enter";

let running: AbortController | undefined;
let functions: readonly string[] = [];
const editor = new SqlEditor(byId("editor", HTMLDivElement), FIRST, () => void run());

const session = await start();
const panel = new ExtensionPanel(session, (extensions) => {
  const callable = extensions.flatMap(({ functions, aggregates, modules }) => [
    ...functions,
    ...aggregates,
    ...modules,
  ]);
  functions = [...new Set(callable)];
  void showTables();
});

runButton.addEventListener("click", () => void run());
stopButton.addEventListener("click", () => running?.abort());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
  // The editor handles its own; this is for the rest of the page.
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) void run();
});
byId("samples", HTMLUListElement).append(
  ...SAMPLES.map((sample) =>
    make(
      "li",
      "",
      button(sample.title, () => void runSample(sample)),
      make("span", "", sample.about),
    ),
  ),
);
await panel.refresh();
setRunning(undefined);
editor.focus();

async function start(): Promise<Session> {
  try {
    const began = performance.now();
    const opened = await Session.start();
    const version = await opened.sqliteVersion();
    engineStatus.textContent = `SQLite ${version}, ready in ${duration(performance.now() - began)}`;
    return opened;
  } catch (error) {
    engineStatus.textContent = "the engine did not start";
    results.replaceChildren(renderError(error, undefined));
    throw error;
  }
}

async function runSample(sample: Sample): Promise<void> {
  if (running !== undefined) return;
  editor.replace(sample.sql);
  runStatus.textContent = "loading…";
  try {
    if (sample.extensions !== undefined && !(await panel.need(sample.extensions))) {
      runStatus.textContent = "not run: it needs the extension";
      return;
    }
    if (sample.cities) {
      runStatus.textContent = "importing cities…";
      await session.addCities();
    }
  } catch (error) {
    runStatus.textContent = "";
    results.replaceChildren(renderError(error, undefined));
    return;
  }
  await run();
}

async function run(): Promise<void> {
  if (running !== undefined) return;
  const { text, start: offset } = editor.toRun;
  const controller = new AbortController();
  setRunning(controller);
  editor.clearError();
  runStatus.textContent = "running…";
  const began = performance.now();
  try {
    const done = await session.run(text, controller.signal);
    results.replaceChildren(...renderResults(done));
    runStatus.textContent = `${count(done.length, "statement")}, ${duration(performance.now() - began)}`;
  } catch (error) {
    const place = errorPlace(error, offset);
    if (place !== undefined) editor.markError(place);
    const shown = renderError(error, place === undefined ? undefined : editor.lineAndColumn(place));
    results.replaceChildren(...renderResults(resultsBefore(error)), shown);
    runStatus.textContent = controller.signal.aborted
      ? `stopped after ${duration(performance.now() - began)}`
      : "failed";
    await recover();
  }
  setRunning(undefined);
  await showTables();
}

async function recover(): Promise<void> {
  if (!(await session.recover())) return;
  runStatus.textContent += "; the engine had to be restarted, the database in memory is gone";
  await panel.refresh();
}

function setRunning(controller: AbortController | undefined): void {
  running = controller;
  runButton.disabled = controller !== undefined;
  stopButton.disabled = controller === undefined;
  results.ariaBusy = String(controller !== undefined);
}

/** Where in the editor's text the error is, in UTF-16 units, if SQLite told. */
function errorPlace(error: unknown, offset: number): number | undefined {
  const position = isSqliteError(error)
    ? (error as QueryAllError & { readonly position?: number }).position
    : undefined;
  return position === undefined ? undefined : offset + position;
}

function resultsBefore(error: unknown): readonly StatementResult[] {
  return isSqliteError(error) ? ((error as QueryAllError).results ?? []) : [];
}

async function showTables(): Promise<void> {
  const tables = await session.tables();
  editor.complete({ tables, functions });
  const names = Object.entries(tables);
  const items = names.map(([name, columns]) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const show = button(name, () => {
      editor.replace(`SELECT * FROM ${/^[A-Za-z_]\w*$/.test(name) ? name : quoted} LIMIT 100;`);
      void run();
    });
    return make("li", "", show, make("span", "", columns.join(", ")));
  });
  const list = byId("tables", HTMLUListElement);
  list.replaceChildren(...(items.length > 0 ? items : [make("li", "empty", "none yet")]));
}
