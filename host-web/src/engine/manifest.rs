//! What an extension says of itself, and whether it may be registered.

use std::collections::HashSet;

use crate::contract::dispatch::Interfaces;
pub use crate::contract::metadata::{
    Aggregate, Capability, Collation, Function, HookSet, HttpPolicy, Manifest, Module, ModuleFlags, Nesting,
};
use crate::engine::error::{ERROR, Error, Result};

/// Most functions and aggregates, together, that one extension may register.
pub const MAX_FUNCTIONS: usize = 1000;
/// Most collating sequences one extension may register, and most virtual table modules.
pub const MAX_OTHERS: usize = 100;
/// Most arguments a SQL function may take: SQLite's `SQLITE_MAX_FUNCTION_ARG`, which the contract fixes at 127.
pub const MAX_ARGS: i32 = 127;
/// Longest SQL name, in bytes.
pub const MAX_SQL_NAME: usize = 255;
/// Longest extension name, in bytes.
pub const MAX_NAME: usize = 64;
/// Longest version string, in bytes.
const MAX_VERSION: usize = 64;
/// Longest description, and longest reason for a capability, in bytes.
const MAX_TEXT: usize = 4096;
/// Most capabilities in each of the two lists.
const MAX_CAPABILITIES: usize = 64;
/// Most names of shadow tables of one module.
const MAX_SHADOW_NAMES: usize = 32;
/// Most domains, and most methods, of an HTTP policy.
const MAX_HTTP: usize = 100;
/// Longest domain name, in bytes, with `*.` in front.
const MAX_DOMAIN: usize = 255;

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

impl From<crate::contract::metadata::FunctionFlags> for FunctionFlags {
    fn from(flags: crate::contract::metadata::FunctionFlags) -> Self {
        Self(flags.bits())
    }
}

impl Default for Manifest {
    /// The manifest of an extension without a name that registers nothing.
    fn default() -> Self {
        Self {
            name: String::new(),
            version: String::new(),
            description: String::new(),
            functions: Vec::new(),
            aggregates: Vec::new(),
            collations: Vec::new(),
            modules: Vec::new(),
            hooks: HookSet::empty(),
            required: Vec::new(),
            optional: Vec::new(),
            nesting: Nesting::Refuse,
            http: None,
        }
    }
}

impl Manifest {
    /// Checks everything in the manifest that needs no connection to check.
    ///
    /// * `exports` - what the extension exports besides `metadata`.
    ///
    /// # Errors
    ///
    /// `SQLITE_ERROR`; the message names the extension, the item, what was found and what is allowed.
    pub fn validate(&self, exports: Interfaces) -> Result<()> {
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
        self.check(exports).map_err(|detail| self.error(format!("invalid manifest of extension `{name}`: {detail}")))
    }

    fn check(&self, exports: Interfaces) -> Result<(), String> {
        if self.version.is_empty() || self.version.len() > MAX_VERSION || has_control(&self.version) {
            return Err(format!("the version must be 1 to {MAX_VERSION} bytes of printable text"));
        }
        if self.description.len() > MAX_TEXT || self.description.contains('\0') {
            return Err(format!("the description must be at most {MAX_TEXT} bytes without U+0000"));
        }
        self.check_exports(exports)?;
        self.check_functions()?;
        check_names("collation", &self.collations, |item| (item.id, &item.name))?;
        check_names("module", &self.modules, |item| (item.id, &item.name))?;
        self.modules.iter().try_for_each(check_module)?;
        if !HookSet::all().contains(self.hooks) {
            return Err("it asks for a hook that this version of SQLink does not know".into());
        }
        for list in [&self.required, &self.optional] {
            check_capabilities(list)?;
        }
        match &self.http {
            Some(policy) => check_http(policy),
            None if self.asks_for("http") => {
                Err("it asks for the capability `http`, but has no `http` policy that says what for".into())
            }
            None => Ok(()),
        }
    }

