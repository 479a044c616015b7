//! What a function call gives back: the sink that hands it to SQLite, and the call stack with its result buffers.

use std::cell::RefCell;
use std::marker::PhantomData;

use rusqlite::ffi;

use crate::engine::value::ValueRef;

/// Bytes a result buffer starts with and shrinks back to.
const BUFFER_START: usize = 4096;
/// A buffer that grew beyond this is given back when its call ends.
const BUFFER_KEEP: usize = 1 << 20;

thread_local! {
    static CALLS: RefCell<Calls> = const { RefCell::new(Calls { depth: 0, frames: Vec::new() }) };
}

/// The function calls that are on the stack. Frames are kept for the next call at their depth.
struct Calls {
    depth: usize,
    frames: Vec<Frame>,
}

struct Frame {
    buffer: Vec<u8>,
    limit: usize,
    /// Why the buffer did not grow as far as somebody asked.
    refused: Option<Problem>,
}

/// Keeps a function call on the call stack until it is dropped.
pub(crate) struct CallGuard {
    _not_send: PhantomData<*const ()>,
}

impl CallGuard {
    /// Puts a call on the stack, whose result may be `limit` bytes long.
    #[inline]
    pub(crate) fn enter(limit: usize) -> Self {
        CALLS.with_borrow_mut(|calls| {
            match calls.frames.get_mut(calls.depth) {
                Some(frame) => {
                    frame.limit = limit;
                    frame.refused = None;
                }
                None => calls.frames.push(Frame { buffer: vec![0; BUFFER_START], limit, refused: None }),
            }
            calls.depth += 1;
        });
        Self { _not_send: PhantomData }
    }
}

impl Drop for CallGuard {
    #[inline]
    fn drop(&mut self) {
        CALLS.with_borrow_mut(|calls| {
            calls.depth = calls.depth.saturating_sub(1);
            if let Some(frame) = calls.frames.get_mut(calls.depth)
                && frame.buffer.len() > BUFFER_KEEP
            {
                frame.buffer = vec![0; BUFFER_START];
            }
        });
    }
}

/// Whether calls are possible. They are not while the thread ends, which closes the connections that are left.
pub(crate) fn calls_are_possible() -> bool {
    CALLS.try_with(|_| ()).is_ok()
}

/// Returns how many function calls are on the stack, over all connections: they share one machine stack.
#[inline]
pub(crate) fn depth() -> usize {
    CALLS.with_borrow(|calls| calls.depth)
}

/// Returns address and size in bytes of the result buffer of the innermost call; (0, 0) if none is running.
/// A front may let JavaScript or an adapter write there, and then call [`ResultSink::text_in_place`].
#[must_use]
pub fn result_buffer() -> (usize, usize) {
    CALLS.with_borrow_mut(|calls| match calls.innermost() {
        Some(frame) => (frame.buffer.as_mut_ptr().expose_provenance(), frame.buffer.len()),
        None => (0, 0),
    })
}

/// Makes the result buffer of the innermost call at least `len` bytes long and returns its address, which may be a new
/// one; what was in it may be lost. Returns 0 if no call is running, if `len` is over the call's output limit (the call
/// then fails with `output-too-large`), or if there is no memory (it then fails with `SQLITE_NOMEM`).
#[must_use]
pub fn grow_result_buffer(len: usize) -> usize {
    CALLS.with_borrow_mut(|calls| {
        let Some(frame) = calls.innermost() else { return 0 };
        if len > frame.limit {
            frame.refused = Some(Problem::TooLarge(len));
            return 0;
        }
        if len > frame.buffer.len() {
            let mut buffer = Vec::new();
            if buffer.try_reserve_exact(len).is_err() {
                frame.refused = Some(Problem::NoMemory);
                return 0;
            }
            buffer.resize(len, 0);
            frame.buffer = buffer;
        }
        frame.buffer.as_mut_ptr().expose_provenance()
    })
}

impl Calls {
    fn innermost(&mut self) -> Option<&mut Frame> {
        let index = self.depth.checked_sub(1)?;
        self.frames.get_mut(index)
    }
}

/// Why a result was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It has this many bytes, more than the limit.
    TooLarge(usize),
    /// There was no memory for it.
    NoMemory,
    /// A text that is not valid UTF-8, from this 0-based byte on.
    InvalidText(usize),
}

