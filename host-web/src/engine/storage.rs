//! Files of the embedder, as a SQLite VFS: rollback journals and locks are the embedder's files and locks.
//!
//! The state of extensions is in files beside the databases (see `state.rs`); those names are the engine's alone.
//!
//! Temporary files stay in memory. There is no shared memory, so a database in WAL mode opens only with `PRAGMA locking_mode = exclusive`.

use std::cell::{Cell, RefCell};

use rsqlite_vfs::{
    AccessMode, DeviceCharacteristics, LockLevel, MemChunksFile, OpenAccess, OpenOptions, OpenRequest, OpenedFile,
    OsCallback, SyncOptions, VfsError, VfsErrorCode, VfsFile, VfsResult, VfsStore,
};

use crate::engine::error::{Error, Result as EngineResult};
use crate::engine::platform::Platform;
use crate::engine::sqlite::vfs;
use crate::engine::state::SUFFIX;
use crate::front::PLATFORM;

/// Name of the VFS.
pub const VFS_NAME: &str = "sqlink-storage";

/// Why a file can't be opened.
pub(crate) const RESERVED: &str =
    "names that end in `-sqlink` are those of the files in which extensions keep their state";

thread_local! {
    /// The engine itself is using the state of extensions.
    static AS_ENGINE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `call`, in which nothing but the engine uses SQLite, with the reserved names open to it.
pub(crate) fn as_engine<R>(call: impl FnOnce() -> R) -> R {
    let before = AS_ENGINE.replace(true);
    let result = call();
    AS_ENGINE.set(before);
    result
}

/// Whether a file's name is that of a state database, or of its journal, or may be taken for one by a file system that
/// knows more spellings of a name: another case, characters that it ignores or equates, what Windows cuts off.
pub(crate) fn is_reserved(name: &str) -> bool {
    let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or_default();
    // On Windows, `name::$DATA` is `name`.
    let stream = last.split(':').next().unwrap_or_default();
    [last, stream].into_iter().any(|name| {
        let cases = name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        let folded: String = cases.filter(char::is_ascii).collect();
        let mut name = folded.trim_end_matches(['.', ' ']);
        for suffix in ["-journal", "-wal", "-shm"] {
            name = name.strip_suffix(suffix).unwrap_or(name);
        }
        name.ends_with(SUFFIX)
    })
}

/// What [`Storage::open`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The embedder's handle.
    pub handle: u32,
    /// The file can only be read, although writing was asked for.
    pub read_only: bool,
}

/// Files, as an embedder provides them. Errors are extended result codes; no method may unwind.
///
/// Source: wit/host.wit, interface `storage`
pub trait Storage: Copy + 'static {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// `SQLITE_CANTOPEN` if it is not there and `create` is false, or is there and `exclusive` is true.
    fn open(&self, name: &str, create: bool, exclusive: bool, read_only: bool) -> Result<Opened, i32>;

    /// Closes a file and drops its locks.
    fn close(&self, handle: u32);

    /// Reads from byte `offset`, and returns how many bytes it read: fewer than `out` has only at the end of the file.
    ///
    /// # Errors
    ///
    /// An extended form of `SQLITE_IOERR`, here and below.
    fn read(&self, handle: u32, offset: u64, out: &mut [u8]) -> Result<usize, i32>;

    /// Writes all of `bytes` at byte `offset`.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`], or `SQLITE_FULL`.
    fn write(&self, handle: u32, offset: u64, bytes: &[u8]) -> Result<(), i32>;

    /// Cuts a file to `size` bytes.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`].
    fn truncate(&self, handle: u32, size: u64) -> Result<(), i32>;

    /// Returns when everything written is durable.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`].
    fn sync(&self, handle: u32) -> Result<(), i32>;

    /// Returns the size of a file in bytes.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`].
    fn size(&self, handle: u32) -> Result<u64, i32>;

    /// Raises the lock to 1 shared, 2 reserved, 3 pending or 4 exclusive.
    ///
    /// # Errors
    ///
    /// `SQLITE_BUSY` if another holds it.
    fn lock(&self, handle: u32, level: u8) -> Result<(), i32>;

    /// Lowers the lock to 1 shared or 0 none.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`].
    fn unlock(&self, handle: u32, level: u8) -> Result<(), i32>;

    /// Returns whether anybody holds a reserved or stronger lock.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`].
    fn check_reserved(&self, handle: u32) -> Result<bool, i32>;

    /// Deletes a file; with `sync_directory`, returns when that is durable.
    ///
    /// # Errors
    ///
    /// `SQLITE_IOERR_DELETE_NOENT` if there is none.
    fn delete(&self, name: &str, sync_directory: bool) -> Result<(), i32>;

    /// Returns whether there is such a file.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`].
    fn exists(&self, name: &str) -> Result<bool, i32>;
}

