//! Follows a component's wires, to make sure that running its main core module alone is the same as running the
//! component.
//!
//! wit-component encodes an extension as one main core module with the author's code, and, when that imports anything,
//! two small ones that break a cycle: the main module's imports need its memory to be lowered, but it must be
//! instantiated to have one. So its imports come from a *shim* whose functions jump through a table, and a *fixup* fills
//! the table afterwards. A host that calls across by itself needs neither. What must hold then:
//!
//! - every exported function is `canon lift` of the main instance's export `INTERFACE#FUNCTION`, with the main instance's
//!   `memory`, `cabi_realloc` and `cabi_post_INTERFACE#FUNCTION`, as UTF-8;
//! - every import of the main module is a function `INTERFACE` `FUNCTION` that ends, directly or through shim and fixup,
//!   at `canon lower` of just that function, with the main instance's `memory` and `cabi_realloc`, as UTF-8;
//! - nothing else is instantiated.
//!
//! The two small modules are recognised by what they do, not by their names.

use crate::component::{Component, CoreExport, CoreFunc, CoreInstance, Func, InstanceOrigin, Outline};
use crate::contract::Verified;
use crate::error::LinkError;
use crate::glue::{Fixup, Shim};
use std::ops::Range;
use wasmparser::{CanonicalOption, ComponentExternalKind, ExternalKind, Parser, Payload, TypeRef};

/// Export names the canonical ABI conventions give to the main module's memory and allocator.
pub(crate) const MEMORY: &str = "memory";
pub(crate) const REALLOC: &str = "cabi_realloc";
/// Prefix of the export that frees what a call returned.
pub(crate) const POST_RETURN: &str = "cabi_post_";

/// A component whose main core module may stand for it.
pub(crate) struct Wiring<'a> {
    /// The main core module, as a range of the file.
    pub main: Range<usize>,
    /// Export of the main module to run once after instantiation.
    pub initialize: Option<&'a str>,
}

/// Checks the wiring of a verified component.
///
/// # Errors
/// [`LinkError::Shape`] for everything the direct linker doesn't take apart.
pub(crate) fn check<'a>(component: &Component<'a>, verified: &Verified, file: &str) -> Result<Wiring<'a>, LinkError> {
    let wires = Wires { bytes: component.bytes, outline: &component.outline };
    wires.check(verified).map_err(|Refusal { found, expected }| LinkError::Shape {
        file: file.to_owned(),
        found,
        expected: expected.to_owned(),
    })
}

/// A [`LinkError::Shape`] without its file.
struct Refusal {
    found: String,
    expected: &'static str,
}

fn refuse<T>(found: impl Into<String>, expected: &'static str) -> Result<T, Refusal> {
    Err(Refusal { found: found.into(), expected })
}

struct Wires<'c, 'a> {
    bytes: &'a [u8],
    outline: &'c Outline<'a>,
}

