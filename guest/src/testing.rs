//! Calls functions the way SQL does, for unit tests on the developer's own machine.

use crate::abi::{Args, RawValue};
use crate::{Error, Scalar, Value};

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
    let count = i32::try_from(args.len()).unwrap_or(i32::MAX);
    let of = |wanted: i32| F::FUNCTIONS.iter().find(|f| f.arg_count() == wanted);
    let Some(function) = of(count).or_else(|| of(-1)) else {
        let name = F::FUNCTIONS.first().map_or("", |f| f.name());
        return Err(Error::new(Error::ERROR, format!("wrong number of arguments to function {name}()")));
    };
    let raw: Vec<RawValue<'_>> = args.iter().map(|v| RawValue::borrow(v.as_ref())).collect();
    function.call(Args::borrow(&raw))
}
