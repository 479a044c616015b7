//! The trampolines of aggregate and window functions.

use std::ffi::{CStr, c_int, c_void};
use std::rc::Rc;
use std::slice;

use rusqlite::ffi;

use super::database::Database;
use super::result::ResultSink;
use super::scalar::{fail, flag_bits, with_args};
use crate::engine::aggregate::{self, Aggregate, Context};
use crate::engine::error::code_for_sqlite;
use crate::engine::function::Failed;
use crate::engine::manifest::FunctionFlags;

impl Database {
    /// Registers an aggregate function, replacing a function with the same name and argument count. SQLite shares `aggregate`
    /// from here on, and gives it up when the function is replaced or removed, when the connection closes, and when this
    /// fails.
    ///
    /// * `window` - it may be used as a window function too.
    ///
    /// # Errors
    ///
    /// As [`Database::create_scalar`].
    ///
    /// Source: <https://sqlite.org/c3ref/create_function.html>, <https://sqlite.org/windowfunctions.html#udfwinfunc>
    pub(crate) fn create_aggregate(
        &self,
        name: &CStr,
        arg_count: i32,
        flags: FunctionFlags,
        window: bool,
        aggregate: Rc<Aggregate>,
    ) -> Result<(), i32> {
        let data = Rc::into_raw(aggregate).cast_mut().cast::<c_void>();
        // SAFETY: the handle is live; the name is NUL-terminated; the user data is a leaked reference, which `destroy`
        // takes back, also when the call fails. Without `xValue` and `xInverse` it is no window function.
        let code = unsafe {
            ffi::sqlite3_create_window_function(
                self.handle(),
                name.as_ptr(),
                arg_count,
                flag_bits(flags),
                data,
                Some(step),
                Some(last),
                if window { Some(value) } else { None },
                if window { Some(inverse) } else { None },
                Some(destroy),
            )
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }
}

/// Gives an aggregate's data up.
unsafe extern "C" fn destroy(data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: SQLite passes what `create_aggregate` leaked, once.
        drop(unsafe { Rc::from_raw(data.cast_const().cast::<Aggregate>()) });
    }
}

/// What SQLite passes to every callback.
///
/// # Safety
///
/// `context` must be that of a running call of an aggregate.
unsafe fn aggregate<'a>(context: *mut ffi::sqlite3_context) -> Option<&'a Aggregate> {
    // SAFETY: the caller vouches for the context, whose user data is what `create_aggregate` leaked. SQLite drops it only
    // when no statement runs, so it outlives this call.
    unsafe { ffi::sqlite3_user_data(context).cast::<Aggregate>().cast_const().as_ref() }
}

/// The evaluation's context, which SQLite keeps between the callbacks, zeroed at first, and frees; none if there is no memory.
///
/// # Safety
///
/// `context` must be that of a running call of an aggregate, and be the same kind as the result's lifetime.
unsafe fn evaluation<'a>(context: *mut ffi::sqlite3_context) -> Option<&'a Context> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "some bytes")]
    const SIZE: c_int = size_of::<Context>() as c_int;
    // SAFETY: the caller vouches for the context. SQLite's allocations are aligned to 8, and all zero bytes are a context
    // that has not begun. The callbacks are never nested for one evaluation, and only share it.
    // Source: https://sqlite.org/c3ref/aggregate_context.html
    unsafe { ffi::sqlite3_aggregate_context(context, SIZE).cast::<Context>().cast_const().as_ref() }
}

/// Tells SQLite how a callback ended.
///
/// # Safety
///
/// `context` must be that of the running call.
#[inline]
unsafe fn report(context: *mut ffi::sqlite3_context, outcome: Result<(), Failed>) {
    if let Err(error) = outcome {
        // SAFETY: the caller vouches for the context.
        unsafe { fail(context, code_for_sqlite(error.code), &error.message) };
    }
}

/// `xStep` of every aggregate.
unsafe extern "C" fn step(context: *mut ffi::sqlite3_context, n_arg: c_int, args: *mut *mut ffi::sqlite3_value) {
    // SAFETY: SQLite passes a live context and `n_arg` protected values.
    unsafe { row(context, n_arg, args, false) }
}

/// `xInverse` of every aggregate that is a window function.
unsafe extern "C" fn inverse(context: *mut ffi::sqlite3_context, n_arg: c_int, args: *mut *mut ffi::sqlite3_value) {
    // SAFETY: as in `step`.
    unsafe { row(context, n_arg, args, true) }
}

/// Adds a row or takes one away.
///
/// # Safety
///
/// As for `xStep`.
#[inline]
unsafe fn row(context: *mut ffi::sqlite3_context, n_arg: c_int, args: *mut *mut ffi::sqlite3_value, inverse: bool) {
    // SAFETY: the caller vouches for context and values, which are valid until it returns.
    unsafe {
        let Some(aggregate) = aggregate(context) else { return };
        let Some(evaluation) = evaluation(context) else {
            ffi::sqlite3_result_error_nomem(context);
            return;
        };
        let n_arg = if args.is_null() { 0 } else { usize::try_from(n_arg).unwrap_or(0) };
        let values = if n_arg == 0 { &[] } else { slice::from_raw_parts(args.cast_const(), n_arg) };
        with_args(context, values, |args| {
            report(context, aggregate::row(aggregate, evaluation, args, inverse));
        });
    }
}

/// `xValue` of every aggregate that is a window function.
unsafe extern "C" fn value(context: *mut ffi::sqlite3_context) {
    // SAFETY: SQLite passes a live context.
    unsafe {
        let Some(aggregate) = aggregate(context) else { return };
        let Some(evaluation) = evaluation(context) else {
            ffi::sqlite3_result_error_nomem(context);
            return;
        };
        let mut sink = ResultSink::new(context, aggregate.output_limit());
        report(context, aggregate::current(aggregate, evaluation, &mut sink));
    }
}

/// `xFinal` of every aggregate. SQLite calls it for the value, and to end an evaluation whose statement failed or was reset.
unsafe extern "C" fn last(context: *mut ffi::sqlite3_context) {
    // SAFETY: SQLite passes a live context. Asking for no bytes gives the evaluation's context if it has begun, else null.
    unsafe {
        let Some(aggregate) = aggregate(context) else { return };
        let evaluation = ffi::sqlite3_aggregate_context(context, 0).cast::<Context>().cast_const().as_ref();
        let mut sink = ResultSink::new(context, aggregate.output_limit());
        report(context, aggregate::finish(aggregate, evaluation, &mut sink));
    }
}
