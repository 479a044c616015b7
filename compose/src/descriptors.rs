//! The contract as TypeScript, for a host that lifts and lowers values by itself.

use std::fmt::Write;
use thiserror::Error;
use wit_parser::{Function, Resolve, Type, TypeDefKind, WorldId, WorldItem, WorldKey};

/// Why no descriptors could be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// The WIT has no such world.
    #[error("world `{world}` is not in the given WIT packages: {detail}")]
    World {
        /// The world that was asked for.
        world: String,
        /// What the WIT parser says.
        detail: String,
    },
    /// A type that the contract may not use.
    #[error("`{function}` uses {found}, expected a type without resources, async or fixed lengths")]
    Type {
        /// The function.
        function: String,
        /// The type.
        found: &'static str,
    },
    /// Something else than an interface at the top of the world.
    #[error("world `{world}` holds `{found}`, expected interfaces only")]
    Item {
        /// The world.
        world: String,
        /// The item.
        found: String,
    },
}

/// The top of the generated file: what the descriptors mean.
const HEADER: &str = r#"// Generated from WIT by `sqlink-compose descriptors`. Do not edit.

/**
 * A type of the contract. Record fields and flags are in lowerCamelCase, as jco has them; everything else is named as
 * in WIT. `null` stands for no payload.
 */
export type Type =
  | "bool" | "u8" | "s8" | "u16" | "s16" | "u32" | "s32" | "u64" | "s64" | "f32" | "f64" | "char" | "string"
  | { readonly list: Type }
  | { readonly option: Type }
  | { readonly tuple: readonly Type[] }
  | { readonly record: readonly (readonly [name: string, type: Type])[] }
  | { readonly variant: readonly (readonly [name: string, type: Type | null])[] }
  | { readonly enum: readonly string[] }
  | { readonly flags: readonly string[] }
  | { readonly result: readonly [ok: Type | null, err: Type | null] };

/** A function: its parameters in order, and its result or `null`. */
export interface Func {
  readonly params: readonly (readonly [name: string, type: Type])[];
  readonly result: Type | null;
}

/** Interface name with version, then function name, as core imports and exports have them. */
export interface Interfaces {
  readonly [interfaceName: string]: { readonly [functionName: string]: Func };
}
"#;

/// Writes a TypeScript source file with the types of every function that `world` imports or exports.
///
/// It exports `version`, `imports` and `exports`, and has no imports of its own. Interfaces of other packages than the
/// world's are left out: a world has them for their types only. Of several `packages`, `world` has to name its own, as
/// `sqlink:host/extensions`.
///
/// # Errors
/// If `world` isn't in `packages` or uses a type that has no place in the contract (resources, streams, futures).
pub fn descriptors(
    resolve: &Resolve,
    packages: &[wit_parser::PackageId],
    world: &str,
) -> Result<String, DescriptorError> {
    let id = resolve
        .select_world(packages, Some(world))
        .map_err(|error| DescriptorError::World { world: world.to_owned(), detail: error.to_string() })?;
    let mut out = String::from(HEADER);
    let package = resolve.worlds[id].package.map(|package| &resolve.packages[package].name);
    if let Some(version) = package.and_then(|name| name.version.as_ref()) {
        let _ =
            write!(out, "\n/** Version of the WIT package. */\nexport const version = {:?};\n", version.to_string());
    }
    let mut definitions = Definitions { resolve, named: Vec::new(), text: String::new() };
    let imports = interfaces(&mut definitions, id, world, true)?;
    let exports = interfaces(&mut definitions, id, world, false)?;
    let _ = write!(out, "\n{}", definitions.text);
    let _ = write!(
        out,
        "\n/** What `{world}` imports. */\nexport const imports = {imports} as const satisfies Interfaces;\n"
    );
    let _ = write!(
        out,
        "\n/** What `{world}` exports. */\nexport const exports = {exports} as const satisfies Interfaces;\n"
    );
    Ok(out)
}