    /// What it lists, it must be able to do.
    fn check_exports(&self, exports: Interfaces) -> Result<(), String> {
        for (listed, kind, needed, interface) in [
            (!self.functions.is_empty(), "functions", Interfaces::SCALAR, "scalar"),
            (!self.aggregates.is_empty(), "aggregates", Interfaces::AGGREGATE, "aggregate"),
            (!self.collations.is_empty(), "collations", Interfaces::COLLATION, "collation"),
            (!self.modules.is_empty(), "modules", Interfaces::VTAB, "vtab"),
            (!self.hooks.is_empty(), "hooks", Interfaces::HOOKS, "hooks"),
        ] {
            if listed && !exports.contains(needed) {
                return Err(format!("`{}` lists {kind} but does not export `{interface}`", self.name));
            }
        }
        Ok(())
    }

    fn check_functions(&self) -> Result<(), String> {
        let count = self.functions.len() + self.aggregates.len();
        if count > MAX_FUNCTIONS {
            return Err(format!("it has {count} functions, at most {MAX_FUNCTIONS} are allowed"));
        }
        let functions = self.functions.iter().map(|item| (item.id, &item.name, item.arg_count, item.flags));
        let aggregates = self.aggregates.iter().map(|item| (item.id, &item.name, item.arg_count, item.flags));
        check_ids("functions", functions.clone().map(|item| item.0))?;
        check_ids("aggregates", aggregates.clone().map(|item| item.0))?;
        let mut names = HashSet::new();
        for (_, name, arg_count, flags) in functions.chain(aggregates) {
            check_function(name, arg_count)?;
            let known = crate::contract::metadata::FunctionFlags::all();
            if !known.contains(flags) {
                return Err(format!(
                    "function `{}` has a flag that this version of SQLink does not know",
                    printable(name)
                ));
            }
            if !names.insert((name.to_ascii_lowercase(), arg_count)) {
                return Err(format!("function {} is there twice", describe_function(name, arg_count)));
            }
        }
        Ok(())
    }

    /// Whether the capability is in one of the lists.
    fn asks_for(&self, capability: &str) -> bool {
        self.required.iter().chain(&self.optional).any(|asked| asked.name == capability)
    }

    /// Puts `prefix` in front of every SQL name.
    ///
    /// # Errors
    ///
    /// `SQLITE_ERROR` if a name is too long then.
    pub(crate) fn add_prefix(&mut self, prefix: &str) -> Result<()> {
        if prefix.is_empty() {
            return Ok(());
        }
        let functions = self.functions.iter_mut().map(|item| &mut item.name);
        let aggregates = self.aggregates.iter_mut().map(|item| &mut item.name);
        let collations = self.collations.iter_mut().map(|item| &mut item.name);
        let modules = self.modules.iter_mut().map(|item| &mut item.name);
        for name in functions.chain(aggregates).chain(collations).chain(modules) {
            *name = format!("{prefix}{name}");
            if !is_sql_name(name) {
                return Err(Error {
                    extension: Some(self.name.clone()),
                    ..Error::new(
                        ERROR,
                        format!(
                            "extension `{}`: with the prefix `{}`, the name `{}` is not 1 to {MAX_SQL_NAME} bytes \
                             without U+0000: choose another prefix",
                            self.name,
                            printable(prefix),
                            printable(name)
                        ),
                    )
                });
            }
        }
        Ok(())
    }

    /// Makes a `SQLITE_ERROR` error that names this extension.
    pub(crate) fn error(&self, message: String) -> Error {
        Error { extension: Some(self.name.clone()), ..Error::new(ERROR, message) }
    }
}

/// Checks ids and names of things that are known by their name alone.
fn check_names<T>(kind: &str, items: &[T], get: impl Fn(&T) -> (u32, &String)) -> Result<(), String> {
    if items.len() > MAX_OTHERS {
        return Err(format!("it has {} {kind}s, at most {MAX_OTHERS} are allowed", items.len()));
    }
    check_ids(&format!("{kind}s"), items.iter().map(|item| get(item).0))?;
    let mut names = HashSet::new();
    for item in items {
        let (_, name) = get(item);
        if !is_sql_name(name) {
            return Err(format!("{kind} name `{}` must be 1 to {MAX_SQL_NAME} bytes without U+0000", printable(name)));
        }
        if !names.insert(name.to_ascii_lowercase()) {
            return Err(format!("{kind} `{}` is there twice", printable(name)));
        }
    }
    Ok(())
}

fn check_ids(kinds: &str, ids: impl Iterator<Item = u32>) -> Result<(), String> {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(format!("two {kinds} have the id {id}"));
        }
    }
    Ok(())
}

