//! Scalar functions: registering and calling them.

use std::ffi::CString;
use std::rc::Rc;

use crate::engine::calls::{Callee, describe_problem};
use crate::engine::connection::{Connection, Core};
use crate::engine::counts;
use crate::engine::error::{BUSY, Error, NOMEM, Reason, Result};
use crate::engine::extension::Extension;
use crate::engine::manifest::{FunctionFlags, check_function, describe_function};
use crate::engine::names::{Key, Registration};
use crate::engine::platform::Platform;
use crate::engine::sqlite::{Args, CallGuard, ResultSink, depth};
use crate::engine::value::ValueRef;
use crate::front::PLATFORM;

/// What a registered function's trampoline gets as user data. SQLite owns it.
pub(crate) struct Registered {
    core: Rc<Core>,
    target: Target,
    /// It is an extension's, with the flag `subtype`.
    subtype: bool,
}

enum Target {
    /// A function of the embedder.
    Host { id: u32, name: String },
    /// The function at `index` of the extension's manifest.
    Extension { extension: Rc<Extension>, id: u32, index: usize },
}

impl Registered {
    /// Most bytes a result may have.
    #[inline]
    pub(crate) fn output_limit(&self) -> usize {
        self.core.limits.get().output_bytes as usize
    }

    /// Whether calls may use subtypes.
    #[inline]
    pub(crate) fn has_subtype(&self) -> bool {
        self.subtype
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Target::Host { id, .. } = &self.target {
            PLATFORM.release_host_function(*id);
        }
    }
}

/// What the trampoline tells SQLite when a call fails.
pub(crate) struct Failed {
    /// Extended result code, as the embedder gets to see it.
    pub(crate) code: i32,
    /// Without U+0000.
    pub(crate) message: String,
}

impl Failed {
    /// Remembers why a function failed, so that the statement's error says who caused it.
    #[cold]
    pub(crate) fn record(core: &Core, mut error: Error) -> Self {
        error.clean();
        let failed = Self { code: error.code, message: error.message.clone() };
        core.record_failure(error);
        core.end_evaluations();
        failed
    }
}

/// Calls a function.
#[inline]
pub(crate) fn call(registered: &Registered, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), Failed> {
    run(registered, args, out).map_err(|error| Failed::record(&registered.core, error))
}

#[inline]
fn run(registered: &Registered, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<()> {
    let core = &*registered.core;
    match &registered.target {
        Target::Extension { extension, id, index } => {
            let callee = Callee::Function(*index);
            check_text(extension, callee, args)?;
            let call = extension.enter(core, callee)?;
            PLATFORM.call_scalar(extension.id, *id, args, out).map_err(|error| call.failed(error))?;
            call.finish(out)
        }
        Target::Host { id, name } => run_host(core, *id, name, args, out),
    }
}

fn run_host(core: &Core, id: u32, name: &str, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<()> {
    // A host function is not an extension, and its message must not say so.
    let failure = |reason: Reason, detail: &str| Error {
        reason: Some(reason),
        function: Some(name.to_owned()),
        ..Error::new(reason.code(), format!("{reason}: function `{name}`: {detail}"))
    };
    let limits = core.limits.get();
    if depth() >= limits.call_depth as usize {
        let detail = format!("calls between SQL and functions nest deeper than {}", limits.call_depth);
        return Err(failure(Reason::CallDepthExceeded, &detail));
    }
    let _call = CallGuard::enter(limits.output_bytes as usize);
    core.with_spi(None, || PLATFORM.call_host_function(id, args, out))
        .map_err(|error| Error { function: Some(name.to_owned()), ..Error::from_call(error, None, None) })?;
    match out.problem() {
        None => Ok(()),
        Some(problem) => Err(match describe_problem(problem, out.limit()) {
            Some((reason, detail)) => failure(reason, &detail),
            None => Error::new(NOMEM, "out of memory"),
        }),
    }
}

/// The contract promises extensions valid UTF-8.
///
/// # Errors
///
/// `invalid-text`.
#[inline]
pub(crate) fn check_text(extension: &Extension, callee: Callee, args: Args<'_>) -> Result<()> {
    for (number, value) in (1..).zip(args.iter()) {
        if let ValueRef::Text(utf8) = value
            && let Err(error) = std::str::from_utf8(utf8)
        {
            return Err(invalid_argument(extension, callee, number, error.valid_up_to()));
        }
    }
    Ok(())
}

#[cold]
fn invalid_argument(extension: &Extension, callee: Callee, number: u32, at: usize) -> Error {
    let detail = format!("argument {number} is a text that is not valid UTF-8 at byte {at}");
    extension.failure(Reason::InvalidText, callee, &detail)
}

/// Registers the function at `index` of an extension's manifest, replacing what has its name.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn register(connection: &Connection, extension: &Rc<Extension>, index: usize) -> Result<()> {
    let arg_count = extension.manifest.functions.get(index).map_or(0, |function| function.arg_count);
    register_for(connection, extension, index, arg_count)
}

/// Registers a function of an extension for another number of arguments than the manifest says.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn register_for(
    connection: &Connection,
    extension: &Rc<Extension>,
    index: usize,
    arg_count: i32,
) -> Result<()> {
    let Some(function) = extension.manifest.functions.get(index) else { return Ok(()) };
    let target = Target::Extension { extension: Rc::clone(extension), id: function.id, index };
    let flags = FunctionFlags::from(function.flags);
    let subtype = flags.contains(FunctionFlags::SUBTYPE);
    let registered = Rc::new(Registered { core: Rc::clone(&connection.core), target, subtype });
    restore(connection, &function.name, arg_count, flags, registered)
}

