//! Names of SQLite's result codes.
//!
//! Source: <https://www.sqlite.org/rescode.html>

/// Primary codes, from 0 on.
const PRIMARY: [&str; 29] = [
    "SQLITE_OK",
    "SQLITE_ERROR",
    "SQLITE_INTERNAL",
    "SQLITE_PERM",
    "SQLITE_ABORT",
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_NOMEM",
    "SQLITE_READONLY",
    "SQLITE_INTERRUPT",
    "SQLITE_IOERR",
    "SQLITE_CORRUPT",
    "SQLITE_NOTFOUND",
    "SQLITE_FULL",
    "SQLITE_CANTOPEN",
    "SQLITE_PROTOCOL",
    "SQLITE_EMPTY",
    "SQLITE_SCHEMA",
    "SQLITE_TOOBIG",
    "SQLITE_CONSTRAINT",
    "SQLITE_MISMATCH",
    "SQLITE_MISUSE",
    "SQLITE_NOLFS",
    "SQLITE_AUTH",
    "SQLITE_FORMAT",
    "SQLITE_RANGE",
    "SQLITE_NOTADB",
    "SQLITE_NOTICE",
    "SQLITE_WARNING",
];

/// What follows the primary code's name, for the extended codes of that primary code, from 1 on.
const EXTENDED: [(i32, &[&str]); 13] = [
    (1, &["MISSING_COLLSEQ", "RETRY", "SNAPSHOT", "RESERVESIZE", "KEY", "UNABLE"]),
    (4, &["", "ROLLBACK"]),
    (5, &["RECOVERY", "SNAPSHOT", "TIMEOUT"]),
    (6, &["SHAREDCACHE", "VTAB"]),
    (8, &["RECOVERY", "CANTLOCK", "ROLLBACK", "DBMOVED", "CANTINIT", "DIRECTORY"]),
    (
        10,
        &[
            "READ",
            "SHORT_READ",
            "WRITE",
            "FSYNC",
            "DIR_FSYNC",
            "TRUNCATE",
            "FSTAT",
            "UNLOCK",
            "RDLOCK",
            "DELETE",
            "BLOCKED",
            "NOMEM",
            "ACCESS",
            "CHECKRESERVEDLOCK",
            "LOCK",
            "CLOSE",
            "DIR_CLOSE",
            "SHMOPEN",
            "SHMSIZE",
            "SHMLOCK",
            "SHMMAP",
            "SEEK",
            "DELETE_NOENT",
            "MMAP",
            "GETTEMPPATH",
            "CONVPATH",
            "VNODE",
            "AUTH",
            "BEGIN_ATOMIC",
            "COMMIT_ATOMIC",
            "ROLLBACK_ATOMIC",
            "DATA",
            "CORRUPTFS",
            "IN_PAGE",
            "BADKEY",
            "CODEC",
        ],
    ),
    (11, &["VTAB", "SEQUENCE", "INDEX"]),
    (14, &["NOTEMPDIR", "ISDIR", "FULLPATH", "CONVPATH", "DIRTYWAL", "SYMLINK"]),
    (
        19,
        &[
            "CHECK",
            "COMMITHOOK",
            "FOREIGNKEY",
            "FUNCTION",
            "NOTNULL",
            "PRIMARYKEY",
            "TRIGGER",
            "UNIQUE",
            "VTAB",
            "ROWID",
            "PINNED",
            "DATATYPE",
        ],
    ),
    (23, &["USER"]),
    (27, &["RECOVER_WAL", "RECOVER_ROLLBACK", "RBU"]),
    (28, &["AUTOINDEX"]),
    (0, &["LOAD_PERMANENTLY", "SYMLINK"]),
];

/// Name of the primary code of an extended code, as `SQLITE_CONSTRAINT`; `SQLITE_ERROR` for one that SQLite doesn't have.
#[must_use]
pub fn primary_name(code: i32) -> &'static str {
    match code & 0xff {
        100 => "SQLITE_ROW",
        101 => "SQLITE_DONE",
        primary => {
            usize::try_from(primary).ok().and_then(|index| PRIMARY.get(index)).copied().unwrap_or("SQLITE_ERROR")
        }
    }
}

/// Name of an extended code, as `SQLITE_CONSTRAINT_UNIQUE`; that of the primary code for one that SQLite doesn't have.
#[must_use]
pub fn extended_name(code: i32) -> String {
    let primary = code & 0xff;
    let index = usize::try_from((code >> 8) - 1).ok();
    let extended = EXTENDED.iter().find(|(of, _)| *of == primary).map(|(_, names)| *names);
    match index.and_then(|index| extended?.get(index)).filter(|name| !name.is_empty()) {
        Some(name) => format!("{}_{name}", primary_name(code)),
        None => primary_name(code).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_sqlite3_h() {
        for (code, name) in [
            (1, "SQLITE_ERROR"),
            (5, "SQLITE_BUSY"),
            (261, "SQLITE_BUSY_RECOVERY"),
            (516, "SQLITE_ABORT_ROLLBACK"),
            (526, "SQLITE_CANTOPEN_ISDIR"),
            (787, "SQLITE_CONSTRAINT_FOREIGNKEY"),
            (1032, "SQLITE_READONLY_DBMOVED"),
            (1555, "SQLITE_CONSTRAINT_PRIMARYKEY"),
            (2067, "SQLITE_CONSTRAINT_UNIQUE"),
            (3091, "SQLITE_CONSTRAINT_DATATYPE"),
            (5898, "SQLITE_IOERR_DELETE_NOENT"),
            (8458, "SQLITE_IOERR_CORRUPTFS"),
            (267, "SQLITE_CORRUPT_VTAB"),
            (279, "SQLITE_AUTH_USER"),
        ] {
            assert_eq!(extended_name(code), name);
        }
    }

    #[test]
    fn unknown_codes_have_the_primary_name() {
        assert_eq!(extended_name(19 | (200 << 8)), "SQLITE_CONSTRAINT");
        assert_eq!(extended_name(77), "SQLITE_ERROR");
        assert_eq!(extended_name(-1), "SQLITE_ERROR");
    }
}
