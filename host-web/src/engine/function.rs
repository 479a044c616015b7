//! Scalar functions: who registered them, and calling them.

use std::collections::HashMap;
use std::ffi::CString;
use std::rc::Rc;

use crate::engine::connection::{Connection, Core};
use crate::engine::error::{BUSY, Error, NOMEM, Reason, Result, guest_code};
use crate::engine::extension::Extension;
use crate::engine::manifest::{FunctionFlags, check_function, describe_function};
use crate::engine::platform::{CallError, Platform};
use crate::engine::sqlite::{Args, CallGuard, Problem, ResultSink, depth};
use crate::engine::value::ValueRef;
use crate::front::PLATFORM;

/// Longest error message of a function, in bytes; what is longer is cut.
const MAX_MESSAGE: usize = 65_536;

/// What a registered function's trampoline gets as user data. SQLite owns it.
pub(crate) struct Registered {
    core: Rc<Core>,
    target: Target,
}

enum Target {
    /// A function of the embedder.
    Host { id: u32, name: String },
    /// The function at `index` of the extension's manifest.
    Extension { extension: Rc<Extension>, id: u32, index: usize },
}

impl Registered {
    pub(crate) fn of_extension(core: Rc<Core>, extension: Rc<Extension>, index: usize, id: u32) -> Self {
        Self { core, target: Target::Extension { extension, id, index } }
    }

    /// Most bytes a result may have.
    #[inline]
    pub(crate) fn output_limit(&self) -> usize {
        self.core.limits.get().output_bytes as usize
    }

    fn extension_name(&self) -> Option<&str> {
        match &self.target {
            Target::Host { .. } => None,
            Target::Extension { extension, .. } => Some(&extension.name),
        }
    }

    fn function_name(&self) -> Option<&str> {
        match &self.target {
            Target::Host { name, .. } => Some(name),
            Target::Extension { extension, index, .. } => extension.function_name(*index),
        }
    }

    fn failure(&self, reason: Reason, detail: &str) -> Error {
        match self.extension_name() {
            Some(name) => Error::failure(reason, Some(name), self.function_name(), detail),
            // A host function is not an extension, and its message must not say so.
            None => {
                let name = self.function_name().unwrap_or_default();
                Error {
                    reason: Some(reason),
                    function: Some(name.to_owned()),
                    ..Error::new(reason.code(), format!("{reason}: function `{name}`: {detail}"))
                }
            }
        }
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

/// Calls a function. A failure is remembered, so that the statement's error says who caused it.
#[inline]
pub(crate) fn call(registered: &Registered, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), Failed> {
    run(registered, args, out).map_err(|mut error| {
        clean(&mut error.message);
        let failed = Failed { code: error.code, message: error.message.clone() };
        registered.core.record_failure(error);
        failed
    })
}

#[inline]
fn run(registered: &Registered, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<()> {
    let core = &*registered.core;
    let limits = core.limits.get();
    if depth() >= limits.call_depth as usize {
        return Err(registered.failure(
            Reason::CallDepthExceeded,
            &format!("calls between SQL and functions nest deeper than {}", limits.call_depth),
        ));
    }
    let _call = CallGuard::enter(limits.output_bytes as usize);
    match &registered.target {
        Target::Extension { extension, id, index } => {
            check_text(registered, args)?;
            let Some(_active) = extension.activate(*index) else {
                return Err(registered
                    .failure(Reason::ReEntered, "the extension is already running, and SQL it runs called it again"));
            };
            PLATFORM
                .call_scalar(extension.id, *id, args, out)
                .map_err(|error| from_guest(registered, extension, error))?;
        }
        Target::Host { id, .. } => {
            core.with_spi(false, || PLATFORM.call_host_function(*id, args, out))
                .map_err(|error| Error::from_call(error, None, registered.function_name()))?;
        }
    }
    match out.problem() {
        None => Ok(()),
        Some(Problem::TooLarge(len)) => Err(registered.failure(
            Reason::OutputTooLarge,
            &format!("it returned {len} bytes, over the limit of {}", limits.output_bytes),
        )),
        Some(Problem::NoMemory) => Err(Error::new(NOMEM, "out of memory")),
        Some(Problem::InvalidText(at)) => Err(registered
            .failure(Reason::InvalidResult, &format!("it returned a text that is not valid UTF-8 at byte {at}"))),
    }
}

/// The contract promises extensions valid UTF-8.
#[inline]
fn check_text(registered: &Registered, args: Args<'_>) -> Result<()> {
    for (number, value) in (1..).zip(args.iter()) {
        if let ValueRef::Text(utf8) = value
            && let Err(error) = std::str::from_utf8(utf8)
        {
            return Err(invalid_argument(registered, number, error.valid_up_to()));
        }
    }
    Ok(())
}

#[cold]
fn invalid_argument(registered: &Registered, number: u32, at: usize) -> Error {
    registered
        .failure(Reason::InvalidText, &format!("argument {number} is a text that is not valid UTF-8 at byte {at}"))
}

#[cold]
fn from_guest(registered: &Registered, extension: &Extension, error: CallError) -> Error {
    if let CallError::Failure { .. } = &error {
        extension.count_trap();
    }
    // An extension that hands on what an import refused it keeps the refusal's reason.
    if let CallError::Error { code, message } = &error
        && let Some(import) = extension.import_error.take()
        && import.code == guest_code(*code)
        && import.message == *message
    {
        return *import;
    }
    Error::from_call(error, Some(&extension.name), registered.function_name())
}

/// SQLite ends a message at U+0000, and keeps what an extension says however long it is.
fn clean(message: &mut String) {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
    }
    if message.contains('\0') {
        *message = message.replace('\0', "\u{fffd}");
    }
}

/// Who registered a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The embedder, with [`create_function`].
    Application,
    /// An extension, by name.
    Extension(String),
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Application => f.write_str("the application"),
            Self::Extension(name) => write!(f, "extension `{name}`"),
        }
    }
}

