//! Packs the Public Suffix List for look-up: one line per name, reversed, sorted, with its flags as the last byte.
//!
//! Source: <https://github.com/publicsuffix/list/wiki/Format>

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

/// The flags, which `src/suffix.rs` reads; added to `@` they are printable.
const RULE: u8 = 1;
const WILDCARD: u8 = 2;
const EXCEPTION: u8 = 4;
/// The rules of this name are by owners of domains, not by registries.
const PRIVATE: u8 = 8;

fn main() {
    let list = "data/public_suffix_list.dat";
    println!("cargo:rerun-if-changed={list}");
    let text = fs::read_to_string(list).expect("the list is part of the crate");
    let mut private = false;
    let mut rules: BTreeMap<String, u8> = BTreeMap::new();
    for line in text.lines() {
        private |= line.contains("===BEGIN PRIVATE DOMAINS===");
        let rule = line.split_whitespace().next().unwrap_or("");
        if rule.is_empty() || rule.starts_with("//") {
            continue;
        }
        let (name, flag) = match (rule.strip_prefix('!'), rule.strip_prefix("*.")) {
            (Some(name), _) => (name, EXCEPTION),
            (None, Some(name)) => (name, WILDCARD),
            (None, None) => (rule, RULE),
        };
        let mut labels: Vec<&str> = name.split('.').collect();
        labels.reverse();
        let flags = rules.entry(labels.join(".")).or_default();
        // No name has rules of both kinds; a later list that has must not pass silently.
        assert!(*flags == 0 || (*flags & PRIVATE != 0) == private, "`{name}` has rules of registries and of owners");
        *flags |= flag | if private { PRIVATE } else { 0 };
    }
    assert!(rules.len() > 5000, "`{list}` is no complete list");
    let packed: Vec<String> =
        rules.into_iter().map(|(name, flags)| format!("{name}{}", char::from(b'@' + flags))).collect();
    let path = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("suffixes.txt");
    fs::write(path, packed.join("\n")).expect("the build folder can be written");
}
