//! The contract's exports over the canonical ABI, written by hand.
//!
//! Generated glue copies the argument list into a second vector, frees every argument, boxes the result and needs a second
//! crossing to free it. Here arguments are read where the host wrote them, small ones lie in a fixed buffer that is reset
//! after each call ([`arena`]), and a result stays alive until the next call ends, so there is no post-return function.
//! All exports that take arguments go this way, because a host asks for memory before it says what for. `metadata`,
//! which takes none, is exported by generated code.
//!
//! Layout of one `value` on wasm32, 16 bytes, aligned to 8: the case's number (0 null, 1 integer, 2 real, 3 text, 4 blob)
//! in byte 0; at byte 8 the integer, the real, or address and length of the bytes, 4 bytes each.
//!
//! Source: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md> · `wit/types.wit`
#![allow(unsafe_code, reason = "the canonical ABI hands over addresses; every block says why it is sound")]

use core::marker::PhantomData;

use crate::ValueRef;

#[cfg(any(target_family = "wasm", test))]
mod arena;
mod cells;
#[cfg(target_family = "wasm")]
mod entry;
pub mod export;
mod owned;
mod raw;

pub(crate) use cells::Cells;
pub(crate) use owned::OwnedRows;
pub(crate) use raw::{RawArgument, RawConstraint, RawOrderTerm, RawText};
#[cfg(target_family = "wasm")]
use raw::{RawList, RawOption};

/// One value where the host wrote it. Invariant: `payload` holds what `tag` says, and text is UTF-8.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct RawValue<'a> {
    tag: u8,
    payload: Payload,
    bytes: PhantomData<&'a [u8]>,
}

#[repr(C)]
#[derive(Clone, Copy)]
union Payload {
    integer: i64,
    real: f64,
    bytes: RawBytes,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct RawBytes {
    start: *const u8,
    len: usize,
}

impl<'a> RawValue<'a> {
    /// The value as the host sees it; the bytes stay where they are.
    #[inline]
    pub(crate) fn borrow(value: ValueRef<'a>) -> Self {
        let bytes = |bytes: &[u8]| RawBytes { start: bytes.as_ptr(), len: bytes.len() };
        let (tag, payload) = match value {
            ValueRef::Null => (0, Payload { integer: 0 }),
            ValueRef::Integer(integer) => (1, Payload { integer }),
            ValueRef::Real(real) => (2, Payload { real }),
            ValueRef::Text(text) => (3, Payload { bytes: bytes(text.as_bytes()) }),
            ValueRef::Blob(blob) => (4, Payload { bytes: bytes(blob) }),
        };
        Self { tag, payload, bytes: PhantomData }
    }

    /// What it says.
    #[inline]
    pub(crate) fn get(&self) -> ValueRef<'a> {
        // SAFETY: `tag` says which field is set, and the canonical ABI guarantees that text is UTF-8.
        unsafe {
            match self.tag {
                0 => ValueRef::Null,
                1 => ValueRef::Integer(self.payload.integer),
                2 => ValueRef::Real(self.payload.real),
                3 => ValueRef::Text(core::str::from_utf8_unchecked(self.slice())),
                _ => ValueRef::Blob(self.slice()),
            }
        }
    }

    /// # Safety
    /// `tag` is 3 or 4.
    #[inline]
    unsafe fn slice(&self) -> &'a [u8] {
        // SAFETY: the caller promises that the field is set; the bytes live for 'a.
        unsafe { list(self.payload.bytes.start, self.payload.bytes.len) }
    }
}

/// A list where the host wrote it.
///
/// # Safety
/// `start` is the address of `len` elements that live for `'a`.
#[inline]
unsafe fn list<'a, T>(start: *const T, len: usize) -> &'a [T] {
    // A host may give any address for no elements.
    // SAFETY: the caller's promise.
    if len == 0 { &[] } else { unsafe { core::slice::from_raw_parts(start, len) } }
}

/// Text where the host wrote it.
///
/// # Safety
/// As for [`list`], and it is UTF-8, as the canonical ABI guarantees.
#[cfg(target_family = "wasm")]
#[inline]
unsafe fn text_from_host<'a>(start: *const u8, len: usize) -> RawText<'a> {
    // SAFETY: the caller's promise.
    RawText::borrow(unsafe { core::str::from_utf8_unchecked(list(start, len)) })
}

/// The arguments of one call, in SQL's order.
///
/// As a function's last parameter it takes all further arguments: the function is registered for any number of them.
#[derive(Clone, Copy)]
pub struct Args<'a>(&'a [RawValue<'a>]);

impl<'a> Args<'a> {
    /// No arguments.
    pub(crate) const fn none() -> Self {
        Self(&[])
    }

    /// Arguments in this crate's own memory.
    pub(crate) fn borrow(raw: &'a [RawValue<'a>]) -> Self {
        Self(raw)
    }

    /// Arguments where the host wrote them.
    ///
    /// # Safety
    /// `start` is the address of `len` values that live for `'a`.
    #[cfg(target_family = "wasm")]
    #[inline]
    unsafe fn from_host(start: *const u8, len: usize) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { list(start.cast(), len) })
    }

    /// How many there are, 0 to 127.
    #[must_use]
    #[inline]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// True without arguments.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The argument `index`, from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<ValueRef<'a>> {
        self.0.get(index).map(RawValue::get)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ValueRef<'a>> + use<'a> {
        self.0.iter().map(RawValue::get)
    }

    /// The argument `index`, from 0, which the caller knows is there; NULL if it is not.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn at(&self, index: usize) -> ValueRef<'a> {
        self.0.get(index).map_or(ValueRef::Null, RawValue::get)
    }

    /// Without the first `count`.
    #[doc(hidden)]
    #[must_use]
    pub fn after(&self, count: usize) -> Self {
        Self(self.0.get(count..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{Args, RawValue, ValueRef};

    const ALL: [ValueRef<'static>; 7] = [
        ValueRef::Null,
        ValueRef::Integer(i64::MIN),
        ValueRef::Real(f64::INFINITY),
        ValueRef::Text("a\0ü"),
        ValueRef::Text(""),
        ValueRef::Blob(&[0, 255]),
        ValueRef::Blob(&[]),
    ];

    #[test]
    fn values_survive_the_raw_form() {
        let raw = ALL.map(RawValue::borrow);
        let args = Args::borrow(&raw);
        assert_eq!(args.iter().collect::<Vec<_>>(), ALL);
        assert_eq!(args.get(6), Some(ValueRef::Blob(&[])));
        assert_eq!(args.get(7), None);
        assert_eq!(args.after(5).len(), 2);
        assert!(args.after(9).is_empty());
    }
}
