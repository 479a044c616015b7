//! What an extension says of itself, and whether it may be registered.

use crate::contract::metadata;
use crate::engine::error::{ERROR, Error, Result};

/// Most functions one extension may register.
pub const MAX_FUNCTIONS: usize = 1000;
/// Most arguments a SQL function may take: SQLite's `SQLITE_MAX_FUNCTION_ARG`, which the contract fixes at 127.
pub const MAX_ARGS: i32 = 127;
/// Longest SQL function name, in bytes.
pub const MAX_FUNCTION_NAME: usize = 255;
/// Longest extension name, in bytes.
pub const MAX_NAME: usize = 64;
/// Longest version string, in bytes.
const MAX_VERSION: usize = 64;
/// Longest description, and longest reason for a capability, in bytes.
const MAX_TEXT: usize = 4096;
/// Most capabilities in each of the two lists.
const MAX_CAPABILITIES: usize = 64;

/// What SQLite may assume of a function, as the bits of `function-flags` in wit/metadata.wit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionFlags(pub u8);

impl FunctionFlags {
    /// Equal arguments give an equal result. SQLite equivalent: `SQLITE_DETERMINISTIC`.
    pub const DETERMINISTIC: Self = Self(1);
    /// Not usable from a view, trigger or schema expression. SQLite equivalent: `SQLITE_DIRECTONLY`.
    pub const DIRECT_ONLY: Self = Self(2);
    /// Usable in the schema even when `trusted_schema` is off. SQLite equivalent: `SQLITE_INNOCUOUS`.
    pub const INNOCUOUS: Self = Self(4);
    /// Reads or sets subtypes. SQLite equivalent: `SQLITE_SUBTYPE` and `SQLITE_RESULT_SUBTYPE`.
    pub const SUBTYPE: Self = Self(8);

    /// Returns whether every bit of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the union of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A scalar function an extension registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// What a call gets; unique among the extension's functions.
    pub id: u32,
    /// SQL name, 1 to 255 bytes. SQLite compares names without regard to ASCII case.
    pub name: String,
    /// Number of arguments, 0 to 127, or -1 for any number.
    pub arg_count: i32,
    /// What SQLite may assume.
    pub flags: FunctionFlags,
}

/// Something outside its own memory that an extension wants to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// For instance `random` or `spi.read`.
    pub name: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// Everything the engine must know before it registers an extension. Of the kinds this engine can't register yet, only
/// the names are kept, so that the error can name them.
///
/// Source: wit/metadata.wit
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// 1 to 64 characters of `a-z`, `0-9`, `-` and `_`, starting with a letter.
    pub name: String,
    /// Semantic version of the extension.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// Scalar functions.
    pub functions: Vec<Function>,
    /// Names of aggregate and window functions.
    pub aggregates: Vec<String>,
    /// Names of collating sequences.
    pub collations: Vec<String>,
    /// Names of virtual table modules.
    pub modules: Vec<String>,
    /// Bits of `hook-set`.
    pub hooks: u32,
    /// Without every one of these the load fails.
    pub required: Vec<Capability>,
    /// Without one of these the load succeeds, and the calls that need it fail.
    pub optional: Vec<Capability>,
    /// Whether it has an HTTP policy.
    pub http: bool,
}

impl From<metadata::Manifest> for Manifest {
    fn from(manifest: metadata::Manifest) -> Self {
        let capabilities = |list: Vec<metadata::Capability>| {
            list.into_iter().map(|capability| Capability { name: capability.name, reason: capability.reason }).collect()
        };
        Self {
            name: manifest.name,
            version: manifest.version,
            description: manifest.description,
            functions: manifest
                .functions
                .into_iter()
                .map(|function| Function {
                    id: function.id,
                    name: function.name,
                    arg_count: function.arg_count,
                    flags: FunctionFlags(function.flags.bits()),
                })
                .collect(),
            aggregates: manifest.aggregates.into_iter().map(|aggregate| aggregate.name).collect(),
            collations: manifest.collations.into_iter().map(|collation| collation.name).collect(),
            modules: manifest.modules.into_iter().map(|module| module.name).collect(),
            hooks: u32::from(manifest.hooks.bits()),
            required: capabilities(manifest.required),
            optional: capabilities(manifest.optional),
            http: manifest.http.is_some(),
        }
    }
}

