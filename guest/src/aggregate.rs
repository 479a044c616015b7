//! Aggregate and window functions.

use crate::abi::Args;
use crate::extension::unknown;
use crate::{Error, Flags, Value};

/// A type with the attribute [`aggregate`](macro@crate::aggregate).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no aggregate function",
    label = "put `#[aggregate]` on the `impl` with its `step` and `finish`"
)]
pub trait Aggregate {
    /// One registration per argument count, fewest first.
    const AGGREGATES: &'static [AggregateFunction];
}

/// One registration: a name, a number of arguments and how to begin an evaluation.
#[derive(Clone, Copy, Debug)]
pub struct AggregateFunction {
    name: &'static str,
    arg_count: i32,
    flags: Flags,
    window: bool,
    begin: fn() -> Box<dyn Context>,
}

impl AggregateFunction {
    /// * `name` - SQL name, 1 to 255 bytes without U+0000
    /// * `arg_count` - 0 to 127, or -1 for any number
    /// * `window` - whether the contexts can do `inverse` and `current`
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        arg_count: i32,
        flags: Flags,
        window: bool,
        begin: fn() -> Box<dyn Context>,
    ) -> Self {
        Self { name, arg_count, flags, window, begin }
    }

    /// The SQL name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Number of arguments, or -1 for any number.
    #[must_use]
    pub const fn arg_count(&self) -> i32 {
        self.arg_count
    }

    /// What SQLite may assume.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether it can also run as a window function.
    #[must_use]
    pub const fn window(&self) -> bool {
        self.window
    }

    /// An evaluation without rows.
    pub(crate) fn begin(&self) -> Box<dyn Context> {
        (self.begin)()
    }
}

/// One evaluation, over one group or window partition.
#[doc(hidden)]
pub trait Context {
    fn step(&mut self, args: Args<'_>) -> Result<(), Error>;

    fn inverse(&mut self, _args: Args<'_>) -> Result<(), Error> {
        Err(unknown("window function"))
    }

    fn current(&mut self) -> Result<Value, Error> {
        Err(unknown("window function"))
    }

    fn finish(self: Box<Self>) -> Result<Value, Error>;
}

/// The evaluations that are running, by the host's number. They are few, and the last that began is asked for most.
#[cfg(any(target_family = "wasm", test))]
pub(crate) struct Contexts(Vec<(u32, Box<dyn Context>)>);

#[cfg(any(target_family = "wasm", test))]
impl Contexts {
    /// None.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    fn find(&self, context: u32) -> Option<usize> {
        self.0.iter().rposition(|(number, _)| *number == context)
    }

    /// The evaluation `context`, which begins here if it is not there yet.
    fn get(&mut self, all: &[AggregateFunction], id: u32, context: u32) -> Result<&mut Box<dyn Context>, Error> {
        let index = match self.find(context) {
            Some(index) => index,
            None => {
                let function = all.get(id as usize).ok_or_else(|| unknown("aggregate"))?;
                self.0.push((context, function.begin()));
                self.0.len() - 1
            }
        };
        Ok(&mut self.0[index].1)
    }

    #[inline]
    pub(crate) fn step(
        &mut self,
        all: &[AggregateFunction],
        id: u32,
        context: u32,
        args: Args<'_>,
    ) -> Result<(), Error> {
        self.get(all, id, context)?.step(args)
    }

    #[inline]
    pub(crate) fn inverse(
        &mut self,
        all: &[AggregateFunction],
        id: u32,
        context: u32,
        args: Args<'_>,
    ) -> Result<(), Error> {
        self.get(all, id, context)?.inverse(args)
    }

    #[inline]
    pub(crate) fn current(&mut self, all: &[AggregateFunction], id: u32, context: u32) -> Result<Value, Error> {
        self.get(all, id, context)?.current()
    }

    /// Ends the evaluation, which may never have begun.
    pub(crate) fn finish(&mut self, all: &[AggregateFunction], id: u32, context: u32) -> Result<Value, Error> {
        match self.find(context) {
            Some(index) => self.0.swap_remove(index).1.finish(),
            None => all.get(id as usize).ok_or_else(|| unknown("aggregate"))?.begin().finish(),
        }
    }

    /// Drops the evaluation, if it is there.
    pub(crate) fn abandon(&mut self, context: u32) {
        if let Some(index) = self.find(context) {
            self.0.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Aggregate, Contexts};
    use crate::abi::{Args, RawValue};
    use crate::prelude::*;

    #[derive(Default)]
    struct Total(i64);

    #[aggregate(deterministic)]
    impl Total {
        fn step(&mut self, value: i64) -> Result<(), Error> {
            self.0 = self.0.checked_add(value).ok_or("integer overflow")?;
            Ok(())
        }

        fn inverse(&mut self, value: i64) {
            self.0 -= value;
        }

        fn current(&self) -> i64 {
            self.0
        }
    }

    fn step(contexts: &mut Contexts, context: u32, value: ValueRef<'_>) -> Result<(), Error> {
        contexts.step(Total::AGGREGATES, 0, context, Args::borrow(&[RawValue::borrow(value)]))
    }

    #[test]
    fn contexts_are_apart_and_end() {
        let mut contexts = Contexts::new();
        for (context, value) in [(1, 1), (2, 10), (1, 2), (3, 100), (2, 20)] {
            step(&mut contexts, context, ValueRef::Integer(value)).unwrap();
        }
        assert_eq!(contexts.current(Total::AGGREGATES, 0, 2), Ok(Value::Integer(30)));
        let oldest = [RawValue::borrow(ValueRef::Integer(10))];
        contexts.inverse(Total::AGGREGATES, 0, 2, Args::borrow(&oldest)).unwrap();
        assert_eq!(contexts.current(Total::AGGREGATES, 0, 2), Ok(Value::Integer(20)));
        assert_eq!(contexts.finish(Total::AGGREGATES, 0, 1), Ok(Value::Integer(3)));
        contexts.abandon(3);
        contexts.abandon(3);
        assert_eq!(contexts.finish(Total::AGGREGATES, 0, 2), Ok(Value::Integer(20)));
        assert!(contexts.0.is_empty());
        // Ended, so these have no rows.
        assert_eq!(contexts.finish(Total::AGGREGATES, 0, 1), Ok(Value::Integer(0)));
        assert_eq!(contexts.current(Total::AGGREGATES, 0, 9), Ok(Value::Integer(0)));
        contexts.abandon(9);
        assert!(contexts.0.is_empty());
    }

    #[test]
    fn null_is_left_out_and_an_error_ends_nothing() {
        let mut contexts = Contexts::new();
        step(&mut contexts, 1, ValueRef::Integer(i64::MAX)).unwrap();
        step(&mut contexts, 1, ValueRef::Null).unwrap();
        assert_eq!(step(&mut contexts, 1, ValueRef::Integer(1)), Err(Error::new(1, "integer overflow")));
        assert_eq!(
            step(&mut contexts, 1, ValueRef::Text("1")).unwrap_err().message(),
            "function `total`: argument 1 must be an integer, found text"
        );
        assert_eq!(contexts.finish(Total::AGGREGATES, 0, 1), Ok(Value::Integer(i64::MAX)));
        assert_eq!(contexts.finish(Total::AGGREGATES, 1, 1).unwrap_err().code(), Error::MISUSE);
    }
}
