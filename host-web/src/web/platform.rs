//! The engine's platform, over functions that JavaScript provides.
//!
//! The imported functions never throw: a JavaScript exception would skip every SQLite frame above it. Each catches what
//! it runs and returns a status. They take plain numbers, so that wasm-bindgen adds no conversion on the hot path.

use std::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::{Args, Batch, CallError, Level, Platform, Reason, ResultSink, grow_result_buffer, result_buffer};
use crate::web::batch;
use crate::web::memory::{address_of, result_bytes};

#[wasm_bindgen(raw_module = "sqlink:callbacks")]
extern "C" {
    /// Milliseconds since 1970.
    #[wasm_bindgen(js_name = nowMs)]
    fn js_now_ms() -> f64;
    /// Milliseconds from an arbitrary start.
    #[wasm_bindgen(js_name = monotonicMs)]
    fn js_monotonic_ms() -> f64;
    /// Fills the bytes; 0 if there is no source of random bytes.
    #[wasm_bindgen(js_name = randomBytes)]
    fn js_random(out: &mut [u8]) -> i32;
    /// Local time minus UTC in seconds.
    #[wasm_bindgen(js_name = localOffset)]
    fn js_local_offset(unix_seconds: f64) -> i32;
    /// Sleeps, or returns at once where that is impossible.
    #[wasm_bindgen(js_name = sleepMs)]
    fn js_sleep_ms(milliseconds: i32);
    /// 1 if the embedder wants the connection's statement to stop.
    #[wasm_bindgen(js_name = interrupted)]
    fn js_interrupted(connection: i32) -> i32;
    /// A message of an extension, or of the engine if `extension` is empty.
    #[wasm_bindgen(js_name = logMessage)]
    fn js_log(extension: &str, level: i32, message: &str);
    /// Calls an extension's `scalar.call`. `args` is the address of `count` cells, `out` that of an [`Out`], here and in all
    /// that follow.
    #[wasm_bindgen(js_name = callGuest)]
    fn js_call_guest(extension: i32, id: i32, args: i32, count: i32, out: i32) -> i32;
    /// Calls `aggregate.step`.
    #[wasm_bindgen(js_name = stepGuest)]
    fn js_step_guest(extension: i32, id: i32, context: i32, args: i32, count: i32, out: i32) -> i32;
    /// Calls `aggregate.inverse`.
    #[wasm_bindgen(js_name = inverseGuest)]
    fn js_inverse_guest(extension: i32, id: i32, context: i32, args: i32, count: i32, out: i32) -> i32;
    /// Calls `aggregate.current`.
    #[wasm_bindgen(js_name = currentGuest)]
    fn js_current_guest(extension: i32, id: i32, context: i32, out: i32) -> i32;
    /// Calls `aggregate.finish`.
    #[wasm_bindgen(js_name = finishGuest)]
    fn js_finish_guest(extension: i32, id: i32, context: i32, out: i32) -> i32;
    /// Calls `collation.compare` with two texts, each by address and length. The order is in the [`Out`]'s `code`.
    #[wasm_bindgen(js_name = compareGuest)]
    fn js_compare_guest(extension: i32, id: i32, left: i32, left_len: i32, right: i32, right_len: i32, out: i32)
    -> i32;
    /// Calls `vtab.next-batch`. The rows are in the batch that [`batch_room`](super::batch::batch_room) gave, and whether
    /// they are the last in the [`Out`]'s `code`.
    #[wasm_bindgen(js_name = nextBatchGuest)]
    fn js_next_batch_guest(extension: i32, cursor: i32, max_rows: i32, out: i32) -> i32;
    /// Calls a function of the embedder, likewise.
    #[wasm_bindgen(js_name = callFunction)]
    fn js_call_function(id: i32, args: i32, count: i32, out: i32) -> i32;
    /// The reason of the last failed call, a line feed, and its detail.
    #[wasm_bindgen(js_name = takeFailure)]
    fn js_take_failure() -> String;
    /// What the extension returned is of no use: its instance ends.
    #[wasm_bindgen(js_name = dropGuest)]
    fn js_drop_guest(extension: i32);
    /// The engine no longer uses the function.
    #[wasm_bindgen(js_name = releaseFunction)]
    fn js_release_function(id: i32);
    /// The engine panicked; it traps right after this returns.
    #[wasm_bindgen(js_name = enginePanicked)]
    fn js_panicked(message: &str);
}

