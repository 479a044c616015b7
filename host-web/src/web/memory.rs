//! The only `unsafe` of this front: memory that JavaScript wrote, as slices.
#![allow(
    unsafe_code,
    reason = "JavaScript hands cells over by writing them into memory; this file checks them and makes slices of them"
)]

use crate::engine::{Args, RawValue, result_buffer};

/// Bytes of one cell.
const CELL: usize = size_of::<RawValue>();

/// A pointer as JavaScript knows it: a byte offset in the engine's memory.
#[allow(clippy::cast_possible_truncation, reason = "this front exists on wasm32 only, where a pointer has 32 bits")]
pub fn address_of<T>(pointer: *const T) -> u32 {
    pointer.expose_provenance() as u32
}

/// The first `count` cells of `area`, if it holds that many and no text or blob among them points outside `area`.
pub fn cells_in(area: &[u64], count: u32) -> Option<Args<'_>> {
    let bytes = size_of_val(area);
    let count = count as usize;
    if count.checked_mul(CELL)? > bytes {
        return None;
    }
    let start = area.as_ptr().addr();
    for cell in area.chunks_exact(2).take(count) {
        let &[case, payload] = cell else { return None };
        // The case is the low half, what is above it is padding.
        if matches!(case & 0xffff_ffff, 3 | 4) {
            let address = usize::try_from(payload & 0xffff_ffff).ok()?;
            let len = usize::try_from(payload >> 32).ok()?;
            if address < start || address.checked_add(len)? > start + bytes {
                return None;
            }
        }
    }
    // SAFETY: `area` is initialised, 8-byte aligned and at least `count * CELL` bytes long. `RawValue` is 16 bytes of
    // plain data (`repr(C)`) for which every bit pattern is valid.
    let cells = unsafe { std::slice::from_raw_parts(area.as_ptr().cast::<RawValue>(), count) };
    // SAFETY: the loop above made sure that text and blob cells point into `area`, which stays borrowed as long as the
    // result and is not written meanwhile.
    Some(unsafe { Args::from_raw(cells) })
}

/// A copy of the first `len` bytes of the result buffer, where a guest's or a JavaScript function's error message stands.
pub fn result_bytes(len: u32) -> Vec<u8> {
    let (address, capacity) = result_buffer();
    let len = (len as usize).min(capacity);
    let pointer = std::ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: the engine's result buffer is initialised memory of `capacity` bytes at `address`, it stays in place until
    // the running call returns, nothing writes it while this copies, and `len` is at most `capacity`.
    unsafe { std::slice::from_raw_parts(pointer, len) }.to_vec()
}
