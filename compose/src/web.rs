//! The linker for JavaScript, through wasm-bindgen.
//!
//! ```js
//! import init, { link } from "./linker.js";
//! await init({ module_or_path: linkerWasm });
//! const linked = link(bytes, "regexp.wasm");
//! const module = await WebAssembly.compile(linked.core);
//! ```

use crate::error::LinkError;
use wasm_bindgen::prelude::wasm_bindgen;

/// A component's main core module: see [`crate::Linked`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Linked {
    core: Vec<u8>,
    imports: Vec<String>,
    exports: Vec<String>,
}

#[wasm_bindgen]
impl Linked {
    /// The core module. Every read copies it.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn core(&self) -> Vec<u8> {
        self.core.clone()
    }

    /// Functions of the contract it imports, as `sqlink:extension/spi@0.1.0#query`, sorted.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        self.imports.clone()
    }

    /// Functions of the contract it exports, in the same form, sorted.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        self.exports.clone()
    }
}

#[wasm_bindgen]
extern "C" {
    /// JavaScript's `Error`.
    pub type Error;

    #[wasm_bindgen(constructor)]
    fn new(message: &str) -> Error;

    #[wasm_bindgen(method, setter)]
    fn set_code(this: &Error, code: &str);

    #[wasm_bindgen(method, setter)]
    fn set_kind(this: &Error, kind: &str);
}

/// Verifies a component and extracts its main core module. `name` names it in errors.
///
/// # Errors
/// Throws an `Error` whose `code` is `not-direct` if only the shape is refused, so that jco may take the component, and
/// `invalid-component` if it isn't an extension of this contract. `kind` is [`LinkError::kind`].
#[wasm_bindgen]
pub fn link(bytes: &[u8], name: &str) -> Result<Linked, Error> {
    match crate::link(bytes, name) {
        Ok(crate::Linked { core, imports, exports }) => Ok(Linked { core, imports, exports }),
        Err(error) => Err(thrown(&error)),
    }
}

/// Verifies a component without asking whether it can be linked directly: what jco is about to take speaks the contract
/// too. `name` names it in errors.
///
/// # Errors
/// Throws an `Error` with the `code` `invalid-component` if it isn't an extension of this contract. `kind` is
/// [`LinkError::kind`].
#[wasm_bindgen]
pub fn verify(bytes: &[u8], name: &str) -> Result<(), Error> {
    crate::verify(bytes, name).map(|_| ()).map_err(|error| thrown(&error))
}

fn thrown(error: &LinkError) -> Error {
    let thrown = Error::new(&error.to_string());
    thrown.set_code(if error.is_shape() { "not-direct" } else { "invalid-component" });
    thrown.set_kind(error.kind());
    thrown
}
