/**
 * SQLink extension `markdown`: CommonMark to HTML, and what is in a text, by markdown-it. The catalogue's extension in JavaScript.
 *
 * Everything is deterministic and innocuous, and imports nothing.
 */
import MarkdownIt from "markdown-it";

/** SQLITE_MISMATCH: an argument of the wrong type. */
const MISMATCH = 20;
/** SQLITE_TOOBIG. */
const TOOBIG = 18;
/** Longest text, in UTF-16 units. */
const MOST = 10_000_000;

// HTML in the text is shown, not passed on: the result is safe to put into a page. Links to scripts are left out too.
const parser = new MarkdownIt({ html: false, linkify: false });
/** Without tables and strikethrough, which CommonMark does not have. */
const strict = new MarkdownIt("commonmark", { html: false });

/** The tokens of a text, those inside of lines too. */
function tokens(text) {
  return parser.parse(text, {}).flatMap((token) => [token, ...(token.children ?? [])]);
}

/** The text of a token's children, without markup. */
function plain(token) {
  return (token?.children ?? []).map(({ type, content }) => (type.endsWith("break") ? " " : content)).join("");
}

/** What each function gives for a text, by its id in the manifest. */
const functions = [
  ["markdown", (text) => parser.render(text)],
  ["markdown_commonmark", (text) => strict.render(text)],
  ["markdown_inline", (text) => parser.renderInline(text)],
  [
    "markdown_title",
    (text) => {
      const all = parser.parse(text, {});
      const at = all.findIndex(({ type }) => type === "heading_open");
      return at === -1 ? undefined : plain(all[at + 1]);
    },
  ],
  [
    "markdown_headings",
    (text) => {
      const all = parser.parse(text, {});
      const headings = all.flatMap(({ type, tag, map }, at) =>
        type === "heading_open" ? [{ level: Number(tag.slice(1)), text: plain(all[at + 1]), line: map[0] + 1 }] : [],
      );
      return JSON.stringify(headings);
    },
  ],
  [
    "markdown_links",
    (text) =>
      JSON.stringify(tokens(text).flatMap((token) => (token.type === "link_open" ? [token.attrGet("href")] : []))),
  ],
  [
    "markdown_text",
    (text) =>
      parser
        .parse(text, {})
        .flatMap((token) => {
          if (token.type === "inline") return [plain(token)];
          return token.type === "fence" || token.type === "code_block" ? [token.content.trimEnd()] : [];
        })
        .join("\n"),
  ],
];

/** Says what the extension is. It must not call an import. */
export const metadata = {
  describe() {
    return {
      name: "markdown",
      version: "0.1.0",
      description: "CommonMark to HTML, and the headings, links and text of a document.",
      functions: functions.map(([name], id) => ({
        id,
        name,
        argCount: 1,
        flags: { deterministic: true, innocuous: true },
      })),
      aggregates: [],
      collations: [],
      modules: [],
      hooks: {},
      required: [],
      optional: [],
      nesting: "refuse",
      http: undefined,
    };
  },
};

/** The scalar functions. What is thrown fails the SQL statement. */
export const scalar = {
  call(id, [value]) {
    const [name, convert] = functions[id];
    if (value.tag === "null") return value;
    if (value.tag !== "text") {
      throw { code: MISMATCH, message: `function \`${name}\`: argument 1 must be text, found ${article(value.tag)}` };
    }
    if (value.val.length > MOST) {
      throw { code: TOOBIG, message: `function \`${name}\`: the text is over ${MOST} characters` };
    }
    const result = convert(value.val);
    return result === undefined ? { tag: "null" } : { tag: "text", val: result };
  },
};

function article(tag) {
  return tag === "integer" ? "an integer" : `a ${tag}`;
}