/// Prints one side of the world as an object literal.
fn interfaces(
    definitions: &mut Definitions<'_>,
    id: WorldId,
    world: &str,
    imported: bool,
) -> Result<String, DescriptorError> {
    let resolve = definitions.resolve;
    let package = resolve.worlds[id].package;
    let items = if imported { &resolve.worlds[id].imports } else { &resolve.worlds[id].exports };
    let mut out = String::from("{\n");
    for (key, item) in items {
        let name = resolve.name_world_key(key);
        let (WorldKey::Interface(_), WorldItem::Interface { id, .. }) = (key, item) else {
            return Err(DescriptorError::Item { world: world.to_owned(), found: name });
        };
        let interface = &resolve.interfaces[*id];
        let functions = &interface.functions;
        if functions.is_empty() || interface.package != package {
            continue;
        }
        let _ = writeln!(out, "  {name:?}: {{");
        for (function_name, function) in functions {
            let descriptor = definitions.function(function, &format!("{name}#{function_name}"))?;
            let _ = writeln!(out, "    {function_name:?}: {descriptor},");
        }
        out.push_str("  },\n");
    }
    out.push('}');
    Ok(out)
}

/// Named types become constants, written before their first use.
struct Definitions<'r> {
    resolve: &'r Resolve,
    named: Vec<(wit_parser::TypeId, String)>,
    text: String,
}

impl Definitions<'_> {
    fn function(&mut self, function: &Function, path: &str) -> Result<String, DescriptorError> {
        let mut params = Vec::new();
        for param in &function.params {
            params.push(format!("[{:?}, {}]", camel(&param.name), self.ty(&param.ty, path)?));
        }
        let result = self.optional(function.result.as_ref(), path)?;
        Ok(format!("{{ params: [{}], result: {result} }}", params.join(", ")))
    }

    fn optional(&mut self, ty: Option<&Type>, path: &str) -> Result<String, DescriptorError> {
        ty.map_or_else(|| Ok("null".to_owned()), |ty| self.ty(ty, path))
    }

    fn ty(&mut self, ty: &Type, path: &str) -> Result<String, DescriptorError> {
        let name = match ty {
            Type::Bool => "bool",
            Type::U8 => "u8",
            Type::S8 => "s8",
            Type::U16 => "u16",
            Type::S16 => "s16",
            Type::U32 => "u32",
            Type::S32 => "s32",
            Type::U64 => "u64",
            Type::S64 => "s64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String => "string",
            Type::ErrorContext => {
                return Err(DescriptorError::Type { function: path.to_owned(), found: "error-context" });
            }
            Type::Id(id) => return self.definition(*id, path),
        };
        Ok(format!("{name:?}"))
    }

    fn definition(&mut self, id: wit_parser::TypeId, path: &str) -> Result<String, DescriptorError> {
        if let Some((_, constant)) = self.named.iter().find(|(named, _)| *named == id) {
            return Ok(constant.clone());
        }
        let definition = &self.resolve.types[id];
        if let TypeDefKind::Type(alias) = &definition.kind {
            return self.ty(alias, path);
        }
        let literal = self.literal(&definition.kind, path)?;
        let Some(name) = &definition.name else { return Ok(literal) };
        // Two interfaces may each have a type of one name.
        let mut constant = camel(&format!("{name}-type"));
        while self.named.iter().any(|(_, taken)| *taken == constant) {
            constant.push('_');
        }
        let _ = writeln!(self.text, "const {constant} = {literal} as const;");
        self.named.push((id, constant.clone()));
        Ok(constant)
    }

    fn literal(&mut self, kind: &TypeDefKind, path: &str) -> Result<String, DescriptorError> {
        let unsupported = |found| Err(DescriptorError::Type { function: path.to_owned(), found });
        let names =
            |names: &mut dyn Iterator<Item = String>| names.map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ");
        Ok(match kind {
            TypeDefKind::Record(record) => {
                let mut fields = Vec::new();
                for field in &record.fields {
                    fields.push(format!("[{:?}, {}]", camel(&field.name), self.ty(&field.ty, path)?));
                }
                format!("{{ record: [{}] }}", fields.join(", "))
            }
            TypeDefKind::Variant(variant) => {
                let mut cases = Vec::new();
                for case in &variant.cases {
                    cases.push(format!("[{:?}, {}]", case.name, self.optional(case.ty.as_ref(), path)?));
                }
                format!("{{ variant: [{}] }}", cases.join(", "))
            }
            TypeDefKind::Flags(flags) => {
                format!("{{ flags: [{}] }}", names(&mut flags.flags.iter().map(|flag| camel(&flag.name))))
            }
            TypeDefKind::Enum(cases) => {
                format!("{{ enum: [{}] }}", names(&mut cases.cases.iter().map(|case| case.name.clone())))
            }
            TypeDefKind::Tuple(tuple) => {
                let types = tuple.types.iter().map(|ty| self.ty(ty, path)).collect::<Result<Vec<_>, _>>()?;
                format!("{{ tuple: [{}] }}", types.join(", "))
            }
            TypeDefKind::Option(ty) => format!("{{ option: {} }}", self.ty(ty, path)?),
            TypeDefKind::Result(result) => {
                let (ok, err) = (self.optional(result.ok.as_ref(), path)?, self.optional(result.err.as_ref(), path)?);
                format!("{{ result: [{ok}, {err}] }}")
            }
            TypeDefKind::List(ty) => format!("{{ list: {} }}", self.ty(ty, path)?),
            TypeDefKind::Type(ty) => self.ty(ty, path)?,
            TypeDefKind::Resource | TypeDefKind::Handle(_) => return unsupported("a resource"),
            TypeDefKind::Future(_) | TypeDefKind::Stream(_) => return unsupported("a future or stream"),
            TypeDefKind::Map(..) => return unsupported("a map"),
            TypeDefKind::FixedLengthList(..) => return unsupported("a fixed-length list"),
            TypeDefKind::Unknown => return unsupported("an unknown type"),
        })
    }
}

