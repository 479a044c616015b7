//! An interface of the contract as WIT text of its own, so that a component can import it several times under several names.

use crate::graph::ComposeError;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use wit_parser::{Function, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

/// The functions of an interface, with `use` of the types they name: the body of an inline `interface { … }`.
pub(crate) fn functions(resolve: &Resolve, id: InterfaceId) -> Result<String, ComposeError> {
    let mut printer = Printer { resolve, used: BTreeMap::new() };
    let mut functions = String::new();
    for function in resolve.interfaces[id].functions.values() {
        let _ = writeln!(functions, "    {};", printer.function(function)?);
    }
    let mut text = String::new();
    for (interface, types) in printer.used {
        let _ = writeln!(text, "    use {interface}.{{{}}};", types.into_iter().collect::<Vec<_>>().join(", "));
    }
    Ok(text + &functions)
}

struct Printer<'r> {
    resolve: &'r Resolve,
    /// Names of types by the full name of the interface that defines them.
    used: BTreeMap<String, BTreeSet<String>>,
}

impl Printer<'_> {
    fn function(&mut self, function: &Function) -> Result<String, ComposeError> {
        let mut params = Vec::new();
        for param in &function.params {
            params.push(format!("%{}: {}", param.name, self.ty(&param.ty)?));
        }
        let result = match &function.result {
            Some(ty) => format!(" -> {}", self.ty(ty)?),
            None => String::new(),
        };
        Ok(format!("%{}: func({}){result}", function.name, params.join(", ")))
    }

    fn ty(&mut self, ty: &Type) -> Result<String, ComposeError> {
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
            Type::ErrorContext => return Err(unknown("an error-context")),
            Type::Id(id) => return self.definition(*id),
        };
        Ok(name.to_owned())
    }

    fn definition(&mut self, id: TypeId) -> Result<String, ComposeError> {
        let definition = &self.resolve.types[id];
        match (&definition.kind, &definition.name, definition.owner) {
            (TypeDefKind::Type(alias), ..) => self.ty(alias),
            (_, Some(name), TypeOwner::Interface(owner)) => {
                let owner = self.resolve.id_of(owner).ok_or_else(|| unknown("a type of an unnamed interface"))?;
                self.used.entry(owner).or_default().insert(format!("%{name}"));
                Ok(format!("%{name}"))
            }
            (TypeDefKind::List(ty), ..) => Ok(format!("list<{}>", self.ty(ty)?)),
            (TypeDefKind::Option(ty), ..) => Ok(format!("option<{}>", self.ty(ty)?)),
            (TypeDefKind::Tuple(tuple), ..) => {
                let types = tuple.types.iter().map(|ty| self.ty(ty)).collect::<Result<Vec<_>, _>>()?;
                Ok(format!("tuple<{}>", types.join(", ")))
            }
            (TypeDefKind::Result(result), ..) => {
                let mut part = |ty: &Option<Type>| ty.as_ref().map_or_else(|| Ok("_".to_owned()), |ty| self.ty(ty));
                Ok(match (part(&result.ok)?, &result.err) {
                    (ok, None) if ok == "_" => "result".to_owned(),
                    (ok, None) => format!("result<{ok}>"),
                    (ok, err) => format!("result<{ok}, {}>", part(err)?),
                })
            }
            _ => Err(unknown("a type that it can't name")),
        }
    }
}

fn unknown(found: &str) -> ComposeError {
    ComposeError::Generate { world: "mux".to_owned(), detail: format!("the contract uses {found}") }
}
