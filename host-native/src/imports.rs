//! What an extension imports: the contract's interfaces, forwarded to the engine, and everything else, denied.

use crate::contract::exports::sqlink::host::guest_imports;
use crate::contract::sqlink::extension::log::Level;
use crate::contract::sqlink::extension::types::Value;
use crate::guest::GuestState;
use crate::state::HostState;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};
use wasmtime::{StoreContextMut, bail};

type Context<'a> = StoreContextMut<'a, GuestState>;
type HostContext<'a> = StoreContextMut<'a, HostState>;

/// The contract's imports that return something: for each its interface and name, its parameters, and the engine's function
/// with how it takes them. The engine knows it as INTERFACE-FUNCTION.
macro_rules! functions {
    ($each:ident) => {
        $each! {
            "config" "get" (key: String) => call_config_get(&key);
            "config" "keys" () => call_config_keys();
            "config" "host" () => call_config_host();
            "random" "bytes" (len: u32) => call_random_bytes(len);
            "clock" "now" () => call_clock_now();
            "clock" "monotonic" () => call_clock_monotonic();
            "spi" "query" (sql: String, params: Vec<Value>) => call_spi_query(&sql, &params);
            "spi" "execute" (sql: String, params: Vec<Value>) => call_spi_execute(&sql, &params);
            "spi" "batch" (sql: String) => call_spi_batch(&sql);
            "spi" "open" (sql: String, params: Vec<Value>) => call_spi_open(&sql, &params);
            "spi" "fetch" (cursor: u32, max_rows: u32) => call_spi_fetch(cursor, max_rows);
            "spi" "changes" () => call_spi_changes();
            "spi" "last-insert-rowid" () => call_spi_last_insert_rowid();
            "subtype" "get" (argument: u32) => call_subtype_get(argument);
            "subtype" "set" (subtype: u8) => call_subtype_set(subtype);
            "state" "get" (key: String) => call_state_get(&key);
            "state" "set" (key: String, bytes: Vec<u8>) => call_state_set(&key, &bytes);
            "state" "delete" (key: String) => call_state_delete(&key);
            "state" "keys" (prefix: String) => call_state_keys(&prefix);
            "cache" "get" (key: String) => call_cache_get(&key);
            "cache" "set" (key: String, bytes: Vec<u8>, ttl_ms: u32) => call_cache_set(&key, &bytes, ttl_ms);
            "cache" "delete" (key: String) => call_cache_delete(&key);
            "files" "list" () => call_files_list();
            "files" "read" (name: String, offset: u64, len: u32) => call_files_read(&name, offset, len);
            "files" "write" (name: String, offset: u64, bytes: Vec<u8>) => call_files_write(&name, offset, &bytes);
        }
    };
}

/// Links the contract's imports with the engine's `guest-imports`, which checks the grants.
///
/// # Errors
/// Only if a function is defined twice.
pub(crate) fn add_contract(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    macro_rules! link {
        ($($interface:literal $function:literal ($($param:ident: $type:ty),*) => $call:ident($($pass:expr),*);)*) => {
            $(linker.instance(concat!("sqlink:extension/", $interface, "@0.1.0"))?.func_wrap(
                $function,
                |mut cx: Context<'_>, ($($param,)*): ($($type,)*)| {
                    let path = concat!($interface, ".", $function);
                    let reply = forward(&mut cx, path, |imports, host, id| imports.$call(host, id, $($pass),*));
                    Ok((reply.unwrap_or_else(|| denied(&mut cx, path))?,))
                },
            )?;)*
        };
    }
    functions!(link);
    linker.instance("sqlink:extension/spi@0.1.0")?.func_wrap("close", |mut cx: Context<'_>, (cursor,): (u32,)| {
        let closed = forward(&mut cx, "spi.close", |imports, host, id| imports.call_spi_close(host, id, cursor));
        closed.unwrap_or_else(|| denied(&mut cx, "spi.close"))
    })?;
    linker.instance("sqlink:extension/log@0.1.0")?.func_wrap(
        "write",
        |mut cx: Context<'_>, (level, message): (Level, String)| {
            if matches!(level, Level::Error) {
                cx.data_mut().last_error = Some(message.clone());
            }
            let call = |imports: &guest_imports::Guest, host: HostContext<'_>, id| {
                imports.call_log_write(host, id, level, &message)
            };
            // While it describes itself, the message of a panic is all that is of use.
            forward(&mut cx, "log.write", call).unwrap_or(Ok(()))
        },
    )
}

/// Enters the engine for the extension whose store `cx` is; `None` while the extension describes itself.
fn forward<R>(
    cx: &mut Context<'_>,
    path: &str,
    f: impl FnOnce(&guest_imports::Guest, HostContext<'_>, u32) -> wasmtime::Result<R>,
) -> Option<wasmtime::Result<R>> {
    let state = cx.data_mut();
    let id = state.extension;
    state.host.with(|mut host| {
        host.data().observe(path);
        let imports = exported(&host)?;
        let result = f(&imports, wasmtime::AsContextMut::as_context_mut(&mut host), id);
        if let Err(error) = &result {
            // A trap in the engine: whatever is on the stack must end with it.
            host.data_mut().ended = Some(error.root_cause().to_string());
        }
        result
    })
}

/// While the extension describes itself, every import ends the call: its manifest must not depend on where it runs.
fn denied<T>(cx: &mut Context<'_>, import: &str) -> wasmtime::Result<T> {
    let message = format!("`{import}` can't be called from `describe`");
    cx.data_mut().denied = Some(message.clone());
    bail!(message)
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
    let mut imports = linker.instance("sqlink:host/guest-imports@0.1.0")?;
    macro_rules! link {
        ($($interface:literal $function:literal ($($param:ident: $type:ty),*) => $call:ident($($pass:expr),*);)*) => {
            $(imports.func_wrap(
                concat!($interface, "-", $function),
                |host: HostContext<'_>, (id, $($param,)*): (u32, $($type,)*)| {
                    host.data().observe(concat!($interface, ".", $function));
                    Ok((exported(&host)?.$call(host, id, $($pass),*)?,))
                },
            )?;)*
        };
    }
    functions!(link);
    imports.func_wrap("spi-close", |host: HostContext<'_>, (id, cursor): (u32, u32)| {
        host.data().observe("spi.close");
        exported(&host)?.call_spi_close(host, id, cursor)
    })?;
    imports.func_wrap("log-write", |host: HostContext<'_>, (id, level, message): (u32, Level, String)| {
        host.data().observe("log.write");
        exported(&host)?.call_log_write(host, id, level, &message)
    })
}

fn exported(host: &HostContext<'_>) -> wasmtime::Result<guest_imports::Guest> {
    match &host.data().imports {
        Some(imports) => Ok(imports.clone()),
        None => bail!("the engine is not instantiated yet"),
    }
}
