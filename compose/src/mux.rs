//! The multiplexer: one component that answers the engine's `dispatch` from all extensions of a composition.

use crate::frames::{definition, encode, interface, prelude, result_of, result_payload};
use crate::gate::data;
use crate::graph::ComposeError;
use std::fmt::Write;
use wit_parser::{Function, Resolve, SizeAlign, Type, TypeDefKind};

/// SQLITE_ERROR, for an extension that isn't there.
const UNKNOWN_CODE: i32 = 1;
/// What a call of an extension that isn't there fails with.
const UNKNOWN_MESSAGE: &str = "no such extension in this composition";
/// Where that message lies in memory, in bytes.
const UNKNOWN_AT: usize = 16;

/// Name of the multiplexer's import for one interface of one extension.
pub(crate) fn argument(index: usize, interface: &str) -> String {
    format!("ext{index}-{interface}")
}

/// Makes a multiplexer for `count` extensions. `dispatch` is the full name of the interface it exports, `contract` the
/// version of the extensions' interfaces.
pub(crate) fn mux(resolve: &Resolve, dispatch: &str, contract: &str, count: usize) -> Result<Vec<u8>, ComposeError> {
    let generate = |detail: String| ComposeError::Generate { world: "mux".to_owned(), detail };
    let mut resolve = resolve.clone();
    let mut world = String::from("package sqlink:composition;\nworld mux {\n");
    for index in 0..count {
        let (metadata, scalar) = (argument(index, "metadata"), argument(index, "scalar"));
        let _ = write!(
            world,
            "  import {metadata}: interface {{ use sqlink:extension/metadata@{contract}.{{manifest}}; describe: func() -> manifest; }}
  import {scalar}: interface {{ use sqlink:extension/types@{contract}.{{value, error}};
    call: func(id: u32, args: list<value>) -> result<value, error>; }}\n"
        );
    }
    let _ = writeln!(world, "  export {dispatch};\n}}");
    let package = resolve.push_source("mux.wit", &world).map_err(|error| generate(format!("{error:#}")))?;
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve).map_err(|error| generate(error.to_string()))?;
    let id = interface(&resolve, dispatch).ok_or_else(|| generate(format!("no interface `{dispatch}`")))?;
    let mut text = String::from("(module\n");
    for index in 0..count {
        let _ = writeln!(
            text,
            " (import \"{}\" \"describe\" (func $describe{index} (param i32)))",
            argument(index, "metadata")
        );
        let _ = writeln!(
            text,
            " (import \"{}\" \"call\" (func $call{index} (param i32 i32 i32 i32)))",
            argument(index, "scalar")
        );
    }
    text.push_str(&prelude());
    let _ = writeln!(text, " (data (i32.const {UNKNOWN_AT}) \"{}\")", data(UNKNOWN_MESSAGE.as_bytes()));
    for function in resolve.interfaces[id].functions.values() {
        let path = format!("{dispatch}#{}", function.name);
        match function.name.as_str() {
            "describe" => text.push_str(&describe(&Layout::of(&resolve, &sizes, function)?, &path, count)),
            "call-scalar" => {
                let value = scalar_result(&resolve, &sizes, count)?;
                text.push_str(&call_scalar(&Layout::of(&resolve, &sizes, function)?, value, &path, count));
            }
            // An instance inside a composition lives as long as the composition.
            "release" => {
                let _ = writeln!(text, " (func (export \"{path}\") (param i32))");
            }
            other => return Err(generate(format!("`{dispatch}` has the function `{other}`, which is not known here"))),
        }
    }
    text.push(')');
    encode(&text, &resolve, package, "mux")
}

/// Where the parts of a `result<…, call-error>` lie.
struct Layout {
    /// Size of the whole, in bytes.
    size: usize,
    /// Offset of the payload of `ok` and of `err`.
    payload: usize,
    /// Tag of the case `error` of `call-error`.
    error_case: usize,
    /// Offset of the `error` record, from the start of the whole.
    error: usize,
    /// Size of the `error` record.
    error_size: usize,
    /// Size of the `ok` payload.
    ok_size: usize,
}

impl Layout {
    fn of(resolve: &Resolve, sizes: &SizeAlign, function: &Function) -> Result<Self, ComposeError> {
        let unknown = || ComposeError::Generate {
            world: "mux".to_owned(),
            detail: format!("`{}` has an unknown result, expected `result<…, call-error>`", function.name),
        };
        let (Some(ok), Some(err)) = result_of(resolve, function).ok_or_else(unknown)? else { return Err(unknown()) };
        let payload = result_payload(sizes, Some(ok), Some(err));
        let Some(TypeDefKind::Variant(cases)) = definition(resolve, err) else { return Err(unknown()) };
        let error_case = cases.cases.iter().position(|case| case.name == "error").ok_or_else(unknown)?;
        let error = cases.cases[error_case].ty.as_ref().ok_or_else(unknown)?;
        let inner = sizes.payload_offset(cases.tag(), cases.cases.iter().map(|case| case.ty.as_ref()));
        let whole = function.result.as_ref().ok_or_else(unknown)?;
        Ok(Self {
            size: sizes.size(whole).size_wasm32(),
            payload,
            error_case,
            error: payload + inner.size_wasm32(),
            error_size: sizes.size(error).size_wasm32(),
            ok_size: sizes.size(ok).size_wasm32(),
        })
    }

