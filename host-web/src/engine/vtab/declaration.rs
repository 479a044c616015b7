//! What a table's declaration says, read without SQLite: SQLite tells neither how many columns it found nor whether the table
//! has rowids, and takes statements it should not be given.

/// What the engine must know of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// Number of columns, hidden ones included.
    pub(crate) columns: usize,
    /// It ends in `WITHOUT ROWID`.
    pub(crate) without_rowid: bool,
}

/// A piece of SQL, as far as reading a declaration needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// An unquoted name, keyword or number.
    Word(&'a str),
    Open,
    Close,
    Comma,
    Semicolon,
    /// A quoted name or text, an operator.
    Other,
}

impl Token<'_> {
    fn is(self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// Whether it begins a constraint of the table, which follow the columns. These words can't be names unless quoted.
    fn begins_table_constraint(self) -> bool {
        ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|keyword| self.is(keyword))
    }
}

/// Cuts SQL into tokens; none after the end, and after a quote or comment that does not end.
struct Tokens<'a>(&'a str);

impl<'a> Tokens<'a> {
    /// Takes `len` bytes, which must end between characters.
    fn take(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.0.split_at_checked(len).unwrap_or((self.0, ""));
        self.0 = rest;
        taken
    }

    /// Skips to after the next `end`.
    fn skip_past(&mut self, end: &str) {
        match self.0.find(end) {
            Some(at) => self.take(at + end.len()),
            None => self.take(self.0.len()),
        };
    }

    fn skip_space_and_comments(&mut self) {
        loop {
            self.0 = self.0.trim_start_matches(|c: char| c.is_ascii_whitespace());
            if self.0.starts_with("--") {
                self.skip_past("\n");
            } else if self.0.starts_with("/*") {
                self.take(2);
                self.skip_past("*/");
            } else {
                return;
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space_and_comments();
        let first = self.0.chars().next()?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
        if is_word(first) {
            let len = self.0.find(|c| !is_word(c)).unwrap_or(self.0.len());
            return Some(Token::Word(self.take(len)));
        }
        self.take(first.len_utf8());
        Some(match first {
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            ';' => Token::Semicolon,
            '[' => {
                self.skip_past("]");
                Token::Other
            }
            // A doubled quote inside reads as the end of one quoted piece and the start of the next: that is as good.
            '\'' | '"' | '`' => {
                self.skip_past(first.encode_utf8(&mut [0; 4]));
                Token::Other
            }
            _ => Token::Other,
        })
    }
}

/// Reads a declaration.
///
/// # Errors
///
/// What is wrong with it. SQLite finds the mistakes this does not.
pub(crate) fn read(sql: &str) -> Result<Declaration, &'static str> {
    const SHAPE: &str = "it must be one CREATE TABLE statement with its columns in parentheses";
    if sql.contains('\0') {
        return Err("it contains U+0000");
    }
    let mut tokens = Tokens(sql);
    let mut begins_with = |keyword| tokens.next().is_some_and(|token| token.is(keyword));
    if !begins_with("CREATE") || !begins_with("TABLE") {
        return Err(SHAPE);
    }
    // The name.
    loop {
        match tokens.next() {
            Some(Token::Open) => break,
            Some(token @ (Token::Word(_) | Token::Other)) if !token.is("AS") => {}
            _ => return Err(SHAPE),
        }
    }
    let columns = read_columns(&mut tokens).ok_or(SHAPE)?;
    let mut without_rowid = false;
    let mut before = Token::Other;
    for token in &mut tokens {
        match token {
            Token::Word(_) | Token::Comma => {
                without_rowid |= before.is("WITHOUT") && token.is("ROWID");
                before = token;
            }
            Token::Semicolon => break,
            _ => return Err(SHAPE),
        }
    }
    if tokens.next().is_some() {
        return Err(SHAPE);
    }
    Ok(Declaration { columns, without_rowid })
}

/// Counts the columns up to the parenthesis that ends them; none if there is no such.
fn read_columns(tokens: &mut Tokens<'_>) -> Option<usize> {
    let mut columns = 0;
    let mut depth = 1_usize;
    let mut item_begins = true;
    let mut in_constraints = false;
    for token in tokens {
        if std::mem::take(&mut item_begins) {
            in_constraints = in_constraints || token.begins_table_constraint();
            columns += usize::from(!in_constraints);
        }
        match token {
            Token::Open => depth += 1,
            Token::Close => {
                depth -= 1;
                if depth == 0 {
                    return Some(columns);
                }
            }
            Token::Comma => item_begins = depth == 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted() {
        for (sql, columns) in [
            ("CREATE TABLE x(a)", 1),
            ("create table \"x y\" ( a , b HIDDEN, c INTEGER HIDDEN ) ;", 3),
            ("CREATE TABLE x(a DECIMAL(10,2), 'b,c' TEXT DEFAULT ('(,'), [d,(] , `e)`)", 4),
            ("CREATE TABLE x(a, b, PRIMARY KEY(a, b) CHECK (a > 0), UNIQUE(b))", 2),
            ("CREATE TABLE x(a, \"primary\", b CHECK (b IN (1,2)))", 3),
            ("CREATE TABLE x(/* one, */ a, -- two, )\n b)", 2),
            ("CREATE/**/TABLE x.y(\u{e4}\u{f6}, \"a\"\"b,\")", 2),
        ] {
            assert_eq!(read(sql), Ok(Declaration { columns, without_rowid: false }), "{sql}");
        }
    }

    #[test]
    fn without_rowid_is_found() {
        for sql in [
            "CREATE TABLE x(a PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE x(a PRIMARY KEY) strict, without /* */ rowid;",
        ] {
            assert_eq!(read(sql), Ok(Declaration { columns: 1, without_rowid: true }), "{sql}");
        }
        assert_eq!(read("CREATE TABLE x(a) -- WITHOUT ROWID").map(|found| found.without_rowid), Ok(false));
    }

    #[test]
    fn everything_else_is_refused() {
        for sql in [
            "",
            "CREATE",
            "CREATE TEMP TABLE x(a)",
            "CREATE TABLE x AS SELECT (1)",
            "CREATE TABLE x AS SELECT 1",
            "CREATE TABLE x(a",
            "CREATE TABLE x(a /* ) ",
            "CREATE TABLE x(a ') ",
            "CREATE TABLE x(a) AS (SELECT 1)",
            "CREATE TABLE x(a); CREATE TABLE y(b)",
            "CREATE TABLE x(a);;",
            "SELECT 1",
        ] {
            assert!(read(sql).is_err(), "{sql}");
        }
        assert_eq!(read("CREATE TABLE x(a)\0"), Err("it contains U+0000"));
    }
}
