//! Calls of an extension for its virtual tables.

use std::rc::Rc;

use super::{Deferred, Ending, Module};
use crate::contract::dispatch::CallError as Lowered;
use crate::engine::error::{ERROR, Error, Result};
use crate::engine::extension::Extension;
use crate::engine::platform::CallError;
use crate::front::dispatch;

/// Calls the extension of a module.
///
/// # Errors
///
/// The extension's; the failure of the call; `SQLITE_ERROR` if the extension is gone.
#[inline]
pub(super) fn call<T, E: Into<CallError>>(module: &Module, call: impl FnOnce(u32) -> Result<T, E>) -> Result<T> {
    let extension = &module.extension;
    if extension.tables.gone.get() {
        return Err(Error::new(ERROR, format!("no such module: {}", module.name)));
    }
    if extension.tables.has_deferred() {
        settle(extension);
    }
    extension.call(&module.core, module.callee, || call(extension.id))
}

/// Ends something of the extension, now or as soon as it is free. What is of another generation ended with its instance.
pub(super) fn finish(module: &Rc<Module>, generation: u32, ending: Ending) {
    let extension = &module.extension;
    if extension.tables.gone.get() || generation != extension.generation.get() {
        return;
    }
    extension.tables.deferred.borrow_mut().push_back(Deferred { generation, module: Rc::clone(module), ending });
    settle(extension);
}

/// Makes the calls that had to wait until the extension was free, as far as it is.
pub(crate) fn settle(extension: &Extension) {
    let deferred = &extension.tables.deferred;
    let next = || deferred.borrow_mut().pop_front();
    while let Some(waiting) = next() {
        if waiting.generation == extension.generation.get() && !end(&waiting.module, waiting.ending) {
            deferred.borrow_mut().push_front(waiting);
            extension.waits.set(true);
            return;
        }
    }
}

/// Makes a call that nobody waits for; false if the extension is not free.
fn end(module: &Module, ending: Ending) -> bool {
    let extension = module.extension.id;
    module.extension.notify(&module.core, module.callee, || -> Result<(), Lowered> {
        match ending {
            Ending::Disconnect(table) => dispatch::vtab_disconnect(extension, table),
            Ending::Close(cursor) => dispatch::vtab_close(extension, cursor),
            Ending::Step(table, step) => dispatch::vtab_transaction(extension, table, step),
        }
    })
}
