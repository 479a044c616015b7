//! The multiplexer: one component that answers the engine's `dispatch` from all extensions of a composition.
//!
//! A function of `dispatch` named INTERFACE-FUNCTION is passed on to FUNCTION of the INTERFACE that the extension exports,
//! without the extension's index, and what that returns is made an answer: an `error` becomes the case `error` of
//! `call-error`, everything else is `ok`.

use crate::contract::{self, unversioned};
use crate::frames::{definition, encode, interface, prelude, result_of, result_payload};
use crate::gate::{core_types, data};
use crate::graph::{ComposeError, MAX_EXTENSIONS};
use crate::inline;
use std::collections::BTreeMap;
use std::fmt::Write;
use wit_parser::abi::{AbiVariant, WasmSignature, WasmType};
use wit_parser::{Function, InterfaceId, Resolve, SizeAlign, Type, TypeDefKind};

/// SQLITE_ERROR, for a call that goes nowhere.
const NOWHERE_CODE: i32 = 1;
/// What a call fails with when there is no such extension, or it doesn't export the function's interface.
const NOWHERE: &str = "no extension of this composition exports this under this index";
/// Where that message lies in memory, in bytes.
const NOWHERE_AT: usize = 16;
/// Where it says for each extension, in one byte, which interfaces it exports.
const EXPORTS_AT: usize = 256;
const _: () = assert!(NOWHERE_AT + NOWHERE.len() <= EXPORTS_AT);
const _: () = assert!(EXPORTS_AT + MAX_EXTENSIONS <= crate::frames::STATIC_BYTES);

/// Name of the multiplexer's import for one interface of one extension.
pub(crate) fn argument(index: usize, interface: &str) -> String {
    format!("ext{index}-{}", base(interface))
}

/// The last part of an interface's full name, `scalar` for instance.
fn base(interface: &str) -> &str {
    unversioned(interface).rsplit('/').next().unwrap_or_default()
}

fn generate(detail: impl Into<String>) -> ComposeError {
    ComposeError::Generate { world: "mux".to_owned(), detail: detail.into() }
}

/// Makes a multiplexer. `dispatch` is the full name of the interface it exports, `exported` the full names of the interfaces
/// that each extension exports.
pub(crate) fn mux(resolve: &Resolve, dispatch: &str, exported: &[Vec<&str>]) -> Result<Vec<u8>, ComposeError> {
    let mut bodies = BTreeMap::new();
    for name in exported.iter().flatten() {
        if !bodies.contains_key(name) {
            bodies.insert(*name, inline::functions(resolve, find(resolve, name)?)?);
        }
    }
    let mut world = String::from("package sqlink:composition;\nworld mux {\n");
    for (index, interfaces) in exported.iter().enumerate() {
        for name in interfaces {
            let body = bodies.get(name).map_or("", String::as_str);
            let _ = writeln!(world, "  import {}: interface {{\n{body}  }}", argument(index, name));
        }
    }
    let _ = writeln!(world, "  export {dispatch};\n}}");
    let mut resolve = resolve.clone();
    let package = resolve.push_source("mux.wit", &world).map_err(|error| generate(format!("{error:#}")))?;
    let text = Mux::new(&resolve, exported)?.module(dispatch)?;
    encode(&text, &resolve, package, "mux")
}

fn find(resolve: &Resolve, name: &str) -> Result<InterfaceId, ComposeError> {
    interface(resolve, name).ok_or_else(|| generate(format!("no interface `{name}`")))
}

struct Mux<'a> {
    resolve: &'a Resolve,
    sizes: SizeAlign,
    /// Full names of the interfaces of each extension.
    exported: &'a [Vec<&'a str>],
}

