//! Public suffixes: the part of a domain name under which anybody can register a name.
//!
//! Source: <https://publicsuffix.org/list/> · <https://github.com/publicsuffix/list/wiki/Format#algorithm>

use core::cmp::Ordering;
use std::net::Ipv4Addr;

use idna::AsciiDenyList;

/// The packed list, see `build.rs`: lines in the order of their bytes, each a name with its labels reversed, and its flags.
pub static LIST: &str = include_str!(concat!(env!("OUT_DIR"), "/suffixes.txt"));

/// The name itself is a suffix.
const RULE: u8 = 1;
/// Every name right under it is a suffix.
const WILDCARD: u8 = 2;
/// It is none, although a wildcard says so.
const EXCEPTION: u8 = 4;
/// It is one by its owner's wish, not its registry's.
const PRIVATE: u8 = 8;

/// The longest name that there is in the DNS, in bytes as written.
const MAX_NAME_BYTES: usize = 253;

/// A domain name cut into its public suffix and what is before it.
pub struct Split {
    name: String,
    /// Where the suffix begins in `name`, in bytes.
    start: usize,
}

impl Split {
    /// Cuts `name`; `None` if it is no domain name. With `private`, suffixes of owners of domains count too.
    ///
    /// The parts are in the form of `name`: with `xn--` if that is ASCII, else in Unicode. A dot at the end goes.
    pub fn of(name: &str, private: bool) -> Option<Self> {
        // A character may have four bytes.
        if name.len() > MAX_NAME_BYTES * 4 || name.parse::<Ipv4Addr>().is_ok() {
            return None;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let ascii = idna::domain_to_ascii_cow(name.as_bytes(), AsciiDenyList::URL).ok()?;
        let (unicode, result) = idna::domain_to_unicode(&ascii);
        result.ok()?;
        let name = if name.is_ascii() { ascii.into_owned() } else { unicode.clone() };
        let mut labels: Vec<&str> = unicode.split('.').collect();
        if labels.contains(&"") {
            return None;
        }
        labels.reverse();
        let count = suffix_labels(&labels, private);
        let start = name.rmatch_indices('.').nth(count - 1).map_or(0, |(dot, _)| dot + 1);
        Some(Self { name, start })
    }

    pub fn suffix(&self) -> &str {
        &self.name[self.start..]
    }

    /// The suffix with one label more; `None` if the name is a suffix itself.
    pub fn registrable(&self) -> Option<&str> {
        let end = self.start.checked_sub(1)?;
        let start = self.name[..end].rfind('.').map_or(0, |dot| dot + 1);
        Some(&self.name[start..])
    }
}

/// How many of the labels, which come from the right, are the public suffix: one if no rule says otherwise.
fn suffix_labels(labels: &[&str], private: bool) -> usize {
    let mut count = 1;
    let mut key = String::new();
    for (index, label) in labels.iter().enumerate() {
        if index > 0 {
            key.push('.');
        }
        key.push_str(label);
        let flags = flags_of(&key);
        if flags & PRIVATE != 0 && !private {
            continue;
        }
        if flags & EXCEPTION != 0 {
            return index;
        }
        if flags & RULE != 0 {
            count = index + 1;
        }
        if flags & WILDCARD != 0 && index + 1 < labels.len() {
            count = index + 2;
        }
    }
    count
}

/// The flags of a reversed name, or 0, by bisection.
fn flags_of(key: &str) -> u8 {
    let list = LIST.as_bytes();
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = list[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1).max(low);
        let end = list[middle..].iter().position(|byte| *byte == b'\n').map_or(list.len(), |len| middle + len);
        let Some((flags, name)) = list[start..end].split_last() else {
            // The middle is the end of a line, which begins before it.
            return 0;
        };
        match name.cmp(key.as_bytes()) {
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start.saturating_sub(1),
            Ordering::Equal => return flags & 0x3f,
        }
    }
    0
}
