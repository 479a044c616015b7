//! Names and columns.

use std::borrow::Cow;

use crate::abi::RawText;

/// The table that is created or connected.
pub struct Connect<'a> {
    pub(crate) database: RawText<'a>,
    pub(crate) name: RawText<'a>,
    pub(crate) arguments: &'a [RawText<'a>],
}

impl<'a> Connect<'a> {
    /// The database it is in: `main`, `temp`, or the name of an attached one.
    #[must_use]
    pub fn database(&self) -> &'a str {
        self.database.get()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name.get()
    }

    /// What stands in the parentheses of CREATE VIRTUAL TABLE, split at the commas.
    pub fn arguments(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        self.arguments.iter().map(RawText::get)
    }

    /// The value of the argument `KEY = VALUE`, without its quotes; upper and lower case of the key are the same.
    ///
    /// ```
    /// # use sqlink_guest::prelude::*;
    /// # fn of(at: &Connect<'_>) {
    /// // CREATE VIRTUAL TABLE t USING csv(filename = 'data.csv')
    /// let file = at.option("filename"); // Some("data.csv")
    /// # }
    /// ```
    #[must_use]
    pub fn option(&self, key: &str) -> Option<Cow<'a, str>> {
        self.arguments().find_map(|argument| {
            let (name, value) = argument.split_once('=')?;
            name.trim().eq_ignore_ascii_case(key).then(|| unquote(value.trim()))
        })
    }

    /// SQL that names the table's shadow table `suffix`: `"database"."name_suffix"`.
    #[must_use]
    pub fn shadow(&self, suffix: &str) -> String {
        shadow(self.database(), self.name(), suffix)
    }
}

/// SQL that names a shadow table.
///
/// * `database`, `table` - where it belongs
/// * `suffix` - one of the names in `#[table(shadow("…"))]`
#[must_use]
pub fn shadow(database: &str, table: &str, suffix: &str) -> String {
    let quoted = |text: &str| text.replace('"', "\"\"");
    ["\"", &quoted(database), "\".\"", &quoted(table), "_", &quoted(suffix), "\""].concat()
}

/// Text in SQL's quotes (`'it''s'`, `"a"`, `` `a` `` or `[a]`) without them; other text as it is.
#[must_use]
pub fn unquote(text: &str) -> Cow<'_, str> {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    for quote in ['\'', '"', '`'] {
        if let Some(inner) = inner(quote) {
            let twice = [quote, quote].iter().collect::<String>();
            return if inner.contains(&twice) {
                Cow::Owned(inner.replace(&twice, &quote.to_string()))
            } else {
                Cow::Borrowed(inner)
            };
        }
    }
    Cow::Borrowed(text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text))
}

/// The columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    columns: usize,
    sql: String,
}

impl Schema {
    /// * `columns` - one column each as CREATE TABLE takes it, the name in quotes where SQL wants them: `word TEXT`. `HIDDEN`
    ///   in the type makes it a column that `*` leaves out and that a table-valued function takes as an argument
    pub fn new(columns: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut schema = Self { columns: 0, sql: String::from("CREATE TABLE x(") };
        for column in columns {
            if schema.columns > 0 {
                schema.sql.push_str(", ");
            }
            schema.sql.push_str(column.as_ref());
            schema.columns += 1;
        }
        schema.sql.push(')');
        schema
    }

    /// How many columns there are.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.columns
    }

    /// The declaration.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    pub(crate) fn into_sql(self) -> String {
        self.sql
    }
}

#[cfg(test)]
mod tests {
    use super::{Connect, RawText, Schema, shadow, unquote};

    #[test]
    fn options_are_found_and_unquoted() {
        let arguments = ["filename = 'it''s.csv'", "Header=[yes]", "a b", "empty=", "\"x\"\"y\""];
        let arguments = arguments.map(RawText::borrow);
        let at = Connect { database: RawText::borrow("main"), name: RawText::borrow("t"), arguments: &arguments };
        assert_eq!(at.option("FILENAME").as_deref(), Some("it's.csv"));
        assert_eq!(at.option("header").as_deref(), Some("yes"));
        assert_eq!(at.option("empty").as_deref(), Some(""));
        assert_eq!(at.option("a b"), None);
        assert_eq!(at.arguments().last().map(unquote).as_deref(), Some("x\"y"));
        assert_eq!(at.shadow("data"), "\"main\".\"t_data\"");
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(shadow("a\"b", "t", "data"), "\"a\"\"b\".\"t_data\"");
        assert_eq!(unquote("'"), "'");
        assert_eq!(unquote("''"), "");
        let schema = Schema::new(["a TEXT", "\"b c\""]);
        assert_eq!((schema.width(), schema.sql()), (2, "CREATE TABLE x(a TEXT, \"b c\")"));
    }
}
