//! The host's store, lent to an extension's store for the time of one call.
//!
//! When the engine calls an extension, the host's store is on the stack as a `StoreContextMut` and the extension runs in a
//! store of its own. If the extension then imports something, the engine must be entered again, with that same
//! `StoreContextMut`. A store's data has to be `'static`, so a reference with a lifetime can't be kept in it: it is kept
//! as a pointer here, and nowhere else.

#![allow(unsafe_code, reason = "a store's data can't hold a reference with a lifetime")]

use crate::guest::GuestState;
use crate::state::HostState;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use wasmtime::{AsContextMut, Store, StoreContextMut};

/// Where an extension's store keeps the host's store while a call runs. Empty at all other times.
#[derive(Debug, Default)]
pub(crate) struct HostSlot(Option<NonNull<StoreContextMut<'static, HostState>>>);

impl HostSlot {
    /// Calls `f` with the host's store; `None` when no call is running.
    ///
    /// The slot is empty while `f` runs, so that the host's store is never reached through two paths.
    pub(crate) fn with<R>(&mut self, f: impl FnOnce(StoreContextMut<'_, HostState>) -> R) -> Option<R> {
        let mut pointer = self.0.take()?;
        // SAFETY: the pointer was put here by `enter`, whose frame is still on the stack below this one (its guard empties
        // the slot before that frame ends), and which holds the exclusive reference this pointer was made of without
        // using it. `take` above makes sure that no second reference is made while this one lives. The lifetime, widened
        // in `enter`, is narrowed to this call by `as_context_mut`.
        let host = unsafe { pointer.as_mut() };
        let result = f(host.as_context_mut());
        self.0 = Some(pointer);
        Some(result)
    }
}

/// Runs `f` on the extension's store with `host` in its [`HostSlot`].
pub(crate) fn enter<R>(
    store: &mut Store<GuestState>,
    mut host: StoreContextMut<'_, HostState>,
    f: impl FnOnce(&mut Store<GuestState>) -> R,
) -> R {
    // The cast widens the lifetime of the context. Nothing but `HostSlot::with` reads the pointer.
    store.data_mut().host = HostSlot(Some(NonNull::from(&mut host).cast()));
    let mut guard = Guard(store);
    f(&mut guard)
}

/// Empties the slot, also when the call panics.
struct Guard<'a>(&'a mut Store<GuestState>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.data_mut().host = HostSlot(None);
    }
}

impl Deref for Guard<'_> {
    type Target = Store<GuestState>;
    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0
    }
}
