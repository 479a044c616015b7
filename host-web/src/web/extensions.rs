//! Functions of the embedder, and extensions.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::manifest::FunctionFlags;
use crate::engine::{self, ExtensionInfo, HandedFile, LoadOptions, RowSink};
use crate::web::error::status;
use crate::web::rows::{self, RowBuffer};

/// Registers a function of the embedder. `flags` are the bits of `function-flags` in wit/metadata.wit.
#[wasm_bindgen]
#[must_use]
pub fn create_function(connection: u32, name: &str, arg_count: i32, flags: u8, id: u32) -> i32 {
    status(engine::create_function(connection, name, arg_count, FunctionFlags(flags), id))
}

/// Removes a function of the embedder.
#[wasm_bindgen]
#[must_use]
pub fn remove_function(connection: u32, name: &str, arg_count: i32) -> i32 {
    status(engine::remove_function(connection, name, arg_count))
}

/// Reads the manifest of extension `id`, applies the policy and registers everything, or nothing. What it is stands in
/// the row buffer then, as [`extensions`] puts it there.
///
/// * `config` - keys and values, in turn.
/// * `files` - the files' names; `handed` - for each the embedder's number and 1 if it is writable, in turn.
#[wasm_bindgen]
#[must_use]
#[allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "wasm-bindgen passes lists by value only, and numbers, texts and lists are what costs it least"
)]
pub fn load_extension(
    connection: u32,
    id: u32,
    digest: &str,
    grants: Vec<String>,
    config: Vec<String>,
    files: Vec<String>,
    handed: &[u32],
    prefix: &str,
    replace: bool,
) -> i32 {
    let options = LoadOptions {
        grants,
        config: config.as_chunks().0.iter().map(|[key, value]| (key.clone(), value.clone())).collect(),
        files: files
            .into_iter()
            .zip(handed.as_chunks().0)
            .map(|(name, &[file, writable])| HandedFile { name, file, writable: writable != 0 })
            .collect(),
        prefix: prefix.to_owned(),
        replace,
    };
    status(engine::load_extension(connection, id, digest, options).map(|info| {
        rows::fill(|out| describe(out, &info));
    }))
}

/// Removes an extension and all it registered.
#[wasm_bindgen]
#[must_use]
pub fn unload_extension(connection: u32, id: u32) -> i32 {
    status(engine::unload_extension(connection, id))
}

/// Puts the extensions of a connection into the row buffer: for each some rows of a key and a value, the first of them
/// `id`.
#[wasm_bindgen]
#[must_use]
pub fn extensions(connection: u32) -> i32 {
    status(engine::extensions(connection).map(|all| {
        rows::fill(|out| {
            for info in &all {
                describe(out, info);
            }
        });
    }))
}

fn describe(out: &mut RowBuffer, info: &ExtensionInfo) {
    out.text(b"id");
    out.integer(info.id.into());
    out.end_row();
    let singles = [
        ("name", &info.name),
        ("version", &info.version),
        ("description", &info.description),
        ("digest", &info.digest),
    ];
    let lists = [
        ("functions", &info.functions),
        ("aggregates", &info.aggregates),
        ("collations", &info.collations),
        ("modules", &info.modules),
        ("hooks", &info.hooks),
        ("granted", &info.granted),
        ("denied", &info.denied),
    ];
    let items = lists.iter().flat_map(|(key, items)| items.iter().map(move |item| (*key, item)));
    for (key, text) in singles.into_iter().chain(items) {
        out.text(key.as_bytes());
        out.text(text.as_bytes());
        out.end_row();
    }
    out.text(b"traps");
    out.integer(info.traps.into());
    out.end_row();
}
