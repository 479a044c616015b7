//! What the kit says of itself.

use crate::bindings::exports::sqlink::extension::metadata::{
    Aggregate, Capability, Collation, Function, Guest, HookSet, Manifest, Module, ModuleFlags, Nesting,
};
use crate::{Kit, aggregate, collation, scalar, tables};

impl Guest for Kit {
    fn describe() -> Manifest {
        Manifest {
            name: "kit".into(),
            version: "0.1.0".into(),
            description: "Everything an extension can be.".into(),
            functions: (0..)
                .zip(scalar::FUNCTIONS)
                .map(|(id, &(name, arg_count, flags, _))| Function { id, name: name.into(), arg_count, flags })
                .collect(),
            aggregates: (0..)
                .zip(aggregate::AGGREGATES)
                .map(|(id, &(name, arg_count, window, flags))| Aggregate {
                    id,
                    name: name.into(),
                    arg_count,
                    flags,
                    window,
                })
                .collect(),
            collations: (0..)
                .zip(collation::COLLATIONS)
                .map(|(id, &(name, _))| Collation { id, name: name.into() })
                .collect(),
            modules: (0..)
                .zip(tables::MODULES)
                .map(|(id, &(name, flags))| Module {
                    id,
                    name: name.into(),
                    flags,
                    shadow_names: if flags.contains(ModuleFlags::WRITABLE) { vec!["data".into()] } else { Vec::new() },
                })
                .collect(),
            hooks: HookSet::all(),
            required: Vec::new(),
            optional: ["cache", "clock", "files.read", "files.write", "random", "spi.read", "spi.write", "state"]
                .map(|name| Capability { name: name.into(), reason: format!("to test `{name}`") })
                .into(),
            nesting: Nesting::FreshInstance,
            http: None,
        }
    }
}
