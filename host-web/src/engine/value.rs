//! SQLite values: borrowed on their way through the engine, owned where they outlive a call.

/// A value borrowed from SQLite, from an argument list or from the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// `SQLITE_NULL`
    Null,
    /// `SQLITE_INTEGER`
    Integer(i64),
    /// `SQLITE_FLOAT`; SQLite stores NaN as NULL.
    Real(f64),
    /// `SQLITE_TEXT`. Bytes, because a database may hold text that is not valid UTF-8.
    Text(&'a [u8]),
    /// `SQLITE_BLOB`
    Blob(&'a [u8]),
}

impl ValueRef<'_> {
    /// Returns the bytes of a text or blob that the value holds, 0 for the other kinds.
    #[must_use]
    pub const fn byte_len(&self) -> usize {
        match self {
            Self::Text(bytes) | Self::Blob(bytes) => bytes.len(),
            Self::Null | Self::Integer(_) | Self::Real(_) => 0,
        }
    }
}

/// A value of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `SQLITE_NULL`
    Null,
    /// `SQLITE_INTEGER`
    Integer(i64),
    /// `SQLITE_FLOAT`
    Real(f64),
    /// `SQLITE_TEXT`
    Text(String),
    /// `SQLITE_BLOB`
    Blob(Vec<u8>),
}

impl Value {
    /// Borrows the value.
    #[must_use]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }

    /// Copies a borrowed value. Bytes of a text that are not valid UTF-8 become U+FFFD.
    #[must_use]
    pub fn from_lossy(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value),
            ValueRef::Text(bytes) => Self::Text(String::from_utf8_lossy(bytes).into_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

/// Receives rows, column by column from the left. Its methods run while the statement is on the stack: they must not
/// use the statement.
pub trait RowSink {
    /// Takes an SQL NULL.
    fn null(&mut self);
    /// Takes an integer.
    fn integer(&mut self, value: i64);
    /// Takes a real.
    fn real(&mut self, value: f64);
    /// Takes a text, valid until the call returns. It may be invalid UTF-8 if the database holds such text.
    fn text(&mut self, utf8: &[u8]);
    /// Takes a blob, valid until the call returns.
    fn blob(&mut self, bytes: &[u8]);
    /// Ends the row. Returns false to stop after it.
    fn end_row(&mut self) -> bool;
}

/// A [`RowSink`] that owns what it got, up to a number of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// The finished rows.
    pub rows: Vec<Vec<Value>>,
    /// Most rows to take; it stops after them.
    pub max_rows: usize,
    row: Vec<Value>,
}

impl Collected {
    /// Makes a sink that stops after `max_rows` rows.
    #[must_use]
    pub fn up_to(max_rows: usize) -> Self {
        Self { rows: Vec::new(), max_rows, row: Vec::new() }
    }
}

impl Default for Collected {
    fn default() -> Self {
        Self::up_to(usize::MAX)
    }
}

impl RowSink for Collected {
    fn null(&mut self) {
        self.row.push(Value::Null);
    }

    fn integer(&mut self, value: i64) {
        self.row.push(Value::Integer(value));
    }

    fn real(&mut self, value: f64) {
        self.row.push(Value::Real(value));
    }

    fn text(&mut self, utf8: &[u8]) {
        self.row.push(Value::from_lossy(ValueRef::Text(utf8)));
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.row.push(Value::Blob(bytes.to_vec()));
    }

    fn end_row(&mut self) -> bool {
        let capacity = self.row.len();
        self.rows.push(std::mem::replace(&mut self.row, Vec::with_capacity(capacity)));
        self.rows.len() < self.max_rows
    }
}
