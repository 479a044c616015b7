//! Messages for the embedder. Always granted, rate limited by the host.
//!
//! Source: `wit/log.wit`

pub use crate::bindings::sqlink::extension::log::Level;

/// Hands a message to the embedder's log. Never fails; the host cuts it at 65,536 bytes and may drop it
/// when there are too many. On a target other than WebAssembly it goes to standard error.
pub fn write(level: Level, message: &str) {
    #[cfg(target_family = "wasm")]
    crate::bindings::sqlink::extension::log::write(level, message);
    #[cfg(not(target_family = "wasm"))]
    eprintln!("{level:?}: {message}");
}

/// [`write()`] at the level `error`. The host shows the last one of a call that ends in a trap.
pub fn error(message: &str) {
    write(Level::Error, message);
}

/// [`write()`] at the level `warn`.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}

/// [`write()`] at the level `info`.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// [`write()`] at the level `debug`.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}
