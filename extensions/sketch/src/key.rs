//! SQL values as the sketches hash them.

use datasketches::hash::value::{canonical_float, raw_bytes};
use sqlink_guest::{ValueRef, exact_integer};
use std::hash::{Hash, Hasher};

/// A value other than NULL.
///
/// It hashes as other implementations of DataSketches hash it: 64 bits of an integer or a real, the bytes of a text or a
/// blob. A real without a fraction is the integer it equals in SQL. An empty text is left out of their sketches, and of ours.
pub enum Key<'a> {
    Integer(i64),
    Real(f64),
    Bytes(&'a [u8]),
}

impl<'a> Key<'a> {
    /// The key of a value; none for NULL and for what is empty.
    pub fn of(value: ValueRef<'a>) -> Option<Self> {
        let bytes = match value {
            ValueRef::Null => return None,
            ValueRef::Integer(integer) => return Some(Self::Integer(integer)),
            ValueRef::Real(real) => return Some(exact_integer(real).map_or(Self::Real(real), Self::Integer)),
            ValueRef::Text(text) => text.as_bytes(),
            ValueRef::Blob(blob) => blob,
        };
        (!bytes.is_empty()).then_some(Self::Bytes(bytes))
    }
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Integer(integer) => integer.hash(state),
            Self::Real(real) => canonical_float::from_f64(*real).hash(state),
            Self::Bytes(bytes) => raw_bytes::from_slice(bytes).hash(state),
        }
    }
}
