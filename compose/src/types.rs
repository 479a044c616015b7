//! Component types: printing them as WIT would write them, comparing them, and flattening them to core types.
//!
//! Two types are the same when they have the same structure: cases, fields and parameters with equal names in equal
//! order. Names given to types don't matter, as in the component model itself.

use std::fmt::Write;
use wasmparser::component_types::{ComponentDefinedType, ComponentFuncType, ComponentValType};
use wasmparser::types::TypesRef;
use wasmparser::{PrimitiveValType, ValType};

/// Longest type printed in a message, in bytes; the rest is cut.
const MAX_PRINTED: usize = 1500;
/// Deepest nesting printed. A stranger's type may be as deep as the validator allows (100).
const MAX_PRINTED_DEPTH: usize = 12;
/// Most parameters passed as core values; more go through memory (`MAX_FLAT_PARAMS` of the canonical ABI).
const MAX_FLAT_PARAMS: usize = 16;

/// A type together with the list that holds what it refers to.
#[derive(Clone, Copy)]
pub(crate) struct Typed<'t, T> {
    pub types: TypesRef<'t>,
    pub ty: T,
}

/// Where two types first differ, and how.
pub(crate) struct Difference {
    /// From the outside in, for instance ["parameter `args`", "element", "case `text`"].
    pub path: Vec<String>,
    /// The found part, printed.
    pub found: String,
    /// The expected part, printed.
    pub expected: String,
}

impl Difference {
    fn new(found: impl Into<String>, expected: impl Into<String>) -> Box<Self> {
        Box::new(Self { path: Vec::new(), found: found.into(), expected: expected.into() })
    }

    /// Says where the difference is, for the end of a message; empty if the types differ as a whole.
    pub fn at(&self) -> String {
        if self.path.is_empty() {
            return String::new();
        }
        format!(", which differ in {}: `{}` instead of `{}`", self.path.join(", "), self.found, self.expected)
    }
}

fn within(step: impl FnOnce() -> String, result: Result<(), Box<Difference>>) -> Result<(), Box<Difference>> {
    result.map_err(|mut difference| {
        difference.path.insert(0, step());
        difference
    })
}

impl<'t> Typed<'t, &'t ComponentFuncType> {
    /// Prints the function type, for instance `func(id: u32) -> string`.
    pub fn print(self) -> String {
        let func = self.ty;
        let mut out = String::from(if func.async_ { "async func(" } else { "func(" });
        for (index, (name, ty)) in func.params.iter().enumerate() {
            let _ = write!(out, "{}{name}: ", if index == 0 { "" } else { ", " });
            print_value(self.types, *ty, 0, &mut out);
        }
        out.push(')');
        if let Some(result) = func.result {
            out.push_str(" -> ");
            print_value(self.types, result, 0, &mut out);
        }
        cut(out)
    }

    /// Compares a found function type with the expected one.
    pub fn compare(self, expected: Self) -> Result<(), Box<Difference>> {
        let (a, b) = (self.ty, expected.ty);
        if a.async_ != b.async_ || a.params.len() != b.params.len() || a.result.is_some() != b.result.is_some() {
            return Err(Difference::new(self.print(), expected.print()));
        }
        for ((name, ty), (expected_name, expected_ty)) in a.params.iter().zip(&b.params) {
            if name != expected_name {
                return Err(Difference::new(self.print(), expected.print()));
            }
            within(|| format!("parameter `{name}`"), self.value(*ty).compare(expected.value(*expected_ty)))?;
        }
        match (a.result, b.result) {
            (Some(a), Some(b)) => within(|| "the result".to_owned(), self.value(a).compare(expected.value(b))),
            _ => Ok(()),
        }
    }

    /// The core signature of the lowered import: parameters and results.
    ///
    /// Source: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening>
    pub fn lowered(self) -> (Vec<ValType>, Vec<ValType>) {
        let func = self.ty;
        let mut params = Vec::new();
        for (_, ty) in &func.params {
            flatten(self.types, *ty, &mut params);
        }
        if params.len() > MAX_FLAT_PARAMS {
            params = vec![ValType::I32];
        }
        let mut results = Vec::new();
        if let Some(ty) = func.result {
            flatten(self.types, ty, &mut results);
        }
        // More than one result goes through memory that the caller provides.
        if results.len() > 1 {
            params.push(ValType::I32);
            results.clear();
        }
        (params, results)
    }

    fn value(self, ty: ComponentValType) -> Typed<'t, ComponentValType> {
        Typed { types: self.types, ty }
    }
}

