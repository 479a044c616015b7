//! The parameters of a statement.

use sqlink_guest::sql::{Kind, tokens};

/// Largest number of a parameter: SQLITE_MAX_VARIABLE_NUMBER. SQLite refuses a statement with a larger one.
const MOST: usize = 32_766;

/// The parameters of `sql` in the order of their numbers: with their names, or as `?1` where they have none.
///
/// A name is a new parameter where it comes for the first time, `?` everywhere; both get the next free number. `?5` has the number 5.
///
/// Source: <https://sqlite.org/lang_expr.html#parameters>
pub fn parameters(sql: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for (_, kind, text) in tokens(sql) {
        if kind != Kind::Parameter {
            continue;
        }
        let len = match text.strip_prefix('?') {
            Some("") => list.len() + 1,
            Some(number) => number.parse().unwrap_or(0),
            None => {
                if !list.iter().any(|known| known == text) {
                    list.push(text.to_owned());
                }
                continue;
            }
        };
        while list.len() < len.min(MOST) {
            list.push(format!("?{}", list.len() + 1));
        }
    }
    list
}
