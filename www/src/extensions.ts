/** The extensions panel: drop zone, bundled extensions, the dialog that asks before anything is granted, the list. */

import type { ExtensionDescription, ExtensionInfo } from "sqlink";
import { BUNDLED, fetchBundled } from "./bundled.ts";
import { button, byId, count, make } from "./dom.ts";
import type { Given, Session } from "./session.ts";

/** Largest file that is read; the engine has a limit of its own. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export class ExtensionPanel {
  readonly #session: Session;
  readonly #changed: (extensions: readonly ExtensionInfo[]) => void;
  readonly #list = byId("extensions", HTMLUListElement);
  readonly #error = byId("extension-error", HTMLParagraphElement);
  readonly #bundled = new Map<string, HTMLButtonElement>();
  #names = new Set<string>();

  /** @param changed called with all loaded extensions after each load */
  constructor(session: Session, changed: (extensions: readonly ExtensionInfo[]) => void) {
    this.#session = session;
    this.#changed = changed;
    const group = byId("bundled", HTMLDivElement);
    for (const name of BUNDLED) {
      const load = button(`+ ${name}`, () => void this.#guard(() => this.#loadBundled(name)));
      load.title = `Load the bundled extension ${name}`;
      this.#bundled.set(name, load);
      group.append(load);
    }
    this.#listenForFiles();
  }

  /**
   * Loads bundled extensions that are not loaded yet, asking where one wants something. False: the user said no.
   * @param extensions the optional capabilities that are needed, by extension
   */
  async need(extensions: Readonly<Record<string, readonly string[]>>): Promise<boolean> {
    for (const [name, capabilities] of Object.entries(extensions)) {
      if (!this.#names.has(name) && !(await this.#loadBundled(name, capabilities))) return false;
    }
    return true;
  }

  async refresh(): Promise<void> {
    const extensions = await this.#session.extensions();
    this.#names = new Set(extensions.map(({ name }) => name));
    this.#list.replaceChildren(...extensions.map(listItem));
    for (const [name, load] of this.#bundled) load.disabled = this.#names.has(name);
    this.#changed(extensions);
  }

  async #loadBundled(name: string, needed: readonly string[] = []): Promise<boolean> {
    const bytes = await fetchBundled(name);
    const description = await this.#session.inspect(bytes, `${name}.wasm`);
    const asks = description.required.length + description.optional.length > 0;
    const given = asks ? await ask(description, `${name}.wasm`, needed) : { grants: [], files: [] };
    return given !== undefined && this.#load(bytes, `${name}.wasm`, given);
  }

  async #loadFile(file: File): Promise<boolean> {
    if (file.size > MAX_FILE_BYTES) {
      throw new Error(
        `\`${file.name}\` has ${count(file.size, "byte")}; an extension may have ${count(MAX_FILE_BYTES, "byte")}`,
      );
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const description = await this.#session.inspect(bytes, file.name);
    const given = await ask(description, file.name);
    return given !== undefined && this.#load(bytes, file.name, given);
  }

  async #load(bytes: Uint8Array, name: string, given: Given): Promise<boolean> {
    await this.#session.load(bytes, name, given);
    this.#error.hidden = true;
    await this.refresh();
    return true;
  }

  #listenForFiles(): void {
    const input = byId("file", HTMLInputElement);
    byId("choose", HTMLButtonElement).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      void this.#guard(() => this.#loadFiles(files));
    });
    // A file dropped anywhere on the page is meant for the zone; without this the browser would open it.
    const zone = byId("drop", HTMLDivElement);
    document.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) zone.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      zone.classList.remove("over");
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      void this.#guard(() => this.#loadFiles(files));
    });
  }

  async #loadFiles(files: readonly File[]): Promise<void> {
    for (const file of files) await this.#loadFile(file);
  }

  async #guard(work: () => Promise<unknown>): Promise<void> {
    this.#error.hidden = true;
    try {
      await work();
    } catch (error) {
      this.#error.textContent = error instanceof Error ? error.message : String(error);
      this.#error.hidden = false;
    }
  }
}