impl<'a> Mux<'a> {
    fn new(resolve: &'a Resolve, exported: &'a [Vec<&'a str>]) -> Result<Self, ComposeError> {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve).map_err(|error| generate(error.to_string()))?;
        Ok(Self { resolve, sizes, exported })
    }

    /// Text of the core module.
    fn module(&self, dispatch: &str) -> Result<String, ComposeError> {
        let (mut imports, mut functions) = (String::new(), String::new());
        for function in self.resolve.interfaces[find(self.resolve, dispatch)?].functions.values() {
            let path = format!("{dispatch}#{}", function.name);
            match function.name.as_str() {
                "exports" => functions.push_str(&self.exports(function, &path)?),
                // An instance inside a composition lives as long as the composition.
                "release" => {
                    let _ = writeln!(functions, " (func (export \"{path}\") (param i32))");
                }
                _ => {
                    let (name, target) = self.target(&function.name)?;
                    let forward = Forward::of(self, function, target)?;
                    let has = |index: usize| self.exported[index].contains(&name);
                    for index in (0..self.exported.len()).filter(|index| has(*index)) {
                        imports.push_str(&forward.import(&argument(index, name), index));
                    }
                    functions.push_str(&forward.export(&path, self.exported.len(), has));
                }
            }
        }
        let message = data(NOWHERE.as_bytes());
        Ok(format!(
            "(module\n{imports}{}{} (data (i32.const {NOWHERE_AT}) \"{message}\")\n{functions})",
            prelude(),
            self.answer(dispatch)?
        ))
    }

    /// The guest's function behind a function of `dispatch`, and the full name of its interface.
    fn target(&self, name: &str) -> Result<(&'static str, &'a Function), ComposeError> {
        // `describe` alone is called otherwise than its interface's other functions would be.
        let name = if name == "describe" { "metadata-describe" } else { name };
        let outline = &contract::contract()?.outline;
        for (interface, ..) in &outline.exports {
            let function = name.strip_prefix(base(interface)).and_then(|rest| rest.strip_prefix('-'));
            let functions = &self.resolve.interfaces[find(self.resolve, interface)?].functions;
            if let Some(function) = function.and_then(|function| functions.get(function)) {
                return Ok((interface, function));
            }
        }
        Err(generate(format!("`dispatch` has the function `{name}`, which no interface of the contract has")))
    }

    /// Text of `exports`, which says what is known since the composition was made.
    fn exports(&self, function: &Function, path: &str) -> Result<String, ComposeError> {
        let Some(TypeDefKind::Flags(flags)) = function.result.as_ref().and_then(|ty| definition(self.resolve, ty))
        else {
            return Err(generate("`exports` does not return flags"));
        };
        if flags.flags.len() > 8 {
            return Err(generate("`exports` returns more than 8 flags"));
        }
        let bits = |interfaces: &Vec<&str>| {
            let has = |flag: &str| u8::from(interfaces.iter().any(|name| base(name) == flag));
            (0..).zip(&flags.flags).fold(0, |bits, (place, flag)| bits | has(&flag.name) << place)
        };
        let bytes: Vec<u8> = self.exported.iter().map(bits).collect();
        Ok(format!(
            r#" (data (i32.const {EXPORTS_AT}) "{}")
 (func (export "{path}") (param $extension i32) (result i32)
  (if (i32.ge_u (local.get $extension) (i32.const {})) (then (return (i32.const 0))))
  (i32.load8_u offset={EXPORTS_AT} (local.get $extension)))
"#,
            data(&bytes),
            bytes.len()
        ))
    }

    /// Text of `$answer`, which moves what a guest returned at `$inner` over to the engine's `$area`, and of `$nowhere`.
    fn answer(&self, dispatch: &str) -> Result<String, ComposeError> {
        let id = find(self.resolve, dispatch)?;
        let call_error = self.resolve.interfaces[id].types.get("call-error");
        let unknown = || generate("`dispatch` has no variant `call-error` with the case `error`");
        let call_error = Type::Id(*call_error.ok_or_else(unknown)?);
        let Some(TypeDefKind::Variant(cases)) = definition(self.resolve, &call_error) else { return Err(unknown()) };
        let case = cases.cases.iter().position(|case| case.name == "error").ok_or_else(unknown)?;
        let error = cases.cases[case].ty.as_ref().ok_or_else(unknown)?;
        let at = self.sizes.payload_offset(cases.tag(), cases.cases.iter().map(|case| case.ty.as_ref())).size_wasm32();
        let size = self.sizes.size(error).size_wasm32();
        Ok(format!(
            r#" (func $failed (param $area i32) (param $payload i32) (result i32)
  (i32.store8 (local.get $area) (i32.const 1))
  (i32.store8 (i32.add (local.get $area) (local.get $payload)) (i32.const {case}))
  (i32.add (i32.add (local.get $area) (local.get $payload)) (i32.const {at})))
 (func $answer (param $area i32) (param $payload i32) (param $inner i32) (param $inner_payload i32) (param $ok_size i32)
  (local.set $inner_payload (i32.add (local.get $inner) (local.get $inner_payload)))
  (if (i32.eqz (i32.load8_u (local.get $inner)))
   (then (memory.copy (i32.add (local.get $area) (local.get $payload)) (local.get $inner_payload) (local.get $ok_size)))
   (else (memory.copy (call $failed (local.get $area) (local.get $payload)) (local.get $inner_payload) (i32.const {size})))))
 (func $nowhere (param $area i32) (param $payload i32)
  (local.set $area (call $failed (local.get $area) (local.get $payload)))
  (i32.store (local.get $area) (i32.const {NOWHERE_CODE}))
  (i32.store offset=4 (local.get $area) (i32.const {NOWHERE_AT}))
  (i32.store offset=8 (local.get $area) (i32.const {})))
"#,
            NOWHERE.len()
        ))
    }
}

