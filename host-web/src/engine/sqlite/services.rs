//! The five services that SQLite's port to wasm32 asks its embedder for, by way of the platform.
//!
//! With the feature `web` they come from sqlite-wasm-rs itself.

use rusqlite::ffi::host::{Error, LocalTime, OK};

use crate::engine::calendar;
use crate::engine::platform::Platform;
use crate::front::PLATFORM;

/// Sleeps; rounded up to milliseconds.
#[unsafe(no_mangle)]
extern "C" fn rust_sqlite_wasm_host_sleep(seconds: u64, nanoseconds: u32) {
    let milliseconds = seconds.saturating_mul(1000).saturating_add(u64::from(nanoseconds.div_ceil(1_000_000)));
    PLATFORM.sleep_ms(u32::try_from(milliseconds).unwrap_or(u32::MAX));
}

/// Writes random bytes and returns how many.
///
/// # Safety
///
/// `buffer` must be writable for `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn rust_sqlite_wasm_host_random(buffer: *mut u8, len: usize) -> usize {
    // SAFETY: the caller's obligation is the same.
    if unsafe { fill(buffer, len) } { len } else { 0 }
}

/// Writes secure random bytes; returns 0, or an error number.
///
/// # Safety
///
/// `buffer` must be writable for `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn rust_sqlite_wasm_host_fill_entropy(buffer: *mut u8, len: usize) -> i32 {
    // SAFETY: the caller's obligation is the same.
    if unsafe { fill(buffer, len) } { OK } else { Error::Unavailable as i32 }
}

/// Writes milliseconds since 1970; returns 0, or an error number.
///
/// # Safety
///
/// `out` must be writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rust_sqlite_wasm_host_epoch_timestamp_in_ms(out: *mut i64) -> i32 {
    if out.is_null() {
        return Error::Unavailable as i32;
    }
    // SAFETY: the caller vouches for the pointer, which is not null.
    unsafe { out.write(PLATFORM.now_ms()) };
    OK
}

/// Writes the local calendar time at a Unix time in seconds; returns 0, or an error number.
///
/// # Safety
///
/// `out` must be writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rust_sqlite_wasm_host_localtime(unix_seconds: i64, out: *mut LocalTime) -> i32 {
    let Some(offset) = PLATFORM.local_offset(unix_seconds) else {
        return Error::Unsupported as i32;
    };
    let local = unix_seconds.checked_add(i64::from(offset)).and_then(calendar::from_unix);
    match local {
        Some(local) if !out.is_null() => {
            // SAFETY: the caller vouches for the pointer, which is not null.
            unsafe {
                out.write(LocalTime {
                    year: local.year,
                    month: local.month,
                    day: local.day,
                    hour: local.hour,
                    minute: local.minute,
                    second: local.second,
                    weekday: local.weekday,
                    yearday: local.yearday,
                    is_dst: -1,
                    utc_offset_seconds: offset,
                });
            }
            OK
        }
        _ => Error::InvalidTime as i32,
    }
}

/// Fills a C buffer with random bytes; false if there are none.
///
/// # Safety
///
/// `buffer` must be writable for `len` bytes, if `len` is not 0.
unsafe fn fill(buffer: *mut u8, len: usize) -> bool {
    if len == 0 {
        return true;
    }
    if buffer.is_null() {
        return false;
    }
    // SAFETY: the caller vouches for the buffer, which is not null; it is initialised before it becomes a slice.
    let bytes = unsafe {
        buffer.write_bytes(0, len);
        std::slice::from_raw_parts_mut(buffer, len)
    };
    PLATFORM.random(bytes)
}
