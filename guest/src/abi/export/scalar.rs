//! `sqlink:extension/scalar`.

use crate::abi::Args;
use crate::abi::entry::{enter, give_value};
use crate::extension::{Extension, unknown};

#[inline]
pub unsafe fn call<T: Extension>(id: u32, args: *const u8, len: usize) -> *const u8 {
    // SAFETY: the host's promise; the result is an owned value.
    let result = unsafe {
        enter(|| match T::FUNCTIONS.get(id as usize) {
            Some(function) => function.call(Args::from_host(args, len)),
            None => Err(unknown("function")),
        })
    };
    give_value(result)
}
