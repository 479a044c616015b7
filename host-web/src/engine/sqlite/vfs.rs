//! Registering the storage VFS.

use std::marker::PhantomData;

use rsqlite_vfs::{SQLiteIoMethods, SQLiteVfs, VfsStore};

use crate::engine::storage::{Files, Storage, Store};

struct Methods<S>(PhantomData<S>);

impl<S: Storage> SQLiteIoMethods for Methods<S> {
    type Store = Store<S>;
}

struct Vfs<S>(PhantomData<S>);

impl<S: Storage> SQLiteVfs<Methods<S>> for Vfs<S> {
    type Os = Files<S>;

    fn os(data: &<Store<S> as VfsStore>::AppData) -> &Self::Os {
        data
    }
}

/// Registers the VFS for the rest of the process; does nothing if the name is taken.
///
/// # Errors
///
/// A message, if SQLite refuses.
pub(crate) fn register<S: Storage>(name: &str, files: Files<S>) -> Result<(), String> {
    // SAFETY: the method tables are the traits' own, so that versions, layout and data types agree. Lookup and
    // registration are not interrupted by another registration of this name: on wasm32 there is one thread, and natively
    // tests serialise it.
    unsafe {
        if rsqlite_vfs::registered_vfs(name).map_err(|error| error.to_string())?.is_some() {
            return Ok(());
        }
        let registration =
            rsqlite_vfs::register_vfs::<Methods<S>, Vfs<S>>(name, files, false).map_err(|error| error.to_string())?;
        // It stays until the process ends, so nobody has to unregister it.
        let _ = registration.into_raw();
    }
    Ok(())
}
