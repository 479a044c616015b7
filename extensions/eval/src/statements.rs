//! Where the statements of an SQL text begin and end.

use sqlink_guest::sql::{Kind, tokens};

/// The statements of `sql`, without the semicolons, white space and comments around them.
///
/// A statement ends at a semicolon, but the one that makes a trigger at its `; END;`, as for `sqlite3_complete`.
///
/// Source: <https://sqlite.org/c3ref/complete.html>
pub fn statements(sql: &str) -> impl Iterator<Item = &str> {
    let mut tokens = tokens(sql);
    std::iter::from_fn(move || next(sql, &mut tokens))
}

fn next<'a>(sql: &'a str, tokens: &mut impl Iterator<Item = (usize, Kind, &'a str)>) -> Option<&'a str> {
    let mut start = None;
    let mut begins = Begins::Unknown;
    let (mut ends, mut last) = (0, Last::Other);
    for (at, kind, text) in tokens {
        match kind {
            Kind::Space => continue,
            Kind::Semicolon if start.is_none() => continue,
            Kind::Semicolon if begins != Begins::Trigger || last == Last::End => break,
            Kind::Semicolon => last = Last::Semicolon,
            Kind::Word => {
                begins = begins.and(text);
                let is_end = last == Last::Semicolon && text.eq_ignore_ascii_case("END");
                last = if is_end { Last::End } else { Last::Other };
            }
            Kind::Parameter | Kind::Other => (begins, last) = (begins.and(text), Last::Other),
        }
        start.get_or_insert(at);
        ends = at + text.len();
    }
    sql.get(start?..ends)
}

/// What a statement is, by its first words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    Unknown,
    /// CREATE, and TEMP perhaps.
    Create,
    Trigger,
    NoTrigger,
}

impl Begins {
    fn and(self, word: &str) -> Self {
        let is = |words: &[&str]| words.iter().any(|keyword| word.eq_ignore_ascii_case(keyword));
        match self {
            Self::Unknown if is(&["EXPLAIN", "QUERY", "PLAN"]) => Self::Unknown,
            Self::Unknown if is(&["CREATE"]) => Self::Create,
            Self::Create if is(&["TEMP", "TEMPORARY"]) => Self::Create,
            Self::Create if is(&["TRIGGER"]) => Self::Trigger,
            Self::Trigger => Self::Trigger,
            _ => Self::NoTrigger,
        }
    }
}

/// What came last in a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Semicolon,
    /// `END` after a semicolon.
    End,
    Other,
}