/// How a guest's function returns.
enum Returns {
    /// `result<T, error>`: size and offset of its payload.
    Result {
        size: usize,
        payload: usize,
    },
    /// A value that goes through memory.
    Area,
    /// A value in one core value: how it is stored.
    Flat(&'static str),
    Nothing,
}

/// How a function of `dispatch` is passed on.
struct Forward<'a> {
    /// Names the imports: unique among the functions of `dispatch`.
    name: &'a str,
    target: &'a Function,
    /// Of the guest's function as it is imported.
    signature: WasmSignature,
    returns: Returns,
    /// Size of the answer, offset of its payload, size of the payload of `ok`.
    size: usize,
    payload: usize,
    ok_size: usize,
}

impl<'a> Forward<'a> {
    fn of(mux: &Mux<'a>, function: &'a Function, target: &'a Function) -> Result<Self, ComposeError> {
        let Mux { resolve, sizes, .. } = mux;
        let mismatch =
            |detail: &str| generate(format!("`{}` of `dispatch` can't be passed on: {detail}", function.name));
        let outer = resolve.wasm_signature(AbiVariant::GuestExport, function);
        let signature = resolve.wasm_signature(AbiVariant::GuestImport, target);
        if outer.indirect_params || signature.indirect_params {
            return Err(mismatch("too many parameters"));
        }
        let mut expected = vec![WasmType::I32];
        expected.extend(&signature.params[..signature.params.len() - usize::from(signature.retptr)]);
        if outer.params != expected {
            return Err(mismatch("expected the parameters of the extension's function after the extension's index"));
        }
        let answer = function.result.as_ref().zip(result_of(resolve, function));
        let Some((whole, (ok, err @ Some(_)))) = answer.filter(|_| outer.retptr) else {
            return Err(mismatch("expected `result<…, call-error>`"));
        };
        let size_of = |ty: Option<&Type>| ty.map_or(0, |ty| sizes.size(ty).size_wasm32());
        let (returned, returns) = match (&target.result, result_of(resolve, target)) {
            (None, _) => (None, Returns::Nothing),
            (result, Some((inner, err @ Some(_)))) => {
                let payload = result_payload(sizes, inner, err);
                (inner, Returns::Result { size: size_of(result.as_ref()), payload })
            }
            (Some(ty), _) if signature.retptr => (Some(ty), Returns::Area),
            (Some(ty), _) => {
                let store = match (signature.results.as_slice(), size_of(Some(ty))) {
                    ([WasmType::F32], _) => "f32.store",
                    ([WasmType::F64], _) => "f64.store",
                    ([WasmType::I64], _) => "i64.store",
                    (_, 1) => "i32.store8",
                    (_, 2) => "i32.store16",
                    _ => "i32.store",
                };
                (Some(ty), Returns::Flat(store))
            }
        };
        if size_of(returned) != size_of(ok) {
            return Err(mismatch("expected the result of the extension's function in `ok`"));
        }
        Ok(Self {
            name: &function.name,
            target,
            signature,
            returns,
            size: size_of(Some(whole)),
            payload: result_payload(sizes, ok, err),
            ok_size: size_of(ok),
        })
    }

