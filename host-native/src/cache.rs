//! Compiled components, kept between runs: Cranelift takes seconds for the engine, reading its output takes milliseconds.
//!
//! A cached file is machine code that is trusted when it is read. It is only ever read from a folder that belongs to the
//! user who runs the process and that nobody else may enter; elsewhere, every run compiles.

#![allow(unsafe_code, reason = "wasmtime can't check machine code that it reads back")]

use sha2::{Digest, Sha256};
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// A folder of compiled components, or none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cache(Option<PathBuf>);

impl Cache {
    /// A cache in `folder`, which is made if need be; without effect if it can't be made or isn't private.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        Self(made.ok().filter(|()| is_private(folder).unwrap_or(false)).map(|()| folder.to_owned()))
    }

    /// A cache in the user's own cache folder: `SQLINK_CACHE_DIR`, else `sqlink` in `XDG_CACHE_HOME` or `~/.cache`.
    pub(crate) fn of_user() -> Self {
        let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = || set("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
        let folder = set("SQLINK_CACHE_DIR").or_else(|| Some(base()?.join("sqlink").join("compiled")));
        folder.map_or_else(Self::default, |folder| Self::in_folder(&folder))
    }

    /// The compiled component of `bytes`: from the cache, or compiled now and cached.
    ///
    /// # Errors
    /// If the bytes are no component that `engine` can compile. What goes wrong with the cache is no error.
    pub(crate) fn component(&self, engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
        let Some(folder) = &self.0 else { return Component::new(engine, bytes) };
        let path = folder.join(format!("{}.cwasm", key(engine, bytes)));
        // SAFETY: the file is the output of `serialize` below for an engine of the same version and settings (its name
        // says so), and nobody but this user can write in the folder, which `is_private` has checked.
        if let Ok(component) = unsafe { Component::deserialize_file(engine, &path) } {
            return Ok(component);
        }
        let component = Component::new(engine, bytes)?;
        if let Ok(code) = component.serialize() {
            // Renamed into place, so that no other process reads half a file. A full disk only costs the cache.
            let partial = folder.join(format!("{}.{}.partial", key(engine, bytes), std::process::id()));
            if fs::write(&partial, code).and_then(|()| fs::rename(&partial, &path)).is_err() {
                drop(fs::remove_file(&partial));
            }
        }
        Ok(component)
    }
}

/// Whether `folder` belongs to the user of this process and is closed to all others.
fn is_private(folder: &Path) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(folder)?;
    // SAFETY: `geteuid` has no preconditions and always succeeds.
    let user = unsafe { libc::geteuid() };
    Ok(metadata.is_dir() && metadata.uid() == user && metadata.mode() & 0o077 == 0)
}

/// Name of a cached file: SHA-256 of the component and of everything that decides about its machine code.
fn key(engine: &Engine, bytes: &[u8]) -> String {
    let mut digest = HashInput(Sha256::new());
    bytes.hash(&mut digest);
    engine.precompile_compatibility_hash().hash(&mut digest);
    hex(&digest.0.finalize())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// Feeds what is hashed into a digest that does not change between runs or versions of Rust's library.
struct HashInput(Sha256);

impl Hasher for HashInput {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not used: the digest itself is the result.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// The smallest component: a header and no section.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("sqlink-cache-{name}-{}", std::process::id()))
    }

    #[test]
    fn a_component_is_compiled_once() -> wasmtime::Result<()> {
        let folder = folder("once");
        let engine = Engine::default();
        let cache = Cache::in_folder(&folder);
        for _ in 0..2 {
            cache.component(&engine, EMPTY)?;
            let names: Vec<_> = fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect();
            assert_eq!(names.len(), 1, "{names:?}");
        }
        let file = folder.join(format!("{}.cwasm", key(&engine, EMPTY)));
        fs::write(&file, b"not machine code")?;
        cache.component(&engine, EMPTY)?;
        assert!(fs::metadata(&file)?.len() > 100, "a damaged file is replaced");
        assert!(cache.component(&engine, b"not wasm").is_err());
        fs::remove_dir_all(&folder)?;
        Ok(())
    }

    #[test]
    fn a_folder_that_others_may_enter_is_not_used() -> io::Result<()> {
        let folder = folder("open");
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        assert!(Cache::in_folder(&folder).0.is_none());
        fs::remove_dir_all(&folder)
    }
}
