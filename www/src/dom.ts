/** Building and finding elements. Text only ever enters the page through `textContent`. */

/** The element with this id; the page is broken without it. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no \`${id}\` of type ${type.name}`);
  return element;
}

type Child = Node | string;

/** A new element with a class (or none: `""`) and children; a string becomes text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/** A button that is not a form's submit button. */
export function button(label: string, onClick: () => void, className = ""): HTMLButtonElement {
  const element = make("button", className, label);
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}

/** `1 row`, `2 rows`, with digits grouped. */
export function count(n: number | bigint, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${BigInt(n) === 1n ? one : many}`;
}

/** Milliseconds for people: `0.4 ms`, `12 ms`, `1.32 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
