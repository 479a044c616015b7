//! Reads a component: validates it and notes what it is made of, so that [`contract`](crate::contract) can compare its
//! types and [`wiring`](crate::wiring) can follow its wires. Nothing here knows the contract.

use crate::error::LinkError;
use std::ops::Range;
use wasmparser::types::Types;
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, ExternalKind, Instance, Parser, Payload, ValidPayload, Validator,
    WasmFeatures,
};

/// Largest component file that is looked at, in bytes (64 MiB).
pub const MAX_INPUT_BYTES: u64 = 64 << 20;

/// Most memory one instance of an extension may have, in bytes (256 MiB): what its memory may be at its start, and the
/// maximum that [`link`](crate::link) writes into the core module.
pub const MAX_MEMORY_BYTES: u64 = 256 << 20;

/// Bytes of a WebAssembly page.
pub(crate) const PAGE_BYTES: u64 = 65_536;

/// Deepest nesting of components. wit-component nests once.
const MAX_DEPTH: usize = 8;
/// Most core modules in a component. componentize-js and the WASI adapters need fewer than 10.
const MAX_MODULES: usize = 64;
/// Most components in a component: one per exported interface, and a runtime's own.
const MAX_COMPONENTS: usize = 256;
/// Most definitions (types, imports, exports, aliases, instances, functions) at all component levels together.
const MAX_DEFINITIONS: u64 = 50_000;

/// What every host runs: WebAssembly 2.0 (SIMD, bulk memory, reference types, multi-value), tail calls and extended
/// constant expressions. Threads, memory64, GC, exceptions and multi-memory are each missing on some host, and relaxed
/// SIMD gives different results on different machines.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL);

/// A validated component.
pub(crate) struct Component<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// Types of its imports and exports.
    pub types: Types,
    /// What it is made of.
    pub outline: Outline<'a>,
}

/// The definitions of one component level, each index space in order.
#[derive(Default)]
pub(crate) struct Outline<'a> {
    /// Names of imports.
    pub imports: Vec<&'a str>,
    /// Exports: name, kind and index at the time of export.
    pub exports: Vec<(&'a str, ComponentExternalKind, u32)>,
    /// Core modules: byte range in the file, or none if imported or aliased.
    pub modules: Vec<Option<Range<usize>>>,
    /// Core instances.
    pub core_instances: Vec<CoreInstance<'a>>,
    /// Core functions.
    pub core_funcs: Vec<CoreFunc<'a>>,
    /// Core memories, all aliases of core instance exports.
    pub core_memories: Vec<CoreExport<'a>>,
    /// Core tables, all aliases of core instance exports.
    pub core_tables: Vec<CoreExport<'a>>,
    /// Component functions.
    pub funcs: Vec<Func<'a>>,
    /// Component instances.
    pub instances: Vec<InstanceOrigin<'a>>,
    /// Nested components: their outline, or none if imported or aliased.
    pub components: Vec<Option<Outline<'a>>>,
    /// Whether there is a component start function.
    pub has_start: bool,
}

/// An export of a core instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CoreExport<'a> {
    /// Index of the core instance.
    pub instance: u32,
    /// Name of the export.
    pub name: &'a str,
}

