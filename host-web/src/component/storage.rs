//! The import `storage`, for the engine's VFS.

use crate::component::bindings::sqlink::host::storage;
use crate::engine::storage::{Opened, Storage};

/// Files of the embedder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Imported;

impl Storage for Imported {
    fn open(&self, name: &str, create: bool, exclusive: bool, read_only: bool) -> Result<Opened, i32> {
        let (handle, read_only) = storage::open(name, create, exclusive, read_only)?;
        Ok(Opened { handle, read_only })
    }

    fn close(&self, handle: u32) {
        storage::close(handle);
    }

    fn read(&self, handle: u32, offset: u64, out: &mut [u8]) -> Result<usize, i32> {
        let len = u32::try_from(out.len()).unwrap_or(u32::MAX);
        let bytes = storage::read(handle, offset, len)?;
        let n = bytes.len().min(out.len());
        out[..n].copy_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn write(&self, handle: u32, offset: u64, bytes: &[u8]) -> Result<(), i32> {
        storage::write(handle, offset, bytes)
    }

    fn truncate(&self, handle: u32, size: u64) -> Result<(), i32> {
        storage::truncate(handle, size)
    }

    fn sync(&self, handle: u32) -> Result<(), i32> {
        storage::sync(handle)
    }

    fn size(&self, handle: u32) -> Result<u64, i32> {
        storage::size(handle)
    }

    fn lock(&self, handle: u32, level: u8) -> Result<(), i32> {
        storage::lock(handle, level)
    }

    fn unlock(&self, handle: u32, level: u8) -> Result<(), i32> {
        storage::unlock(handle, level)
    }

    fn check_reserved(&self, handle: u32) -> Result<bool, i32> {
        storage::check_reserved(handle)
    }

    fn delete(&self, name: &str, sync_directory: bool) -> Result<(), i32> {
        storage::delete(name, sync_directory)
    }

    fn exists(&self, name: &str) -> Result<bool, i32> {
        storage::exists(name)
    }
}
