//! The exports, one module for each interface. [`__sqlink_export!`](crate::__sqlink_export) makes them in the author's crate, so
//! that a component exports only the interfaces its extension uses.
//!
//! Each function here is one of the contract under its name there, unsafe because only a host may call it, as the canonical
//! ABI says: addresses are those of what it wrote into memory from `cabi_realloc`.
#![allow(missing_docs, clippy::missing_safety_doc, reason = "said above for all")]

#[cfg(target_family = "wasm")]
pub mod aggregate;
#[cfg(target_family = "wasm")]
pub mod collation;
#[cfg(target_family = "wasm")]
pub mod hooks;
#[cfg(target_family = "wasm")]
pub mod lifecycle;
#[cfg(target_family = "wasm")]
pub mod scalar;
#[cfg(target_family = "wasm")]
pub mod vtab;

#[cfg(target_family = "wasm")]
impl<T: crate::extension::Extension> crate::bindings::exports::sqlink::extension::metadata::Guest for T {
    #[inline]
    fn describe() -> crate::manifest::Manifest {
        // SAFETY: there are no arguments to borrow from.
        unsafe { super::entry::enter(crate::extension::describe::<T>) }
    }
}

/// Exports an interface: its functions, and the section by which `wit-component` knows of it.
#[doc(hidden)]
#[macro_export]
macro_rules! __sqlink_export {
    (metadata $extension:ident) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::__private::bindings::export!($extension with_types_in $crate::__private::bindings);
        };
    };
    (scalar $extension:ident) => {
        $crate::__sqlink_export! { scalar $extension:
            "sqlink:extension/scalar@0.1.0#call" call(id: u32, args: *const u8, len: usize) -> *const u8;
        }
    };
    (aggregate $extension:ident) => {
        $crate::__sqlink_export! { aggregate $extension:
            "sqlink:extension/aggregate@0.1.0#step"
            step(id: u32, context: u32, args: *const u8, len: usize) -> *const u8;
            "sqlink:extension/aggregate@0.1.0#inverse"
            inverse(id: u32, context: u32, args: *const u8, len: usize) -> *const u8;
            "sqlink:extension/aggregate@0.1.0#current" current(id: u32, context: u32) -> *const u8;
            "sqlink:extension/aggregate@0.1.0#finish" finish(id: u32, context: u32) -> *const u8;
            "sqlink:extension/aggregate@0.1.0#abandon" abandon(id: u32, context: u32);
        }
    };
    (collation $extension:ident) => {
        $crate::__sqlink_export! { collation $extension:
            "sqlink:extension/collation@0.1.0#compare"
            compare(id: u32, left: *const u8, left_len: usize, right: *const u8, right_len: usize) -> i32;
        }
    };
    (vtab $extension:ident) => {
        $crate::__sqlink_export! { vtab $extension:
            "sqlink:extension/vtab@0.1.0#create"
            create(module: u32, table: u32, database: *const u8, database_len: usize, name: *const u8, name_len: usize,
                arguments: *const u8, arguments_len: usize) -> *const u8;
            "sqlink:extension/vtab@0.1.0#connect"
            connect(module: u32, table: u32, database: *const u8, database_len: usize, name: *const u8, name_len: usize,
                arguments: *const u8, arguments_len: usize) -> *const u8;
            "sqlink:extension/vtab@0.1.0#disconnect" disconnect(table: u32);
            "sqlink:extension/vtab@0.1.0#destroy" destroy(table: u32) -> *const u8;
            "sqlink:extension/vtab@0.1.0#best-index"
            best_index(table: u32, constraints: *const u8, constraints_len: usize, order_by: *const u8,
                order_by_len: usize, distinct: u32, columns: u64) -> *const u8;
            "sqlink:extension/vtab@0.1.0#open" open(table: u32, cursor: u32) -> *const u8;
            "sqlink:extension/vtab@0.1.0#filter"
            filter(cursor: u32, number: i32, name: *const u8, name_len: usize, args: *const u8, args_len: usize,
                columns: u64) -> *const u8;
            "sqlink:extension/vtab@0.1.0#next-batch" next_batch(cursor: u32, max_rows: u32) -> *const u8;
            "sqlink:extension/vtab@0.1.0#close" close(cursor: u32);
            "sqlink:extension/vtab@0.1.0#insert"
            insert(table: u32, has_rowid: u32, rowid: i64, values: *const u8, values_len: usize,
                on_conflict: u32) -> *const u8;
            "sqlink:extension/vtab@0.1.0#update"
            update(table: u32, rowid: i64, new_rowid: i64, values: *const u8, values_len: usize,
                on_conflict: u32) -> *const u8;
            "sqlink:extension/vtab@0.1.0#delete" delete(table: u32, rowid: i64) -> *const u8;
            "sqlink:extension/vtab@0.1.0#transaction" transaction(table: u32, step: u32, number: i32) -> *const u8;
            "sqlink:extension/vtab@0.1.0#rename" rename(table: u32, name: *const u8, name_len: usize) -> *const u8;
            "sqlink:extension/vtab@0.1.0#integrity" integrity(table: u32, quick: u32) -> *const u8;
        }
    };
    (hooks $extension:ident) => {
        $crate::__sqlink_export! { hooks $extension:
            "sqlink:extension/hooks@0.1.0#authorize"
            authorize(action: u32, has_first: u32, first: *const u8, first_len: usize, has_second: u32,
                second: *const u8, second_len: usize, has_database: u32, database: *const u8, database_len: usize,
                has_trigger: u32, trigger: *const u8, trigger_len: usize) -> *const u8;
            "sqlink:extension/hooks@0.1.0#update"
            update(changed: u32, database: *const u8, database_len: usize, table: *const u8, table_len: usize,
                rowid: i64) -> *const u8;
            "sqlink:extension/hooks@0.1.0#preupdate"
            preupdate(changed: u32, database: *const u8, database_len: usize, table: *const u8, table_len: usize,
                depth: i32, old_rowid: i64, new_rowid: i64, old: *const u8, old_len: usize, new: *const u8,
                new_len: usize) -> *const u8;
            "sqlink:extension/hooks@0.1.0#commit" commit() -> *const u8;
            "sqlink:extension/hooks@0.1.0#rollback" rollback();
        }
    };
    (lifecycle $extension:ident) => {
        $crate::__sqlink_export! { lifecycle $extension:
            "sqlink:extension/lifecycle@0.1.0#on-load" on_load() -> *const u8;
            "sqlink:extension/lifecycle@0.1.0#on-unload" on_unload() -> *const u8;
        }
    };
    ($interface:ident $extension:ident:
        $($name:literal $function:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)+
    ) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $(
                #[unsafe(export_name = $name)]
                unsafe extern "C" fn $function($($argument: $type),*) $(-> $result)? {
                    // SAFETY: only the host calls it, as the contract says.
                    unsafe { $crate::__private::export::$interface::$function::<$extension>($($argument),*) }
                }
            )+
            $crate::__private::bindings::$interface::export!(
                $extension with_types_in $crate::__private::bindings::$interface
            );
        };
    };
}