/// Turns `arg-count` into `argCount`.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '-' {
            upper = true;
        } else if upper {
            out.extend(c.to_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generate(wit: &str) -> Result<String, DescriptorError> {
        let mut resolve = Resolve::default();
        let package = resolve
            .push_source("test.wit", wit)
            .map_err(|error| DescriptorError::World { world: "test".to_owned(), detail: error.to_string() })?;
        descriptors(&resolve, &[package], "w")
    }

    #[test]
    fn every_type_has_a_descriptor() -> Result<(), DescriptorError> {
        let text = generate(
            "package a:b@1.2.3;
             interface i {
               record r { big-field: u64, t: tuple<bool, char> }
               variant v { none, some(list<r>) }
               flags f { read-only, b }
               enum e { first-case, c }
               run: func(first-arg: r, v: v, o: option<f>) -> result<e, string>;
               quiet: func();
             }
             world w { import i; }",
        )?;
        for part in [
            r#"export const version = "1.2.3";"#,
            r#"const rType = { record: [["bigField", "u64"], ["t", { tuple: ["bool", "char"] }]] } as const;"#,
            r#"const vType = { variant: [["none", null], ["some", { list: rType }]] } as const;"#,
            r#"const fType = { flags: ["readOnly", "b"] } as const;"#,
            r#"const eType = { enum: ["first-case", "c"] } as const;"#,
            r#""run": { params: [["firstArg", rType], ["v", vType], ["o", { option: fType }]], result: { result: [eType, "string"] } },"#,
            r#""quiet": { params: [], result: null },"#,
        ] {
            assert!(text.contains(part), "expected `{part}` in\n{text}");
        }
        Ok(())
    }

    #[test]
    fn another_package_is_there_for_its_types() -> Result<(), DescriptorError> {
        let text = generate(
            "package a:b;
             package c:d { interface types { type t = u32; unused: func(); } }
             interface i { use c:d/types.{t}; run: func(t: t); }
             world w { import i; }",
        )?;
        assert!(text.contains(r#""run": { params: [["t", "u32"]], result: null }"#), "{text}");
        assert!(!text.contains("unused"), "{text}");
        Ok(())
    }

    #[test]
    fn resources_are_refused() {
        let error = generate("package a:b; interface i { resource r; f: func(r: r); } world w { import i; }")
            .map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("`a:b/i#f` uses a resource, expected a type without resources, async or fixed lengths".to_owned())
        );
    }
}
