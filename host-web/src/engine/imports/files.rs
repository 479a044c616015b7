//! `files`: what the embedder handed over by name, and nothing else.
//!
//! Source: wit/files.wit

use super::{GuestError, import};
use crate::contract::files::File;
use crate::engine::error::{CANTOPEN, Error, RANGE, READONLY, Result, TOOBIG};
use crate::engine::extension::{Extension, HandedFile};
use crate::engine::policy::Capability;
use crate::front::handed_files;

/// `SQLITE_IOERR`.
const IOERR: i32 = 10;

/// Most bytes that can be read at once.
pub const MAX_READ: u32 = 16 << 20;

fn find<'a>(extension: &'a Extension, name: &str) -> Result<&'a HandedFile> {
    let files = &extension.kept.files;
    match files.binary_search_by(|file| file.name.as_str().cmp(name)) {
        Ok(index) => Ok(&files[index]),
        Err(_) => Err(Error::new(
            CANTOPEN,
            format!(
                "no file `{name}` was handed over to extension `{}`: hand it over with `files` in JavaScript, `--allow-read` or \
                 `--allow-write` on the command line",
                extension.name
            ),
        )),
    }
}

fn failed(what: &str, name: &str, detail: &str) -> Error {
    Error::new(IOERR, format!("file `{name}` can't be {what}: {detail}"))
}

fn size(file: &HandedFile) -> Result<u64> {
    handed_files::size(file.file).map_err(|detail| failed("measured", &file.name, &detail))
}

/// All files that were handed over, sorted by name.
///
/// # Errors
///
/// As wit/files.wit says, here and below.
pub fn files_list(extension: u32) -> Result<Vec<File>, GuestError> {
    import(extension, "files.list", Capability::FilesRead, |extension| {
        let files = extension.kept.files.iter();
        files.map(|file| Ok(File { name: file.name.clone(), size: size(file)?, writable: file.writable })).collect()
    })
}

/// Reads from byte `offset` on.
///
/// * `len` - bytes, at most 16 MiB.
///
/// # Errors
///
/// As wit/files.wit says.
pub fn files_read(extension: u32, name: &str, offset: u64, len: u32) -> Result<Vec<u8>, GuestError> {
    import(extension, "files.read", Capability::FilesRead, |extension| {
        let file = find(extension, name)?;
        if len > MAX_READ {
            return Err(Error::new(TOOBIG, format!("{len} bytes are more than the {MAX_READ} of one call")));
        }
        let mut bytes = handed_files::read(file.file, offset, len).map_err(|detail| failed("read", name, &detail))?;
        bytes.truncate(len as usize);
        Ok(bytes)
    })
}

/// Writes at byte `offset`, at most the end of the file.
///
/// # Errors
///
/// As wit/files.wit says.
pub fn files_write(extension: u32, name: &str, offset: u64, bytes: &[u8]) -> Result<(), GuestError> {
    import(extension, "files.write", Capability::FilesWrite, |extension| {
        let file = find(extension, name)?;
        if !file.writable {
            return Err(Error::new(READONLY, format!("file `{name}` was handed over for reading only")));
        }
        let end = size(file)?;
        if offset > end {
            return Err(Error::new(
                RANGE,
                format!("offset {offset} is beyond the end of file `{name}`, which has {end} bytes"),
            ));
        }
        handed_files::write(file.file, offset, bytes).map_err(|detail| failed("written", name, &detail))
    })
}
