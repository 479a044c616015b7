//! The contract, and whether a component keeps to it.
//!
//! The expected types come from `wit/`: the build script encodes them as a component, which is read here by the same code
//! that reads an extension.

use crate::component::Component;
use crate::error::{Direction, LinkError};
use crate::types::{Difference, Typed};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentFuncType, ComponentInstanceType, ComponentItem, ComponentValType,
};
use wasmparser::types::TypesRef;

/// The interface that every extension exports, without its version. Of the others it exports those that it likes.
const REQUIRED: &str = "sqlink:extension/metadata";

/// A component with every import and every export of the contract.
pub(crate) static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.wasm"));

/// The contract as text: the name and content of each of its WIT files.
#[cfg(feature = "cli")]
pub const WIT: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/wit.rs"));

/// What a verified component asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Functions of the contract it imports, as `sqlink:extension/spi@0.1.0#query`, sorted.
    pub imports: Vec<String>,
    /// Functions of the contract it exports, in the same form, sorted.
    pub exports: Vec<String>,
    /// WASI interfaces it imports, in the order of the file. The contract has no place for them: a host that runs the
    /// component denies them.
    pub wasi: Vec<String>,
}

impl Verified {
    /// The contract's interfaces it imports functions of, sorted, each once.
    #[must_use]
    pub fn imported_interfaces(&self) -> Vec<&str> {
        interfaces(&self.imports)
    }

    /// The contract's interfaces it exports, sorted, each once.
    #[must_use]
    pub fn exported_interfaces(&self) -> Vec<&str> {
        interfaces(&self.exports)
    }
}

fn interfaces(functions: &[String]) -> Vec<&str> {
    let names: BTreeSet<&str> = functions.iter().filter_map(|name| name.split('#').next()).collect();
    names.into_iter().collect()
}

/// Reads the contract, once per process.
///
/// # Errors
/// Only if the build script wrote a component this crate can't read, which every test would show.
pub(crate) fn contract() -> Result<&'static Component<'static>, LinkError> {
    static READ: OnceLock<Result<Component<'static>, LinkError>> = OnceLock::new();
    READ.get_or_init(|| Component::read(BYTES, "contract.wasm")).as_ref().map_err(Clone::clone)
}

/// Every function of the contract, imports and exports, as `spi.query`, sorted.
///
/// # Errors
/// Only if this crate was built from a contract it can't read.
pub fn contract_functions() -> Result<Vec<String>, LinkError> {
    let contract = contract()?;
    let types = contract.types.as_ref();
    let imports = contract.outline.imports.iter().map(|name| (Direction::Import, *name));
    let exports = contract.outline.exports.iter().map(|(name, ..)| (Direction::Export, *name));
    let mut functions = Vec::new();
    for (direction, name) in imports.chain(exports) {
        let base = unversioned(name).rsplit('/').next().unwrap_or_default();
        for (member, item) in instance(types, direction, name).iter().flat_map(|instance| &instance.exports) {
            if matches!(item.ty, ComponentEntityType::Func(_)) {
                functions.push(format!("{base}.{member}"));
            }
        }
    }
    functions.sort();
    Ok(functions)
}

/// An instance type of a component, by the name it is imported or exported under.
pub(crate) fn instance<'t>(types: TypesRef<'t>, direction: Direction, name: &str) -> Option<&'t ComponentInstanceType> {
    let item = match direction {
        Direction::Import => types.component_item_for_import(name),
        Direction::Export => types.component_item_for_export(name),
    };
    match item?.ty {
        ComponentEntityType::Instance(id) => types.get(id),
        _ => None,
    }
}

