//! Recognises the two small core modules that wit-component puts beside the main one, by what they do.

use wasmparser::{
    CompositeInnerType, ConstExpr, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, Operator, Parser,
    Payload, TypeRef,
};

/// A module whose functions do nothing but jump through its table.
pub(crate) struct Shim<'a> {
    /// Each exported function and the table slot it jumps to.
    pub functions: Vec<(&'a str, u32)>,
    /// Name under which the table is exported.
    pub table: &'a str,
}

impl<'a> Shim<'a> {
    /// Reads a valid core module; none if it does anything else.
    pub fn read(module: &'a [u8]) -> Option<Self> {
        let mut types = Vec::new();
        let mut function_types = Vec::new();
        let mut tables = 0;
        let mut exports = Vec::new();
        let mut slots = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload.ok()? {
                Payload::TypeSection(section) => types = function_types_of(section)?,
                Payload::FunctionSection(section) => {
                    function_types = section.into_iter().collect::<Result<Vec<_>, _>>().ok()?;
                }
                Payload::TableSection(section) => tables += section.count(),
                Payload::ExportSection(section) => {
                    exports = section.into_iter().collect::<Result<Vec<_>, _>>().ok()?;
                }
                Payload::CodeSectionEntry(body) => {
                    let type_index = *function_types.get(slots.len())?;
                    let ty = types.get(type_index as usize)?;
                    slots.push(jump(&body, type_index, u32::try_from(ty.params().len()).ok()?)?);
                }
                Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
                Payload::CustomSection(_) => {}
                _ => return None,
            }
        }
        let mut functions = Vec::new();
        let mut table = None;
        for export in exports {
            match export.kind {
                ExternalKind::Func => functions.push((export.name, *slots.get(export.index as usize)?)),
                ExternalKind::Table if table.is_none() => table = Some(export.name),
                _ => return None,
            }
        }
        (tables == 1).then_some(Self { functions, table: table? })
    }
}

/// Reads a body that passes all its parameters to the function in one table slot; returns the slot.
fn jump(body: &FunctionBody<'_>, type_index: u32, n_params: u32) -> Option<u32> {
    let mut operators = body.get_operators_reader().ok()?;
    for param in 0..n_params {
        match operators.read().ok()? {
            Operator::LocalGet { local_index } if local_index == param => {}
            _ => return None,
        }
    }
    let Operator::I32Const { value } = operators.read().ok()? else { return None };
    match operators.read().ok()? {
        Operator::CallIndirect { type_index: called, table_index: 0 } if called == type_index => {}
        _ => return None,
    }
    let Operator::End = operators.read().ok()? else { return None };
    operators.eof().then_some(u32::try_from(value).ok()?)
}

fn function_types_of(section: wasmparser::TypeSectionReader<'_>) -> Option<Vec<FuncType>> {
    let mut types = Vec::new();
    for group in section {
        for ty in group.ok()?.into_types() {
            match ty.composite_type.inner {
                CompositeInnerType::Func(ty) => types.push(ty),
                _ => return None,
            }
        }
    }
    Some(types)
}

/// An import: module name and name.
type Import<'a> = (&'a str, &'a str);

/// A module that does nothing but fill a table with its imports and call one of them once.
pub(crate) struct Fixup<'a> {
    /// The table it fills.
    pub table: Option<Import<'a>>,
    /// Which import goes into which slot.
    pub slots: Vec<(u32, Import<'a>)>,
    /// The import it calls at its start.
    pub start: Option<Import<'a>>,
}

impl<'a> Fixup<'a> {
    /// Reads a valid core module; none if it does anything else.
    pub fn read(module: &'a [u8]) -> Option<Self> {
        let mut functions = Vec::new();
        let mut fixup = Self { table: None, slots: Vec::new(), start: None };
        for payload in Parser::new(0).parse_all(module) {
            match payload.ok()? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.ok()?;
                        match import.ty {
                            TypeRef::Func(_) => functions.push((import.module, import.name)),
                            TypeRef::Table(_) if fixup.table.is_none() => {
                                fixup.table = Some((import.module, import.name));
                            }
                            _ => return None,
                        }
                    }
                }
                Payload::StartSection { func, .. } => fixup.start = Some(*functions.get(func as usize)?),
                Payload::ElementSection(section) => {
                    for segment in section {
                        let segment = segment.ok()?;
                        let ElementKind::Active { table_index: None | Some(0), offset_expr } = segment.kind else {
                            return None;
                        };
                        let ElementItems::Functions(items) = segment.items else { return None };
                        for (slot, function) in (constant(&offset_expr)?..).zip(items) {
                            fixup.slots.push((slot, *functions.get(function.ok()? as usize)?));
                        }
                    }
                }
                Payload::Version { .. } | Payload::TypeSection(_) | Payload::CustomSection(_) | Payload::End(_) => {}
                _ => return None,
            }
        }
        Some(fixup)
    }
}

/// The value of a constant expression that is one `i32.const`.
fn constant(expression: &ConstExpr<'_>) -> Option<u32> {
    let mut operators = expression.get_operators_reader();
    let Operator::I32Const { value } = operators.read().ok()? else { return None };
    let Operator::End = operators.read().ok()? else { return None };
    u32::try_from(value).ok()
}
