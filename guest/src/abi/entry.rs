//! The exports `sqlink:extension/scalar#call` and `cabi_realloc`.

use core::cell::{Cell, UnsafeCell};

use super::arena::Arena;
use super::{Args, RawValue};
use crate::extension::Extension;
use crate::{Error, Value};

/// What is alive between calls. A core module without threads runs one call at a time.
struct Instance {
    arena: Arena,
    started: Cell<bool>,
    busy: Cell<bool>,
    /// What `area` points into.
    result: UnsafeCell<Result<Value, Error>>,
    area: UnsafeCell<Area>,
}

// SAFETY: wasm32 without the atomics feature has one thread.
unsafe impl Sync for Instance {}

static INSTANCE: Instance = Instance {
    arena: Arena::new(),
    started: Cell::new(false),
    busy: Cell::new(false),
    result: UnsafeCell::new(Ok(Value::Null)),
    area: UnsafeCell::new(Area {
        case: 0,
        body: Body { error: RawError { code: 0, start: core::ptr::null(), len: 0 } },
    }),
};

/// `result<value, error>` as the host reads it: 24 bytes, aligned to 8.
#[repr(C)]
struct Area {
    case: u8,
    body: Body,
}

#[repr(C)]
union Body {
    value: core::mem::ManuallyDrop<RawValue<'static>>,
    error: RawError,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct RawError {
    code: i32,
    start: *const u8,
    len: usize,
}

const _: () = assert!(size_of::<RawValue<'_>>() == 16 && size_of::<Area>() == 24);

/// One scalar call.
///
/// # Safety
/// Only a host may call it, as the canonical ABI says: `args` is the address of `len` values it wrote into memory
/// from `cabi_realloc`.
#[doc(hidden)]
#[inline]
pub unsafe fn call<T: Extension>(id: u32, args: *mut u8, len: usize) -> *mut u8 {
    let instance = &INSTANCE;
    if !instance.started.replace(true) {
        wit_bindgen::rt::run_ctors_once();
        crate::panic::install_hook();
    }
    if instance.busy.replace(true) {
        // The contract forbids it, and the arguments of the call below would be lost.
        core::arch::wasm32::unreachable();
    }
    instance.arena.close();
    // SAFETY: the caller passes on what the host wrote; nothing else refers to it.
    let values: &[RawValue<'_>] = if len == 0 { &[] } else { unsafe { core::slice::from_raw_parts(args.cast(), len) } };
    let result = T::call(id, Args(values));
    if instance.arena.spilled() {
        // SAFETY: no borrow of an argument outlives the call, as `result` borrows nothing.
        unsafe { free(args, len) };
    }
    instance.arena.reset();
    instance.busy.set(false);
    // SAFETY: no other reference to these two exists: this function does not run twice at a time.
    unsafe {
        let kept = &mut *instance.result.get();
        *kept = result;
        *instance.area.get() = match kept {
            Ok(value) => {
                Area { case: 0, body: Body { value: core::mem::ManuallyDrop::new(RawValue::borrow(value.as_ref())) } }
            }
            Err(error) => Area {
                case: 1,
                body: Body {
                    error: RawError { code: error.code(), start: error.message().as_ptr(), len: error.message().len() },
                },
            },
        };
    }
    instance.area.get().cast()
}

/// Frees the arguments of a call.
///
/// # Safety
/// They are as [`call`] got them, and nothing borrows from them.
#[cold]
unsafe fn free(args: *mut u8, len: usize) {
    let arena = &INSTANCE.arena;
    // SAFETY: the caller's promise; text and blobs were requested with their exact length and alignment 1.
    unsafe {
        for index in 0..len {
            let value = &*args.cast::<RawValue<'_>>().add(index);
            if value.tag >= 3 {
                let bytes = value.payload.bytes;
                arena.free(bytes.start.cast_mut(), bytes.len, 1);
            }
        }
        arena.free(args, len * size_of::<RawValue<'_>>(), align_of::<RawValue<'_>>());
    }
}

/// Takes the place of wit-bindgen's own, which is weak: arguments come from the arena.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
    // SAFETY: the host's promise.
    unsafe { INSTANCE.arena.realloc(old, old_len, align, new_len) }
}

/// What wit-bindgen's `export!` looks for under this path: its own export of `metadata`, and ours of `scalar`.
#[doc(hidden)]
#[allow(missing_docs, reason = "read by generated code only")]
pub mod exported {
    pub mod exports {
        pub mod sqlink {
            pub mod extension {
                pub use crate::bindings::exports::sqlink::extension::metadata;

                pub mod scalar {
                    pub use crate::__sqlink_export_scalar as __export_sqlink_extension_scalar_0_1_0_cabi;
                }
            }
        }
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __sqlink_export_scalar {
    ($extension:ident with_types_in $($path:tt)*) => {
        const _: () = {
            #[unsafe(export_name = "sqlink:extension/scalar@0.1.0#call")]
            unsafe extern "C" fn call(id: u32, args: *mut u8, len: usize) -> *mut u8 {
                unsafe { $crate::__private::call::<$extension>(id, args, len) }
            }
        };
    };
}

impl<T: Extension> crate::bindings::exports::sqlink::extension::metadata::Guest for T {
    fn describe() -> crate::manifest::Manifest {
        T::describe()
    }
}