/// The functions of a connection that are not SQLite's own, by name (in ASCII lower case) and argument count.
#[derive(Default)]
pub(crate) struct Functions(HashMap<(String, i32), Owner>);

impl Functions {
    fn key(name: &str, arg_count: i32) -> (String, i32) {
        (name.to_ascii_lowercase(), arg_count)
    }

    pub(crate) fn owner(&self, name: &str, arg_count: i32) -> Option<&Owner> {
        self.0.get(&Self::key(name, arg_count))
    }

    pub(crate) fn set(&mut self, name: &str, arg_count: i32, owner: Owner) {
        self.0.insert(Self::key(name, arg_count), owner);
    }

    pub(crate) fn remove(&mut self, name: &str, arg_count: i32) {
        self.0.remove(&Self::key(name, arg_count));
    }
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
    let registered =
        Box::new(Registered { core: Rc::clone(&connection.core), target: Target::Host { id, name: name.to_owned() } });
    // SQLite drops the function it replaces, which tells the front: it must not find the connection idle then.
    let _running = connection.enter();
    connection
        .database
        .create_scalar(&c_name, arg_count, flags, registered)
        .map_err(|code| refused(&connection, code, name, arg_count))?;
    connection.functions.borrow_mut().set(name, arg_count, Owner::Application);
    Ok(())
}

/// Removes a function of the embedder. One of SQLite's that it had replaced does not come back. Removing what is not
/// there does nothing.
///
/// # Errors
///
/// As [`create_function`].
pub fn remove_function(connection: u32, name: &str, arg_count: i32) -> Result<()> {
    let (connection, c_name) = for_change(connection, name, arg_count)?;
    if connection.functions.borrow().owner(name, arg_count).is_none() {
        return Ok(());
    }
    let _running = connection.enter();
    connection
        .database
        .remove_scalar(&c_name, arg_count)
        .map_err(|code| refused(&connection, code, name, arg_count))?;
    connection.functions.borrow_mut().remove(name, arg_count);
    Ok(())
}

/// Checks that the embedder may change this function now.
fn for_change(connection: u32, name: &str, arg_count: i32) -> Result<(Rc<Connection>, CString)> {
    let connection = Connection::get(connection)?;
    check_function(name, arg_count).map_err(Error::misuse)?;
    let c_name = CString::new(name).map_err(|_| Error::misuse("a function name must not contain U+0000"))?;
    connection.must_be_idle("changing functions")?;
    if let Some(owner @ Owner::Extension(_)) = connection.functions.borrow().owner(name, arg_count) {
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
