//! Where the host puts the arguments of the next call.
//!
//! The host asks for memory (`cabi_realloc`) in two situations: before a call, for the arguments, and during one, for what
//! an import returns. Arguments die when the call ends, so they come from a fixed buffer that is then reset. What
//! an import returns is owned by Rust values and must come from the global allocator, so the arena is closed while a call runs.
//! It is closed until the end of the first call as well: a WASI libc may keep what it is given during start-up. That call is
//! `metadata.describe`, which has no arguments.

use core::alloc::Layout;
use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;
use core::ptr::null_mut;

/// Bytes of arguments that need no allocator.
const SIZE: usize = 8192;

/// The most that the canonical ABI asks for is 8.
const ALIGN: usize = 16;

/// A bump allocator over a fixed buffer, backed by the global allocator for what does not fit.
#[repr(C, align(16))]
pub(super) struct Arena {
    buffer: UnsafeCell<[MaybeUninit<u8>; SIZE]>,
    used: Cell<usize>,
    open: Cell<bool>,
    spilled: Cell<*mut Spilled>,
}

/// Stands before each block that did not fit into the buffer.
#[repr(C, align(16))]
struct Spilled {
    next: *mut Self,
    layout: Layout,
}

const _: () = assert!(align_of::<Spilled>() == ALIGN && align_of::<Arena>() == ALIGN);

impl Arena {
    /// A closed arena.
    pub(super) const fn new() -> Self {
        Self {
            buffer: UnsafeCell::new([MaybeUninit::uninit(); SIZE]),
            used: Cell::new(0),
            open: Cell::new(false),
            spilled: Cell::new(null_mut()),
        }
    }

    /// Sends further requests to the global allocator; what was given stays valid.
    #[inline]
    pub(super) fn close(&self) {
        self.open.set(false);
    }

    /// Opens the arena and takes back everything given while it was open before.
    ///
    /// # Safety
    /// Nothing refers to that any more.
    #[inline]
    pub(super) unsafe fn reset(&self) {
        self.used.set(0);
        self.open.set(true);
        if !self.spilled.get().is_null() {
            // SAFETY: the caller's promise.
            unsafe { self.free_spilled() };
        }
    }

    /// The canonical ABI's `realloc`: never null.
    ///
    /// # Safety
    /// - `old` and `old_len` are 0 or an earlier answer and its length; the arena was not opened, closed or reset since
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
        if self.open.get() && align.is_power_of_two() && align <= ALIGN {
            let start = (self.used.get() + align - 1) & !(align - 1);
            if start <= SIZE && len <= SIZE - start {
                self.used.set(start + len);
                // SAFETY: start + len <= SIZE, so the result is inside the buffer.
                return unsafe { self.buffer.get().cast::<u8>().add(start) };
            }
            return self.spill(len);
        }
        global(Layout::from_size_align(len, align))
    }

    #[cold]
    fn spill(&self, len: usize) -> *mut u8 {
        let head = size_of::<Spilled>();
        let Some(layout) = len.checked_add(head).and_then(|len| Layout::from_size_align(len, ALIGN).ok()) else {
            trap();
        };
        let block = global(Ok(layout)).cast::<Spilled>();
        // SAFETY: the block is fresh, aligned, and begins with room for its head.
        unsafe { block.write(Spilled { next: self.spilled.replace(block), layout }) };
        // SAFETY: the block is longer than its head.
        unsafe { block.add(1).cast() }
    }

    /// # Safety
    /// Nothing refers to a spilled block any more.
    #[cold]
    unsafe fn free_spilled(&self) {
        let mut block = self.spilled.replace(null_mut());
        while !block.is_null() {
            // SAFETY: every block in the list was written by `spill`, with the layout it was allocated with.
            unsafe {
                let Spilled { next, layout } = block.read();
                std::alloc::dealloc(block.cast(), layout);
                block = next;
            }
        }
    }

    #[cold]
    unsafe fn resize(&self, old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
        if !self.open.get() {
            let Ok(layout) = Layout::from_size_align(old_len, align) else { trap() };
            // SAFETY: given while closed, so it came from the global allocator with this layout.
            let start = unsafe {
                if new_len == 0 {
                    std::alloc::dealloc(old, layout);
                    return core::ptr::without_provenance_mut(align);
                }
                std::alloc::realloc(old, layout, new_len)
            };
            return if start.is_null() { trap() } else { start };
        }
        let offset = old.addr().wrapping_sub(self.buffer.get().addr());
        if offset < SIZE && offset + old_len == self.used.get() && new_len <= SIZE - offset {
            self.used.set(offset + new_len);
            return old;
        }
        // What it leaves behind is taken back by `reset`.
        let start = self.allocate(align, new_len);
        // SAFETY: both are valid for the smaller length, and `start` is fresh.
        unsafe { core::ptr::copy_nonoverlapping(old, start, old_len.min(new_len)) };
        start
    }
}

