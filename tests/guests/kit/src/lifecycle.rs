//! Loading and unloading.

use crate::bindings::exports::sqlink::extension::lifecycle::Guest;
use crate::bindings::sqlink::extension::{config, log};
use crate::state::note;
use crate::{ERROR, Error, Kit, error, hooks};

impl Guest for Kit {
    fn on_load() -> Result<(), Error> {
        if let Some(message) = config::get("refuse") {
            return Err(error(ERROR, message));
        }
        note("load");
        hooks::check("on-load")
    }

    fn on_unload() -> Result<(), Error> {
        log::write(log::Level::Info, "unload");
        hooks::check("on-unload")
    }
}