/// Registers the storage as the VFS [`VFS_NAME`], once, and returns that name. Connections that ask for it by name use it;
/// the default VFS stays what it is. A second call does nothing, whatever its storage.
///
/// # Errors
///
/// `SQLITE_ERROR` if SQLite has no memory for it.
pub fn register<S: Storage>(storage: S) -> EngineResult<&'static str> {
    vfs::register::<S>(VFS_NAME, Files::new(storage))
        .map_err(|message| Error::new(crate::engine::error::ERROR, message))?;
    Ok(VFS_NAME)
}

/// A VFS's own data: the storage, the platform services, and the last error.
pub(crate) struct Files<S> {
    storage: S,
    last_error: RefCell<Option<VfsError>>,
}

impl<S> Files<S> {
    const fn new(storage: S) -> Self {
        Self { storage, last_error: RefCell::new(None) }
    }
}

impl<S> OsCallback for Files<S> {
    fn sleep(&self, duration: std::time::Duration) {
        PLATFORM.sleep_ms(u32::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u32::MAX));
    }

    fn random(&self, buffer: &mut [u8]) -> usize {
        if PLATFORM.random(buffer) { buffer.len() } else { 0 }
    }

    fn epoch_timestamp_in_ms(&self) -> VfsResult<i64> {
        Ok(PLATFORM.now_ms())
    }
}

/// An open file.
pub(crate) enum File<S: Storage> {
    /// A file of the embedder.
    Stored(StoredFile<S>),
    /// A temporary file, in memory: it is nobody's business, and gone when it is closed.
    Temporary(MemChunksFile),
}

/// An open file of the embedder, closed when dropped.
pub(crate) struct StoredFile<S: Storage> {
    storage: S,
    handle: u32,
    read_only: bool,
}

impl<S: Storage> Drop for StoredFile<S> {
    fn drop(&mut self) {
        self.storage.close(self.handle);
    }
}

impl<S: Storage> StoredFile<S> {
    /// Fails if the file was opened for reading only, whatever the storage would do.
    fn must_be_writable(&self) -> VfsResult<()> {
        if self.read_only {
            return Err(VfsError::new(VfsErrorCode::ReadOnly, "the file is open for reading only".into()));
        }
        Ok(())
    }
}

impl<S: Storage> VfsFile for File<S> {
    fn read(&mut self, buffer: &mut [u8], offset: u64) -> VfsResult<usize> {
        match self {
            Self::Stored(file) => file.storage.read(file.handle, offset, buffer).map_err(|code| failed("read", code)),
            Self::Temporary(file) => file.read(buffer, offset),
        }
    }

    fn write(&mut self, buffer: &[u8], offset: u64) -> VfsResult<()> {
        match self {
            Self::Stored(file) => {
                file.must_be_writable()?;
                file.storage.write(file.handle, offset, buffer).map_err(|code| failed("write", code))
            }
            Self::Temporary(file) => file.write(buffer, offset),
        }
    }

    fn truncate(&mut self, size: u64) -> VfsResult<()> {
        match self {
            Self::Stored(file) => {
                file.must_be_writable()?;
                file.storage.truncate(file.handle, size).map_err(|code| failed("truncate", code))
            }
            Self::Temporary(file) => file.truncate(size),
        }
    }

    fn sync(&mut self, options: SyncOptions) -> VfsResult<()> {
        match self {
            Self::Stored(file) => file.storage.sync(file.handle).map_err(|code| failed("sync", code)),
            Self::Temporary(file) => file.sync(options),
        }
    }

    fn size(&self) -> VfsResult<u64> {
        match self {
            Self::Stored(file) => file.storage.size(file.handle).map_err(|code| failed("tell the size", code)),
            Self::Temporary(file) => file.size(),
        }
    }