/// Prepares the engine's instance: a panic's message reaches JavaScript. Called once, before anything else.
#[wasm_bindgen]
pub fn start() {
    std::panic::set_hook(Box::new(|info| js_panicked(&info.to_string())));
}

/// Makes the result buffer of the running call hold `len` bytes and returns its address; 0 if that is over the output limit.
/// `out` is the [`Out`] the call got. For the adapter and its stand-in in JavaScript.
#[wasm_bindgen]
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "this front exists on wasm32 only, where an address has 32 bits")]
pub fn grow(_out: u32, len: u32) -> u32 {
    grow_result_buffer(len as usize) as u32
}

/// Where a call puts its result: the cell, then where the bytes of a text, a blob or an error message may go.
#[derive(Default)]
#[repr(C, align(8))]
struct Out {
    /// Case of the value.
    case: Cell<u32>,
    _unused: Cell<u32>,
    /// Payload of the value; address and length of an error's message.
    payload: Cell<u64>,
    /// Address of the result buffer.
    buffer: Cell<u32>,
    /// Its capacity in bytes.
    capacity: Cell<u32>,
    /// Code of an error; the number that a call gives which gives no value.
    code: Cell<i32>,
}

impl Out {
    /// For a call that needs no buffer but for an error's message.
    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "this front exists on wasm32 only, where addresses and lengths have 32 bits"
    )]
    fn new() -> Self {
        let (buffer, capacity) = result_buffer();
        Self { buffer: Cell::new(buffer as u32), capacity: Cell::new(capacity as u32), ..Self::default() }
    }

    #[inline]
    fn address(&self) -> i32 {
        address_of(std::ptr::from_ref(self)).cast_signed()
    }

    /// Length of a text, a blob or a message.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the high half of the payload, on purpose")]
    fn len(&self) -> u32 {
        (self.payload.get() >> 32) as u32
    }

    /// What a call that did not end well left.
    #[cold]
    fn error(&self, callee: Callee, status: i32) -> CallError {
        let code = self.code.get();
        match status {
            outcome::ERROR => match String::from_utf8(result_bytes(self.len())) {
                Ok(message) => CallError::Error { code, message },
                Err(_) => {
                    if let Callee::Extension(extension) = callee {
                        js_drop_guest(extension);
                    }
                    CallError::Failure {
                        reason: Reason::InvalidResult,
                        detail: "the returned text is not valid UTF-8".into(),
                    }
                }
            },
            outcome::TOO_LARGE => CallError::Error {
                code,
                message: format!("its error message has {} bytes, over the output limit", self.len()),
            },
            _ => failure(),
        }
    }
}

/// Who is called.
#[derive(Clone, Copy)]
enum Callee {
    Extension(i32),
    Embedder,
}

/// Statuses of the calls, as `callbacks.ts` returns them.
mod outcome {
    pub const VALUE: i32 = 0;
    pub const ERROR: i32 = 1;
    pub const TOO_LARGE: i32 = 2;
}

/// The JavaScript platform.
#[derive(Clone, Copy, Debug)]
pub struct WebPlatform;

/// Runs `call` with the address of an [`Out`] and takes the value that is in it.
#[inline]
fn value(callee: Callee, sink: &mut ResultSink<'_>, call: impl FnOnce(i32) -> i32) -> Result<(), CallError> {
    let out = Out::new();
    let status = call(out.address());
    match (status, out.case.get()) {
        (outcome::VALUE, 0) => sink.null(),
        (outcome::VALUE, 1) => sink.integer(out.payload.get().cast_signed()),
        (outcome::VALUE, 2) => sink.real(f64::from_bits(out.payload.get())),
        (outcome::VALUE, 3) => sink.text_in_place(out.len() as usize),
        (outcome::VALUE, 4) => sink.blob_in_place(out.len() as usize),
        // It did not fit the buffer, which cannot grow so far: the sink says so.
        (outcome::TOO_LARGE, 3 | 4) => sink.blob_in_place(out.len() as usize),
        _ => return Err(out.error(callee, status)),
    }
    Ok(())
}

/// Runs `call` with the address of an [`Out`], of which the number is wanted.
#[inline]
fn number(extension: i32, call: impl FnOnce(i32) -> i32) -> Result<i32, CallError> {
    let out = Out::new();
    match call(out.address()) {
        outcome::VALUE => Ok(out.code.get()),
        status => Err(out.error(Callee::Extension(extension), status)),
    }
}

#[cold]
fn failure() -> CallError {
    let text = js_take_failure();
    let (reason, detail) = text.split_once('\n').unwrap_or(("", &text));
    CallError::Failure { reason: Reason::from_name(reason).unwrap_or(Reason::Trapped), detail: detail.to_owned() }
}

