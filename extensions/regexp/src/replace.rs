//! Replacing with a limit: a short text and a long replacement can make a result that fits no memory.

use regex::Regex;

/// Limit on the result, in bytes: the default of a host's output limit.
const MAX_BYTES: usize = 64 << 20;

/// `text` with every match replaced, or `None` if that is over 64 MiB.
pub fn all(regex: &Regex, text: &str, replacement: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    if replacement.contains('$') {
        for groups in regex.captures_iter(text) {
            let found = groups.get_match();
            result.push_str(&text[copied..found.start()]);
            groups.expand(replacement, &mut result);
            copied = found.end();
            if result.len() > MAX_BYTES {
                return None;
            }
        }
    } else {
        for found in regex.find_iter(text) {
            result.push_str(&text[copied..found.start()]);
            result.push_str(replacement);
            copied = found.end();
            if result.len() > MAX_BYTES {
                return None;
            }
        }
    }
    result.push_str(&text[copied..]);
    (result.len() <= MAX_BYTES).then_some(result)
}
