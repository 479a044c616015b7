//! What an extension imports: the contract's interfaces, forwarded to the engine, and everything else, denied.

use crate::contract::exports::sqlink::host::guest_imports;
use crate::contract::sqlink::extension::log::Level;
use crate::contract::sqlink::extension::spi::Rows;
use crate::contract::sqlink::extension::types::{Error, Value};
use crate::guest::GuestState;
use crate::state::HostState;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};
use wasmtime::{StoreContextMut, bail};

type Context<'a> = StoreContextMut<'a, GuestState>;

/// Links `log`, `random`, `clock` and `spi` with the engine's `guest-imports`, which checks the grants.
///
/// # Errors
/// Only if an interface is defined twice.
pub(crate) fn add_contract(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    linker.instance("sqlink:extension/log@0.1.0")?.func_wrap(
        "write",
        |mut cx: Context<'_>, (level, message): (Level, String)| {
            if matches!(level, Level::Error) {
                cx.data_mut().last_error = Some(message.clone());
            }
            let sent = forward(&mut cx, |imports, host, id| imports.call_log_write(host, id, level, &message));
            sent.unwrap_or(Ok(()))
        },
    )?;
    linker.instance("sqlink:extension/random@0.1.0")?.func_wrap("bytes", |mut cx: Context<'_>, (len,): (u32,)| {
        let bytes = forward(&mut cx, |imports, host, id| imports.call_random_bytes(host, id, len));
        reply(&mut cx, bytes, "random.bytes")
    })?;
    linker.instance("sqlink:extension/clock@0.1.0")?.func_wrap("now", |mut cx: Context<'_>, (): ()| {
        let now = forward(&mut cx, |imports, host, id| imports.call_clock_now(host, id));
        reply(&mut cx, now, "clock.now")
    })?;
    let mut spi = linker.instance("sqlink:extension/spi@0.1.0")?;
    spi.func_wrap("query", |mut cx: Context<'_>, (sql, params): (String, Vec<Value>)| {
        let rows = forward(&mut cx, |imports, host, id| imports.call_spi_query(host, id, &sql, &params));
        reply::<Rows>(&mut cx, rows, "spi.query")
    })?;
    spi.func_wrap("execute", |mut cx: Context<'_>, (sql, params): (String, Vec<Value>)| {
        let changes = forward(&mut cx, |imports, host, id| imports.call_spi_execute(host, id, &sql, &params));
        reply(&mut cx, changes, "spi.execute")
    })
}

/// Enters the engine for the extension whose store `cx` is; `None` while the extension describes itself.
fn forward<R>(
    cx: &mut Context<'_>,
    f: impl FnOnce(&guest_imports::Guest, StoreContextMut<'_, HostState>, u32) -> wasmtime::Result<R>,
) -> Option<wasmtime::Result<R>> {
    let state = cx.data_mut();
    let id = state.extension;
    state.host.with(|mut host| {
        let Some(imports) = host.data().imports.clone() else { bail!("the engine is not instantiated yet") };
        let result = f(&imports, wasmtime::AsContextMut::as_context_mut(&mut host), id);
        if let Err(error) = &result {
            // A trap in the engine: whatever is on the stack must end with it.
            host.data_mut().ended = Some(error.root_cause().to_string());
        }
        result
    })
}

/// What an import of the contract returns: the engine's answer. While the extension describes itself there is none, and the
/// call ends: its manifest must not depend on where it runs.
fn reply<T>(
    cx: &mut Context<'_>,
    answer: Option<wasmtime::Result<Result<T, Error>>>,
    import: &str,
) -> wasmtime::Result<(Result<T, Error>,)> {
    match answer {
        Some(answer) => answer.map(|result| (result,)),
        None => {
            let message = format!("`{import}` can't be called from `describe`");
            cx.data_mut().denied = Some(message.clone());
            bail!(message)
        }
    }
}

/// Links every import of `component` outside the contract with functions that end the call as `capability-denied`.
///
/// Components built for wasm32-wasip2 import WASI whether they use it or not.
///
/// # Errors
/// If the imports contradict each other.
pub(crate) fn deny_others(linker: &mut Linker<GuestState>, component: &Component) -> wasmtime::Result<()> {
    let engine = component.engine().clone();
    for (name, item) in component.component_type().imports(&engine) {
        if name.starts_with("sqlink:extension/") {
            continue;
        }
        match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                let mut denied = linker.instance(name)?;
                for (export, item) in instance.exports(&engine) {
                    deny(&mut denied, Some(name), export, &item.ty)?;
                }
            }
            other => deny(&mut linker.root(), None, name, &other)?,
        }
    }
    Ok(())
}

/// A resource type of which there is never a value.
enum Denied {}

fn deny(
    linker: &mut LinkerInstance<'_, GuestState>,
    interface: Option<&str>,
    name: &str,
    item: &ComponentItem,
) -> wasmtime::Result<()> {
    match item {
        ComponentItem::ComponentFunc(_) => {
            let path = interface.map_or_else(|| name.to_owned(), |interface| format!("{interface}#{name}"));
            linker.func_new(name, move |mut cx, _, _, _| {
                let message = format!("the extension called `{path}`, which no extension is given");
                cx.data_mut().denied = Some(message.clone());
                bail!(message)
            })
        }
        ComponentItem::Resource(_) => linker.resource(name, ResourceType::host::<Denied>(), |_, _| Ok(())),
        // Types need no definition; anything else fails to link, with its name.
        _ => Ok(()),
    }
}

/// Links the `guest-imports` that a composition imports with the ones it exports: the way back into the engine for the
/// extensions inside it.
///
/// # Errors
/// Only if the interface is defined twice.
pub(crate) fn loop_back(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    type Host<'a> = StoreContextMut<'a, HostState>;
    let mut imports = linker.instance("sqlink:host/guest-imports@0.1.0")?;
    imports.func_wrap("log-write", |host: Host<'_>, (id, level, message): (u32, Level, String)| {
        exported(&host)?.call_log_write(host, id, level, &message)
    })?;
    imports.func_wrap("random-bytes", |host: Host<'_>, (id, len): (u32, u32)| {
        Ok((exported(&host)?.call_random_bytes(host, id, len)?,))
    })?;
    imports
        .func_wrap("clock-now", |host: Host<'_>, (id,): (u32,)| Ok((exported(&host)?.call_clock_now(host, id)?,)))?;
    imports.func_wrap("spi-query", |host: Host<'_>, (id, sql, params): (u32, String, Vec<Value>)| {
        Ok((exported(&host)?.call_spi_query(host, id, &sql, &params)?,))
    })?;
    imports.func_wrap("spi-execute", |host: Host<'_>, (id, sql, params): (u32, String, Vec<Value>)| {
        Ok((exported(&host)?.call_spi_execute(host, id, &sql, &params)?,))
    })
}

fn exported(host: &StoreContextMut<'_, HostState>) -> wasmtime::Result<guest_imports::Guest> {
    match &host.data().imports {
        Some(imports) => Ok(imports.clone()),
        None => bail!("the engine is not instantiated yet"),
    }
}
