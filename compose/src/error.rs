//! Why an extension is refused.

use thiserror::Error;

/// Why [`verify`](crate::verify) or [`link`](crate::link) refused a file.
///
/// Every variant holds `file`, the name the caller gave, and its message says what was found and what was expected.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// The file doesn't start with the WebAssembly magic number.
    #[error(
        "`{file}` is not a WebAssembly file: found {found} at its start, expected a component, which starts with the bytes `00 61 73 6d`"
    )]
    NotWasm {
        /// The file, as the caller named it.
        file: String,
        /// The first bytes, printed.
        found: String,
    },
    /// A WebAssembly file of neither known binary layer and version.
    #[error(
        "`{file}` is a WebAssembly file of an unknown kind: found version bytes `{found}`, expected those of a component, `0d 00 01 00`"
    )]
    UnknownEncoding {
        /// The file, as the caller named it.
        file: String,
        /// The four bytes after the magic number, in hexadecimal.
        found: String,
    },
    /// A core module, which has no component types.
    #[error(
        "`{file}` is a core module, expected a component: turn it into one with `sqlink-compose componentize {file} -o OUT.wasm`"
    )]
    CoreModule {
        /// The file, as the caller named it.
        file: String,
    },
    /// The file ends inside a section.
    #[error("`{file}` is truncated: found {found} bytes, expected at least {expected}")]
    Truncated {
        /// The file, as the caller named it.
        file: String,
        /// Length of the file, in bytes.
        found: u64,
        /// Least length that holds the section which is cut off, in bytes.
        expected: u64,
    },
    /// The file is over [`MAX_INPUT_BYTES`](crate::MAX_INPUT_BYTES).
    #[error("`{file}` is too large: found {found} bytes, expected at most {limit}")]
    TooLarge {
        /// The file, as the caller named it.
        file: String,
        /// Length of the file, in bytes.
        found: u64,
        /// Most bytes allowed.
        limit: u64,
    },
    /// More of something than any extension needs, so that checking it can't take long.
    #[error("`{file}` holds too many {what}: found {found}, expected at most {limit}")]
    TooMany {
        /// The file, as the caller named it.
        file: String,
        /// What there is too much of, in the plural.
        what: &'static str,
        /// How many were found before giving up.
        found: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// A core module's memory starts larger than [`MAX_MEMORY_BYTES`](crate::MAX_MEMORY_BYTES).
    #[error("`{file}` asks for too much memory: found {found} bytes at its start, expected at most {limit}")]
    Memory {
        /// The file, as the caller named it.
        file: String,
        /// The memory's least size, in bytes.
        found: u64,
        /// Most bytes allowed.
        limit: u64,
    },
    /// The file isn't a valid component, or uses WebAssembly features that some host lacks.
    #[error(
        "`{file}` is not a valid component: found {message} at byte {offset}, expected WebAssembly 2.0 with tail calls and extended constants"
    )]
    Invalid {
        /// The file, as the caller named it.
        file: String,
        /// What the validator says.
        message: String,
        /// 0-based offset into the file, in bytes.
        offset: u64,
    },
    /// An interface of the contract in a version this build doesn't speak.
    #[error(
        "`{file}` was built for another version of the contract: found {direction} `{found}`, expected `{expected}`"
    )]
    ContractVersion {
        /// The file, as the caller named it.
        file: String,
        /// Whether it is imported or exported.
        direction: Direction,
        /// The interface as the file names it.
        found: String,
        /// The same interface in the version this build speaks.
        expected: String,
    },
    /// An interface, or a function of one, that every extension must export.
    #[error("`{file}` lacks an export: expected `{expected}`, found {found}")]
    MissingExport {
        /// The file, as the caller named it.
        file: String,
        /// The interface or the function (`interface#function`).
        expected: String,
        /// What is exported instead.
        found: String,
    },
    /// An export outside the contract.
    #[error("`{file}` has an export that is not part of the contract: found `{found}`, expected only {expected}")]
    ExtraExport {
        /// The file, as the caller named it.
        file: String,
        /// The export.
        found: String,
        /// What may be exported.
        expected: String,
    },
    /// An import outside the contract.
    #[error("`{file}` has an import that no capability provides: found `{found}`, expected only {expected}")]
    UnknownImport {
        /// The file, as the caller named it.
        file: String,
        /// The import.
        found: String,
        /// What may be imported.
        expected: String,
    },
    /// A function or type of the contract with another type than the contract's.
    #[error("`{file}` has {direction} `{item}` of the wrong type: found `{found}`, expected `{expected}`{at}")]
    WrongType {
        /// The file, as the caller named it.
        file: String,
        /// Whether it is imported or exported.
        direction: Direction,
        /// The function or type (`interface#name`).
        item: String,
        /// Its type in the file.
        found: String,
        /// Its type in the contract.
        expected: String,
        /// Where the two first differ: empty or `, which differ in …`.
        at: String,
    },
    /// A correct extension whose insides the direct linker doesn't take apart; a full component runtime runs it.
    #[error(
        "`{file}` can't be linked directly: found {found}, expected {expected}; a component runtime or jco takes it"
    )]
    Shape {
        /// The file, as the caller named it.
        file: String,
        /// What is in the way.
        found: String,
        /// What the direct linker takes.
        expected: String,
    },
}

impl LinkError {
    /// A short stable name of the kind of error, for programs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotWasm { .. } => "not-wasm",
            Self::UnknownEncoding { .. } => "unknown-encoding",
            Self::CoreModule { .. } => "core-module",
            Self::Truncated { .. } => "truncated",
            Self::TooLarge { .. } => "too-large",
            Self::TooMany { .. } => "too-many",
            Self::Memory { .. } => "memory",
            Self::Invalid { .. } => "invalid",
            Self::ContractVersion { .. } => "contract-version",
            Self::MissingExport { .. } => "missing-export",
            Self::ExtraExport { .. } => "extra-export",
            Self::UnknownImport { .. } => "unknown-import",
            Self::WrongType { .. } => "wrong-type",
            Self::Shape { .. } => "shape",
        }
    }

    /// True when the file keeps to the contract and only the direct linker refuses it, so that a component runtime
    /// (jco in JavaScript) may take it.
    #[must_use]
    pub fn is_shape(&self) -> bool {
        matches!(self, Self::Shape { .. })
    }
}

/// Which side of a component an item is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The component asks for it.
    Import,
    /// The component offers it.
    Export,
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Import => "import",
            Self::Export => "export",
        })
    }
}
