//! The engine's way to the extensions: `sqlink:host/dispatch`.

use crate::contract::sqlink::extension::metadata::Manifest;
use crate::contract::sqlink::extension::types::Value;
use crate::contract::sqlink::host::dispatch::CallError;
use crate::guest::{Guest, not_callable};
use crate::state::HostState;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::Linker;
use wasmtime::{AsContextMut, StoreContextMut, bail};

type Context<'a> = StoreContextMut<'a, HostState>;

/// Links `describe`, `call-scalar` and `release`.
///
/// # Errors
/// Only if the interface is defined twice.
pub(crate) fn add(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut dispatch = linker.instance("sqlink:host/dispatch@0.1.0")?;
    dispatch.func_wrap("describe", |cx: Context<'_>, (extension,): (u32,)| Ok((describe(&cx, extension),)))?;
    dispatch.func_wrap("call-scalar", |cx: Context<'_>, (extension, id, args): (u32, u32, Vec<Value>)| {
        Ok((call_scalar(cx, extension, id, args)?,))
    })?;
    dispatch.func_wrap("release", |mut cx: Context<'_>, (extension,): (u32,)| {
        cx.data_mut().guests.remove(&extension);
        Ok(())
    })
}

fn describe(cx: &Context<'_>, extension: u32) -> Result<Manifest, CallError> {
    let state = cx.data();
    match state.guests.get(&extension) {
        Some(Some(guest)) => guest.code().describe(&state.control, &state.limits).map_err(CallError::Failure),
        _ => Err(not_callable("there is no such extension")),
    }
}

/// Takes the extension out of the host's store for the time of the call, so that both stores are free to be used.
fn call_scalar(
    mut cx: Context<'_>,
    extension: u32,
    id: u32,
    args: Vec<Value>,
) -> wasmtime::Result<Result<Value, CallError>> {
    let state = cx.data_mut();
    let mut guest: Box<Guest> = match state.guests.get_mut(&extension).map(Option::take) {
        Some(Some(guest)) => guest,
        // The engine refuses both by name before it comes to this.
        Some(None) => return Ok(Err(not_callable("the extension is already running"))),
        None => return Ok(Err(not_callable("there is no such extension"))),
    };
    let deadline = state.call_deadline(Instant::now());
    // An inner call never outlasts the outer one.
    let deadline = state.call_deadlines.last().map_or(deadline, |outer| deadline.min(*outer));
    state.call_deadlines.push(deadline);
    let result = guest.call(cx.as_context_mut(), id, args);
    let state = cx.data_mut();
    state.call_deadlines.pop();
    if let Some(reason) = &state.ended {
        bail!("the engine trapped: {reason}");
    }
    // Released while it was running: it goes now.
    if let Some(slot) = state.guests.get_mut(&extension) {
        *slot = Some(guest);
    }
    Ok(result)
}

/// Adds an extension to the store's list.
pub(crate) fn insert(state: &mut HostState, extension: u32, code: Arc<crate::guest::GuestCode>) {
    state.guests.insert(extension, Some(Box::new(Guest::new(code, extension))));
}
