//! Loading and unloading.

use crate::bindings::exports::sqlink::extension::lifecycle::Guest;
use crate::bindings::sqlink::extension::{config, log, spi};
use crate::state::note;
use crate::{ERROR, Error, Kit, error, hooks};

impl Guest for Kit {
    fn on_load() -> Result<(), Error> {
        if let Some(sql) = config::get("on-load") {
            spi::batch(&sql)?;
        }
        if let Some(message) = config::get("refuse") {
            return Err(error(ERROR, message));
        }
        note("load");
        hooks::check("on-load")
    }

    fn on_unload() -> Result<(), Error> {
        log::write(log::Level::Info, "unload");
        if let Some(sql) = config::get("on-unload") {
            spi::batch(&sql)?;
        }
        hooks::check("on-unload")
    }
}