impl<'a> Wires<'_, 'a> {
    fn check(&self, verified: &Verified) -> Result<Wiring<'a>, Refusal> {
        if !verified.wasi.is_empty() {
            return refuse(format!("imports of WASI ({})", verified.wasi.join(", ")), "imports of the contract only");
        }
        if self.outline.has_start {
            return refuse("a component start function", "none");
        }
        let main = self.exports(verified)?;
        let Some((module, args)) = self.instantiation(main) else {
            return refuse("exports that no core module's instance provides", "one main core module");
        };
        let range = self.module(module)?;
        let glue = self.glue(main)?;
        self.imports(main, &range, args, &glue, verified)?;
        Ok(Wiring { main: range, initialize: glue.initialize })
    }

    /// Checks every exported function; returns the core instance that all of them are lifted from.
    fn exports(&self, verified: &Verified) -> Result<u32, Refusal> {
        let mut main = None;
        for path in &verified.exports {
            let Some((interface, function)) = path.split_once('#') else { continue };
            let Some((core_func, options)) = self.lifted(interface, function) else {
                return refuse(format!("export `{path}` that is not a lifted core function"), "a lifted core function");
            };
            let Some(CoreFunc::Export(export)) = self.outline.core_funcs.get(core_func as usize) else {
                return refuse(format!("export `{path}` lifted from a built-in"), "a core module's export");
            };
            if *main.get_or_insert(export.instance) != export.instance {
                return refuse("exports of several core modules", "one main core module");
            }
            if export.name != path {
                return refuse(format!("`{path}` as core export `{}`", export.name), "the same name");
            }
            self.options(export.instance, options, Some(path))?;
        }
        match main {
            Some(main) => Ok(main),
            None => refuse("no exported functions", "some"),
        }
    }

    /// Finds the `canon lift` behind an exported function: the core function's index and the options.
    fn lifted(&self, interface: &str, function: &str) -> Option<(u32, &[CanonicalOption])> {
        let (_, _, mut instance) = *self
            .outline
            .exports
            .iter()
            .find(|(name, kind, _)| *name == interface && *kind == ComponentExternalKind::Instance)?;
        // An index given by an export always stands for a lower one, so this ends.
        while let InstanceOrigin::Exported(source) = self.outline.instances.get(instance as usize)? {
            instance = *source;
        }
        let named = |items: &[(&str, ComponentExternalKind, u32)], wanted: &str| {
            let func = |(name, kind, _): &&(&str, ComponentExternalKind, u32)| {
                *name == wanted && *kind == ComponentExternalKind::Func
            };
            items.iter().find(func).map(|(_, _, index)| *index)
        };
        let mut func = match self.outline.instances.get(instance as usize)? {
            InstanceOrigin::Exports(items) => named(items, function)?,
            // wit-component wraps each exported interface in a nested component that only passes functions on.
            InstanceOrigin::Instantiate { component, args } => {
                let nested = self.outline.components.get(*component as usize)?.as_ref()?;
                let mut inner = named(&nested.exports, function)?;
                while let Func::Exported(source) = nested.funcs.get(inner as usize)? {
                    inner = *source;
                }
                match nested.funcs.get(inner as usize)? {
                    Func::Import(import) => named(args, import)?,
                    _ => return None,
                }
            }
            _ => return None,
        };
        loop {
            match self.outline.funcs.get(func as usize)? {
                Func::Exported(source) => func = *source,
                Func::Lift { core_func, options } => return Some((*core_func, options)),
                _ => return None,
            }
        }
    }

    /// Checks canonical options against the main instance's exports. `lifted` is the path of the function if it is an
    /// export: only those may have a post-return.
    fn options(&self, main: u32, options: &[CanonicalOption], lifted: Option<&str>) -> Result<(), Refusal> {
        let core_func = |index: u32| match self.outline.core_funcs.get(index as usize) {
            Some(CoreFunc::Export(export)) => Some(*export),
            _ => None,
        };
        for option in options {
            let convention = match option {
                CanonicalOption::UTF8 => continue,
                CanonicalOption::Memory(index) => {
                    (self.outline.core_memories.get(*index as usize).copied(), MEMORY.to_owned())
                }
                CanonicalOption::Realloc(index) => (core_func(*index), REALLOC.to_owned()),
                CanonicalOption::PostReturn(index) => match lifted {
                    Some(path) => (core_func(*index), format!("{POST_RETURN}{path}")),
                    None => return refuse("a post-return of an import", "none"),
                },
                CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => return refuse("UTF-16 strings", "UTF-8"),
                CanonicalOption::Async
                | CanonicalOption::Callback(_)
                | CanonicalOption::CoreType(_)
                | CanonicalOption::Gc => return refuse(format!("canonical option {option:?}"), "the synchronous ABI"),
            };
            match convention {
                (Some(CoreExport { instance, name }), expected) if instance == main && name == expected => {}
                (_, expected) => {
                    return refuse(
                        format!("a canonical option that is not the main core module's `{expected}`"),
                        "the names of wit-component",
                    );
                }
            }
        }
        Ok(())
    }

    /// The core module and arguments of an instantiated core instance.
    fn instantiation(&self, instance: u32) -> Option<(u32, &[(&'a str, u32)])> {
        match self.outline.core_instances.get(instance as usize)? {
            CoreInstance::Instantiate { module, args } => Some((*module, args)),
            CoreInstance::Exports(_) => None,
        }
    }

    fn module(&self, module: u32) -> Result<Range<usize>, Refusal> {
        match self.outline.modules.get(module as usize) {
            Some(Some(range)) => Ok(range.clone()),
            _ => refuse("a core module from outside", "core modules within the file"),
        }
    }

    /// Recognises every other instantiated core module as shim or fixup.
    fn glue(&self, main: u32) -> Result<Glue<'a>, Refusal> {
        let mut glue = Glue::default();
        let mut fixups = Vec::new();
        for (index, instance) in (0_u32..).zip(&self.outline.core_instances) {
            let CoreInstance::Instantiate { module, args } = instance else { continue };
            if index == main {
                continue;
            }
            let bytes = self.bytes.get(self.module(*module)?).unwrap_or_default();
            if let (true, Some(shim), None) = (args.is_empty(), Shim::read(bytes), &glue.shim) {
                glue.shim = Some((index, shim));
            } else if let Some(fixup) = Fixup::read(bytes) {
                fixups.push((fixup, args));
            } else {
                return refuse("more core modules than the main one, shim and fixup", "one main core module");
            }
        }
        let unknown = || Refusal { found: "a fixup module with unknown wires".to_owned(), expected: "wit-component's" };
        for (fixup, args) in fixups {
            if let Some((module, name)) = fixup.table {
                let table = self.supplied(args, module, name, ExternalKind::Table).ok_or_else(unknown)?;
                let of_shim = matches!((&glue.shim, table),
                    (Some((shim, Shim { table, .. })), Supplied::Export(export))
                        if export == CoreExport { instance: *shim, name: table });
                if !of_shim {
                    return Err(unknown());
                }
            }
            for (slot, (module, name)) in fixup.slots {
                let func = self.supplied(args, module, name, ExternalKind::Func).ok_or_else(unknown)?;
                if glue.slots.iter().any(|(taken, _)| *taken == slot) {
                    return Err(unknown());
                }
                glue.slots.push((slot, func));
            }
            if let Some((module, name)) = fixup.start {
                match self.supplied(args, module, name, ExternalKind::Func).ok_or_else(unknown)? {
                    Supplied::Export(CoreExport { instance, name })
                        if instance == main && glue.initialize.is_none() =>
                    {
                        glue.initialize = Some(name);
                    }
                    _ => return Err(unknown()),
                }
            }
        }
        Ok(glue)
    }

    /// What an instantiation's arguments give for the import `module` `name`.
    fn supplied(&self, args: &[(&str, u32)], module: &str, name: &str, kind: ExternalKind) -> Option<Supplied<'a>> {
        let (_, instance) = args.iter().find(|(arg, _)| *arg == module)?;
        match self.outline.core_instances.get(*instance as usize)? {
            CoreInstance::Instantiate { module, .. } => {
                // The name must live as long as the file: find it in the providing module.
                let bytes = self.bytes.get(self.outline.modules.get(*module as usize)?.clone()?)?;
                Some(Supplied::Export(CoreExport { instance: *instance, name: export_name(bytes, name)? }))
            }
            CoreInstance::Exports(items) => {
                let (_, _, index) = *items.iter().find(|(item, item_kind, _)| *item == name && *item_kind == kind)?;
                match kind {
                    ExternalKind::Table => self.outline.core_tables.get(index as usize).copied().map(Supplied::Export),
                    _ => match self.outline.core_funcs.get(index as usize)? {
                        CoreFunc::Export(export) => Some(Supplied::Export(*export)),
                        CoreFunc::Lower { .. } => Some(Supplied::Lower(index)),
                        CoreFunc::Builtin => None,
                    },
                }
            }
        }
    }

    /// Checks that every import of the main module ends at the function of the contract that it names.
    fn imports(
        &self,
        main: u32,
        module: &Range<usize>,
        args: &[(&'a str, u32)],
        glue: &Glue<'a>,
        verified: &Verified,
    ) -> Result<(), Refusal> {
        let bytes = self.bytes.get(module.clone()).unwrap_or_default();
        for payload in Parser::new(0).parse_all(bytes) {
            let Ok(Payload::ImportSection(section)) = payload else { continue };
            for import in section.into_imports() {
                let Ok(import) = import else { return refuse("an unreadable import", "functions") };
                let path = format!("{}#{}", import.module, import.name);
                if !matches!(import.ty, TypeRef::Func(_)) || !verified.imports.contains(&path) {
                    return refuse(format!("core import `{path}`"), "functions of the contract under their own names");
                }
                let lower = match self.supplied(args, import.module, import.name, ExternalKind::Func) {
                    Some(Supplied::Lower(index)) => Some(index),
                    Some(Supplied::Export(export)) => glue.resolve(export),
                    None => None,
                };
                let wrong = || Refusal {
                    found: format!("core import `{path}` that is wired to something else"),
                    expected: "the function it names",
                };
                let Some(CoreFunc::Lower { func, options }) =
                    lower.and_then(|i| self.outline.core_funcs.get(i as usize))
                else {
                    return Err(wrong());
                };
                let Some(Func::Alias { instance, name }) = self.outline.funcs.get(*func as usize) else {
                    return Err(wrong());
                };
                match self.outline.instances.get(*instance as usize) {
                    Some(InstanceOrigin::Import(interface)) if *interface == import.module && *name == import.name => {}
                    _ => return Err(wrong()),
                }
                self.options(main, options, None)?;
            }
        }
        Ok(())
    }
}

/// Finds an export's name within a core module.
fn export_name<'a>(module: &'a [u8], wanted: &str) -> Option<&'a str> {
    Parser::new(0).parse_all(module).find_map(|payload| match payload {
        Ok(Payload::ExportSection(section)) => {
            section.into_iter().flatten().map(|e| e.name).find(|name| *name == wanted)
        }
        _ => None,
    })
}

/// What stands behind a core import.
#[derive(Clone, Copy)]
enum Supplied<'a> {
    /// An export of a core instance.
    Export(CoreExport<'a>),
    /// The core function of this index, which is a lowered one.
    Lower(u32),
}

/// Shim and fixup, resolved.
#[derive(Default)]
struct Glue<'a> {
    shim: Option<(u32, Shim<'a>)>,
    /// What each slot of the shim's table holds.
    slots: Vec<(u32, Supplied<'a>)>,
    initialize: Option<&'a str>,
}

impl<'a> Glue<'a> {
    /// Follows an export of the shim through its table to the lowered function's index.
    fn resolve(&self, export: CoreExport<'a>) -> Option<u32> {
        let (instance, shim) = self.shim.as_ref()?;
        if export.instance != *instance {
            return None;
        }
        let (_, slot) = shim.functions.iter().find(|(name, _)| *name == export.name)?;
        match self.slots.iter().find(|(taken, _)| taken == slot)?.1 {
            Supplied::Lower(index) => Some(index),
            Supplied::Export(_) => None,
        }
    }
}
