//! Database files: `sqlink:host/storage` on the file system.
//!
//! Behaves as SQLite's own unix VFS does where files are shared with other programs: the same locks, the same
//! permissions for a journal as for its database, and the directory is synced when a journal comes or goes.

use crate::contract::sqlink::host::storage;
use crate::locks::{self, Level};
use crate::state::HostState;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// SQLite's result codes for what can go wrong with files. Source: sqlite3.h
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const READONLY: i32 = 8;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const CANTOPEN_ISDIR: i32 = 526;
    pub(super) const IOERR_READ: i32 = 266;
    pub(super) const IOERR_WRITE: i32 = 778;
    pub(super) const IOERR_FSYNC: i32 = 1034;
    pub(super) const IOERR_DIR_FSYNC: i32 = 1290;
    pub(super) const IOERR_TRUNCATE: i32 = 1546;
    pub(super) const IOERR_FSTAT: i32 = 1802;
    pub(super) const IOERR_UNLOCK: i32 = 2058;
    pub(super) const IOERR_DELETE: i32 = 2570;
    pub(super) const IOERR_ACCESS: i32 = 3338;
    pub(super) const IOERR_CHECKRESERVEDLOCK: i32 = 3594;
    pub(super) const IOERR_LOCK: i32 = 3850;
    pub(super) const IOERR_DELETE_NOENT: i32 = 5898;
}

type Reply<T> = Result<T, i32>;

/// The open files of one store.
#[derive(Debug, Default)]
pub(crate) struct Storage {
    files: HashMap<u32, OpenFile>,
    last: u32,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    path: PathBuf,
    level: Level,
    /// Made by this handle and not yet durable in its directory.
    new: bool,
}

impl Storage {
    fn open(&mut self, name: &str, create: bool, exclusive: bool, read_only: bool) -> Reply<(u32, bool)> {
        // Temporary files stay in the engine's memory, so a name is never empty.
        if name.is_empty() {
            return Err(code::CANTOPEN);
        }
        let path = Path::new(name);
        let is_new = create && !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).mode(creation_mode(path));
        let opened = if read_only {
            options.open(path).map(|file| (file, true))
        } else {
            let mut writing = options.clone();
            writing.write(true).create(create).create_new(create && exclusive);
            match writing.open(path) {
                Ok(file) => Ok((file, false)),
                // As SQLite does: what can't be written can perhaps be read.
                Err(error) if !exclusive && is_write_refusal(&error) => options.open(path).map(|file| (file, true)),
                Err(error) => Err(error),
            }
        };
        let (file, read_only) = opened.map_err(|error| match error.kind() {
            io::ErrorKind::IsADirectory => code::CANTOPEN_ISDIR,
            _ => code::CANTOPEN,
        })?;
        if file.metadata().map_err(|_| code::IOERR_FSTAT)?.is_dir() {
            return Err(code::CANTOPEN_ISDIR);
        }
        let handle = self.last.checked_add(1).ok_or(code::CANTOPEN)?;
        self.last = handle;
        self.files.insert(handle, OpenFile { file, path: path.to_owned(), level: Level::None, new: is_new });
        Ok((handle, read_only))
    }

    fn get(&mut self, handle: u32) -> Option<&mut OpenFile> {
        self.files.get_mut(&handle)
    }
}

/// Permissions of a file that has to be made: a journal, and what extensions remember, gets those of its database.
fn creation_mode(path: &Path) -> u32 {
    const DEFAULT: u32 = 0o644; // less the process's umask
    let name = path.as_os_str().to_string_lossy();
    let mut base = &*name;
    while let Some(shorter) = ["-journal", "-wal", "-sqlink"].iter().find_map(|suffix| base.strip_suffix(suffix)) {
        base = shorter;
        if let Ok(metadata) = std::fs::metadata(base) {
            return metadata.permissions().mode() & 0o777;
        }
    }
    DEFAULT
}

