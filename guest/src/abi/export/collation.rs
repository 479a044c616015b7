//! `sqlink:extension/collation`.

use crate::abi::entry::enter;
use crate::abi::text_from_host;
use crate::extension::Extension;

#[inline]
pub unsafe fn compare<T: Extension>(
    id: u32,
    left: *const u8,
    left_len: usize,
    right: *const u8,
    right_len: usize,
) -> i32 {
    // SAFETY: the host's promise; an order borrows nothing.
    let order = unsafe {
        enter(|| match T::COLLATIONS.get(id as usize) {
            Some(collation) => {
                collation.compare(text_from_host(left, left_len).get(), text_from_host(right, right_len).get())
            }
            // There is no way to say so, and any answer would be a wrong order.
            None => core::arch::wasm32::unreachable(),
        })
    };
    order as i32
}
