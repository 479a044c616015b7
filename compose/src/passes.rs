//! Rewrites a core module, section by section.
//!
//! Everything is copied as it is except what a pass changes. Now there are three: dropping custom sections that only tools
//! read, making the component's initializer the start function, and giving the memory a maximum.

use crate::component::{MAX_MEMORY_BYTES, PAGE_BYTES};
use std::fmt;
use wasm_encoder::{MemorySection, MemoryType, Module, RawSection, StartSection};
use wasmparser::{
    BinaryReaderError, CompositeInnerType, ExternalKind, FuncType, KnownCustom, Parser, Payload, TypeRef,
};

/// An emitted core module.
pub(crate) struct Emitted {
    pub bytes: Vec<u8>,
    /// Its imports, as `module#name`.
    pub imports: Vec<String>,
}

/// Why a core module can't stand alone.
pub(crate) struct Refusal {
    pub found: String,
    pub expected: &'static str,
}

impl From<BinaryReaderError> for Refusal {
    fn from(error: BinaryReaderError) -> Self {
        Self { found: error.to_string(), expected: "a readable core module" }
    }
}

fn refuse<T>(found: impl fmt::Display, expected: &'static str) -> Result<T, Refusal> {
    Err(Refusal { found: found.to_string(), expected })
}

/// Emits `module` with the export `initialize` as its start function. `signature` gives the core signature an import
/// must have.
pub(crate) fn emit(
    module: &[u8],
    initialize: Option<&str>,
    signature: &dyn Fn(&str, &str) -> Option<FuncType>,
) -> Result<Emitted, Refusal> {
    let mut out = Module::new();
    let mut types: Vec<FuncType> = Vec::new();
    let mut imports = Vec::new();
    let mut start = None;
    let mut started = false;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::TypeSection(section) => {
                for group in section.clone() {
                    for ty in group?.into_types() {
                        match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => types.push(ty),
                            _ => return refuse("a type of the GC proposal", "function types only"),
                        }
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    let import = import?;
                    let path = format!("{}#{}", import.module, import.name);
                    let found = match import.ty {
                        TypeRef::Func(index) => types.get(index as usize),
                        _ => None,
                    };
                    let expected = signature(import.module, import.name);
                    if found.is_none() || found != expected.as_ref() {
                        return refuse(
                            format_args!("core import `{path}` of another signature"),
                            "the signature that lowering gives it",
                        );
                    }
                    imports.push(path);
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    if Some(export.name) == initialize && export.kind == ExternalKind::Func {
                        start = Some(export.index);
                    }
                }
            }
            Payload::StartSection { .. } if initialize.is_some() => {
                return refuse("both a start function and an initializer", "one of them");
            }
            _ => {}
        }
        // The start section stands after the exports and before elements, data count and code.
        let after_start = matches!(
            payload,
            Payload::ElementSection(_) | Payload::DataCountSection { .. } | Payload::CodeSectionStart { .. }
        );
        if after_start && let Some(function_index) = start.take() {
            out.section(&StartSection { function_index });
            started = true;
        }
        match &payload {
            // Entries of the code section come one by one after it; it is copied as a whole.
            Payload::CodeSectionEntry(_) => {}
            Payload::MemorySection(section) => {
                let mut memories = MemorySection::new();
                for memory in section.clone() {
                    let memory = memory?;
                    let most = MAX_MEMORY_BYTES / PAGE_BYTES;
                    memories.memory(MemoryType {
                        minimum: memory.initial,
                        maximum: Some(memory.maximum.map_or(most, |maximum| maximum.min(most))),
                        memory64: memory.memory64,
                        shared: memory.shared,
                        page_size_log2: memory.page_size_log2,
                    });
                }
                out.section(&memories);
            }
            Payload::CustomSection(section) if !matches!(section.as_known(), KnownCustom::Name(_)) => {}
            _ => {
                if let Some((id, range)) = payload.as_section() {
                    let range = usize::try_from(range.start).unwrap_or(usize::MAX)
                        ..usize::try_from(range.end).unwrap_or(usize::MAX);
                    let Some(data) = module.get(range) else {
                        return refuse("a section outside the file", "a readable core module");
                    };
                    out.section(&RawSection { id, data });
                }
            }
        }
    }
    if initialize.is_some() && !started {
        return refuse("an initializer that is not an exported function", "an exported function");
    }
    Ok(Emitted { bytes: out.finish(), imports })
}