/// Compares every import and export of `component` with the contract.
///
/// # Errors
/// The first violation found, versions before names before types.
pub(crate) fn check(component: &Component<'_>, file: &str) -> Result<Verified, LinkError> {
    let contract = contract()?;
    let names = Names {
        imports: contract.outline.imports.clone(),
        exports: contract.outline.exports.iter().map(|(name, ..)| *name).collect(),
    };
    let imports = &component.outline.imports;
    let exports: Vec<&str> = component.outline.exports.iter().map(|(name, ..)| *name).collect();
    for (direction, found) in [(Direction::Export, &exports), (Direction::Import, imports)] {
        for name in found {
            names.check_version(direction, name, file)?;
        }
    }
    let mut verified = Verified::default();
    for name in imports {
        if names.imports.contains(name) {
            continue;
        }
        if name.starts_with("wasi:") {
            verified.wasi.push((*name).to_owned());
            continue;
        }
        return Err(LinkError::UnknownImport {
            file: file.to_owned(),
            found: (*name).to_owned(),
            expected: list(&names.capabilities(contract)),
        });
    }
    if let Some(missing) = names.exports.iter().find(|name| unversioned(name) == REQUIRED && !exports.contains(name)) {
        let found = if exports.is_empty() { "no exports".to_owned() } else { format!("only {}", list(&exports)) };
        return Err(LinkError::MissingExport { file: file.to_owned(), expected: (*missing).to_owned(), found });
    }
    if let Some(extra) = exports.iter().find(|name| !names.exports.contains(name)) {
        return Err(extra_export(file, extra, &names.exports));
    }
    for (direction, found) in [(Direction::Export, &exports), (Direction::Import, imports)] {
        for name in found.iter().filter(|name| !verified.wasi.iter().any(|wasi| wasi == *name)) {
            let functions = check_interface(component, contract, direction, name, file)?;
            match direction {
                Direction::Import => verified.imports.extend(functions),
                Direction::Export => verified.exports.extend(functions),
            }
        }
    }
    verified.imports.sort();
    verified.exports.sort();
    Ok(verified)
}

/// The name of an interface without its version.
pub(crate) fn unversioned(name: &str) -> &str {
    name.split_once('@').map_or(name, |(base, _)| base)
}

/// The interfaces of the contract.
struct Names {
    imports: Vec<&'static str>,
    exports: Vec<&'static str>,
}

impl Names {
    /// Refuses an interface of the contract in another version.
    fn check_version(&self, direction: Direction, name: &str, file: &str) -> Result<(), LinkError> {
        if !name.contains('@') {
            return Ok(());
        }
        let known = match direction {
            Direction::Import => &self.imports,
            Direction::Export => &self.exports,
        };
        if known.contains(&name) {
            return Ok(());
        }
        match known.iter().find(|known| unversioned(known) == unversioned(name)) {
            None => Ok(()),
            Some(expected) => Err(LinkError::ContractVersion {
                file: file.to_owned(),
                direction,
                found: name.to_owned(),
                expected: (*expected).to_owned(),
            }),
        }
    }

