/** The extensions panel: drop zone, bundled extensions, the dialog that asks before anything is granted, the list. */

import type { ExtensionDescription, ExtensionInfo } from "sqlink";
import { BUNDLED, type BundledName, fetchBundled } from "./bundled.ts";
import { button, byId, count, make } from "./dom.ts";
import type { Session } from "./session.ts";

/** Largest file that is read; the engine has a limit of its own. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export class ExtensionPanel {
  readonly #session: Session;
  readonly #changed: (extensions: readonly ExtensionInfo[]) => void;
  readonly #list = byId("extensions", HTMLUListElement);
  readonly #error = byId("extension-error", HTMLParagraphElement);
  readonly #bundled = new Map<BundledName, HTMLButtonElement>();
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

  /** Loads bundled extensions that are not loaded yet, asking where one wants something. False: the user said no. */
  async need(names: readonly BundledName[]): Promise<boolean> {
    for (const name of names) {
      if (!this.#names.has(name) && !(await this.#loadBundled(name))) return false;
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

  async #loadBundled(name: BundledName): Promise<boolean> {
    const bytes = await fetchBundled(name);
    const description = await this.#session.inspect(bytes, `${name}.wasm`);
    const asks = description.required.length + description.optional.length > 0;
    const grants = asks ? await askForGrants(description, `${name}.wasm`) : [];
    return grants !== undefined && this.#load(bytes, `${name}.wasm`, grants);
  }

  async #loadFile(file: File): Promise<boolean> {
    if (file.size > MAX_FILE_BYTES) {
      throw new Error(
        `\`${file.name}\` has ${count(file.size, "byte")}; an extension may have ${count(MAX_FILE_BYTES, "byte")}`,
      );
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const description = await this.#session.inspect(bytes, file.name);
    const grants = await askForGrants(description, file.name);
    return grants !== undefined && this.#load(bytes, file.name, grants);
  }

  async #load(bytes: Uint8Array, name: string, grants: readonly string[]): Promise<boolean> {
    await this.#session.load(bytes, name, grants);
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

/** Shows what the extension is and wants. Gives the granted capabilities, or undefined if the user said no. */
function askForGrants(description: ExtensionDescription, file: string): Promise<string[] | undefined> {
  const dialog = byId("grant", HTMLDialogElement);
  byId("grant-title", HTMLHeadingElement).textContent = `Load ${description.name} ${description.version}?`;
  const boxes: HTMLInputElement[] = [];
  const capability = ({ name, reason }: { name: string; reason: string }, required: boolean) => {
    const box = make("input", "");
    box.type = "checkbox";
    box.checked = required;
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
  byId("grant-body", HTMLDivElement).replaceChildren(
    make("p", "", description.description),
    make(
      "p",
      "adds",
      `Adds ${count(description.functions.length, "function")}: `,
      make("code", "", names(description.functions.map(({ name }) => name))),
    ),
    wanted.length === 0
      ? make("p", "calm", "It asks for nothing: it can only compute from the arguments it is given.")
      : make("fieldset", "", make("legend", "", "It asks to reach"), ...wanted),
    make("p", "file", `${file} · sha-256 `, make("code", "", description.digest)),
  );
  return new Promise((resolve) => {
    const cancel = byId("grant-cancel", HTMLButtonElement);
    const load = byId("grant-load", HTMLButtonElement);
    let grants: string[] | undefined;
    load.onclick = () => {
      grants = boxes.filter(({ checked }) => checked).map(({ value }) => value);
      dialog.close();
    };
    cancel.onclick = () => dialog.close();
    dialog.onclose = () => resolve(grants);
    dialog.showModal();
    // Enter must not grant anything by accident.
    (wanted.length === 0 ? load : cancel).focus();
  });
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
  return make(
    "li",
    "",
    make("strong", "", name),
    make("span", "version", version),
    ...granting,
    make("code", "functions", names(extension.functions)),
  );
}

/** A function may be there once for every argument count. */
function names(functions: readonly string[]): string {
  return [...new Set(functions)].join(", ");
}
