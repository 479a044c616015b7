//! The gate between one extension's imports and the composition's.
//!
//! Inside a composition all extensions share the root's imports, and the embedder could not tell who calls. A gate is a
//! component that exports the interfaces one extension imports, and passes each call on to `guest-imports` with the
//! extension's index in front, so that grants and limits stay per extension.

use crate::frames::{STATIC_BYTES, encode, interface, prelude, result_of, result_payload};
use crate::graph::{ComposeError, SpiPolicy};
use std::fmt::Write;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, SizeAlign};

/// SQLITE_AUTH, which a denied capability fails with.
const DENIED_CODE: i32 = 23;
/// What a call of `spi` fails with under [`SpiPolicy::Deny`].
const DENIED_MESSAGE: &str = "capability `spi` is denied in this composition: it was made with `--spi deny`";
/// Where that message lies in the gate's memory, in bytes; the answers of the denied functions follow it.
const DENIED_AT: usize = 16;

/// Makes the gate of the extension `index`, which imports `interfaces` (full names).
///
/// `guest_imports` is the full name of the interface that calls are passed on to.
pub(crate) fn gate(
    resolve: &Resolve,
    guest_imports: &str,
    index: u32,
    interfaces: &[&str],
    spi: SpiPolicy,
) -> Result<Vec<u8>, ComposeError> {
    let mut resolve = resolve.clone();
    let denied = |name: &str| spi == SpiPolicy::Deny && name.starts_with("sqlink:extension/spi@");
    let mut world = String::from("package sqlink:composition;\nworld gate {\n");
    if !interfaces.iter().all(|name| denied(name)) {
        let _ = writeln!(world, "  import {guest_imports};");
    }
    for name in interfaces {
        let _ = writeln!(world, "  export {name};");
    }
    world.push_str("}\n");
    let generate = |detail: String| ComposeError::Generate { world: "gate".to_owned(), detail };
    let package = resolve.push_source("gate.wit", &world).map_err(|error| generate(format!("{error:#}")))?;
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve).map_err(|error| generate(error.to_string()))?;
    let targets =
        interface(&resolve, guest_imports).ok_or_else(|| generate(format!("no interface `{guest_imports}`")))?;
    let (mut imports, mut functions) = (String::new(), String::new());
    if spi == SpiPolicy::Deny {
        let message = data(DENIED_MESSAGE.as_bytes());
        let _ = writeln!(functions, " (data (i32.const {DENIED_AT}) \"{message}\")");
    }
    let mut statics = DENIED_AT + DENIED_MESSAGE.len();
    for name in interfaces {
        let id = interface(&resolve, name).ok_or_else(|| generate(format!("no interface `{name}`")))?;
        let base = resolve.interfaces[id].name.clone().unwrap_or_default();
        for function in resolve.interfaces[id].functions.values() {
            let path = format!("{name}#{}", function.name);
            if denied(name) {
                functions.push_str(&refusal(&resolve, &sizes, &path, function, &mut statics)?);
                continue;
            }
            let target_name = format!("{base}-{}", function.name);
            let target = resolve.interfaces[targets]
                .functions
                .get(&target_name)
                .ok_or_else(|| generate(format!("`{guest_imports}` lacks `{target_name}`")))?;
            let (import, body) = pass_on(&resolve, &sizes, &path, function, guest_imports, target, index)?;
            imports.push_str(&import);
            functions.push_str(&body);
        }
    }
    let text = format!("(module\n{imports}{}{functions})", prelude());
    encode(&text, &resolve, package, "gate")
}