    fn lock(&mut self, level: LockLevel) -> VfsResult<()> {
        match self {
            Self::Stored(file) => {
                file.storage.lock(file.handle, level_number(level)).map_err(|code| failed("lock", code))
            }
            Self::Temporary(file) => file.lock(level),
        }
    }

    fn unlock(&mut self, level: LockLevel) -> VfsResult<()> {
        match self {
            Self::Stored(file) => {
                file.storage.unlock(file.handle, level_number(level)).map_err(|code| failed("unlock", code))
            }
            Self::Temporary(file) => file.unlock(level),
        }
    }

    fn check_reserved_lock(&self) -> VfsResult<bool> {
        match self {
            Self::Stored(file) => {
                file.storage.check_reserved(file.handle).map_err(|code| failed("check the lock", code))
            }
            Self::Temporary(file) => file.check_reserved_lock(),
        }
    }

    fn device_characteristics(&self) -> DeviceCharacteristics {
        // Nothing is promised of the embedder's files: SQLite then journals as for any disk.
        DeviceCharacteristics::NONE
    }
}

const fn level_number(level: LockLevel) -> u8 {
    match level {
        LockLevel::None => 0,
        LockLevel::Shared => 1,
        LockLevel::Reserved => 2,
        LockLevel::Pending => 3,
        LockLevel::Exclusive => 4,
    }
}

/// The store behind a VFS on storage `S`.
pub(crate) struct Store<S>(std::marker::PhantomData<S>);

impl<S: Storage> VfsStore for Store<S> {
    type File = File<S>;
    type AppData = Files<S>;

    fn record_error(data: &Self::AppData, error: VfsError) {
        if let Ok(mut last) = data.last_error.try_borrow_mut() {
            *last = Some(error);
        }
    }

    fn last_error(data: &Self::AppData) -> Option<VfsError> {
        data.last_error.try_borrow().ok()?.clone()
    }

    fn open_file(data: &Self::AppData, request: OpenRequest<'_>) -> VfsResult<OpenedFile<Self::File>> {
        let Some(filename) = request.filename else {
            let file = File::Temporary(MemChunksFile::waiting_for_write());
            return Ok(OpenedFile { file, access: OpenAccess::ReadWrite });
        };
        if !AS_ENGINE.get() && is_reserved(filename.path()) {
            return Err(VfsError::new(VfsErrorCode::CantOpen, RESERVED.into()));
        }
        let options = request.options;
        let wants_read_only = options.access() == OpenAccess::ReadOnly;
        let opened = data
            .storage
            .open(filename.path(), options.create(), options.exclusive(), wants_read_only)
            .map_err(|code| failed("open", code))?;
        let read_only = wants_read_only || opened.read_only;
        let file = StoredFile { storage: data.storage, handle: opened.handle, read_only };
        let access = if read_only { OpenAccess::ReadOnly } else { OpenAccess::ReadWrite };
        Ok(OpenedFile { file: File::Stored(file), access })
    }

    fn close_file(data: &Self::AppData, name: Option<&str>, file: Self::File, options: OpenOptions) -> VfsResult<()> {
        drop(file);
        match name {
            Some(name) if options.delete_on_close() => {
                data.storage.delete(name, false).map_err(|code| failed("delete", code))
            }
            _ => Ok(()),
        }
    }

    fn access(data: &Self::AppData, name: &str, mode: AccessMode) -> VfsResult<bool> {
        // Whether a file can be written shows when it is opened; SQLite asks for that only of temporary folders.
        let _ = mode;
        data.storage.exists(name).map_err(|code| failed("access", code))
    }

    fn full_pathname(_data: &Self::AppData, name: &str) -> VfsResult<String> {
        Ok(name.to_owned())
    }

    fn delete_file(data: &Self::AppData, name: &str, sync_dir: bool) -> VfsResult<()> {
        data.storage.delete(name, sync_dir).map_err(|code| failed("delete", code))
    }
}

/// Keeps the embedder's code; one that is no error becomes `SQLITE_IOERR`.
fn failed(operation: &'static str, code: i32) -> VfsError {
    VfsError::new(
        VfsErrorCode::from_raw(code).unwrap_or(VfsErrorCode::Io),
        format!("the embedder's storage failed to {operation} (code {code})").into(),
    )
}

#[cfg(test)]
mod tests;
