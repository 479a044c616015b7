//! The engine's platform, over functions that JavaScript provides.
//!
//! The imported functions never throw: a JavaScript exception would skip every SQLite frame above it. Each catches what
//! it runs and returns a status. They take plain numbers, so that wasm-bindgen adds no conversion on the hot path.

use std::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::manifest::Manifest;
use crate::engine::{Args, CallError, Level, Platform, Reason, ResultSink, grow_result_buffer, result_buffer};
use crate::web::manifest::read_described;
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
    /// An extension's manifest, or how it failed, as bytes.
    #[wasm_bindgen(js_name = describeGuest)]
    fn js_describe(extension: i32) -> Vec<u8>;
    /// Calls an extension's function. `args` is the address of `count` cells, `out` that of an [`Out`].
    #[wasm_bindgen(js_name = callGuest)]
    fn js_call_guest(extension: i32, id: i32, args: i32, count: i32, out: i32) -> i32;
    /// Calls a function of the embedder, likewise.
    #[wasm_bindgen(js_name = callFunction)]
    fn js_call_function(id: i32, args: i32, count: i32, out: i32) -> i32;
    /// The reason of the last failed call, a line feed, and its detail.
    #[wasm_bindgen(js_name = takeFailure)]
    fn js_take_failure() -> String;
    /// The engine no longer uses the extension.
    #[wasm_bindgen(js_name = releaseGuest)]
    fn js_release_guest(extension: i32);
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
    /// Payload of the value; of an error, address and length of its message.
    payload: Cell<u64>,
    /// Address of the result buffer.
    buffer: Cell<u32>,
    /// Its capacity in bytes.
    capacity: Cell<u32>,
    /// Code of an error.
    code: Cell<i32>,
}

/// Statuses of the two calls, as `callbacks.ts` returns them.
mod outcome {
    pub const VALUE: i32 = 0;
    pub const ERROR: i32 = 1;
    pub const TOO_LARGE: i32 = 2;
}

/// The JavaScript platform.
#[derive(Clone, Copy, Debug)]
pub struct WebPlatform;

/// Runs `call` with the address of an [`Out`] and takes what is in it.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "this front exists on wasm32 only, where addresses and lengths have 32 bits"
)]
fn with_out(sink: &mut ResultSink<'_>, call: impl FnOnce(i32) -> i32) -> Result<(), CallError> {
    let (buffer, capacity) = result_buffer();
    let out = Out { buffer: Cell::new(buffer as u32), capacity: Cell::new(capacity as u32), ..Out::default() };
    let status = call(address_of(&raw const out).cast_signed());
    let payload = out.payload.get();
    let len = (payload >> 32) as u32;
    match (status, out.case.get()) {
        (outcome::VALUE, 0) => sink.null(),
        (outcome::VALUE, 1) => sink.integer(payload.cast_signed()),
        (outcome::VALUE, 2) => sink.real(f64::from_bits(payload)),
        (outcome::VALUE, 3) => sink.text_in_place(len as usize),
        (outcome::VALUE, 4) => sink.blob_in_place(len as usize),
        (outcome::ERROR, _) => {
            return Err(match String::from_utf8(result_bytes(len)) {
                Ok(message) => CallError::Error { code: out.code.get(), message },
                Err(_) => CallError::Failure {
                    reason: Reason::InvalidResult,
                    detail: "the returned text is not valid UTF-8".into(),
                },
            });
        }
        (outcome::TOO_LARGE, _) => {
            // It did not fit the buffer, which cannot grow so far: the sink says so.
            sink.blob_in_place(len as usize);
        }
        _ => return Err(failure()),
    }
    Ok(())
}

#[cold]
fn failure() -> CallError {
    let text = js_take_failure();
    let (reason, detail) = text.split_once('\n').unwrap_or(("", &text));
    CallError::Failure { reason: Reason::from_name(reason).unwrap_or(Reason::Trapped), detail: detail.to_owned() }
}

fn cells(args: &Args<'_>) -> (i32, i32) {
    let count = i32::try_from(args.len()).unwrap_or(0);
    (address_of(args.as_ptr()).cast_signed(), count)
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

    fn describe(&self, extension: u32) -> Result<Manifest, CallError> {
        read_described(&js_describe(extension.cast_signed()))
    }

    #[inline]
    fn call_scalar(&self, extension: u32, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        let (at, count) = cells(&args);
        with_out(out, |out| js_call_guest(extension.cast_signed(), id.cast_signed(), at, count, out))
    }

    fn release(&self, extension: u32) {
        js_release_guest(extension.cast_signed());
    }

    #[inline]
    fn call_host_function(&self, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        let (at, count) = cells(&args);
        with_out(out, |out| js_call_function(id.cast_signed(), at, count, out))
    }

    fn release_host_function(&self, id: u32) {
        js_release_function(id.cast_signed());
    }
}
