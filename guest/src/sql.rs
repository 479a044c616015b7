//! SQL in pieces, as far as one needs it to find where statements end and which parameters they have.
//!
//! ```
//! use sqlink_guest::sql::{Kind, tokens};
//!
//! let parameters = tokens("SELECT ':a' -- :b\n, :c + ?2").filter(|(_, kind, _)| *kind == Kind::Parameter);
//! assert_eq!(parameters.map(|(_, _, text)| text).collect::<Vec<_>>(), [":c", "?2"]);
//! ```
//!
//! Source: <https://sqlite.org/lang.html>, and `sqlite3GetToken` for what the documentation leaves open

/// What a piece of SQL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// White space or a comment.
    Space,
    /// A name without quotes, a keyword or a number.
    Word,
    /// A parameter: `?`, `?1`, `:name`, `@name` or `$name`.
    Parameter,
    /// `;`
    Semicolon,
    /// A quoted name or text, an operator, and what is no SQL at all.
    Other,
}

/// The pieces of `sql`, none of them empty, each with the byte where it begins; a quote or comment that does not end goes to
/// the end.
pub fn tokens(sql: &str) -> impl Iterator<Item = (usize, Kind, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &sql[at..];
        let (kind, len) = first(rest)?;
        let token = (at, kind, &rest[..len]);
        at += len;
        Some(token)
    })
}

/// Kind and length of the first piece.
fn first(sql: &str) -> Option<(Kind, usize)> {
    let bytes = sql.as_bytes();
    let until = |text: &str, from: usize| sql.get(from..)?.find(text).map(|at| from + at + text.len());
    Some(match *bytes.first()? {
        b' ' | b'\t' | b'\n' | b'\x0c' | b'\r' => (Kind::Space, 1),
        b'-' if sql.starts_with("--") => (Kind::Space, until("\n", 2).unwrap_or(sql.len())),
        b'/' if sql.starts_with("/*") => (Kind::Space, until("*/", 2).unwrap_or(sql.len())),
        b';' => (Kind::Semicolon, 1),
        // A doubled quote reads as the end of one piece and the start of the next: that is as good.
        quote @ (b'\'' | b'"' | b'`') => {
            (Kind::Other, until(char::from(quote).encode_utf8(&mut [0; 4]), 1).unwrap_or(sql.len()))
        }
        b'[' => (Kind::Other, until("]", 1).unwrap_or(sql.len())),
        b'?' => (Kind::Parameter, 1 + bytes[1..].iter().take_while(|byte| byte.is_ascii_digit()).count()),
        b':' | b'@' | b'$' => named(bytes).map_or((Kind::Other, 1), |len| (Kind::Parameter, len)),
        byte if is_word(byte) => (Kind::Word, bytes.iter().take_while(|byte| is_word(**byte)).count()),
        _ => (Kind::Other, 1),
    })
}

/// Length of a parameter with a name, in which `::` and, at its end, `(…)` without white space may be; none if it is not one.
fn named(bytes: &[u8]) -> Option<usize> {
    let mut len = 1;
    let mut letters = 0;
    while let Some(byte) = bytes.get(len) {
        match byte {
            byte if is_word(*byte) => letters += 1,
            b':' if bytes.get(len + 1) == Some(&b':') => len += 1,
            b'(' if letters > 0 => {
                let inner =
                    bytes[len..].iter().take_while(|byte| !byte.is_ascii_whitespace() && **byte != b')').count();
                return (bytes.get(len + inner) == Some(&b')')).then_some(len + inner + 1);
            }
            _ => break,
        }
        len += 1;
    }
    (letters > 0).then_some(len)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::{Kind, tokens};

    #[test]
    fn pieces_are_found() {
        for (sql, kind, len) in [
            ("?", Kind::Parameter, 1),
            ("?12a", Kind::Parameter, 3),
            (":a$ü+", Kind::Parameter, 5),
            ("@a::b c", Kind::Parameter, 5),
            ("$a(x y)", Kind::Other, 1),
            ("$a(x)y", Kind::Parameter, 5),
            (":", Kind::Other, 1),
            (": a", Kind::Other, 1),
            ("a$:b", Kind::Word, 2),
            ("12", Kind::Word, 2),
            ("->", Kind::Other, 1),
            ("-- a", Kind::Space, 4),
            ("/**/a", Kind::Space, 4),
            ("/*/ a", Kind::Space, 5),
            ("''''", Kind::Other, 2),
        ] {
            assert_eq!(tokens(sql).next(), Some((0, kind, &sql[..len])), "{sql}");
        }
        assert_eq!(tokens("").next(), None);
    }
}
