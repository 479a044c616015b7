//! The calls of `dispatch` with a list of arguments, over the canonical ABI by hand.
//!
//! The engine keeps arguments in the layout the ABI wants, so the list crosses as it lies on the stack: wit-bindgen's
//! code would allocate and copy every argument.
#![allow(unsafe_code, reason = "the canonical ABI hands over pointers, and results that this side must free")]

use std::mem::ManuallyDrop;

use crate::engine::{Args, CallError, RawValue, Reason, ResultSink, ValueRef};

#[link(wasm_import_module = "sqlink:host/dispatch@0.1.0")]
unsafe extern "C" {
    #[link_name = "scalar-call"]
    fn lowered_scalar_call(extension: u32, id: u32, args: *const RawValue, args_len: usize, reply: *mut Reply);
    #[link_name = "aggregate-step"]
    fn lowered_aggregate_step(
        extension: u32,
        id: u32,
        context: u32,
        args: *const RawValue,
        args_len: usize,
        reply: *mut Ended,
    );
    #[link_name = "aggregate-inverse"]
    fn lowered_aggregate_inverse(
        extension: u32,
        id: u32,
        context: u32,
        args: *const RawValue,
        args_len: usize,
        reply: *mut Ended,
    );
}

/// `result<value, call-error>` in memory.
#[repr(C, align(8))]
struct Reply {
    /// 0 for a value, 1 for an error.
    tag: u8,
    payload: ReplyPayload,
}

#[repr(C, align(8))]
union ReplyPayload {
    value: RawValue,
    error: ReplyError,
}

/// `call-error` in memory. Both its cases are a number and a string, at the same places.
#[repr(C)]
#[derive(Clone, Copy)]
struct ReplyError {
    /// 0 for `error`, 1 for `failure`.
    tag: u8,
    /// The error's code, or in its lowest byte the failure's kind.
    number: i32,
    message: *mut u8,
    message_len: usize,
}

/// `result<_, call-error>` in memory.
#[repr(C)]
struct Ended {
    /// 0 for success, 1 for an error.
    tag: u8,
    error: ReplyError,
}

const _: () = assert!(size_of::<Reply>() == 24 && size_of::<ReplyError>() == 16 && size_of::<Ended>() == 20);

/// Text or bytes that the ABI allocated in this component's memory, and that are to be freed here.
struct Owned {
    ptr: *mut u8,
    len: usize,
}

impl Owned {
    /// Takes the bytes over.
    ///
    /// # Safety
    ///
    /// They must come from a reply, which nobody else takes them from.
    unsafe fn into_bytes(self) -> Vec<u8> {
        if self.len == 0 || self.ptr.is_null() {
            return Vec::new();
        }
        // SAFETY: the ABI allocated exactly `len` bytes by `cabi_realloc`, which is Rust's allocator with alignment 1;
        // the caller vouches that nobody else frees them.
        unsafe { Vec::from_raw_parts(self.ptr, self.len, self.len) }
    }
}

/// Calls a function of an extension and hands its result on.
pub(super) fn call_scalar(extension: u32, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
    // The ABI writes one byte of a tag that is read as four, so all must start as zero.
    let mut reply = ManuallyDrop::new(Reply { tag: 0, payload: ReplyPayload { value: RawValue::new(ValueRef::Null) } });
    // SAFETY: the arguments are in the layout of `list<value>` and stay as they are; the reply is writable, aligned and
    // as large as the ABI says.
    unsafe {
        lowered_scalar_call(extension, id, args.as_ptr(), args.len(), &raw mut *reply);
    }
    if reply.tag == 0 {
        // SAFETY: the tag says that there is a value, and the ABI has checked it.
        let value: ValueRef<'_> = unsafe { reply.payload.value.get() };
        out.value(value);
        if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = value
            && !bytes.is_empty()
        {
            // SAFETY: the bytes are of the reply, and this is their last use.
            drop(unsafe { Owned { ptr: bytes.as_ptr().cast_mut(), len: bytes.len() }.into_bytes() });
        }
        return Ok(());
    }
    // SAFETY: the tag says that there is an error, which is taken once.
    Err(unsafe { reply.payload.error.into_error() })
}

/// Adds a row to an aggregate, or takes one away.
pub(super) fn aggregate(extension: u32, id: u32, context: u32, args: Args<'_>, inverse: bool) -> Result<(), CallError> {
    let error = ReplyError { tag: 0, number: 0, message: std::ptr::null_mut(), message_len: 0 };
    let mut reply = Ended { tag: 0, error };
    let call = if inverse { lowered_aggregate_inverse } else { lowered_aggregate_step };
    // SAFETY: as in `call_scalar`.
    unsafe { call(extension, id, context, args.as_ptr(), args.len(), &raw mut reply) };
    if reply.tag == 0 {
        return Ok(());
    }
    // SAFETY: the tag says that there is an error, which is taken once.
    Err(unsafe { reply.error.into_error() })
}

impl ReplyError {
    /// Takes the message over.
    ///
    /// # Safety
    ///
    /// It must be of a reply whose tag says that there is an error, and be taken once.
    unsafe fn into_error(self) -> CallError {
        // SAFETY: the caller vouches for it.
        let message = unsafe { Owned { ptr: self.message, len: self.message_len }.into_bytes() };
        let message = String::from_utf8_lossy(&message).into_owned();
        match self.tag {
            0 => CallError::Error { code: self.number, message },
            _ => CallError::Failure { reason: reason(self.number.to_le_bytes()[0]), detail: message },
        }
    }
}

/// The reason of a `failure-kind`, by its number.
const fn reason(kind: u8) -> Reason {
    match kind {
        1 => Reason::FuelExhausted,
        2 => Reason::DeadlineExceeded,
        3 => Reason::MemoryLimit,
        4 => Reason::CapabilityDenied,
        5 => Reason::InvalidResult,
        _ => Reason::Trapped,
    }
}