/// Text of the import of `target`, and of the export `path` that calls it with the extension's index in front.
fn pass_on(
    resolve: &Resolve,
    sizes: &SizeAlign,
    path: &str,
    function: &Function,
    module: &str,
    target: &Function,
    index: u32,
) -> Result<(String, String), ComposeError> {
    let mismatch = |detail: &str| ComposeError::Generate {
        world: "gate".to_owned(),
        detail: format!("`{path}` can't be passed on to `{}`: {detail}", target.name),
    };
    let export = resolve.wasm_signature(AbiVariant::GuestExport, function);
    let import = resolve.wasm_signature(AbiVariant::GuestImport, target);
    if export.indirect_params || import.indirect_params {
        return Err(mismatch("too many parameters"));
    }
    // Lowered: the index, the parameters as they came, and where a result goes that isn't one core value.
    let mut expected = vec![WasmType::I32];
    expected.extend(&export.params);
    if export.retptr {
        expected.push(WasmType::Pointer);
    }
    if import.params != expected || import.retptr != export.retptr {
        return Err(mismatch("expected the same parameters after the extension's index, and the same result"));
    }
    let params = core_types(&export.params);
    let forward: String = (0..export.params.len()).map(|n| format!(" (local.get {n})")).collect();
    let mark = export.params.len();
    let import_text = format!(
        " (import \"{module}\" \"{}\" (func ${} (param {}){}))\n",
        target.name,
        target.name,
        core_types(&import.params),
        if import.results.is_empty() { String::new() } else { format!(" (result {})", core_types(&import.results)) },
    );
    let call = format!("(call ${} (i32.const {index}){forward}", target.name);
    let body = if export.retptr {
        let size = function.result.as_ref().map_or(0, |ty| sizes.size(ty).size_wasm32());
        let area = mark + 1;
        format!(
            r#" (func (export "{path}") (param {params}) (result i32) (local i64 i32)
  (local.set {area} (call $enter (global.get $floor) (i32.const {size})))
  {call} (local.get {area}))
  (local.get {area}))
 (func (export "cabi_post_{path}") (param i32) (call $leave (local.get 0)))
"#
        )
    } else {
        let result = core_types(&export.results);
        let result = if result.is_empty() { String::new() } else { format!(" (result {result})") };
        // Nothing is left to read afterwards, so the frame ends here.
        format!(
            r#" (func (export "{path}") (param {params}){result} (local i64)
  (local.set {mark} (global.get $floor))
  (global.set $floor (global.get $top))
  {call})
  (call $unwind (local.get {mark})))
"#
        )
    };
    Ok((import_text, body))
}

/// Text of the export `path` that answers every call with an error, or with nothing where there is nothing to answer. The
/// error is static data at `at`, which is moved behind it.
fn refusal(
    resolve: &Resolve,
    sizes: &SizeAlign,
    path: &str,
    function: &Function,
    at: &mut usize,
) -> Result<String, ComposeError> {
    let refuse = |detail: &str| ComposeError::Generate {
        world: "gate".to_owned(),
        detail: format!("`{path}` can't be denied: {detail}"),
    };
    let export = resolve.wasm_signature(AbiVariant::GuestExport, function);
    let params = core_types(&export.params);
    if function.result.is_none() {
        let body = "(call $unwind (global.get $floor))";
        return Ok(format!(" (func (export \"{path}\") (param {params}) {body})\n"));
    }
    let Some((ok, Some(err))) = result_of(resolve, function).filter(|_| export.retptr) else {
        return Err(refuse("it has no error to return"));
    };
    let payload = result_payload(sizes, ok, Some(err));
    let size = function.result.as_ref().map_or(0, |ty| sizes.size(ty).size_wasm32());
    let mut answer = vec![0; size];
    let words = [DENIED_CODE, word(DENIED_AT), word(DENIED_MESSAGE.len())];
    // result: tag 1 for err; error: the code, then pointer and length of the message.
    if let Some(tag) = answer.first_mut() {
        *tag = 1;
    }
    for (place, word) in answer.get_mut(payload..).unwrap_or_default().chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    let here = at.next_multiple_of(8);
    *at = here + size;
    if *at > STATIC_BYTES {
        return Err(refuse("no room for its answer"));
    }
    Ok(format!(
        r#" (data (i32.const {here}) "{}")
 (func (export "{path}") (param {params}) (result i32)
  (call $unwind (global.get $floor))
  (i32.const {here}))
"#,
        data(&answer)
    ))
}

/// A small number as it stands in memory.
fn word(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(0)
}

/// Bytes as WebAssembly text has them.
pub(crate) fn data(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// Core types in text. Memories are 32-bit.
pub(crate) fn core_types(types: &[WasmType]) -> String {
    let text = |ty: &WasmType| match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    };
    types.iter().map(text).collect::<Vec<_>>().join(" ")
}
