//! Byte-range locks on database files, the ones SQLite's own unix VFS takes, so that the `sqlite3` shell and any other
//! SQLite can share a file with this process.
//!
//! They are open file description locks: they belong to the open file, not to the process, so two connections of one
//! process exclude each other, and closing one does not drop the other's locks. Against the locks of SQLite's unix VFS
//! they count like those of another process.
//!
//! Source: `os_unix.c` of SQLite, "Posix Advisory Locking"; fcntl(2), "Open file description locks"

#![allow(unsafe_code, reason = "fcntl with a byte range is not in the standard library")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// A lock of SQLite on a file, weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// No lock.
    #[default]
    None,
    /// Reading.
    Shared,
    /// About to write; others still read.
    Reserved,
    /// Waiting to write; no new readers.
    Pending,
    /// Writing.
    Exclusive,
}

impl Level {
    /// From SQLite's numbers, 0 to 4.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::None, Self::Shared, Self::Reserved, Self::Pending, Self::Exclusive].get(usize::from(number)).copied()
    }
}

/// Bytes of the file that stand for locks: 1 GiB from the start, in a page that SQLite never uses.
const PENDING: Range = Range { start: 0x4000_0000, len: 1 };
const RESERVED: Range = Range { start: 0x4000_0001, len: 1 };
const SHARED: Range = Range { start: 0x4000_0002, len: 510 };
const PENDING_AND_RESERVED: Range = Range { start: 0x4000_0000, len: 2 };
const EVERYTHING: Range = Range { start: 0, len: 0 };

#[derive(Clone, Copy)]
struct Range {
    start: i64,
    /// 0 for up to the end of the file, however long it gets.
    len: i64,
}

/// Raises the lock of `file` from `held` to `wanted`. Returns the level held afterwards, which is `wanted` or, if another
/// holder is in the way, `held` or [`Level::Pending`].
///
/// # Errors
/// If the system fails for another reason than that.
pub(crate) fn raise(file: &File, held: Level, wanted: Level) -> io::Result<Level> {
    match wanted {
        _ if wanted <= held => Ok(held),
        Level::None => Ok(held),
        Level::Shared => {
            // The pending byte is held for a moment, so that a waiting writer keeps new readers out.
            if !lock(file, PENDING, libc::F_RDLCK)? {
                return Ok(held);
            }
            let locked = lock(file, SHARED, libc::F_RDLCK);
            lock(file, PENDING, libc::F_UNLCK)?;
            Ok(if locked? { Level::Shared } else { held })
        }
        Level::Reserved => Ok(if lock(file, RESERVED, libc::F_WRLCK)? { Level::Reserved } else { held }),
        Level::Pending | Level::Exclusive => {
            if held < Level::Pending && !lock(file, PENDING, libc::F_WRLCK)? {
                return Ok(held);
            }
            if wanted == Level::Exclusive && lock(file, SHARED, libc::F_WRLCK)? {
                return Ok(Level::Exclusive);
            }
            Ok(Level::Pending)
        }
    }
}

/// Lowers the lock of `file` to shared or none.
///
/// # Errors
/// If the system fails.
pub(crate) fn lower(file: &File, held: Level, wanted: Level) -> io::Result<()> {
    if held <= wanted {
        return Ok(());
    }
    if wanted == Level::Shared {
        if held == Level::Exclusive && !lock(file, SHARED, libc::F_RDLCK)? {
            return Err(io::Error::other("a write lock could not be lowered to a read lock"));
        }
        lock(file, PENDING_AND_RESERVED, libc::F_UNLCK)?;
    } else {
        lock(file, EVERYTHING, libc::F_UNLCK)?;
    }
    Ok(())
}

/// Whether anybody holds a reserved or stronger lock on `file`.
///
/// # Errors
/// If the system fails.
pub(crate) fn is_reserved(file: &File, held: Level) -> io::Result<bool> {
    if held > Level::Shared {
        return Ok(true);
    }
    let mut query = description(RESERVED, libc::F_WRLCK);
    call(file, GETLK, &mut query)?;
    Ok(i32::from(query.l_type) != libc::F_UNLCK)
}

const SETLK: libc::c_int = libc::F_OFD_SETLK;
const GETLK: libc::c_int = libc::F_OFD_GETLK;

/// Takes, changes or drops a lock; false if another holder is in the way.
fn lock(file: &File, range: Range, kind: libc::c_int) -> io::Result<bool> {
    match call(file, SETLK, &mut description(range, kind)) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EAGAIN)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn description(range: Range, kind: libc::c_int) -> libc::flock {
    // SAFETY: `flock` is a C structure of integers, for which all zeros is a value; `l_pid` has to be 0 for open file
    // description locks.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    // The constants are 0 to 4 on every system; their type differs.
    lock.l_type = libc::c_short::try_from(kind).unwrap_or_default();
    lock.l_whence = libc::c_short::try_from(libc::SEEK_SET).unwrap_or_default();
    lock.l_start = range.start;
    lock.l_len = range.len;
    lock
}

fn call(file: &File, command: libc::c_int, lock: &mut libc::flock) -> io::Result<()> {
    loop {
        // SAFETY: the descriptor is open as long as `file` is borrowed, and these commands read and write exactly one
        // `flock`, which `lock` is.
        if unsafe { libc::fcntl(file.as_raw_fd(), command, std::ptr::from_mut(lock)) } != -1 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