    /// Text that makes the area in local `$area` an error about an unknown extension.
    fn unknown(&self) -> String {
        let Self { payload, error_case, error, .. } = self;
        format!(
            "(i32.store8 (local.get $area) (i32.const 1))
   (i32.store8 offset={payload} (local.get $area) (i32.const {error_case}))
   (i32.store offset={error} (local.get $area) (i32.const {UNKNOWN_CODE}))
   (i32.store offset={} (local.get $area) (i32.const {UNKNOWN_AT}))
   (i32.store offset={} (local.get $area) (i32.const {}))",
            error + 4,
            error + 8,
            UNKNOWN_MESSAGE.len()
        )
    }
}

/// Size of `scalar.call`'s result and offset of its payload.
fn scalar_result(resolve: &Resolve, sizes: &SizeAlign, count: usize) -> Result<(usize, usize), ComposeError> {
    // All extensions have the same interface; without extensions nothing is ever called.
    if count == 0 {
        return Ok((0, 0));
    }
    let call = resolve
        .interfaces
        .iter()
        .filter_map(|(_, interface)| interface.functions.get("call"))
        .find_map(|call| Some((call.result.as_ref()?, result_of(resolve, call)?)));
    let Some((whole, (ok, err))) = call else {
        return Err(ComposeError::Generate { world: "mux".to_owned(), detail: "no result of `call`".to_owned() });
    };
    let whole: &Type = whole;
    Ok((sizes.size(whole).size_wasm32(), result_payload(sizes, ok, err)))
}

/// Text that jumps by the extension's index: one arm per extension, then `otherwise`.
fn by_extension(count: usize, arm: impl Fn(usize) -> String, otherwise: &str) -> String {
    let mut text = String::from("(block $done (block $unknown\n");
    for index in (0..count).rev() {
        let _ = writeln!(text, "   (block $e{index}");
    }
    let labels: String = (0..count).map(|index| format!(" $e{index}")).collect();
    let _ = writeln!(text, "   (br_table{labels} $unknown (local.get $extension))");
    for index in 0..count {
        let _ = writeln!(text, "   ) {} (br $done)", arm(index));
    }
    let _ = write!(text, "  )\n   {otherwise})");
    text
}

fn describe(layout: &Layout, path: &str, count: usize) -> String {
    let Layout { size, payload, .. } = layout;
    let dispatch = by_extension(
        count,
        |index| format!("(call $describe{index} (i32.add (local.get $area) (i32.const {payload})))"),
        &layout.unknown(),
    );
    format!(
        r#" (func (export "{path}") (param $extension i32) (result i32) (local $area i32)
  (local.set $area (call $enter (global.get $floor) (i32.const {size})))
  (i32.store8 (local.get $area) (i32.const 0))
  {dispatch}
  (local.get $area))
 (func (export "cabi_post_{path}") (param i32) (call $leave (local.get 0)))
"#
    )
}

fn call_scalar(layout: &Layout, (inner_size, inner_payload): (usize, usize), path: &str, count: usize) -> String {
    let Layout { size, payload, error_case, error, error_size, ok_size } = layout;
    let dispatch = by_extension(
        count,
        |index| {
            format!(
                "(call $call{index} (local.get $id) (local.get $args) (local.get $n) (local.get $inner))
    (call $answer (local.get $area) (local.get $inner))"
            )
        },
        &layout.unknown(),
    );
    // The answer of an extension stands after the area of the answer to the engine; it is moved over.
    format!(
        r#" (func $answer (param $area i32) (param $inner i32)
  (if (i32.eqz (i32.load8_u (local.get $inner)))
   (then
    (i32.store8 (local.get $area) (i32.const 0))
    (memory.copy (i32.add (local.get $area) (i32.const {payload}))
     (i32.add (local.get $inner) (i32.const {inner_payload})) (i32.const {ok_size})))
   (else
    (i32.store8 (local.get $area) (i32.const 1))
    (i32.store8 offset={payload} (local.get $area) (i32.const {error_case}))
    (memory.copy (i32.add (local.get $area) (i32.const {error}))
     (i32.add (local.get $inner) (i32.const {inner_payload})) (i32.const {error_size})))))
 (func (export "{path}") (param $extension i32) (param $id i32) (param $args i32) (param $n i32) (result i32)
  (local $area i32) (local $inner i32)
  (local.set $area (call $enter (global.get $floor) (i32.const {})))
  (local.set $inner (i32.add (local.get $area) (i32.const {})))
  {dispatch}
  (local.get $area))
 (func (export "cabi_post_{path}") (param i32) (call $leave (local.get 0)))
"#,
        size.next_multiple_of(8) + inner_size,
        size.next_multiple_of(8),
    )
}
