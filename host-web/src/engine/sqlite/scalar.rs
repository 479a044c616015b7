//! The trampoline of scalar functions: one C function, which dispatches by its user data. Nothing is added to a function
//! table at run time.

use std::ffi::{CStr, c_int, c_void};
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::slice;

use rusqlite::ffi;

use super::database::Database;
use super::result::ResultSink;
use super::subtype::SubtypeScope;
use super::value::{Args, RawValue, ReadError, read};
use crate::engine::error::code_for_sqlite;
use crate::engine::function::{self, Registered};
use crate::engine::manifest::{FunctionFlags, MAX_ARGS};

/// Most arguments for the trampoline with the small frame.
const FEW: usize = 8;
/// Most arguments at all.
#[allow(clippy::cast_sign_loss, reason = "a positive constant")]
const MOST: usize = MAX_ARGS as usize;

impl Database {
    /// Registers a scalar function, replacing one with the same name and argument count. SQLite shares `function`
    /// from here on, and gives it up when the function is replaced or removed, when the connection closes, and when this fails.
    ///
    /// * `arg_count` - 0 to 127, or -1 for any number.
    ///
    /// # Errors
    ///
    /// The result code: `SQLITE_BUSY` if a statement is running and the function exists, `SQLITE_MISUSE` for a name
    /// over 255 bytes.
    ///
    /// Source: <https://sqlite.org/c3ref/create_function.html>
    pub(crate) fn create_scalar(
        &self,
        name: &CStr,
        arg_count: i32,
        flags: FunctionFlags,
        function: Rc<Registered>,
    ) -> Result<(), i32> {
        // SAFETY: the handle is live; the name is NUL-terminated; the user data is a leaked reference, which
        // `destroy` takes back, also when the call fails.
        let code = unsafe {
            ffi::sqlite3_create_function_v2(
                self.handle(),
                name.as_ptr(),
                arg_count,
                flag_bits(flags),
                Rc::into_raw(function).cast_mut().cast(),
                Some(scalar),
                None,
                None,
                Some(destroy),
            )
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }

    /// Removes a function or an aggregate.
    ///
    /// # Errors
    ///
    /// The result code: `SQLITE_BUSY` if a statement is running.
    pub(crate) fn remove_function(&self, name: &CStr, arg_count: i32) -> Result<(), i32> {
        // SAFETY: the handle is live, the name is NUL-terminated, and there is no user data.
        let code = unsafe {
            ffi::sqlite3_create_function_v2(
                self.handle(),
                name.as_ptr(),
                arg_count,
                ffi::SQLITE_UTF8,
                std::ptr::null_mut(),
                None,
                None,
                None,
                None,
            )
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }
}

pub(super) fn flag_bits(flags: FunctionFlags) -> c_int {
    let mut bits = ffi::SQLITE_UTF8;
    for (flag, bit) in [
        (FunctionFlags::DETERMINISTIC, ffi::SQLITE_DETERMINISTIC),
        (FunctionFlags::DIRECT_ONLY, ffi::SQLITE_DIRECTONLY),
        (FunctionFlags::INNOCUOUS, ffi::SQLITE_INNOCUOUS),
        (FunctionFlags::SUBTYPE, ffi::SQLITE_SUBTYPE | ffi::SQLITE_RESULT_SUBTYPE),
    ] {
        if flags.contains(flag) {
            bits |= bit;
        }
    }
    bits
}

/// Gives a function's data up.
unsafe extern "C" fn destroy(data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: SQLite passes what `create_scalar` leaked, once.
        drop(unsafe { Rc::from_raw(data.cast_const().cast::<Registered>()) });
    }
}

/// `xFunc` of every function.
unsafe extern "C" fn scalar(context: *mut ffi::sqlite3_context, n_arg: c_int, args: *mut *mut ffi::sqlite3_value) {
    // SAFETY: SQLite passes a live context, whose user data is what `create_scalar` leaked. SQLite drops it only when
    // no statement runs, and the engine registers and removes functions only outside of calls, so it outlives this one.
    let registered = unsafe {
        let data = ffi::sqlite3_user_data(context).cast::<Registered>().cast_const();
        data.as_ref()
    };
    let Some(registered) = registered else { return };
    let n_arg = if args.is_null() { 0 } else { usize::try_from(n_arg).unwrap_or(0) };
    // SAFETY: SQLite passes `n_arg` protected values, valid until this returns; the context is that of the running call.
    unsafe {
        let values = if n_arg == 0 { &[] } else { slice::from_raw_parts(args.cast_const(), n_arg) };
        if registered.has_subtype() {
            with_subtypes(context, registered, values);
            return;
        }
        with_args(context, values, |args| {
            run(context, registered, args);
        });
    }
}

/// The call of a function that has to do with subtypes.
///
/// # Safety
///
/// As [`with_args`].
#[inline(never)]
unsafe fn with_subtypes(
    context: *mut ffi::sqlite3_context,
    registered: &Registered,
    values: &[*mut ffi::sqlite3_value],
) {
    // SAFETY: the caller's obligations are the same.
    unsafe {
        let subtypes = SubtypeScope::enter(context, values);
        with_args(context, values, |args| {
            if run(context, registered, args) {
                subtypes.apply();
            }
        });
    }
}

/// Calls a function and reports how that ended; true if it has a result.
///
/// # Safety
///
/// `context` must be that of the running call.
#[inline]
unsafe fn run(context: *mut ffi::sqlite3_context, registered: &Registered, args: Args<'_>) -> bool {
    // SAFETY: the sink does not outlive this call, and the caller vouches for the context.
    unsafe {
        let mut sink = ResultSink::new(context, registered.output_limit());
        match function::call(registered, args, &mut sink) {
            Ok(()) => true,
            Err(error) => {
                fail(context, code_for_sqlite(error.code), &error.message);
                false
            }
        }
    }
}

/// Builds the argument list on the stack and hands it to `call`; fails the running call if there are too many, or no memory.
///
/// # Safety
///
/// `context` must be that of the running call and `values` its protected arguments.
#[inline]
pub(super) unsafe fn with_args(
    context: *mut ffi::sqlite3_context,
    values: &[*mut ffi::sqlite3_value],
    call: impl FnOnce(Args<'_>),
) {
    // SAFETY: the caller's obligations are the same.
    unsafe {
        if values.len() <= FEW {
            with_list::<FEW>(context, values, call);
        } else if values.len() <= MOST {
            with_long_list(context, values, call);
        } else {
            let message = format!("too many arguments: {}, at most {MOST}", values.len());
            fail(context, ffi::SQLITE_ERROR, &message);
        }
    }
}

/// The call with the large frame, kept out of the common path.
///
/// # Safety
///
/// As [`with_args`].
#[inline(never)]
unsafe fn with_long_list(
    context: *mut ffi::sqlite3_context,
    values: &[*mut ffi::sqlite3_value],
    call: impl FnOnce(Args<'_>),
) {
    // SAFETY: the caller's obligations are the same.
    unsafe { with_list::<MOST>(context, values, call) }
}

/// # Safety
///
/// As [`with_args`]; there must be at most `N` values.
#[inline]
unsafe fn with_list<const N: usize>(
    context: *mut ffi::sqlite3_context,
    values: &[*mut ffi::sqlite3_value],
    call: impl FnOnce(Args<'_>),
) {
    let mut list = [const { MaybeUninit::<RawValue>::uninit() }; N];
    for (slot, value) in list.iter_mut().zip(values) {
        // SAFETY: the values are protected and nothing converts them before the call ends.
        match unsafe { read(*value) } {
            Ok(raw) => slot.write(raw),
            Err(ReadError::NoMemory) => {
                // SAFETY: the context is that of the running call.
                unsafe { ffi::sqlite3_result_error_nomem(context) };
                return;
            }
        };
    }
    // SAFETY: the first `values.len()` slots, at most N, were written just now.
    let list = unsafe { slice::from_raw_parts(list.as_ptr().cast::<RawValue>(), values.len().min(N)) };
    // SAFETY: the values point at what SQLite holds until this call ends.
    call(unsafe { Args::from_raw(list) });
}

/// Fails the running call with a message and a code.
///
/// # Safety
///
/// `context` must be that of a running call.
#[cold]
pub(super) unsafe fn fail(context: *mut ffi::sqlite3_context, code: c_int, message: &str) {
    let len = c_int::try_from(message.len()).unwrap_or(c_int::MAX);
    // SAFETY: the caller vouches for the context; SQLite copies the message before it returns, and the code goes last
    // because setting the message sets SQLITE_ERROR.
    unsafe {
        ffi::sqlite3_result_error(context, message.as_ptr().cast(), len);
        ffi::sqlite3_result_error_code(context, code);
    }
}