fn check_module(module: &Module) -> Result<(), String> {
    let name = printable(&module.name);
    let has = |flag| module.flags.contains(flag);
    let refuse = |detail: &str| Err(format!("module `{name}` {detail}"));
    if !ModuleFlags::all().contains(module.flags) {
        return refuse("has a flag that this version of SQLink does not know");
    }
    if !has(ModuleFlags::EPONYMOUS) && !has(ModuleFlags::CREATABLE) {
        return refuse("is neither `eponymous` nor `creatable`: there would be no way to use it");
    }
    if has(ModuleFlags::DIRECT_ONLY) && has(ModuleFlags::INNOCUOUS) {
        return refuse("is both `direct-only` and `innocuous`, which exclude each other");
    }
    if has(ModuleFlags::CONFLICTS) && !has(ModuleFlags::WRITABLE) {
        return refuse("has `conflicts` but is not `writable`: there is no change to conflict");
    }
    if has(ModuleFlags::RENAMABLE) && !has(ModuleFlags::CREATABLE) {
        return refuse("is `renamable` but not `creatable`: it has no table to rename");
    }
    if !module.shadow_names.is_empty() && !has(ModuleFlags::CREATABLE) {
        return refuse("has shadow names but is not `creatable`: it has no table to store the content of");
    }
    if module.shadow_names.len() > MAX_SHADOW_NAMES {
        return refuse(&format!(
            "has {} shadow names, at most {MAX_SHADOW_NAMES} are allowed",
            module.shadow_names.len()
        ));
    }
    for shadow in &module.shadow_names {
        if !is_sql_name(shadow) {
            return refuse(&format!(
                "has the shadow name `{}`, which must be 1 to {MAX_SQL_NAME} bytes without U+0000",
                printable(shadow)
            ));
        }
    }
    Ok(())
}

fn check_capabilities(list: &[Capability]) -> Result<(), String> {
    if list.len() > MAX_CAPABILITIES {
        return Err(format!("it lists {} capabilities, at most {MAX_CAPABILITIES} are allowed", list.len()));
    }
    for capability in list {
        let reason = &capability.reason;
        if !is_capability_name(&capability.name) {
            return Err(format!(
                "capability name `{}` must be 1 to {MAX_NAME} characters of `a-z`, `0-9`, `-` and `.`",
                printable(&capability.name)
            ));
        }
        if reason.len() > MAX_TEXT || reason.contains('\0') {
            return Err(format!(
                "the reason for `{}` must be at most {MAX_TEXT} bytes without U+0000",
                capability.name
            ));
        }
    }
    Ok(())
}

fn check_http(policy: &HttpPolicy) -> Result<(), String> {
    for (kind, list) in [("domains", &policy.allowed_domains), ("methods", &policy.methods)] {
        if list.len() > MAX_HTTP {
            return Err(format!("its HTTP policy lists {} {kind}, at most {MAX_HTTP} are allowed", list.len()));
        }
    }
    for domain in &policy.allowed_domains {
        let rest = domain.strip_prefix("*.").unwrap_or(domain);
        let fits = !rest.is_empty() && domain.len() <= MAX_DOMAIN && !rest.contains('*');
        if !fits || has_control(domain) || domain.contains(|c: char| c.is_whitespace() || c == '/') {
            return Err(format!(
                "its HTTP policy allows the domain `{}`, which must be a host name, or `*.` and one",
                printable(domain)
            ));
        }
    }
    for method in &policy.methods {
        if method.is_empty() || method.len() > MAX_NAME || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(format!(
                "its HTTP policy allows the method `{}`, which must be of the letters `A-Z`",
                printable(method)
            ));
        }
    }
    Ok(())
}

/// Checks a SQL function's name and argument count; the error is only the detail.
pub(crate) fn check_function(name: &str, arg_count: i32) -> Result<(), String> {
    if !is_sql_name(name) {
        return Err(format!("function name `{}` must be 1 to {MAX_SQL_NAME} bytes without U+0000", printable(name)));
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

fn is_sql_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_SQL_NAME && !name.contains('\0')
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
pub(crate) fn printable(text: &str) -> String {
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
mod tests;