fn global(layout: Result<Layout, core::alloc::LayoutError>) -> *mut u8 {
    let Ok(layout) = layout else { trap() };
    // SAFETY: every caller asks for at least one byte.
    let start = unsafe { std::alloc::alloc(layout) };
    if start.is_null() { trap() } else { start }
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
    use super::{Arena, Layout, SIZE};

    fn ask(arena: &Arena, align: usize, len: usize) -> *mut u8 {
        // SAFETY: a fresh request.
        unsafe { arena.realloc(core::ptr::null_mut(), 0, align, len) }
    }

    fn offset(arena: &Arena, start: *mut u8) -> Option<usize> {
        let offset = start.addr().wrapping_sub(arena.buffer.get().addr());
        (offset < SIZE).then_some(offset)
    }

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
        let a = ask(&arena, 8, 32);
        assert_eq!(offset(&arena, a), None);
        fill(a, 32, 7);
        // SAFETY: its own answer, then what the global allocator gave.
        unsafe {
            let b = arena.realloc(a, 32, 8, 64);
            assert_eq!(read(b, 32), [7; 32]);
            std::alloc::dealloc(b, Layout::from_size_align(64, 8).unwrap());
        }
    }

    #[test]
    fn open_bumps_aligns_and_resets() {
        let arena = Arena::new();
        // SAFETY: nothing was given; then its own answers, forgotten before the next reset.
        unsafe {
            arena.reset();
            let text = ask(&arena, 1, 3);
            let list = ask(&arena, 8, 16);
            assert_eq!((offset(&arena, text), offset(&arena, list)), (Some(0), Some(8)));
            // The last block grows and shrinks in place, another one moves.
            assert_eq!(arena.realloc(list, 16, 8, 48), list);
            fill(text, 3, 9);
            let moved = arena.realloc(text, 3, 1, 5);
            assert_eq!(offset(&arena, moved), Some(56));
            assert_eq!(read(moved, 3), [9; 3]);
            arena.reset();
            assert_eq!(ask(&arena, 1, 3), text);
            // While a call runs, nothing comes from the buffer.
            arena.close();
            let owned = ask(&arena, 1, 3);
            assert_eq!(offset(&arena, owned), None);
            std::alloc::dealloc(owned, Layout::from_size_align(3, 1).unwrap());
        }
    }

    #[test]
    fn what_does_not_fit_spills() {
        let arena = Arena::new();
        // SAFETY: nothing was given; then its own answers, forgotten before the next reset.
        unsafe {
            arena.reset();
            let all = ask(&arena, 1, SIZE);
            assert_eq!(offset(&arena, all), Some(0));
            let more = ask(&arena, 8, 1);
            assert_eq!((offset(&arena, more), more.addr() % 16), (None, 0));
            fill(more, 1, 1);
            fill(all, SIZE, 3);
            let grown = arena.realloc(all, SIZE, 1, SIZE + 1);
            assert_eq!(offset(&arena, grown), None);
            assert_eq!(read(grown, SIZE), vec![3; SIZE]);
            let again = arena.realloc(grown, SIZE + 1, 1, SIZE + 2);
            assert_eq!(read(again, SIZE), vec![3; SIZE]);
            arena.reset();
            assert!(arena.spilled.get().is_null());
            assert_eq!(ask(&arena, 1, 1), all);
            // No bytes need no memory.
            assert_eq!(ask(&arena, 8, 0).addr(), 8);
        }
    }
}