impl<'t> Typed<'t, ComponentValType> {
    /// Prints the type, for instance `list<u8>`.
    pub fn print(self) -> String {
        let mut out = String::new();
        print_value(self.types, self.ty, 0, &mut out);
        cut(out)
    }

    /// Compares a found type with the expected one. Recurses no deeper than the expected one.
    pub fn compare(self, expected: Self) -> Result<(), Box<Difference>> {
        use ComponentDefinedType as D;
        let differ = || Err(Difference::new(self.print(), expected.print()));
        let same = |a: ComponentValType, b: ComponentValType| {
            Typed { types: self.types, ty: a }.compare(Typed { types: expected.types, ty: b })
        };
        let both = |a: Option<_>, b: Option<_>| match (a, b) {
            (Some(a), Some(b)) => same(a, b),
            (None, None) => Ok(()),
            _ => differ(),
        };
        let (a, b) = match (defined(self.types, self.ty), defined(expected.types, expected.ty)) {
            (Err(a), Err(b)) if a == b => return Ok(()),
            (Ok(a), Ok(b)) => (a, b),
            _ => return differ(),
        };
        match (a, b) {
            (D::Record(a), D::Record(b)) if a.fields.keys().eq(b.fields.keys()) => {
                for ((name, a), b) in a.fields.iter().zip(b.fields.values()) {
                    within(|| format!("field `{name}`"), same(*a, *b))?;
                }
                Ok(())
            }
            (D::Variant(a), D::Variant(b)) if a.cases.keys().eq(b.cases.keys()) => {
                for ((name, a), b) in a.cases.iter().zip(b.cases.values()) {
                    within(|| format!("case `{name}`"), both(a.ty, b.ty))?;
                }
                Ok(())
            }
            (D::Tuple(a), D::Tuple(b)) if a.types.len() == b.types.len() => {
                for (index, (a, b)) in a.types.iter().zip(&b.types).enumerate() {
                    within(|| format!("element {index}"), same(*a, *b))?;
                }
                Ok(())
            }
            (D::List { element: a, .. }, D::List { element: b, .. }) => {
                within(|| "the element".to_owned(), same(*a, *b))
            }
            (D::Option { ty: a, .. }, D::Option { ty: b, .. }) => within(|| "the option".to_owned(), same(*a, *b)),
            (D::Result { ok: a, err: a_err, .. }, D::Result { ok: b, err: b_err, .. }) => {
                within(|| "the `ok` case".to_owned(), both(*a, *b))?;
                within(|| "the `err` case".to_owned(), both(*a_err, *b_err))
            }
            (D::Flags(a), D::Flags(b)) | (D::Enum(a), D::Enum(b)) if a.iter().eq(b) => Ok(()),
            _ => differ(),
        }
    }
}

