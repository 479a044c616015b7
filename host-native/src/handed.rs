//! Files that are handed over to extensions: `sqlink:host/handed-files`.

use crate::contract::sqlink::host::handed_files;
use crate::error::Error;
use crate::state::HostState;
use crate::storage::read_at;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

/// A file to hand over to an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedFile {
    /// The extension's name for it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether the extension may write to it. It is made then if it is not there.
    pub writable: bool,
}

/// A file that was opened to be handed over.
#[derive(Debug)]
pub(crate) struct OpenedFile {
    pub(crate) name: String,
    pub(crate) writable: bool,
    file: File,
}

impl HandedFile {
    /// Opens it, once: what happens to the path later makes no difference to the extension.
    ///
    /// # Errors
    /// [`Error::HandedFile`] if it can't be opened or is not a regular file.
    pub(crate) fn open(&self) -> Result<OpenedFile, Error> {
        let Self { name, path, writable } = self.clone();
        let mut options = OpenOptions::new();
        // Without O_NONBLOCK, a pipe that nobody writes to would be waited for.
        options.read(true).write(writable).create(writable).truncate(false).custom_flags(libc::O_NONBLOCK);
        let opened = options.open(&path);
        let regular = opened.and_then(|file| {
            if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
        });
        match regular {
            Ok(file) => Ok(OpenedFile { name, writable, file }),
            Err(source) => Err(Error::HandedFile { name, path, source }),
        }
    }
}

/// The files of one store, by the number that the engine knows them by.
#[derive(Debug, Default)]
pub(crate) struct HandedFiles {
    files: HashMap<u32, (u32, File)>,
    last: u32,
}

impl HandedFiles {
    /// Keeps a file of the extension `extension` and returns its number.
    pub(crate) fn keep(&mut self, extension: u32, file: OpenedFile) -> u32 {
        self.last += 1;
        self.files.insert(self.last, (extension, file.file));
        self.last
    }

    /// Closes the files of an extension.
    pub(crate) fn close(&mut self, extension: u32) {
        self.files.retain(|_, (owner, _)| *owner != extension);
    }

    fn with<R>(&self, number: u32, f: impl FnOnce(&File) -> io::Result<R>) -> wasmtime::Result<Result<R, String>> {
        let Some((_, file)) = self.files.get(&number) else { return Ok(Err("it was closed".to_owned())) };
        Ok(f(file).map_err(|error| error.to_string()))
    }
}

impl handed_files::Host for HostState {
    fn size(&mut self, file: u32) -> wasmtime::Result<Result<u64, String>> {
        self.handed.with(file, |file| Ok(file.metadata()?.len()))
    }

    fn read(&mut self, file: u32, offset: u64, len: u32) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.handed.with(file, |file| read_at(file, offset, len))
    }

    fn write(&mut self, file: u32, offset: u64, bytes: Vec<u8>) -> wasmtime::Result<Result<(), String>> {
        self.handed.with(file, |file| file.write_all_at(&bytes, offset))
    }
}
