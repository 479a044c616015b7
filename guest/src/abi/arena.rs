//! Where the host puts the arguments of the next call.
//!
//! The host asks for memory (`cabi_realloc`) in two situations: before a call, for the arguments, and during one, for what
//! an import returns. Arguments die when the call ends, so they come from a fixed buffer that is then reset. What
//! an import returns is owned by Rust values and must come from the global allocator, so the arena is closed while a call runs.
//! It is closed until the end of the first call as well: a WASI libc may keep what it is given during start-up.

use core::alloc::Layout;
use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;

/// Bytes of arguments that need no allocator.
const SIZE: usize = 8192;

/// A bump allocator over a fixed buffer, backed by the global allocator for what does not fit.
#[repr(C, align(16))]
pub(super) struct Arena {
    buffer: UnsafeCell<[MaybeUninit<u8>; SIZE]>,
    used: Cell<usize>,
    open: Cell<bool>,
    spilled: Cell<bool>,
}

impl Arena {
    /// A closed arena.
    pub(super) const fn new() -> Self {
        Self {
            buffer: UnsafeCell::new([MaybeUninit::uninit(); SIZE]),
            used: Cell::new(0),
            open: Cell::new(false),
            spilled: Cell::new(true),
        }
    }

    /// Sends further requests to the global allocator; what was given stays valid.
    #[inline]
    pub(super) fn close(&self) {
        self.open.set(false);
    }

    /// Takes back everything given from the buffer.
    #[inline]
    pub(super) fn reset(&self) {
        self.used.set(0);
        self.spilled.set(false);
        self.open.set(true);
    }

    /// False if nothing came from the global allocator since the last reset, so [`Self::free`] need not be called.
    #[inline]
    pub(super) fn spilled(&self) -> bool {
        self.spilled.get()
    }

    /// The canonical ABI's `realloc`: never null.
    ///
    /// # Safety
    /// - `old` and `old_len` are 0 or come from an earlier answer that was not freed
    /// - `align` is the same in both calls
    #[inline]
    pub(super) unsafe fn realloc(&self, old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
        if old_len == 0 {
            return self.allocate(align, new_len);
        }
        // SAFETY: passed on from the caller.
        unsafe { self.resize(old, old_len, align, new_len) }
    }

    #[inline]
    fn allocate(&self, align: usize, len: usize) -> *mut u8 {
        if len == 0 {
            return core::ptr::without_provenance_mut(align);
        }
        if self.open.get() && align.is_power_of_two() && align <= align_of::<Self>() {
            let start = (self.used.get() + align - 1) & !(align - 1);
            if start <= SIZE && len <= SIZE - start {
                self.used.set(start + len);
                // SAFETY: start + len <= SIZE, so the result is inside the buffer.
                return unsafe { self.buffer.get().cast::<u8>().add(start) };
            }
        }
        self.spill(align, len)
    }

    #[cold]
    fn spill(&self, align: usize, len: usize) -> *mut u8 {
        self.spilled.set(true);
        let Ok(layout) = Layout::from_size_align(len, align) else { trap() };
        // SAFETY: `len` is not 0: `allocate` has answered that.
        let start = unsafe { std::alloc::alloc(layout) };
        if start.is_null() { trap() } else { start }
    }

    #[cold]
    unsafe fn resize(&self, old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
        if self.offset(old).is_none() && new_len != 0 {
            let Ok(layout) = Layout::from_size_align(old_len, align) else { trap() };
            // SAFETY: not in the buffer, so it came from the global allocator with this layout.
            let start = unsafe { std::alloc::realloc(old, layout, new_len) };
            return if start.is_null() { trap() } else { start };
        }
        if let Some(offset) = self.offset(old) {
            let last = self.open.get() && offset + old_len == self.used.get();
            if last && new_len <= SIZE - offset {
                self.used.set(offset + new_len);
                return old;
            }
        }
        let start = self.allocate(align, new_len);
        // SAFETY: both are valid for the smaller length, and `start` is fresh; what is freed came from an earlier answer.
        unsafe {
            core::ptr::copy_nonoverlapping(old, start, old_len.min(new_len));
            self.free(old, old_len, align);
        }
        start
    }