fn is_write_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Up to `len` bytes from `offset`; fewer only at the end of the file.
pub(crate) fn read_at(file: &File, offset: u64, len: u32) -> io::Result<Vec<u8>> {
    // Never more memory than the file can fill.
    let left = file.metadata()?.len().saturating_sub(offset);
    let len = usize::try_from(left.min(len.into())).map_err(io::Error::other)?;
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

impl OpenFile {
    fn sync(&mut self) -> Reply<()> {
        self.file.sync_data().map_err(|_| code::IOERR_FSYNC)?;
        if self.new {
            sync_directory(&self.path).map_err(|_| code::IOERR_DIR_FSYNC)?;
            self.new = false;
        }
        Ok(())
    }

    fn lock(&mut self, number: u8) -> Reply<()> {
        let wanted = Level::from_number(number).ok_or(code::IOERR_LOCK)?;
        self.level = locks::raise(&self.file, self.level, wanted).map_err(|_| code::IOERR_LOCK)?;
        if self.level < wanted { Err(code::BUSY) } else { Ok(()) }
    }

    fn unlock(&mut self, number: u8) -> Reply<()> {
        let wanted = Level::from_number(number).filter(|level| *level <= Level::Shared).ok_or(code::IOERR_UNLOCK)?;
        locks::lower(&self.file, self.level, wanted).map_err(|_| code::IOERR_UNLOCK)?;
        self.level = self.level.min(wanted);
        Ok(())
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(parent)?.sync_all()
}

fn write_code(error: &io::Error, otherwise: i32) -> i32 {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => code::FULL,
        io::ErrorKind::ReadOnlyFilesystem => code::READONLY,
        _ => otherwise,
    }
}

impl storage::Host for HostState {
    fn open(
        &mut self,
        name: String,
        create: bool,
        exclusive: bool,
        read_only: bool,
    ) -> wasmtime::Result<Reply<(u32, bool)>> {
        Ok(self.storage.open(&name, create, exclusive, read_only))
    }

    fn close(&mut self, handle: u32) -> wasmtime::Result<()> {
        self.storage.files.remove(&handle);
        Ok(())
    }

    fn read(&mut self, handle: u32, offset: u64, len: u32) -> wasmtime::Result<Reply<Vec<u8>>> {
        let file = self.storage.get(handle).ok_or(code::IOERR_READ);
        Ok(file.and_then(|file| read_at(&file.file, offset, len).map_err(|_| code::IOERR_READ)))
    }

    fn write(&mut self, handle: u32, offset: u64, bytes: Vec<u8>) -> wasmtime::Result<Reply<()>> {
        let file = self.storage.get(handle).ok_or(code::IOERR_WRITE);
        Ok(file.and_then(|file| {
            file.file.write_all_at(&bytes, offset).map_err(|error| write_code(&error, code::IOERR_WRITE))
        }))
    }

    fn truncate(&mut self, handle: u32, size: u64) -> wasmtime::Result<Reply<()>> {
        let file = self.storage.get(handle).ok_or(code::IOERR_TRUNCATE);
        Ok(file.and_then(|file| file.file.set_len(size).map_err(|error| write_code(&error, code::IOERR_TRUNCATE))))
    }

    fn sync(&mut self, handle: u32) -> wasmtime::Result<Reply<()>> {
        Ok(self.storage.get(handle).ok_or(code::IOERR_FSYNC).and_then(OpenFile::sync))
    }

    fn size(&mut self, handle: u32) -> wasmtime::Result<Reply<u64>> {
        let file = self.storage.get(handle).ok_or(code::IOERR_FSTAT);
        Ok(file.and_then(|file| file.file.metadata().map(|data| data.len()).map_err(|_| code::IOERR_FSTAT)))
    }

    fn lock(&mut self, handle: u32, level: u8) -> wasmtime::Result<Reply<()>> {
        Ok(self.storage.get(handle).ok_or(code::IOERR_LOCK).and_then(|file| file.lock(level)))
    }

    fn unlock(&mut self, handle: u32, level: u8) -> wasmtime::Result<Reply<()>> {
        Ok(self.storage.get(handle).ok_or(code::IOERR_UNLOCK).and_then(|file| file.unlock(level)))
    }

    fn check_reserved(&mut self, handle: u32) -> wasmtime::Result<Reply<bool>> {
        let file = self.storage.get(handle).ok_or(code::IOERR_CHECKRESERVEDLOCK);
        Ok(file.and_then(|file| locks::is_reserved(&file.file, file.level).map_err(|_| code::IOERR_CHECKRESERVEDLOCK)))
    }

    fn delete(&mut self, name: String, sync: bool) -> wasmtime::Result<Reply<()>> {
        let path = Path::new(&name);
        let deleted = std::fs::remove_file(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => code::IOERR_DELETE_NOENT,
            _ => code::IOERR_DELETE,
        });
        Ok(match deleted {
            Ok(()) if sync => sync_directory(path).map_err(|_| code::IOERR_DIR_FSYNC),
            other => other,
        })
    }

    fn exists(&mut self, name: String) -> wasmtime::Result<Reply<bool>> {
        Ok(match std::fs::metadata(&name) {
            // As in SQLite's unix VFS, where an empty journal is none.
            Ok(metadata) => Ok(!metadata.is_file() || metadata.len() > 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(_) => Err(code::IOERR_ACCESS),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> io::Result<Self> {
            let path = std::env::temp_dir().join(format!("sqlink-storage-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path)?;
            Ok(Self(path))
        }

        fn file(&self, name: &str) -> String {
            self.0.join(name).to_string_lossy().into_owned()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // A folder left behind in the temporary folder fails no test.
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    fn open(storage: &mut Storage, name: &str) -> Reply<u32> {
        storage.open(name, true, false, false).map(|(handle, _)| handle)
    }

    #[test]
    fn reads_stop_at_the_end_and_writes_fill_gaps() -> Result<(), Box<dyn std::error::Error>> {
        let folder = Folder::new("read")?;
        let mut storage = Storage::default();
        let handle = open(&mut storage, &folder.file("a.db")).map_err(|code| code.to_string())?;
        let file = storage.get(handle).ok_or("no file")?;
        file.file.write_all_at(b"abc", 5)?;
        assert_eq!(read_at(&file.file, 0, 100)?, b"\0\0\0\0\0abc");
        assert_eq!(read_at(&file.file, 6, 1)?, b"b");
        assert!(read_at(&file.file, 900, u32::MAX)?.is_empty());
        Ok(())
    }

    #[test]
    fn two_handles_of_one_process_exclude_each_other() -> Result<(), Box<dyn std::error::Error>> {
        let folder = Folder::new("locks")?;
        let mut storage = Storage::default();
        let name = folder.file("a.db");
        let first = open(&mut storage, &name).map_err(|code| code.to_string())?;
        let second = open(&mut storage, &name).map_err(|code| code.to_string())?;
        let mut on = |handle: u32, level: u8| storage.get(handle).map(|file| file.lock(level));
        assert_eq!(on(first, 1), Some(Ok(())));
        assert_eq!(on(second, 1), Some(Ok(())));
        assert_eq!(on(first, 2), Some(Ok(())));
        assert_eq!(on(second, 2), Some(Err(code::BUSY)), "one reserved lock");
        assert_eq!(on(first, 4), Some(Err(code::BUSY)), "a reader is left");
        let check = |storage: &mut Storage, handle| {
            storage.get(handle).and_then(|file| locks::is_reserved(&file.file, file.level).ok())
        };
        assert_eq!(check(&mut storage, second), Some(true));
        // Closing another handle of the same file must not drop the first one's locks.
        let third = open(&mut storage, &name).map_err(|code| code.to_string())?;
        assert_eq!(storage.get(third).map(|file| file.lock(1)), Some(Err(code::BUSY)), "pending keeps readers out");
        storage.files.remove(&third);
        assert_eq!(check(&mut storage, second), Some(true));
        assert_eq!(storage.get(second).map(|file| file.unlock(0)), Some(Ok(())));
        assert_eq!(storage.get(first).map(|file| file.lock(4)), Some(Ok(())));
        assert_eq!(storage.get(second).map(|file| file.lock(1)), Some(Err(code::BUSY)));
        assert_eq!(storage.get(first).map(|file| file.unlock(1)), Some(Ok(())));
        assert_eq!(storage.get(second).map(|file| file.lock(1)), Some(Ok(())));
        assert_eq!(check(&mut storage, second), Some(false));
        Ok(())
    }

    #[test]
    fn opening_says_what_is_in_the_way() -> Result<(), Box<dyn std::error::Error>> {
        let folder = Folder::new("open")?;
        let mut storage = Storage::default();
        assert_eq!(storage.open(&folder.file("none.db"), false, false, false), Err(code::CANTOPEN));
        assert_eq!(storage.open(&folder.file("none.db"), false, false, true), Err(code::CANTOPEN));
        assert_eq!(storage.open(&folder.file(""), true, false, false), Err(code::CANTOPEN_ISDIR));
        assert_eq!(storage.open(&folder.file(""), false, false, true), Err(code::CANTOPEN_ISDIR));
        assert_eq!(storage.open("", true, false, false), Err(code::CANTOPEN));
        let name = folder.file("a.db");
        open(&mut storage, &name).map_err(|code| code.to_string())?;
        assert_eq!(storage.open(&name, true, true, false), Err(code::CANTOPEN), "exclusive");
        Ok(())
    }

    #[test]
    fn a_journal_gets_the_permissions_of_its_database() -> Result<(), Box<dyn std::error::Error>> {
        let folder = Folder::new("mode")?;
        let name = folder.file("a.db");
        File::create(&name)?.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        for suffix in ["-journal", "-wal", "-sqlink", "-sqlink-journal"] {
            assert_eq!(creation_mode(Path::new(&format!("{name}{suffix}"))), 0o600, "{suffix}");
        }
        assert_eq!(creation_mode(Path::new(&name)), 0o644);
        Ok(())
    }
}
