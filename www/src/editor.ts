/**
 * The SQL editor: CodeMirror with SQLite's dialect, completion from the open database, and a mark for errors.
 *
 * It lives in a shadow root, because there CodeMirror adopts constructed style sheets instead of adding `<style>`
 * elements, which the page's content security policy forbids.
 */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { SQLite, type SQLNamespace, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** What the editor suggests: columns by table, and the names of functions that extensions added. */
export interface Completions {
  readonly tables: Readonly<Record<string, readonly string[]>>;
  readonly functions: readonly string[];
}

/** The part of the text to run, and where it begins (UTF-16 units). */
export interface Selection {
  readonly text: string;
  readonly start: number;
}

export class SqlEditor {
  readonly #view: EditorView;
  readonly #language = new Compartment();

  /**
   * @param parent gets the shadow root
   * @param text what stands in it at first
   * @param onRun called for Ctrl+Enter and Cmd+Enter
   */
  constructor(parent: HTMLElement, text: string, onRun: () => void) {
    const root = parent.attachShadow({ mode: "open" });
    const runs = () => {
      onRun();
      return true;
    };
    const run = keymap.of([{ key: "Mod-Enter", run: runs }]);
    this.#view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          Prec.highest(run),
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          // Tab stays the key that leaves the editor, so that the page can be used from the keyboard.
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
          this.#language.of(language({ tables: {}, functions: [] })),
          syntaxHighlighting(colours),
          theme,
          errorMark,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "SQL editor; Ctrl+Enter runs" }),
        ],
      }),
    });
  }

  /** The selection if there is one, else everything. */
  get toRun(): Selection {
    const { state } = this.#view;
    const { from, to, empty } = state.selection.main;
    return empty ? { text: state.doc.toString(), start: 0 } : { text: state.sliceDoc(from, to), start: from };
  }

  /** Replaces everything and puts the cursor at the end. */
  replace(text: string): void {
    this.#view.dispatch({
      changes: { from: 0, to: this.#view.state.doc.length, insert: text },
      selection: { anchor: text.length },
    });
    this.#view.focus();
  }

  complete(completions: Completions): void {
    this.#view.dispatch({ effects: this.#language.reconfigure(language(completions)) });
  }

  /** Marks the word at `position` (UTF-16 units) as the place of an error and scrolls to it. */
  markError(position: number): void {
    const { doc } = this.#view.state;
    if (doc.length === 0) return;
    const from = Math.min(Math.max(position, 0), doc.length - 1);
    const word = /^(?:\w+|[^\w\s]+|\s+)/.exec(doc.sliceString(from, Math.min(doc.length, from + 200)));
    const to = Math.min(doc.length, from + Math.max(1, word?.[0].length ?? 1));
    this.#view.dispatch({ effects: [setError.of({ from, to }), EditorView.scrollIntoView(from)] });
  }

  clearError(): void {
    this.#view.dispatch({ effects: setError.of(null) });
  }

  /** Line and column, both counted from 1, of a position. */
  lineAndColumn(position: number): { line: number; column: number } {
    const { doc } = this.#view.state;
    const line = doc.lineAt(Math.min(Math.max(position, 0), doc.length));
    return { line: line.number, column: position - line.from + 1 };
  }

  focus(): void {
    this.#view.focus();
  }
}

function language({ tables, functions }: Completions) {
  const schema: SQLNamespace = Object.fromEntries(
    Object.entries(tables).map(([name, columns]) => [name, [...columns]]),
  );
  const names = functions.map((label) => ({ label, type: "function" }));
  return [
    sql({ dialect: SQLite, schema, upperCaseKeywords: true }),
    SQLite.language.data.of({
      autocomplete: (context: import("@codemirror/autocomplete").CompletionContext) => {
        const word = context.matchBefore(/\w+/);
        return word === null || names.length === 0 ? null : { from: word.from, options: names, validFor: /^\w*$/ };
      },
    }),
  ];
}

const setError = StateEffect.define<{ from: number; to: number } | null>();

const errorMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    // Any edit takes the mark away: the error may be the thing being edited.
    let next = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (!effect.is(setError)) continue;
      next = effect.value === null ? Decoration.none : Decoration.set([wavy.range(effect.value.from, effect.value.to)]);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const wavy = Decoration.mark({ class: "cm-sqlError", attributes: { "aria-invalid": "true" } });

// Colours come from the page's custom properties, which reach into the shadow root and follow the colour scheme.
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: "var(--code-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.comment], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--code-type)" },
  { tag: [tags.special(tags.name)], color: "var(--code-type)" },
]);

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "14px" },
  // The frame around it shows the focus.
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)", padding: "10px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "none", paddingLeft: "6px" },
  ".cm-activeLine": { backgroundColor: "var(--active-line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-sqlError": {
    textDecoration: "underline wavy var(--danger)",
    textUnderlineOffset: "3px",
    backgroundColor: "var(--danger-soft)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
});