/**
 * Shows what the extension is and wants. Gives what it gets, or undefined if the user said no.
 * @param needed optional capabilities to propose
 */
function ask(
  description: ExtensionDescription,
  file: string,
  needed: readonly string[] = [],
): Promise<Given | undefined> {
  const dialog = byId("grant", HTMLDialogElement);
  byId("grant-title", HTMLHeadingElement).textContent = `Load ${description.name} ${description.version}?`;
  const boxes: HTMLInputElement[] = [];
  const capability = ({ name, reason }: { name: string; reason: string }, required: boolean) => {
    const box = make("input", "");
    box.type = "checkbox";
    box.checked = required || needed.includes(name);
    box.disabled = required;
    box.value = name;
    boxes.push(box);
    const about = make(
      "span",
      "",
      make("code", "", name),
      required ? " (needed)" : " (optional)",
      make("small", "", reason),
    );
    return make("label", "capability", box, about);
  };
  const wanted = [
    ...description.required.map((each) => capability(each, true)),
    ...description.optional.map((each) => capability(each, false)),
  ];
  const reads = boxes.find(({ value }) => value === "files.read");
  const files = make("input", "");
  files.type = "file";
  files.multiple = true;
  // Whoever hands a file over means it to be read.
  files.addEventListener("change", () => {
    if (reads !== undefined) reads.checked ||= files.value !== "";
  });
  byId("grant-body", HTMLDivElement).replaceChildren(
    make("p", "", description.description),
    ...additions(description).map(([what, all]) => make("p", "adds", `Adds ${what}: `, make("code", "", all))),
    wanted.length === 0
      ? make("p", "calm", "It asks for nothing: it can only compute from the arguments it is given.")
      : make("fieldset", "", make("legend", "", "It asks to reach"), ...wanted),
    ...(reads === undefined ? [] : [make("label", "files", "Files to hand over, by their names: ", files)]),
    make("p", "file", `${file} · sha-256 `, make("code", "", description.digest)),
  );
  return new Promise((resolve) => {
    const cancel = byId("grant-cancel", HTMLButtonElement);
    const load = byId("grant-load", HTMLButtonElement);
    let given: Given | undefined;
    load.onclick = () => {
      const grants = boxes.filter(({ checked }) => checked).map(({ value }) => value);
      given = { grants, files: reads?.checked ? [...(files.files ?? [])] : [] };
      dialog.close();
    };
    cancel.onclick = () => dialog.close();
    dialog.onclose = () => resolve(given);
    dialog.showModal();
    // Enter must not grant anything by accident.
    (wanted.length === 0 ? load : cancel).focus();
  });
}

/** How many of each kind the extension registers, and their names. */
function additions(description: ExtensionDescription): [what: string, all: string][] {
  const byName = (named: readonly { readonly name: string }[]) => [...new Set(named.map(({ name }) => name))];
  const kinds: [kind: string, all: readonly string[]][] = [
    ["function", byName(description.functions)],
    ["aggregate", byName(description.aggregates)],
    ["collation", description.collations],
    ["table", byName(description.modules)],
    ["hook", description.hooks],
  ];
  return kinds.filter(([, all]) => all.length > 0).map(([kind, all]) => [count(all.length, kind), all.join(", ")]);
}

function listItem(extension: ExtensionInfo): HTMLLIElement {
  const { name, version, granted, denied } = extension;
  const granting = [
    ...granted.map((grant) => make("span", "grant", grant)),
    ...denied.map((grant) => {
      const chip = make("span", "grant denied", grant);
      chip.title = "not granted";
      return chip;
    }),
  ];
  const { functions, aggregates, collations, modules, hooks } = extension;
  // A function may be there once for every argument count.
  const all = [...new Set([...functions, ...aggregates, ...collations, ...modules, ...hooks])];
  return make(
    "li",
    "",
    make("strong", "", name),
    make("span", "version", version),
    ...granting,
    make("code", "functions", all.join(", ")),
  );
}