/// Looks a type up: a definition, or else a primitive.
fn defined<'t>(types: TypesRef<'t>, ty: ComponentValType) -> Result<&'t ComponentDefinedType, PrimitiveValType> {
    match ty {
        ComponentValType::Primitive(primitive) => Err(primitive),
        ComponentValType::Type(id) => match types.get(id) {
            Some(ComponentDefinedType::Primitive(primitive)) => Err(*primitive),
            Some(other) => Ok(other),
            // An id never leaves its own list; if one did, the answer is a type that no contract uses.
            None => Err(PrimitiveValType::ErrorContext),
        },
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_PRINTED {
        let end = (0..=MAX_PRINTED).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn print_value(types: TypesRef<'_>, ty: ComponentValType, depth: usize, out: &mut String) {
    use ComponentDefinedType as D;
    if depth > MAX_PRINTED_DEPTH || out.len() > MAX_PRINTED {
        out.push('…');
        return;
    }
    let inner = |ty: Option<ComponentValType>, out: &mut String| match ty {
        Some(ty) => print_value(types, ty, depth + 1, out),
        None => out.push('_'),
    };
    let definition = match defined(types, ty) {
        Err(primitive) => {
            let _ = write!(out, "{primitive}");
            return;
        }
        Ok(definition) => definition,
    };
    match definition {
        D::Primitive(primitive) => {
            let _ = write!(out, "{primitive}");
        }
        D::Record(record) => {
            let fields = record.fields.iter().map(|(name, ty)| (name.as_str(), Some(*ty)));
            print_members("record", fields, ": ", "", &inner, out);
        }
        D::Variant(variant) => {
            let cases = variant.cases.iter().map(|(name, case)| (name.as_str(), case.ty));
            print_members("variant", cases, "(", ")", &inner, out);
        }
        D::Flags(names) => print_members("flags", names.iter().map(|name| (name.as_str(), None)), "", "", &inner, out),
        D::Enum(names) => print_members("enum", names.iter().map(|name| (name.as_str(), None)), "", "", &inner, out),
        D::List { element, .. } => wrap("list", &[Some(*element)], &inner, out),
        D::FixedLengthList { element, length, .. } => {
            out.push_str("list<");
            inner(Some(*element), out);
            let _ = write!(out, ", {length}>");
        }
        D::Map { key, value, .. } => wrap("map", &[Some(*key), Some(*value)], &inner, out),
        D::Tuple(tuple) => wrap("tuple", &tuple.types.iter().copied().map(Some).collect::<Vec<_>>(), &inner, out),
        D::Option { ty, .. } => wrap("option", &[Some(*ty)], &inner, out),
        D::Result { ok, err, .. } => wrap("result", &[*ok, *err], &inner, out),
        D::Future { ty, .. } => wrap("future", &[*ty], &inner, out),
        D::Stream { ty, .. } => wrap("stream", &[*ty], &inner, out),
        D::Own(_) => out.push_str("own<resource>"),
        D::Borrow(_) => out.push_str("borrow<resource>"),
    }
}

fn wrap(
    name: &str,
    items: &[Option<ComponentValType>],
    inner: &impl Fn(Option<ComponentValType>, &mut String),
    out: &mut String,
) {
    out.push_str(name);
    out.push('<');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        inner(*item, out);
    }
    out.push('>');
}

fn print_members<'n>(
    keyword: &str,
    members: impl Iterator<Item = (&'n str, Option<ComponentValType>)>,
    open: &str,
    close: &str,
    inner: &impl Fn(Option<ComponentValType>, &mut String),
    out: &mut String,
) {
    out.push_str(keyword);
    out.push_str(" { ");
    for (index, (name, ty)) in members.enumerate() {
        if out.len() > MAX_PRINTED {
            break;
        }
        let _ = write!(out, "{}{name}", if index == 0 { "" } else { ", " });
        if ty.is_some() {
            out.push_str(open);
            inner(ty, out);
            out.push_str(close);
        }
    }
    out.push_str(" }");
}

/// Appends the core types a value is passed as. Only called for the contract's own types, which are small.
fn flatten(types: TypesRef<'_>, ty: ComponentValType, out: &mut Vec<ValType>) {
    use ComponentDefinedType as D;
    use PrimitiveValType as P;
    let definition = match defined(types, ty) {
        Err(primitive) => {
            match primitive {
                P::S64 | P::U64 => out.push(ValType::I64),
                P::F32 => out.push(ValType::F32),
                P::F64 => out.push(ValType::F64),
                P::String => out.extend([ValType::I32, ValType::I32]),
                _ => out.push(ValType::I32),
            }
            return;
        }
        Ok(definition) => definition,
    };
    match definition {
        D::Record(record) => record.fields.values().for_each(|ty| flatten(types, *ty, out)),
        D::Tuple(tuple) => tuple.types.iter().for_each(|ty| flatten(types, *ty, out)),
        D::List { .. } | D::Map { .. } => out.extend([ValType::I32, ValType::I32]),
        D::FixedLengthList { element, length, .. } => (0..*length).for_each(|_| flatten(types, *element, out)),
        D::Flags(names) => out.extend(std::iter::repeat_n(ValType::I32, names.len().div_ceil(32))),
        D::Variant(variant) => {
            flatten_cases(types, &variant.cases.values().map(|case| case.ty).collect::<Vec<_>>(), out)
        }
        D::Option { ty, .. } => flatten_cases(types, &[None, Some(*ty)], out),
        D::Result { ok, err, .. } => flatten_cases(types, &[*ok, *err], out),
        D::Primitive(_) | D::Enum(_) | D::Own(_) | D::Borrow(_) | D::Future { .. } | D::Stream { .. } => {
            out.push(ValType::I32);
        }
    }
}

/// The discriminant, then for each position the type that holds every case's value there.
fn flatten_cases(types: TypesRef<'_>, cases: &[Option<ComponentValType>], out: &mut Vec<ValType>) {
    let mut joined: Vec<ValType> = Vec::new();
    for case in cases.iter().flatten() {
        let mut flat = Vec::new();
        flatten(types, *case, &mut flat);
        for (index, ty) in flat.into_iter().enumerate() {
            match joined.get_mut(index) {
                None => joined.push(ty),
                Some(there) if *there == ty => {}
                Some(there @ (ValType::I32 | ValType::F32)) if matches!(ty, ValType::I32 | ValType::F32) => {
                    *there = ValType::I32;
                }
                Some(there) => *there = ValType::I64,
            }
        }
    }
    out.push(ValType::I32);
    out.extend(joined);
}