/// Where a core instance comes from.
pub(crate) enum CoreInstance<'a> {
    /// A core module with arguments: import module name and core instance index.
    Instantiate { module: u32, args: Vec<(&'a str, u32)> },
    /// A bundle of items: name, kind and index.
    Exports(Vec<(&'a str, ExternalKind, u32)>),
}

/// Where a core function comes from.
pub(crate) enum CoreFunc<'a> {
    /// Alias of a core instance's export.
    Export(CoreExport<'a>),
    /// A lowered component function.
    Lower { func: u32, options: Vec<CanonicalOption> },
    /// Another canonical built-in: resources, async, threads.
    Builtin,
}

/// Where a component function comes from.
pub(crate) enum Func<'a> {
    /// An import of the component itself.
    Import(&'a str),
    /// Alias of a component instance's export.
    Alias { instance: u32, name: &'a str },
    /// A lifted core function.
    Lift { core_func: u32, options: Vec<CanonicalOption> },
    /// A further index given to a function by exporting it.
    Exported(u32),
}

/// Where a component instance comes from.
pub(crate) enum InstanceOrigin<'a> {
    /// An import of the component itself.
    Import(&'a str),
    /// A nested component with arguments.
    Instantiate { component: u32, args: Vec<(&'a str, ComponentExternalKind, u32)> },
    /// A bundle of items.
    Exports(Vec<(&'a str, ComponentExternalKind, u32)>),
    /// Alias of an instance's export.
    Alias,
    /// A further index given to an instance by exporting it.
    Exported(u32),
}

impl<'a> Component<'a> {
    /// Validates `bytes` and notes its parts. `file` is only used in errors.
    ///
    /// # Errors
    /// Every [`LinkError`] that doesn't depend on the contract: not wasm, a core module, truncated, too large, too many
    /// nested things, invalid.
    pub fn read(bytes: &'a [u8], file: &str) -> Result<Self, LinkError> {
        check_frame(bytes, file)?;
        let mut reader =
            Reader { file, stack: vec![(false, Outline::default())], definitions: 0, modules: 0, components: 0 };
        let mut validator = Validator::new_with_features(FEATURES);
        let mut parser = Parser::new(0);
        parser.set_features(FEATURES);
        let invalid = |error: wasmparser::BinaryReaderError| LinkError::Invalid {
            file: file.to_owned(),
            message: error.message().to_owned(),
            offset: error.offset(),
        };
        #[cfg(feature = "cli")]
        let mut bodies = Bodies::default();
        let mut types = None;
        for payload in parser.parse_all(bytes) {
            let payload = payload.map_err(invalid)?;
            reader.count(&payload)?;
            match validator.payload(&payload).map_err(invalid)? {
                #[cfg(feature = "cli")]
                ValidPayload::Func(function, body) => bodies.check(function, &body).map_err(invalid)?,
                ValidPayload::End(end) => types = Some(end),
                _ => {}
            }
            reader.note(payload).map_err(invalid)?;
        }
        let outline = reader.stack.pop().map(|(_, outline)| outline);
        match (types, outline) {
            (Some(types), Some(outline)) => Ok(Self { bytes, types, outline }),
            _ => Err(LinkError::Truncated {
                file: file.to_owned(),
                found: bytes.len() as u64,
                expected: bytes.len() as u64 + 1,
            }),
        }
    }
}

/// Validates function bodies. The browser's linker leaves that to the engine that compiles the core module, which must do
/// it anyway: the operators' types are two thirds of a validator's code.
#[cfg(feature = "cli")]
#[derive(Default)]
struct Bodies {
    allocations: wasmparser::FuncValidatorAllocations,
}

#[cfg(feature = "cli")]
impl Bodies {
    fn check(
        &mut self,
        function: wasmparser::FuncToValidate<wasmparser::ValidatorResources>,
        body: &wasmparser::FunctionBody<'_>,
    ) -> Result<(), wasmparser::BinaryReaderError> {
        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        validator.validate(body)?;
        self.allocations = validator.into_allocations();
        Ok(())
    }
}

/// Checks the size, the magic number, the layer, and that every top-level section ends inside the file.
fn check_frame(bytes: &[u8], file: &str) -> Result<(), LinkError> {
    let file = file.to_owned();
    let found = bytes.len() as u64;
    if found > MAX_INPUT_BYTES {
        return Err(LinkError::TooLarge { file, found, limit: MAX_INPUT_BYTES });
    }
    let Some((magic, rest)) = bytes.split_at_checked(4).filter(|(magic, _)| magic == b"\0asm") else {
        return Err(LinkError::NotWasm { file, found: first_bytes(bytes) });
    };
    let Some((version, mut rest)) = rest.split_at_checked(4) else {
        return Err(LinkError::Truncated { file, found, expected: magic.len() as u64 + 4 });
    };
    match version {
        [0x0d, 0, 1, 0] => {}
        [1, 0, 0, 0] => return Err(LinkError::CoreModule { file }),
        _ => return Err(LinkError::UnknownEncoding { file, found: hex(version) }),
    }
    while let Some((_id, after)) = rest.split_first() {
        let at = found - after.len() as u64;
        let Some((size, length)) = leb_u32(after) else {
            // Five bytes are always enough for a length: anything left over is the validator's to name.
            if after.len() < 5 {
                return Err(LinkError::Truncated { file, found, expected: found + 1 });
            }
            return Ok(());
        };
        let expected = at + length as u64 + u64::from(size);
        match usize::try_from(size).ok().and_then(|size| after.get(length..)?.get(size..)) {
            Some(next) => rest = next,
            None => return Err(LinkError::Truncated { file, found, expected }),
        }
    }
    Ok(())
}

/// Reads an unsigned LEB128 number of at most 32 bits: its value and its length in bytes.
fn leb_u32(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0_u32;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f).checked_shl(7 * u32::try_from(index).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// Prints the start of a file that isn't WebAssembly: as text if it is text.
fn first_bytes(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(8)];
    match std::str::from_utf8(start) {
        Ok("") => "no bytes".to_owned(),
        Ok(text) if text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) => format!("the text `{text}`"),
        _ => format!("the bytes `{}`", hex(start)),
    }
}

/// Prints bytes in hexadecimal, two digits each, with spaces between.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Builds the outlines while the payloads go by.
struct Reader<'a, 'f> {
    file: &'f str,
    /// The open levels; true marks a core module, whose outline stays empty.
    stack: Vec<(bool, Outline<'a>)>,
    definitions: u64,
    modules: usize,
    components: usize,
}

impl<'a> Reader<'a, '_> {
    /// Enforces the limits, before the validator spends time on the payload.
    fn count(&mut self, payload: &Payload<'a>) -> Result<(), LinkError> {
        if let Payload::MemorySection(section) = payload {
            for memory in section.clone().into_iter().flatten() {
                let found = memory.initial.saturating_mul(PAGE_BYTES);
                if found > MAX_MEMORY_BYTES {
                    return Err(LinkError::Memory { file: self.file.to_owned(), found, limit: MAX_MEMORY_BYTES });
                }
            }
        }
        let count = match payload {
            Payload::InstanceSection(section) => section.count(),
            Payload::CoreTypeSection(section) => section.count(),
            Payload::ComponentInstanceSection(section) => section.count(),
            Payload::ComponentAliasSection(section) => section.count(),
            Payload::ComponentTypeSection(section) => section.count(),
            Payload::ComponentCanonicalSection(section) => section.count(),
            Payload::ComponentImportSection(section) => section.count(),
            Payload::ComponentExportSection(section) => section.count(),
            _ => 0,
        };
        self.definitions += u64::from(count);
        self.modules += usize::from(matches!(payload, Payload::ModuleSection { .. }));
        self.components += usize::from(matches!(payload, Payload::ComponentSection { .. }));
        let limits = [
            ("definitions", self.definitions, MAX_DEFINITIONS),
            ("core modules", self.modules as u64, MAX_MODULES as u64),
            ("nested components", self.components as u64, MAX_COMPONENTS as u64),
            ("levels of nested components", self.stack.len() as u64, MAX_DEPTH as u64),
        ];
        match limits.into_iter().find(|(_, found, limit)| found > limit) {
            Some((what, found, limit)) => Err(LinkError::TooMany { file: self.file.to_owned(), what, found, limit }),
            None => Ok(()),
        }
    }

    /// Notes a payload's definitions in the outline of the level it belongs to.
    fn note(&mut self, payload: Payload<'a>) -> Result<(), wasmparser::BinaryReaderError> {
        if let Payload::End(_) = payload {
            // The top level stays for the caller.
            if self.stack.len() > 1
                && let Some((is_module, closed)) = self.stack.pop()
                && let (false, Some((_, outline))) = (is_module, self.stack.last_mut())
            {
                outline.components.push(Some(closed));
            }
            return Ok(());
        }
        let Some((false, outline)) = self.stack.last_mut() else { return Ok(()) };
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                let range = usize::try_from(unchecked_range.start).unwrap_or(usize::MAX)
                    ..usize::try_from(unchecked_range.end).unwrap_or(usize::MAX);
                outline.modules.push(Some(range));
                self.stack.push((true, Outline::default()));
            }
            Payload::ComponentSection { .. } => self.stack.push((false, Outline::default())),
            Payload::InstanceSection(section) => {
                for instance in section {
                    outline.core_instances.push(core_instance(instance?));
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    outline.instances.push(match instance? {
                        ComponentInstance::Instantiate { component_index, args } => InstanceOrigin::Instantiate {
                            component: component_index,
                            args: args.iter().map(|arg| (arg.name, arg.kind, arg.index)).collect(),
                        },
                        ComponentInstance::FromExports(exports) => {
                            InstanceOrigin::Exports(exports.iter().map(|e| (e.name.name, e.kind, e.index)).collect())
                        }
                    });
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    outline.note_alias(&alias?);
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    match function? {
                        CanonicalFunction::Lift { core_func_index, options, .. } => {
                            outline.funcs.push(Func::Lift { core_func: core_func_index, options: options.into_vec() });
                        }
                        CanonicalFunction::Lower { func_index, options } => {
                            outline.core_funcs.push(CoreFunc::Lower { func: func_index, options: options.into_vec() });
                        }
                        _ => outline.core_funcs.push(CoreFunc::Builtin),
                    }
                }
            }
            Payload::ComponentStartSection { .. } => outline.has_start = true,
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    let name = import.name.name;
                    outline.imports.push(name);
                    match import.ty {
                        ComponentTypeRef::Module(_) => outline.modules.push(None),
                        ComponentTypeRef::Func(_) => outline.funcs.push(Func::Import(name)),
                        ComponentTypeRef::Instance(_) => outline.instances.push(InstanceOrigin::Import(name)),
                        ComponentTypeRef::Component(_) => outline.components.push(None),
                        ComponentTypeRef::Value(_) | ComponentTypeRef::Type(_) => {}
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    outline.exports.push((export.name.name, export.kind, export.index));
                    match export.kind {
                        ComponentExternalKind::Module => outline.modules.push(None),
                        ComponentExternalKind::Func => outline.funcs.push(Func::Exported(export.index)),
                        ComponentExternalKind::Instance => {
                            outline.instances.push(InstanceOrigin::Exported(export.index))
                        }
                        ComponentExternalKind::Component => outline.components.push(None),
                        ComponentExternalKind::Value | ComponentExternalKind::Type => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn core_instance(instance: Instance<'_>) -> CoreInstance<'_> {
    match instance {
        Instance::Instantiate { module_index, args } => CoreInstance::Instantiate {
            module: module_index,
            args: args.iter().map(|arg| (arg.name, arg.index)).collect(),
        },
        Instance::FromExports(exports) => {
            CoreInstance::Exports(exports.iter().map(|e| (e.name, e.kind, e.index)).collect())
        }
    }
}

impl<'a> Outline<'a> {
    fn note_alias(&mut self, alias: &ComponentAlias<'a>) {
        match *alias {
            ComponentAlias::InstanceExport { kind, instance_index: instance, name } => match kind {
                ComponentExternalKind::Module => self.modules.push(None),
                ComponentExternalKind::Func => self.funcs.push(Func::Alias { instance, name }),
                ComponentExternalKind::Instance => self.instances.push(InstanceOrigin::Alias),
                ComponentExternalKind::Component => self.components.push(None),
                ComponentExternalKind::Value | ComponentExternalKind::Type => {}
            },
            ComponentAlias::CoreInstanceExport { kind, instance_index: instance, name } => {
                let export = CoreExport { instance, name };
                match kind {
                    ExternalKind::Func | ExternalKind::FuncExact => self.core_funcs.push(CoreFunc::Export(export)),
                    ExternalKind::Memory => self.core_memories.push(export),
                    ExternalKind::Table => self.core_tables.push(export),
                    ExternalKind::Global | ExternalKind::Tag => {}
                }
            }
            ComponentAlias::Outer { kind, .. } => match kind {
                ComponentOuterAliasKind::CoreModule => self.modules.push(None),
                ComponentOuterAliasKind::Component => self.components.push(None),
                ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => {}
            },
        }
    }
}
