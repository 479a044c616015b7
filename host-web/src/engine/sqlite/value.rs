//! Values in memory: the layout that crosses to extensions and to JavaScript, and reading SQLite's own.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::slice;

use rusqlite::ffi;

use crate::engine::value::{RowSink, ValueRef};

/// A value as the canonical ABI lays out `value` of wit/types.wit: 16 bytes on wasm32, aligned to 8.
///
/// Byte 0 is the tag (0 null, 1 integer, 2 real, 3 text, 4 blob); it is written as a whole little-endian u32, so that
/// JavaScript can read and write it as one. At byte 8 is the payload: an i64, an f64, or a pointer and a length
/// (u32 each on wasm32).
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct RawValue {
    tag: u32,
    payload: Payload,
}

#[repr(C, align(8))]
#[derive(Clone, Copy)]
union Payload {
    integer: i64,
    real: f64,
    bytes: RawBytes,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct RawBytes {
    ptr: *const u8,
    len: usize,
}

#[cfg(target_arch = "wasm32")]
const _: () = assert!(size_of::<RawValue>() == 16 && align_of::<RawValue>() == 8);

impl RawValue {
    /// Tag of NULL.
    pub const NULL: u32 = 0;
    /// Tag of an integer.
    pub const INTEGER: u32 = 1;
    /// Tag of a real.
    pub const REAL: u32 = 2;
    /// Tag of a text.
    pub const TEXT: u32 = 3;
    /// Tag of a blob.
    pub const BLOB: u32 = 4;

    /// Makes a value that points at what `value` borrows. The pointer is only as good as that borrow.
    #[must_use]
    pub const fn new(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self { tag: Self::NULL, payload: Payload { integer: 0 } },
            ValueRef::Integer(integer) => Self { tag: Self::INTEGER, payload: Payload { integer } },
            ValueRef::Real(real) => Self { tag: Self::REAL, payload: Payload { real } },
            ValueRef::Text(text) => Self::bytes(Self::TEXT, text),
            ValueRef::Blob(blob) => Self::bytes(Self::BLOB, blob),
        }
    }

    const fn bytes(tag: u32, bytes: &[u8]) -> Self {
        let bytes = RawBytes { ptr: bytes.as_ptr(), len: bytes.len() };
        Self { tag, payload: Payload { bytes } }
    }

    /// Returns the tag.
    #[must_use]
    pub const fn tag(&self) -> u32 {
        self.tag
    }

    /// Reads the value. An unknown tag reads as NULL.
    ///
    /// # Safety
    ///
    /// - The payload must be of the kind the tag says.
    /// - For text and blob, the pointer must be readable for the length until `'a` ends, and nothing may write there.
    ///   It may be anything if the length is 0.
    #[inline]
    #[must_use]
    pub unsafe fn get<'a>(&self) -> ValueRef<'a> {
        // SAFETY: the caller vouches for the kind; integer and real are valid for every bit pattern.
        unsafe {
            match self.tag {
                Self::INTEGER => ValueRef::Integer(self.payload.integer),
                Self::REAL => ValueRef::Real(self.payload.real),
                Self::TEXT => ValueRef::Text(self.payload.bytes.get()),
                Self::BLOB => ValueRef::Blob(self.payload.bytes.get()),
                _ => ValueRef::Null,
            }
        }
    }
}

impl RawBytes {
    /// # Safety
    ///
    /// As [`RawValue::get`].
    #[inline]
    unsafe fn get<'a>(self) -> &'a [u8] {
        if self.len == 0 || self.ptr.is_null() {
            return &[];
        }
        // SAFETY: the caller vouches for the pointer and the length, which is not 0.
        unsafe { slice::from_raw_parts(self.ptr, self.len) }
    }
}

/// The arguments of a call, valid until it returns.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    values: &'a [RawValue],
    _bytes: PhantomData<&'a [u8]>,
}

impl<'a> Args<'a> {
    /// Makes an argument list of raw values.
    ///
    /// # Safety
    ///
    /// Every value must fulfil the contract of [`RawValue::get`] for `'a`.
    #[must_use]
    pub const unsafe fn from_raw(values: &'a [RawValue]) -> Self {
        Self { values, _bytes: PhantomData }
    }

