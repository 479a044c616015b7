//! Subtypes of the running scalar function's arguments and result.

use std::cell::Cell;
use std::marker::PhantomData;

use rusqlite::ffi;

use super::result::depth;
use crate::engine::error::{Error, RANGE, Result};

/// The innermost running call of a function that has to do with subtypes.
#[derive(Clone, Copy)]
struct Frame {
    context: *mut ffi::sqlite3_context,
    values: *const *mut ffi::sqlite3_value,
    count: usize,
    /// How many calls are on the stack while it is the innermost.
    depth: usize,
    /// The subtype that its result gets.
    result: Option<u8>,
}

thread_local! {
    static FRAME: Cell<Option<Frame>> = const { Cell::new(None) };
}

/// Lets the call that comes next use subtypes, until this is dropped.
pub(super) struct SubtypeScope<'a> {
    outer: Option<Frame>,
    _values: PhantomData<&'a [*mut ffi::sqlite3_value]>,
}

impl<'a> SubtypeScope<'a> {
    /// # Safety
    ///
    /// `context` must be that of a running function with the subtype flags, and `values` its protected arguments; neither
    /// may end before the scope is dropped.
    pub(super) unsafe fn enter(context: *mut ffi::sqlite3_context, values: &'a [*mut ffi::sqlite3_value]) -> Self {
        let frame = Frame { context, values: values.as_ptr(), count: values.len(), depth: depth() + 1, result: None };
        Self { outer: FRAME.replace(Some(frame)), _values: PhantomData }
    }

    /// Gives the result, which must be set already, the subtype that was asked for: setting a result takes one away.
    ///
    /// Source: <https://sqlite.org/c3ref/result_subtype.html>
    pub(super) fn apply(&self) {
        if let Some(Frame { context, result: Some(subtype), .. }) = FRAME.get() {
            // SAFETY: scopes end in the order they nest, so the frame is this scope's, whose function runs.
            unsafe { ffi::sqlite3_result_subtype(context, subtype.into()) };
        }
    }
}

impl Drop for SubtypeScope<'_> {
    fn drop(&mut self) {
        FRAME.set(self.outer);
    }
}

/// The frame of the innermost call, if that has to do with subtypes: not that of an outer function, whose SQL calls
/// another one.
fn running() -> Result<Frame> {
    FRAME
        .get()
        .filter(|frame| frame.depth == depth())
        .ok_or_else(|| Error::misuse("`subtype` is for scalar functions that have the flag `subtype`, while they run"))
}

/// Returns the subtype of an argument by its 0-based index.
///
/// # Errors
///
/// `SQLITE_MISUSE` outside of a function with the flag, `SQLITE_RANGE` if there is no such argument.
///
/// Source: <https://sqlite.org/c3ref/value_subtype.html>
pub(crate) fn subtype_of(argument: u32) -> Result<u8> {
    let frame = running()?;
    let index = usize::try_from(argument).ok().filter(|index| *index < frame.count);
    let Some(index) = index else {
        let message = format!("there is no argument {argument}: the function was called with {}", frame.count);
        return Err(Error::new(RANGE, message));
    };
    // SAFETY: the frame is there only while its function runs, so its values are live, and the index is below their count.
    let subtype = unsafe { ffi::sqlite3_value_subtype(*frame.values.add(index)) };
    Ok(u8::try_from(subtype & 0xff).unwrap_or(0))
}

/// Sets the subtype that the result gets.
///
/// # Errors
///
/// `SQLITE_MISUSE` outside of a function with the flag.
pub(crate) fn set_subtype(subtype: u8) -> Result<()> {
    let frame = running()?;
    FRAME.set(Some(Frame { result: Some(subtype), ..frame }));
    Ok(())
}
