//! From a component to one core module that a JavaScript engine runs by itself.

use crate::component::Component;
use crate::contract::{self, Verified};
use crate::error::{Direction, LinkError};
use crate::passes;
use crate::types::Typed;
use crate::wiring;
use wasmparser::types::TypesRef;
use wasmparser::{FuncType, ValType};

/// A component's main core module, checked and ready to be instantiated alone.
///
/// It imports functions of the contract only, as module `sqlink:extension/spi@0.1.0` name `query`, with the core
/// signatures that `canon lower` gives them. It exports `memory`, `cabi_realloc`, each function of the contract as
/// `sqlink:extension/scalar@0.1.0#call`, and `cabi_post_…` where there is something to free after a call. Strings are
/// UTF-8. Where the component runs an initializer, it is the core module's start function. The memory's maximum is at most
/// [`MAX_MEMORY_BYTES`](crate::MAX_MEMORY_BYTES).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Linked {
    /// The core module.
    pub core: Vec<u8>,
    /// Functions it imports, as `sqlink:extension/spi@0.1.0#query`, sorted.
    pub imports: Vec<String>,
    /// Functions of the contract it exports, in the same form, sorted.
    pub exports: Vec<String>,
}

/// Checks that `bytes` is a valid component whose imports and exports are exactly of the contract's types.
///
/// Imports of WASI are let through and reported, since a component runtime can deny them. `file` names the input in
/// errors.
///
/// # Errors
/// Any [`LinkError`] but [`LinkError::Shape`].
pub fn verify(bytes: &[u8], file: &str) -> Result<Verified, LinkError> {
    let component = Component::read(bytes, file)?;
    contract::check(&component, file)
}

/// Verifies a component and extracts its main core module. `file` names the input in errors.
///
/// # Errors
/// Whatever [`verify`] refuses; [`LinkError::Shape`] if the component keeps to the contract but is more than one core
/// module with the wires that wit-component gives it, or imports WASI.
pub fn link(bytes: &[u8], file: &str) -> Result<Linked, LinkError> {
    let component = Component::read(bytes, file)?;
    let verified = contract::check(&component, file)?;
    let wiring = wiring::check(&component, &verified, file)?;
    let module = bytes.get(wiring.main).unwrap_or_default();
    let core = passes::emit(module, wiring.initialize, &signature).map_err(|refusal| LinkError::Shape {
        file: file.to_owned(),
        found: refusal.found,
        expected: refusal.expected.to_owned(),
    })?;
    let Verified { imports, exports, .. } = verified;
    let imports = imports.into_iter().filter(|path| core.imports.contains(path)).collect();
    Ok(Linked { core: core.bytes, imports, exports })
}

/// The core signature that lowering gives to an imported function of the contract.
fn signature(interface: &str, function: &str) -> Option<FuncType> {
    let contract = contract::contract().ok()?;
    let types: TypesRef<'static> = contract.types.as_ref();
    let item = contract::instance(types, Direction::Import, interface)?.exports.get(function)?;
    let (params, results): (Vec<ValType>, Vec<ValType>) = contract::function(Typed { types, ty: item.ty })?.lowered();
    Some(FuncType::new(params, results))
}