/// Takes the result of one call and hands it to SQLite at once. The last value set counts; NULL if there was none.
pub struct ResultSink<'a> {
    context: *mut ffi::sqlite3_context,
    limit: usize,
    problem: Option<Problem>,
    _call: PhantomData<&'a ()>,
}

impl ResultSink<'_> {
    /// # Safety
    ///
    /// `context` must be the context of a running function call, which must not end before the sink's last use.
    pub(super) const unsafe fn new(context: *mut ffi::sqlite3_context, limit: usize) -> Self {
        Self { context, limit, problem: None, _call: PhantomData }
    }

    /// Returns the most bytes a text or blob may have.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Sets NULL.
    #[inline]
    pub fn null(&mut self) {
        // SAFETY: `new`'s caller vouched for the context, here and in the other setters.
        // Source: https://sqlite.org/c3ref/result_blob.html
        unsafe { ffi::sqlite3_result_null(self.context) }
    }

    /// Sets an integer.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        // SAFETY: as in `null`.
        unsafe { ffi::sqlite3_result_int64(self.context, value) }
    }

    /// Sets a real; NaN becomes NULL.
    #[inline]
    pub fn real(&mut self, value: f64) {
        // SAFETY: as in `null`.
        unsafe { ffi::sqlite3_result_double(self.context, value) }
    }

    /// Sets a text, which is copied. A text that is not valid UTF-8, or over the limit, fails the call.
    #[inline]
    pub fn text(&mut self, utf8: &[u8]) {
        if utf8.len() > self.limit {
            self.problem = Some(Problem::TooLarge(utf8.len()));
            return;
        }
        if let Err(error) = std::str::from_utf8(utf8) {
            self.problem = Some(Problem::InvalidText(error.valid_up_to()));
            return;
        }
        // SAFETY: as in `null`; the bytes are readable for their length, and SQLite copies them before it returns.
        unsafe {
            ffi::sqlite3_result_text64(
                self.context,
                utf8.as_ptr().cast(),
                utf8.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                ENCODING_UTF8,
            );
        }
    }

    /// Sets a blob, which is copied. One over the limit fails the call.
    #[inline]
    pub fn blob(&mut self, bytes: &[u8]) {
        if bytes.len() > self.limit {
            self.problem = Some(Problem::TooLarge(bytes.len()));
            return;
        }
        if bytes.is_empty() {
            // A dangling pointer is fine for Rust, but SQLite would read it as "no value" if it were null.
            // SAFETY: as in `null`.
            unsafe { ffi::sqlite3_result_zeroblob(self.context, 0) };
            return;
        }
        // SAFETY: as in `text`.
        unsafe {
            ffi::sqlite3_result_blob64(
                self.context,
                bytes.as_ptr().cast(),
                bytes.len() as u64,
                ffi::SQLITE_TRANSIENT(),
            );
        }
    }

    /// Sets any value, which is copied.
    #[inline]
    pub fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.null(),
            ValueRef::Integer(value) => self.integer(value),
            ValueRef::Real(value) => self.real(value),
            ValueRef::Text(utf8) => self.text(utf8),
            ValueRef::Blob(bytes) => self.blob(bytes),
        }
    }

    /// Sets the first `len` bytes of the innermost call's result buffer as a text.
    #[inline]
    pub fn text_in_place(&mut self, len: usize) {
        if let Some(bytes) = self.in_place(len) {
            self.text(bytes);
        }
    }

    /// Sets the first `len` bytes of the innermost call's result buffer as a blob.
    #[inline]
    pub fn blob_in_place(&mut self, len: usize) {
        if let Some(bytes) = self.in_place(len) {
            self.blob(bytes);
        }
    }

    fn in_place<'b>(&mut self, len: usize) -> Option<&'b [u8]> {
        let (address, size) = result_buffer();
        if len > size {
            self.problem = Some(Problem::TooLarge(len));
            return None;
        }
        // SAFETY: the buffer is `size` initialised bytes long, and lives in its frame. It is replaced only by
        // `grow_result_buffer` and by the end of its call; neither can happen while this module's setter, the only
        // user of the slice, copies from it.
        Some(unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance::<u8>(address), len) })
    }

    /// Returns why the result was not taken, or that the buffer could not grow as far as somebody needed.
    pub(crate) fn problem(&self) -> Option<Problem> {
        self.problem.or_else(|| CALLS.with_borrow_mut(|calls| calls.innermost()?.refused))
    }
}

/// `SQLITE_UTF8`, as the type the 64-bit calls take.
pub(super) const ENCODING_UTF8: u8 = 1;