    /// Text of the import of one extension's function.
    fn import(&self, module: &str, index: usize) -> String {
        let Self { name, target, signature, .. } = self;
        let results = core_types(&signature.results);
        let results = if results.is_empty() { results } else { format!(" (result {results})") };
        let params = core_types(&signature.params);
        let function = &target.name;
        format!(" (import \"{module}\" \"{function}\" (func ${name}-{index} (param {params}){results}))\n")
    }

    /// Text of the exported function: it jumps by the extension's index, to one arm per extension that has the function.
    fn export(&self, path: &str, count: usize, has: impl Fn(usize) -> bool) -> String {
        let Self { payload, .. } = self;
        let there: Vec<usize> = (0..count).filter(|index| has(*index)).collect();
        let mut text = String::from("(block $done (block $nowhere\n");
        for index in there.iter().rev() {
            let _ = writeln!(text, "   (block $e{index}");
        }
        let label = |index| if has(index) { format!(" $e{index}") } else { " $nowhere".to_owned() };
        let labels: String = (0..count).map(label).collect();
        let _ = writeln!(text, "   (br_table{labels} $nowhere (local.get $extension))");
        for index in there {
            let _ = writeln!(text, "   ) {} (br $done)", self.arm(index));
        }
        let _ = write!(text, "  )\n   (call $nowhere (local.get $area) (i32.const {payload})))");
        // What the guest returns through memory stands after the area of the answer.
        let inner = self.size.next_multiple_of(8);
        let inner_size = if let Returns::Result { size, .. } = self.returns { size } else { 0 };
        let params = core_types(&self.signature.params[..self.params()]);
        format!(
            r#" (func (export "{path}") (param $extension i32) (param {params}) (result i32) (local $area i32) (local $inner i32)
  (local.set $area (call $enter (global.get $floor) (i32.const {})))
  (local.set $inner (i32.add (local.get $area) (i32.const {inner})))
  (i32.store8 (local.get $area) (i32.const 0))
  {text}
  (local.get $area))
 (func (export "cabi_post_{path}") (param i32) (call $leave (local.get 0)))
"#,
            inner + inner_size
        )
    }

    /// Number of core parameters of the guest's function, without the place of its result.
    fn params(&self) -> usize {
        self.signature.params.len() - usize::from(self.signature.retptr)
    }

    fn arm(&self, index: usize) -> String {
        let Self { name, payload, ok_size, .. } = self;
        let params: String = (1..=self.params()).map(|n| format!(" (local.get {n})")).collect();
        let call = format!("(call ${name}-{index}{params}");
        match self.returns {
            Returns::Result { payload: inner, .. } => format!(
                "{call} (local.get $inner)) (call $answer (local.get $area) (i32.const {payload}) (local.get $inner) \
                 (i32.const {inner}) (i32.const {ok_size}))"
            ),
            Returns::Area => format!("{call} (i32.add (local.get $area) (i32.const {payload})))"),
            Returns::Flat(store) => format!("({store} offset={payload} (local.get $area) {call}))"),
            Returns::Nothing => format!("{call})"),
        }
    }
}
