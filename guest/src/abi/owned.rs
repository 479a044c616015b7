//! Rows that borrow from arguments, kept together with them.

use super::{Args, RawValue};
use crate::vtab::{Call, Rows};
use crate::{Error, Value};

/// What a table-valued function gave, and the arguments it may borrow from.
pub struct OwnedRows {
    /// First, so that it is dropped before what it borrows from.
    rows: Option<Box<dyn Rows>>,
    /// Points into `values`.
    #[allow(dead_code, reason = "`rows` borrows from it")]
    raw: Vec<RawValue<'static>>,
    values: Vec<Value>,
}

impl OwnedRows {
    /// Calls the function.
    ///
    /// * `given` - a bit for each argument that is given
    ///
    /// # Errors
    /// The function's own.
    pub(crate) fn call(values: Vec<Value>, given: u32, function: Call) -> Result<Self, Error> {
        let raw: Vec<RawValue<'static>> = values
            .iter()
            .map(|value| {
                let raw = RawValue::borrow(value.as_ref());
                // SAFETY: the bytes are on the heap, and `values` keeps them unchanged as long as `raw` lives.
                unsafe { core::mem::transmute::<RawValue<'_>, RawValue<'static>>(raw) }
            })
            .collect();
        // SAFETY: the list is on the heap, and stays unchanged as long as `rows` lives. The function is one for every `'a`,
        // so it can't keep the arguments anywhere but in what it returns.
        let args = Args(unsafe { super::list(raw.as_ptr(), raw.len()) });
        let rows = function(args, given)?;
        Ok(Self { rows, raw, values })
    }

    /// The arguments.
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    /// The rows; none if an argument that must not be NULL is.
    pub(crate) fn rows(&mut self) -> Option<&mut (dyn Rows + '_)> {
        match &mut self.rows {
            Some(rows) => Some(&mut **rows),
            None => None,
        }
    }
}