impl Manifest {
    /// Checks everything in the manifest that needs no connection to check.
    ///
    /// # Errors
    ///
    /// `SQLITE_ERROR`; the message names the extension, the item, what was found and what is allowed.
    pub fn validate(&self) -> Result<()> {
        let name = &self.name;
        if !is_extension_name(name) {
            return Err(Error::new(
                ERROR,
                format!(
                    "invalid manifest: extension name `{}` must be 1 to {MAX_NAME} characters of `a-z`, `0-9`, `-` \
                     and `_`, starting with a letter",
                    printable(name)
                ),
            ));
        }
        let fail = |detail: String| Err(self.error(format!("invalid manifest of extension `{name}`: {detail}")));
        if self.version.is_empty() || self.version.len() > MAX_VERSION || has_control(&self.version) {
            return fail(format!("the version must be 1 to {MAX_VERSION} bytes of printable text"));
        }
        if self.description.len() > MAX_TEXT || self.description.contains('\0') {
            return fail(format!("the description must be at most {MAX_TEXT} bytes without U+0000"));
        }
        for (kind, items) in [
            ("aggregate function", &self.aggregates),
            ("collation", &self.collations),
            ("virtual table module", &self.modules),
        ] {
            if let Some(item) = items.first() {
                return fail(format!(
                    "it registers the {kind} `{}`, but this engine registers scalar functions only",
                    printable(item)
                ));
            }
        }
        if self.hooks != 0 {
            return fail("it asks for hooks, but this engine registers scalar functions only".into());
        }
        if self.functions.len() > MAX_FUNCTIONS {
            return fail(format!("it has {} functions, at most {MAX_FUNCTIONS} are allowed", self.functions.len()));
        }
        let mut ids = std::collections::HashSet::new();
        let mut names = std::collections::HashSet::new();
        for function in &self.functions {
            check_function(&function.name, function.arg_count).or_else(&fail)?;
            if !ids.insert(function.id) {
                return fail(format!("two functions have the id {}", function.id));
            }
            if !names.insert((function.name.to_ascii_lowercase(), function.arg_count)) {
                return fail(format!(
                    "function {} is there twice",
                    describe_function(&function.name, function.arg_count)
                ));
            }
        }
        for list in [&self.required, &self.optional] {
            if list.len() > MAX_CAPABILITIES {
                return fail(format!("it lists {} capabilities, at most {MAX_CAPABILITIES} are allowed", list.len()));
            }
            for capability in list {
                let reason = &capability.reason;
                if !is_capability_name(&capability.name) {
                    return fail(format!(
                        "capability name `{}` must be 1 to {MAX_NAME} characters of `a-z`, `0-9`, `-` and `.`",
                        printable(&capability.name)
                    ));
                }
                if reason.len() > MAX_TEXT || reason.contains('\0') {
                    return fail(format!(
                        "the reason for `{}` must be at most {MAX_TEXT} bytes without U+0000",
                        capability.name
                    ));
                }
            }
        }
        Ok(())
    }

    /// Makes a `SQLITE_ERROR` error that names this extension.
    pub(crate) fn error(&self, message: String) -> Error {
        Error { extension: Some(self.name.clone()), ..Error::new(ERROR, message) }
    }
}

/// Checks a SQL function's name and argument count; the error is only the detail.
pub(crate) fn check_function(name: &str, arg_count: i32) -> Result<(), String> {
    if name.is_empty() || name.len() > MAX_FUNCTION_NAME || name.contains('\0') {
        return Err(format!(
            "function name `{}` must be 1 to {MAX_FUNCTION_NAME} bytes without U+0000",
            printable(name)
        ));
    }
    if !(-1..=MAX_ARGS).contains(&arg_count) {
        return Err(format!(
            "function `{}` has argument count {arg_count}, it must be 0 to {MAX_ARGS}, or -1 for any number",
            printable(name)
        ));
    }
    Ok(())
}

/// Writes a function as people name it: `` `f` with 2 arguments ``.
pub(crate) fn describe_function(name: &str, arg_count: i32) -> String {
    match arg_count {
        -1 => format!("`{}` with any number of arguments", printable(name)),
        1 => format!("`{}` with 1 argument", printable(name)),
        n => format!("`{}` with {n} arguments", printable(name)),
    }
}

fn is_extension_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

fn is_capability_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Shortens untrusted text and escapes its control characters, for messages.
fn printable(text: &str) -> String {
    const MOST: usize = 80;
    let mut out = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == MOST {
            out.push('…');
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(functions: &[(u32, &str, i32)]) -> Manifest {
        Manifest {
            name: "demo".into(),
            version: "1.0.0".into(),
            functions: functions
                .iter()
                .map(|&(id, name, arg_count)| Function {
                    id,
                    name: name.into(),
                    arg_count,
                    flags: FunctionFlags::default(),
                })
                .collect(),
            ..Manifest::default()
        }
    }

    fn message(manifest: &Manifest) -> String {
        manifest.validate().expect_err("must be refused").message
    }

    #[test]
    fn accepts_the_edges() {
        assert_eq!(manifest(&[]).validate(), Ok(()));
        let long = "f".repeat(MAX_FUNCTION_NAME);
        assert_eq!(manifest(&[(0, &long, 127), (1, &long, -1), (2, "ä b", 0)]).validate(), Ok(()));
    }

    #[test]
    fn refuses_names() {
        for name in ["", "A", "1a", "a b", "a\0", &"a".repeat(65)] {
            let found = Manifest { name: name.into(), ..manifest(&[]) };
            assert!(message(&found).contains("extension name"), "{name:?}");
        }
        assert!(message(&manifest(&[(0, "", 0)])).contains("function name"));
        assert!(message(&manifest(&[(0, "a\0b", 0)])).contains("`a\\u{0}b`"));
        assert!(message(&manifest(&[(0, &"f".repeat(256), 0)])).contains("255 bytes"));
    }

    #[test]
    fn refuses_counts_and_duplicates() {
        assert!(message(&manifest(&[(0, "f", 128)])).contains("argument count 128"));
        assert!(message(&manifest(&[(0, "f", -2)])).contains("argument count -2"));
        assert!(message(&manifest(&[(0, "f", 1), (1, "F", 1)])).contains("`F` with 1 argument is there twice"));
        assert!(message(&manifest(&[(7, "f", 1), (7, "g", 1)])).contains("the id 7"));
        let many: Vec<_> = (0..=1000).map(|n| (n, "f", 0)).collect();
        assert!(message(&manifest(&many)).contains("1001 functions"));
    }

    #[test]
    fn refuses_what_it_cannot_register() {
        let found = Manifest { aggregates: vec!["median".into()], ..manifest(&[]) };
        assert!(message(&found).contains("aggregate function `median`"));
        let found = Manifest { hooks: 1, ..manifest(&[]) };
        assert!(message(&found).contains("hooks"));
    }
}