    /// The importable interfaces that have functions.
    fn capabilities(&self, contract: &Component<'_>) -> Vec<&'static str> {
        let types = contract.types.as_ref();
        let has_function = |name: &&str| {
            instance(types, Direction::Import, name).is_some_and(|instance| {
                instance.exports.values().any(|item| matches!(item.ty, ComponentEntityType::Func(_)))
            })
        };
        self.imports.iter().copied().filter(has_function).collect()
    }
}

/// Compares one interface; returns its functions as `interface#function`.
fn check_interface(
    component: &Component<'_>,
    contract: &Component<'_>,
    direction: Direction,
    name: &str,
    file: &str,
) -> Result<Vec<String>, LinkError> {
    let wrong_kind = |expected: &str| LinkError::WrongType {
        file: file.to_owned(),
        direction,
        item: name.to_owned(),
        found: "something else".to_owned(),
        expected: expected.to_owned(),
        at: String::new(),
    };
    let (found_types, expected_types) = (component.types.as_ref(), contract.types.as_ref());
    let expected = instance(expected_types, direction, name).ok_or_else(|| wrong_kind("no such interface"))?;
    let found = instance(found_types, direction, name).ok_or_else(|| wrong_kind("an instance of the interface"))?;
    // An import may name fewer functions than the interface has; an export must have them all.
    if direction == Direction::Export
        && let Some(missing) = expected.exports.keys().find(|member| !found.exports.contains_key(member.as_str()))
    {
        let members: Vec<_> = found.exports.keys().collect();
        return Err(LinkError::MissingExport {
            file: file.to_owned(),
            expected: format!("{name}#{missing}"),
            found: if members.is_empty() {
                "an empty interface".to_owned()
            } else {
                format!("only {}", list(&members))
            },
        });
    }
    let mut functions = Vec::new();
    for (member, item) in &found.exports {
        let path = format!("{name}#{member}");
        let Some(expected_item) = expected.exports.get(member.as_str()) else {
            let is_type = |ty: &ComponentEntityType| matches!(ty, ComponentEntityType::Type { .. });
            let alike = |(_, other): &(&String, &ComponentItem)| is_type(&other.ty) == is_type(&item.ty);
            let alike: Vec<&String> = expected.exports.iter().filter(alike).map(|(name, _)| name).collect();
            return Err(match direction {
                Direction::Export => extra_export(file, &path, &alike),
                Direction::Import => {
                    LinkError::UnknownImport { file: file.to_owned(), found: path, expected: list(&alike) }
                }
            });
        };
        let wrong_type = |found: String, expected: String, at: String| LinkError::WrongType {
            file: file.to_owned(),
            direction,
            item: path.clone(),
            found,
            expected,
            at,
        };
        let found_item = Typed { types: found_types, ty: item.ty };
        let expected_item = Typed { types: expected_types, ty: expected_item.ty };
        compare(found_item, expected_item)
            .map_err(|difference| wrong_type(print(found_item), print(expected_item), difference.at()))?;
        if matches!(item.ty, ComponentEntityType::Func(_)) {
            functions.push(path);
        }
    }
    Ok(functions)
}

fn extra_export(file: &str, found: &str, expected: &[impl AsRef<str>]) -> LinkError {
    LinkError::ExtraExport { file: file.to_owned(), found: found.to_owned(), expected: list(expected) }
}

/// Compares two members of an interface.
fn compare(
    found: Typed<'_, ComponentEntityType>,
    expected: Typed<'_, ComponentEntityType>,
) -> Result<(), Box<Difference>> {
    let different = || Box::new(Difference { path: Vec::new(), found: print(found), expected: print(expected) });
    match (found.ty, expected.ty) {
        (ComponentEntityType::Func(_), ComponentEntityType::Func(_)) => match (function(found), function(expected)) {
            (Some(a), Some(b)) => a.compare(b),
            _ => Err(different()),
        },
        (ComponentEntityType::Type { .. }, ComponentEntityType::Type { .. }) => match (value(found), value(expected)) {
            (Some(a), Some(b)) => a.compare(b),
            _ => Err(different()),
        },
        _ => Err(different()),
    }
}

/// The value type behind a type export, unless it is a resource or a type of something else.
fn value<'t>(item: Typed<'t, ComponentEntityType>) -> Option<Typed<'t, ComponentValType>> {
    match item.ty {
        ComponentEntityType::Type { referenced: ComponentAnyTypeId::Defined(id), .. } => {
            Some(Typed { types: item.types, ty: ComponentValType::Type(id) })
        }
        _ => None,
    }
}

/// The function type behind a function.
pub(crate) fn function<'t>(item: Typed<'t, ComponentEntityType>) -> Option<Typed<'t, &'t ComponentFuncType>> {
    match item.ty {
        ComponentEntityType::Func(id) => Some(Typed { types: item.types, ty: item.types.get(id)? }),
        _ => None,
    }
}

/// Prints a member of an interface.
fn print(item: Typed<'_, ComponentEntityType>) -> String {
    match item.ty {
        ComponentEntityType::Func(_) => function(item).map_or_else(|| "function".to_owned(), |ty| ty.print()),
        ComponentEntityType::Type { referenced: ComponentAnyTypeId::Resource(_), .. } => "resource".to_owned(),
        ComponentEntityType::Type { .. } => {
            value(item).map_or_else(|| "another kind of type".to_owned(), |ty| ty.print())
        }
        ComponentEntityType::Module(_) => "core module".to_owned(),
        ComponentEntityType::Value(_) => "value".to_owned(),
        ComponentEntityType::Instance(_) => "instance".to_owned(),
        ComponentEntityType::Component(_) => "component".to_owned(),
    }
}

/// Prints names in backticks with commas between.
pub(crate) fn list(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn functions_of_both_sides_are_listed() -> Result<(), crate::LinkError> {
        let functions = super::contract_functions()?;
        for name in ["metadata.describe", "scalar.call", "vtab.next-batch", "spi.query", "files.list"] {
            assert!(functions.iter().any(|function| function == name), "{name} is not in {functions:?}");
        }
        assert!(!functions.iter().any(|function| function.starts_with("types.")), "{functions:?}");
        Ok(())
    }
}
