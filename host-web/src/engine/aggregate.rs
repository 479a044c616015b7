//! Aggregate and window functions.
//!
//! An evaluation (of one group, or of one window partition) has a context: a number for the extension, and what SQLite keeps of
//! it between the callbacks. An instance that ends takes its contexts with it.

use std::cell::Cell;
use std::rc::Rc;

use crate::engine::calls::Callee;
use crate::engine::connection::{Connection, Core};
use crate::engine::error::{Error, Reason, Result};
use crate::engine::extension::Extension;
use crate::engine::function::{Failed, c_name, check_text};
use crate::engine::platform::Platform;
use crate::engine::sqlite::{Args, ResultSink};
use crate::front::{PLATFORM, dispatch};

/// What a registered aggregate's trampolines get as user data. SQLite owns it.
pub(crate) struct Aggregate {
    core: Rc<Core>,
    extension: Rc<Extension>,
    /// The extension's number for it.
    id: u32,
    /// Its place in the manifest.
    index: usize,
}

/// What SQLite keeps of an evaluation. All zero bytes are one that has not begun.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Context {
    /// The extension's number for it; 0 while there is none.
    number: Cell<u32>,
    /// Generation of the instance that has it.
    generation: Cell<u32>,
    /// A callback has failed, and the extension has been told.
    failed: Cell<bool>,
}

/// Registers the aggregate at `index` of an extension's manifest, replacing what has its name.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn register(connection: &Connection, extension: &Rc<Extension>, index: usize) -> Result<()> {
    let arg_count = extension.manifest.aggregates.get(index).map_or(0, |item| item.arg_count);
    register_for(connection, extension, index, arg_count)
}

/// Registers an aggregate for another number of arguments than the manifest says.
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
    let Some(item) = extension.manifest.aggregates.get(index) else { return Ok(()) };
    let core = Rc::clone(&connection.core);
    let aggregate = Rc::new(Aggregate { core, extension: Rc::clone(extension), id: item.id, index });
    let _running = connection.enter();
    connection
        .database
        .create_aggregate(&c_name(&item.name)?, arg_count, item.flags.into(), item.window, aggregate)
        .map_err(|code| connection.error(code, 0))
}

impl Aggregate {
    /// Most bytes a result may have.
    #[inline]
    pub(crate) fn output_limit(&self) -> usize {
        self.core.limits.get().output_bytes as usize
    }

    #[inline]
    fn callee(&self) -> Callee {
        Callee::Aggregate(self.index)
    }

    /// Returns the extension's number for a context, which begins by this.
    #[inline]
    fn number(&self, context: &Context) -> Result<u32> {
        let number = context.number.get();
        if number == 0 {
            let number = self.take_number()?;
            context.number.set(number);
            context.generation.set(self.extension.generation());
            return Ok(number);
        }
        if context.generation.get() != self.extension.generation() {
            return Err(self.gone());
        }
        Ok(number)
    }

    fn take_number(&self) -> Result<u32> {
        let most = self.core.limits.get().open_handles;
        let too_many = || self.extension.too_many_open(&self.core, self.callee(), "aggregate contexts");
        self.extension.contexts.take(most).ok_or_else(too_many)
    }

    #[cold]
    fn gone(&self) -> Error {
        let detail = "another call ended the instance that had this evaluation: its rows are lost";
        self.extension.failure(Reason::Trapped, self.callee(), detail)
    }

    /// Ends a context whose value nobody wants.
    fn abandon(&self, context: &Context) {
        context.failed.set(true);
        let number = context.number.replace(0);
        if number == 0 {
            return;
        }
        self.extension.contexts.give_back();
        self.tell_abandoned(number, context.generation.get());
    }

    /// Tells the extension, now or as soon as it is free. What is of another generation ended with its instance.
    fn tell_abandoned(&self, number: u32, generation: u32) {
        let (extension, id, callee) = (&self.extension, self.id, self.callee());
        if generation != extension.generation() {
            return;
        }
        let tell = move |core: &Core, extension: &Extension| {
            extension.notify(core, callee, || dispatch::aggregate_abandon(extension.id, id, number))
        };
        if !tell(&self.core, extension) {
            let core = Rc::clone(&self.core);
            extension.defer(move |extension| {
                if generation == extension.generation() {
                    tell(&core, extension);
                }
            });
        }
    }

    /// Fails a callback, and with it the evaluation.
    #[cold]
    fn fail(&self, context: Option<&Context>, error: Error) -> Failed {
        if let Some(context) = context {
            self.abandon(context);
        }
        Failed::record(&self.core, error)
    }
}

/// Adds a row to an evaluation, or takes its oldest away.
#[inline]
pub(crate) fn row(
    aggregate: &Aggregate,
    context: &Context,
    args: Args<'_>,
    inverse: bool,
) -> std::result::Result<(), Failed> {
    let run = || {
        let extension = &aggregate.extension;
        check_text(extension, aggregate.callee(), args)?;
        let number = aggregate.number(context)?;
        let call = extension.enter(&aggregate.core, aggregate.callee())?;
        if inverse {
            PLATFORM.aggregate_inverse(extension.id, aggregate.id, number, args)
        } else {
            PLATFORM.aggregate_step(extension.id, aggregate.id, number, args)
        }
        .map_err(|error| call.failed(error))
    };
    run().map_err(|error| aggregate.fail(Some(context), error))
}

/// Gives the current value of an evaluation.
#[inline]
pub(crate) fn current(
    aggregate: &Aggregate,
    context: &Context,
    out: &mut ResultSink<'_>,
) -> std::result::Result<(), Failed> {
    let mut run = || {
        let extension = &aggregate.extension;
        let number = aggregate.number(context)?;
        let call = extension.enter(&aggregate.core, aggregate.callee())?;
        PLATFORM.aggregate_current(extension.id, aggregate.id, number, out).map_err(|error| call.failed(error))?;
        call.finish(out)
    };
    run().map_err(|error| aggregate.fail(Some(context), error))
}

/// Ends an evaluation and gives its value.
///
/// SQLite asks for it too when a statement has failed or is reset. Then the extension only hears that the evaluation is
/// abandoned, as far as the engine knows: where SQLite itself has failed the statement, or ended it early for a LIMIT, the
/// value is made in vain.
///
/// * `context` - none if the evaluation had no row.
pub(crate) fn finish(
    aggregate: &Aggregate,
    context: Option<&Context>,
    out: &mut ResultSink<'_>,
) -> std::result::Result<(), Failed> {
    if context.is_some_and(|context| context.failed.get()) {
        return Ok(());
    }
    let without_rows = Context::default();
    let context = context.unwrap_or(&without_rows);
    if aggregate.core.ends_evaluations() {
        aggregate.abandon(context);
        return Ok(());
    }
    let mut run = || {
        let extension = &aggregate.extension;
        let number = aggregate.number(context)?;
        let call = extension.enter(&aggregate.core, aggregate.callee())?;
        PLATFORM.aggregate_finish(extension.id, aggregate.id, number, out).map_err(|error| call.failed(error))?;
        call.finish(out)
    };
    match run() {
        Ok(()) => {
            context.number.set(0);
            aggregate.extension.contexts.give_back();
            Ok(())
        }
        Err(error) => Err(aggregate.fail(Some(context), error)),
    }
}