#[inline]
fn cells(args: &Args<'_>) -> (i32, i32) {
    let count = i32::try_from(args.len()).unwrap_or(0);
    (address_of(args.as_ptr()).cast_signed(), count)
}

#[inline]
fn bytes(text: &str) -> (i32, i32) {
    (address_of(text.as_ptr()).cast_signed(), i32::try_from(text.len()).unwrap_or(i32::MAX))
}

impl Platform for WebPlatform {
    #[allow(clippy::cast_possible_truncation, reason = "a clock in milliseconds is far below 2^53")]
    fn now_ms(&self) -> i64 {
        js_now_ms() as i64
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a clock in milliseconds is not negative and far below 2^53"
    )]
    fn monotonic_ms(&self) -> u64 {
        js_monotonic_ms() as u64
    }

    fn random(&self, out: &mut [u8]) -> bool {
        js_random(out) != 0
    }

    #[allow(clippy::cast_precision_loss, reason = "JavaScript's dates end at 8.64e12 seconds")]
    fn local_offset(&self, unix_seconds: i64) -> Option<i32> {
        let offset = js_local_offset(unix_seconds as f64);
        (offset != i32::MIN).then_some(offset)
    }

    fn sleep_ms(&self, ms: u32) {
        js_sleep_ms(i32::try_from(ms).unwrap_or(i32::MAX));
    }

    #[inline]
    fn interrupted(&self, connection: u32) -> bool {
        js_interrupted(connection.cast_signed()) != 0
    }

    fn log(&self, extension: Option<&str>, level: Level, message: &str) {
        js_log(extension.unwrap_or_default(), level as i32, message);
    }

    #[inline]
    fn call_scalar(&self, extension: u32, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        let (at, count) = cells(&args);
        let (extension, id) = (extension.cast_signed(), id.cast_signed());
        value(Callee::Extension(extension), out, |out| js_call_guest(extension, id, at, count, out))
    }

    #[inline]
    fn aggregate_step(&self, extension: u32, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        let (at, count) = cells(&args);
        let (extension, id, context) = (extension.cast_signed(), id.cast_signed(), context.cast_signed());
        number(extension, |out| js_step_guest(extension, id, context, at, count, out)).map(drop)
    }

    #[inline]
    fn aggregate_inverse(&self, extension: u32, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        let (at, count) = cells(&args);
        let (extension, id, context) = (extension.cast_signed(), id.cast_signed(), context.cast_signed());
        number(extension, |out| js_inverse_guest(extension, id, context, at, count, out)).map(drop)
    }

    fn aggregate_current(
        &self,
        extension: u32,
        id: u32,
        context: u32,
        out: &mut ResultSink<'_>,
    ) -> Result<(), CallError> {
        let (extension, id, context) = (extension.cast_signed(), id.cast_signed(), context.cast_signed());
        value(Callee::Extension(extension), out, |out| js_current_guest(extension, id, context, out))
    }

    fn aggregate_finish(
        &self,
        extension: u32,
        id: u32,
        context: u32,
        out: &mut ResultSink<'_>,
    ) -> Result<(), CallError> {
        let (extension, id, context) = (extension.cast_signed(), id.cast_signed(), context.cast_signed());
        value(Callee::Extension(extension), out, |out| js_finish_guest(extension, id, context, out))
    }

    #[inline]
    fn compare(&self, extension: u32, id: u32, left: &str, right: &str) -> Result<i32, CallError> {
        let ((left, left_len), (right, right_len)) = (bytes(left), bytes(right));
        let (extension, id) = (extension.cast_signed(), id.cast_signed());
        number(extension, |out| js_compare_guest(extension, id, left, left_len, right, right_len, out))
    }

    fn next_batch(&self, extension: u32, cursor: u32, max_rows: u32, out: &mut Batch) -> Result<(), CallError> {
        let (extension, cursor, max_rows) = (extension.cast_signed(), cursor.cast_signed(), max_rows.cast_signed());
        let last = batch::lend(out, || number(extension, |out| js_next_batch_guest(extension, cursor, max_rows, out)))?;
        out.set_last(last != 0);
        Ok(())
    }

    #[inline]
    fn call_host_function(&self, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        let (at, count) = cells(&args);
        value(Callee::Embedder, out, |out| js_call_function(id.cast_signed(), at, count, out))
    }

    fn release_host_function(&self, id: u32) {
        js_release_function(id.cast_signed());
    }
}