    /// Frees what did not fit into the buffer; does nothing with what did.
    ///
    /// # Safety
    /// `start`, `len` and `align` come from an answer that was not freed, or `len` is 0.
    pub(super) unsafe fn free(&self, start: *mut u8, len: usize, align: usize) {
        if len != 0
            && self.offset(start).is_none()
            && let Ok(layout) = Layout::from_size_align(len, align)
        {
            // SAFETY: not in the buffer, so it came from the global allocator with this layout.
            unsafe { std::alloc::dealloc(start, layout) };
        }
    }

    /// Where in the buffer `start` lies.
    fn offset(&self, start: *mut u8) -> Option<usize> {
        let offset = start.addr().wrapping_sub(self.buffer.get().addr());
        (offset < SIZE).then_some(offset)
    }
}

/// Ends the instance: the host asked for memory that is not there.
fn trap() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort();
}

#[cfg(test)]
mod tests {
    use super::{Arena, SIZE};

    fn fill(start: *mut u8, len: usize, byte: u8) {
        // SAFETY: every caller passes what the arena just gave.
        unsafe { core::ptr::write_bytes(start, byte, len) };
    }

    fn read(start: *mut u8, len: usize) -> Vec<u8> {
        // SAFETY: as in `fill`, and the bytes are written.
        unsafe { core::slice::from_raw_parts(start, len).to_vec() }
    }

    #[test]
    fn closed_uses_the_global_allocator() {
        let arena = Arena::new();
        // SAFETY: a fresh request, then its own answers.
        unsafe {
            let a = arena.realloc(core::ptr::null_mut(), 0, 8, 32);
            assert_eq!(arena.offset(a), None);
            assert!(arena.spilled());
            fill(a, 32, 7);
            let b = arena.realloc(a, 32, 8, 64);
            assert_eq!(read(b, 32), [7; 32]);
            arena.free(b, 64, 8);
        }
    }

    #[test]
    fn open_bumps_aligns_and_resets() {
        let arena = Arena::new();
        arena.reset();
        // SAFETY: requests and their own answers.
        unsafe {
            let text = arena.realloc(core::ptr::null_mut(), 0, 1, 3);
            let list = arena.realloc(core::ptr::null_mut(), 0, 8, 16);
            assert_eq!((arena.offset(text), arena.offset(list)), (Some(0), Some(8)));
            assert!(!arena.spilled());
            // The last block grows and shrinks in place, another one moves.
            assert_eq!(arena.realloc(list, 16, 8, 48), list);
            fill(text, 3, 9);
            let moved = arena.realloc(text, 3, 1, 5);
            assert_eq!(arena.offset(moved), Some(56));
            assert_eq!(read(moved, 3), [9; 3]);
            arena.free(moved, 5, 1);
            arena.reset();
            assert_eq!(arena.realloc(core::ptr::null_mut(), 0, 1, 3), text);
            // While a call runs, nothing comes from the buffer.
            arena.close();
            let owned = arena.realloc(core::ptr::null_mut(), 0, 1, 3);
            assert_eq!(arena.offset(owned), None);
            arena.free(owned, 3, 1);
        }
    }

    #[test]
    fn what_does_not_fit_spills() {
        let arena = Arena::new();
        arena.reset();
        // SAFETY: requests and their own answers.
        unsafe {
            let all = arena.realloc(core::ptr::null_mut(), 0, 1, SIZE);
            assert_eq!(arena.offset(all), Some(0));
            let more = arena.realloc(core::ptr::null_mut(), 0, 1, 1);
            assert_eq!(arena.offset(more), None);
            assert!(arena.spilled());
            fill(all, SIZE, 3);
            let grown = arena.realloc(all, SIZE, 1, SIZE + 1);
            assert_eq!(arena.offset(grown), None);
            assert_eq!(read(grown, SIZE), vec![3; SIZE]);
            arena.free(more, 1, 1);
            arena.free(grown, SIZE + 1, 1);
            // No bytes need no memory.
            let nothing = arena.realloc(core::ptr::null_mut(), 0, 8, 0);
            assert_eq!(nothing.addr(), 8);
            arena.free(nothing, 0, 8);
        }
    }
}