    /// Returns the number of arguments, 0 to 127.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the address of the first argument, for a front that hands the list on as it lies in memory.
    #[must_use]
    pub const fn as_ptr(&self) -> *const RawValue {
        self.values.as_ptr()
    }

    /// Returns an argument by its 0-based index; NULL if there is none.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> ValueRef<'a> {
        match self.values.get(index) {
            // SAFETY: whoever made this list vouched for its values.
            Some(value) => unsafe { value.get() },
            None => ValueRef::Null,
        }
    }

    /// Returns the arguments from the left.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ValueRef<'a>> + use<'a> {
        // SAFETY: whoever made this list vouched for its values.
        self.values.iter().map(|value| unsafe { value.get() })
    }
}

/// What reading a protected SQLite value can end in.
pub(super) enum ReadError {
    /// SQLite had no memory for the conversion.
    NoMemory,
}

/// Reads an argument of a function.
///
/// # Safety
///
/// `value` must be a protected `sqlite3_value`, and must not be converted again while the result is in use.
///
/// Source: <https://sqlite.org/c3ref/value_blob.html>
#[inline]
pub(super) unsafe fn read(value: *mut ffi::sqlite3_value) -> Result<RawValue, ReadError> {
    // SAFETY: the caller vouches for `value`. Text and blob are asked for before their length, as SQLite demands, and
    // stay valid as long as the value is not converted.
    unsafe {
        Ok(match ffi::sqlite3_value_type(value) {
            ffi::SQLITE_INTEGER => RawValue::new(ValueRef::Integer(ffi::sqlite3_value_int64(value))),
            ffi::SQLITE_FLOAT => RawValue::new(ValueRef::Real(ffi::sqlite3_value_double(value))),
            ffi::SQLITE_TEXT => {
                let ptr = ffi::sqlite3_value_text(value);
                let len = ffi::sqlite3_value_bytes(value);
                RawValue::new(ValueRef::Text(bytes(ptr, len)?))
            }
            ffi::SQLITE_BLOB => {
                let ptr = ffi::sqlite3_value_blob(value).cast::<u8>();
                let len = ffi::sqlite3_value_bytes(value);
                RawValue::new(ValueRef::Blob(bytes(ptr, len)?))
            }
            _ => RawValue::new(ValueRef::Null),
        })
    }
}

/// Hands the columns of the current row to a sink.
///
/// # Safety
///
/// `statement` must be a live statement that is on a row.
///
/// Source: <https://sqlite.org/c3ref/column_blob.html>
#[inline]
pub(super) unsafe fn read_row<S: RowSink>(statement: *mut ffi::sqlite3_stmt, sink: &mut S) -> Result<(), ReadError> {
    // SAFETY: the caller vouches for the statement; indexes are below its column count. The borrowed bytes stay valid
    // until the next step, which can't happen before the sink's method returns.
    unsafe {
        for index in 0..ffi::sqlite3_data_count(statement) {
            match ffi::sqlite3_column_type(statement, index) {
                ffi::SQLITE_INTEGER => sink.integer(ffi::sqlite3_column_int64(statement, index)),
                ffi::SQLITE_FLOAT => sink.real(ffi::sqlite3_column_double(statement, index)),
                ffi::SQLITE_TEXT => {
                    let ptr = ffi::sqlite3_column_text(statement, index);
                    let len = ffi::sqlite3_column_bytes(statement, index);
                    sink.text(bytes(ptr, len)?);
                }
                ffi::SQLITE_BLOB => {
                    let ptr = ffi::sqlite3_column_blob(statement, index).cast::<u8>();
                    let len = ffi::sqlite3_column_bytes(statement, index);
                    sink.blob(bytes(ptr, len)?);
                }
                _ => sink.null(),
            }
        }
    }
    Ok(())
}

/// Borrows what SQLite returned; a null pointer with a length is how it reports that memory ran out.
///
/// # Safety
///
/// `ptr` must be null or readable for `len` bytes until `'a` ends.
#[inline]
unsafe fn bytes<'a>(ptr: *const u8, len: c_int) -> Result<&'a [u8], ReadError> {
    match usize::try_from(len) {
        Ok(0) | Err(_) => Ok(&[]),
        Ok(_) if ptr.is_null() => Err(ReadError::NoMemory),
        // SAFETY: the caller vouches for the pointer, which is not null.
        Ok(len) => Ok(unsafe { slice::from_raw_parts(ptr, len) }),
    }
}
