//! Bundles: the engine and extensions as a folder of JavaScript and wasm, for hosts that compile nothing at run time.

use crate::graph::{ComposeError, Extension, check_extensions, lock};
use std::fmt::Write;

/// What runs the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Cloudflare Workers: `import` of a `.wasm` file gives a compiled `WebAssembly.Module`.
    Workers,
    /// Browsers and bundlers: wasm files are fetched relative to `import.meta.url`.
    Es,
    /// Node, Deno and Bun: wasm files are read from disk relative to `import.meta.url`.
    Node,
}

/// What a bundle is made of besides the extensions.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// `engine.wasm` of the npm package.
    pub engine: &'a [u8],
    /// `adapter.wasm` of the npm package.
    pub adapter: &'a [u8],
    /// What the bundle imports the package's entry without assets as: `sqlink/core`, or a relative path.
    pub package: &'a str,
}

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path within the bundle's folder, with `/`.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// Links every extension and writes a module that opens a database with all of them loaded.
///
/// The files are `index.js`, `index.d.ts`, `sqlink.lock.json`, `engine.wasm`, `adapter.wasm` and one `ext/NAME.wasm` per
/// extension. Equal input gives equal output.
///
/// # Errors
/// [`ComposeError::Extension`] for an extension that breaks the contract or that can't be linked directly; names as for
/// [`compose`](crate::graph::compose).
pub fn bundle(target: Target, parts: Parts<'_>, extensions: &[Extension<'_>]) -> Result<Vec<File>, ComposeError> {
    check_extensions(extensions)?;
    let lock = lock(parts.engine, extensions);
    let mut files = Vec::new();
    let mut file = |path: String, bytes: Vec<u8>| files.push(File { path, bytes });
    let mut table = String::new();
    for (index, (extension, locked)) in extensions.iter().zip(&lock.extensions).enumerate() {
        let linked = crate::link(&extension.bytes, &extension.file)?;
        file(format!("ext/{}.wasm", extension.name), linked.core);
        let grants: Vec<String> = locked.grants.iter().map(|grant| string(grant)).collect();
        let _ = writeln!(
            table,
            "  {{ module: ext{index}, name: {}, digest: {}, grants: [{}] }},",
            string(&locked.name),
            string(&locked.sha256),
            grants.join(", ")
        );
    }
    file("index.js".to_owned(), index_js(target, parts.package, extensions, &table).into_bytes());
    file("index.d.ts".to_owned(), index_d_ts(parts.package).into_bytes());
    file("sqlink.lock.json".to_owned(), lock.to_json().into_bytes());
    file("engine.wasm".to_owned(), parts.engine.to_vec());
    file("adapter.wasm".to_owned(), parts.adapter.to_vec());
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The files beside it that a built JavaScript module imports statically, in order, without `./`. What it imports
/// dynamically is left out: a bundle's host compiles nothing at run time, so it never gets there.
#[must_use]
pub fn static_imports(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("\"./") {
        let before = source[..at].trim_end();
        let (_, rest) = source[at..].split_at(3);
        let Some((name, _)) = rest.split_once('"') else { continue };
        let is_file = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if is_file
            && (before.ends_with("from") || before.ends_with("import"))
            && !found.iter().any(|other| other == name)
        {
            found.push(name.to_owned());
        }
    }
    found
}

fn index_js(target: Target, package: &str, extensions: &[Extension<'_>], table: &str) -> String {
    let mut js =
        String::from("// Made by `sqlink-compose compose`. Do not edit: sqlink.lock.json says what is inside.\n");
    let _ = writeln!(js, "import {{ open as openDatabase }} from {};", string(package));
    let mut wasm =
        vec![("engine".to_owned(), "./engine.wasm".to_owned()), ("adapter".to_owned(), "./adapter.wasm".to_owned())];
    wasm.extend(extensions.iter().enumerate().map(|(i, e)| (format!("ext{i}"), format!("./ext/{}.wasm", e.name))));
    match target {
        Target::Workers => {
            for (name, path) in &wasm {
                let _ = writeln!(js, "import {name} from {};", string(path));
            }
        }
        Target::Es | Target::Node => {
            let compile = if target == Target::Node {
                js.push_str("import { readFile } from \"node:fs/promises\";\n");
                "WebAssembly.compile(await readFile(url))"
            } else {
                // Servers that don't send application/wasm are common.
                "WebAssembly.compile(await (await found(url)).arrayBuffer())"
            };
            if target == Target::Es {
                js.push_str(
                    "\nasync function found(url) {\n  const response = await fetch(url);\n  if (!response.ok) throw new Error(`cannot fetch ${url}: HTTP status ${response.status}`);\n  return response;\n}\n",
                );
            }
            let _ = write!(js, "\nconst compile = async (url) => {compile};\n\n");
            let names: Vec<&str> = wasm.iter().map(|(name, _)| name.as_str()).collect();
            // The form `new URL("…", import.meta.url)` is what bundlers look for.
            let _ = writeln!(js, "const [{}] = await Promise.all([", names.join(", "));
            for (name, path) in &wasm {
                let url = format!("new URL({}, import.meta.url)", string(path));
                if name == "adapter" {
                    js.push_str("  // Only where there is multi-memory; without, values are copied by JavaScript.\n");
                    let _ = writeln!(js, "  compile({url}).catch(() => undefined),");
                } else {
                    let _ = writeln!(js, "  compile({url}),");
                }
            }
            js.push_str("]);\n");
        }
    }
    let _ = write!(
        js,
        "
/** The bundled extensions, as `loadExtension` takes them, with the grants they were bundled with. */
export const extensions = [
{table}];

/** Opens a database with every bundled extension loaded. */
export async function open(options = {{}}) {{
  const db = await openDatabase({{ engine, adapter, ...options }});
  try {{
    for (const {{ module, name, digest, grants }} of extensions) {{
      await db.loadExtension({{ module, name, digest }}, {{ grants }});
    }}
  }} catch (error) {{
    db.close();
    throw error;
  }}
  return db;
}}
"
    );
    js
}

fn index_d_ts(package: &str) -> String {
    format!(
        "// Made by `sqlink-compose compose`. Do not edit.
import type {{ Database, OpenOptions }} from {};

/** An extension of the bundle. */
export interface BundledExtension {{
  /** Its linked core module. */
  readonly module: WebAssembly.Module;
  readonly name: string;
  /** SHA-256 of the component it was linked from, in hexadecimal. */
  readonly digest: string;
  /** Capabilities it is granted when it is loaded. */
  readonly grants: readonly string[];
}}

/** The bundled extensions, as `loadExtension` takes them, with the grants they were bundled with. */
export declare const extensions: readonly BundledExtension[];

/** Opens a database with every bundled extension loaded. */
export declare function open(options?: OpenOptions): Promise<Database>;
",
        string(package)
    )
}

/// A JavaScript string literal. JSON's strings are JavaScript's.
fn string(text: &str) -> String {
    // A string can always be written.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn static_imports_are_found() {
        let source = r#"import{a as b}from"./chunk-A1.js";import "./b.js";
export { c } from "./c.js"; const later = () => import("./d.js"); const url = new URL("./e.js", import.meta.url);
import f from "sqlink"; import { a } from "./chunk-A1.js"; const text = "from \"./../g.js\"";"#;
        assert_eq!(super::static_imports(source), ["chunk-A1.js", "b.js", "c.js"]);
    }
}
