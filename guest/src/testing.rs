//! Calls functions the way SQL does, for unit tests on the developer's own machine.

mod query;
mod vtab;

use core::cmp::Ordering;

use crate::abi::{Args, RawValue};
use crate::aggregate::AggregateFunction;
use crate::hooks::{Hooks, Operation, RowChange};
use crate::{Aggregate, Collation, Error, Scalar, Value};

pub use query::Query;
pub use vtab::{VirtualTable, table_function};

/// Calls `F` with `args`: picks the registration for that many arguments, converts arguments and result, and
/// answers NULL for NULL.
///
/// ```
/// use sqlink_guest::{prelude::*, testing::call};
///
/// #[scalar(deterministic, innocuous)]
/// fn half(x: f64) -> f64 { x / 2.0 }
///
/// assert_eq!(call::<half>(&[3.into()]).unwrap(), Value::Real(1.5));
/// assert_eq!(call::<half>(&[Value::Null]).unwrap(), Value::Null);
/// let error = call::<half>(&["3".into()]).unwrap_err();
/// assert_eq!(error.message(), "function `half`: argument 1 must be a real or an integer, found text");
/// ```
///
/// # Errors
/// What the function returns, [`Error::MISMATCH`] for an argument of a wrong type, and [`Error::ERROR`] where SQLite would
/// say "wrong number of arguments".
pub fn call<F: Scalar>(args: &[Value]) -> Result<Value, Error> {
    let function = by_count(F::FUNCTIONS, args.len(), |f| (f.name(), f.arg_count()))?;
    with_args(args, |args| function.call(args))
}

/// The value of the aggregate `A` over `rows`, each with the arguments of one step.
///
/// ```
/// use sqlink_guest::{prelude::*, testing::aggregate};
///
/// #[derive(Default)]
/// struct Product(Option<f64>);
///
/// #[aggregate(deterministic, innocuous)]
/// impl Product {
///     fn step(&mut self, x: f64) { self.0 = Some(self.0.unwrap_or(1.0) * x); }
///     fn finish(self) -> Option<f64> { self.0 }
/// }
///
/// assert_eq!(aggregate::<Product>([[2.0.into()], [Value::Null], [3.into()]]).unwrap(), Value::Real(6.0));
/// assert_eq!(aggregate::<Product>(Vec::<[Value; 1]>::new()).unwrap(), Value::Null);
/// ```
///
/// # Errors
/// Those of its methods and of argument conversion, as for [`call`].
pub fn aggregate<A: Aggregate>(rows: impl IntoIterator<Item = impl AsRef<[Value]>>) -> Result<Value, Error> {
    let rows: Vec<_> = rows.into_iter().collect();
    let mut context = registration::<A>(rows.first())?.begin();
    for row in &rows {
        with_args(row.as_ref(), |args| context.step(args))?;
    }
    context.finish()
}

/// The values of the window function `A` for each of `rows`, over it and the `preceding` rows before it
/// (`ROWS preceding PRECEDING`).
///
/// ```
/// use sqlink_guest::{prelude::*, testing::window};
///
/// #[derive(Default)]
/// struct Total(i64);
///
/// #[aggregate(deterministic, innocuous)]
/// impl Total {
///     fn step(&mut self, x: i64) { self.0 += x; }
///     fn inverse(&mut self, x: i64) { self.0 -= x; }
///     fn current(&self) -> i64 { self.0 }
/// }
///
/// let rows = [1, 2, 3, 4].map(|x| [Value::Integer(x)]);
/// assert_eq!(window::<Total>(rows, 1).unwrap(), [1, 3, 5, 7].map(Value::Integer));
/// ```
///
/// # Errors
/// As for [`aggregate`]; [`Error::MISUSE`] if `A` is no window function.
pub fn window<A: Aggregate>(
    rows: impl IntoIterator<Item = impl AsRef<[Value]>>,
    preceding: usize,
) -> Result<Vec<Value>, Error> {
    let rows: Vec<_> = rows.into_iter().collect();
    let mut context = registration::<A>(rows.first())?.begin();
    let mut values = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        with_args(row.as_ref(), |args| context.step(args))?;
        if let Some(gone) = index.checked_sub(preceding + 1) {
            with_args(rows[gone].as_ref(), |args| context.inverse(args))?;
        }
        values.push(context.current()?);
    }
    Ok(values)
}

/// Compares two texts by the collation `C`.
///
/// ```
/// use core::cmp::Ordering;
/// use sqlink_guest::{prelude::*, testing::compare};
///
/// #[collation]
/// fn by_length(a: &str, b: &str) -> Ordering { a.len().cmp(&b.len()) }
///
/// assert_eq!(compare::<by_length>("b", "aa"), Ordering::Less);
/// ```
#[must_use]
pub fn compare<C: Collation>(left: &str, right: &str) -> Ordering {
    C::COLLATION.compare(left, right)
}

/// Calls the hook `preupdate` of `H` for a row of `main.table`.
///
/// ```
/// use sqlink_guest::{hooks::{Operation, RowChange}, prelude::*, testing::preupdate};
///
/// struct NoEmptyNames;
///
/// #[hooks]
/// impl Hooks for NoEmptyNames {
///     fn preupdate(change: &RowChange<'_>) -> Result<(), Error> {
///         match change.new.get(0) {
///             Some(ValueRef::Text("")) => Err(Error::new(Error::CONSTRAINT, "a name is empty")),
///             _ => Ok(()),
///         }
///     }
/// }
///
/// assert!(preupdate::<NoEmptyNames>(Operation::Insert, "people", &[], &["Ada".into()]).is_ok());
/// assert!(preupdate::<NoEmptyNames>(Operation::Insert, "people", &[], &["".into()]).is_err());
/// ```
///
/// # Errors
/// The hook's own.
pub fn preupdate<H: Hooks>(operation: Operation, table: &str, old: &[Value], new: &[Value]) -> Result<(), Error> {
    with_args(old, |old| {
        with_args(new, |new| {
            let (database, depth, old_rowid, new_rowid) = ("main", 0, 1, 1);
            H::preupdate(&RowChange { operation, database, table, depth, old_rowid, new_rowid, old, new })
        })
    })
}

fn with_args<T>(args: &[Value], run: impl FnOnce(Args<'_>) -> T) -> T {
    let raw: Vec<RawValue<'_>> = args.iter().map(|v| RawValue::borrow(v.as_ref())).collect();
    run(Args::borrow(&raw))
}

/// The registration for a row's number of arguments; the first one without rows.
fn registration<A: Aggregate>(row: Option<&impl AsRef<[Value]>>) -> Result<&'static AggregateFunction, Error> {
    match (row, A::AGGREGATES) {
        (None, [first, ..]) => Ok(first),
        (row, all) => by_count(all, row.map_or(0, |row| row.as_ref().len()), |f| (f.name(), f.arg_count())),
    }
}

/// The one of `all` that SQLite would take for `count` arguments.
fn by_count<T>(all: &[T], count: usize, signature: impl Fn(&T) -> (&'static str, i32)) -> Result<&T, Error> {
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let of = |wanted: i32| all.iter().find(|f| signature(f).1 == wanted);
    of(count).or_else(|| of(-1)).ok_or_else(|| {
        let name = all.first().map_or("", |f| signature(f).0);
        Error::new(Error::ERROR, format!("wrong number of arguments to function {name}()"))
    })
}