/// Registers a function again, replacing what has its name.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn restore(
    connection: &Connection,
    name: &str,
    arg_count: i32,
    flags: FunctionFlags,
    function: Rc<Registered>,
) -> Result<()> {
    let _running = connection.enter();
    connection
        .database
        .create_scalar(&c_name(name)?, arg_count, flags, function)
        .map_err(|code| connection.error(code, 0))
}

/// Removes a function or an aggregate.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn unregister(connection: &Connection, name: &str, arg_count: i32) -> Result<()> {
    let _running = connection.enter();
    connection.database.remove_function(&c_name(name)?, arg_count).map_err(|code| connection.error(code, 0))
}

pub(crate) fn c_name(name: &str) -> Result<CString> {
    CString::new(name).map_err(|_| Error::misuse("a function name must not contain U+0000"))
}

/// Registers a function of the embedder, replacing one of its own or of SQLite's with the same name and argument
/// count. Calls go to [`Platform::call_host_function`] with `id`; when SQLite no longer has the function,
/// [`Platform::release_host_function`] gets `id`, also if this fails after the checks.
///
/// * `name` - 1 to 255 bytes; ASCII case does not matter.
/// * `arg_count` - 0 to 127, or -1 for any number.
///
/// # Errors
///
/// `SQLITE_MISUSE` for a bad name or count, for a function of an extension, and from inside a running function;
/// `SQLITE_BUSY` if it exists and a statement is running.
///
/// SQLite equivalent: `sqlite3_create_function_v2`
pub fn create_function(connection: u32, name: &str, arg_count: i32, flags: FunctionFlags, id: u32) -> Result<()> {
    let (connection, c_name) = for_change(connection, name, arg_count)?;
    counts::may_change(&connection, &Key::function(name, arg_count))
        .map_err(|code| refused(&connection, code, name, arg_count))?;
    let target = Target::Host { id, name: name.to_owned() };
    let registered = Rc::new(Registered { core: Rc::clone(&connection.core), target, subtype: false });
    let registration = Registration::Application { function: Rc::downgrade(&registered), flags };
    // SQLite drops the function it replaces, which tells the front: it must not find the connection idle then.
    let _running = connection.enter();
    connection
        .database
        .create_scalar(&c_name, arg_count, flags, registered)
        .map_err(|code| refused(&connection, code, name, arg_count))?;
    let key = Key::function(name, arg_count);
    connection.names.borrow_mut().set(key.clone(), registration);
    counts::registered(&connection, &key)
}

/// Removes a function of the embedder. One of SQLite's that it had replaced does not come back. Removing what is not
/// there does nothing.
///
/// # Errors
///
/// As [`create_function`].
pub fn remove_function(connection: u32, name: &str, arg_count: i32) -> Result<()> {
    let (connection, c_name) = for_change(connection, name, arg_count)?;
    let key = Key::function(name, arg_count);
    if connection.names.borrow().get(&key).is_none() {
        return Ok(());
    }
    counts::may_change(&connection, &key).map_err(|code| refused(&connection, code, name, arg_count))?;
    let _running = connection.enter();
    connection
        .database
        .remove_function(&c_name, arg_count)
        .map_err(|code| refused(&connection, code, name, arg_count))?;
    connection.names.borrow_mut().remove(&key);
    counts::removed(&connection, &key)
}

/// Checks that the embedder may change this function now.
fn for_change(connection: u32, name: &str, arg_count: i32) -> Result<(Rc<Connection>, CString)> {
    let connection = Connection::get(connection)?;
    check_function(name, arg_count).map_err(Error::misuse)?;
    let c_name = c_name(name)?;
    connection.must_be_idle("changing functions")?;
    if let Some(owner @ Registration::Extension { .. }) = connection.names.borrow().get(&Key::function(name, arg_count))
    {
        return Err(Error::misuse(format!(
            "function {} belongs to {owner}: unload it first, or use another name",
            describe_function(name, arg_count)
        )));
    }
    Ok((connection, c_name))
}

fn refused(connection: &Connection, code: i32, name: &str, arg_count: i32) -> Error {
    let function = describe_function(name, arg_count);
    if code == BUSY {
        Error::new(
            BUSY,
            format!("function {function} can't be changed while a statement is running: finish or reset it first"),
        )
    } else {
        connection.error(code, 0)
    }
}
