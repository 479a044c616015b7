//! The engine's way to the extensions: `sqlink:host/dispatch`.

use crate::contract::sqlink::extension::hooks::{Action, Operation, RowChange, Verdict};
use crate::contract::sqlink::extension::metadata::Manifest;
use crate::contract::sqlink::extension::types::{Error, Value};
use crate::contract::sqlink::extension::vtab::{Argument, Batch, Conflict, IndexPlan, IndexQuery, TransactionStep};
use crate::contract::sqlink::host::dispatch::CallError;
use crate::guest::{Guest, GuestCode, not_callable};
use crate::state::{GuestSlot, HostState};
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Lift, Linker, LinkerInstance, Lower, TypedFunc,
};
use wasmtime::{AsContextMut, StoreContextMut, bail};

type Context<'a> = StoreContextMut<'a, HostState>;

/// Most functions return the contract's `result`.
type Fallible<T> = (Result<T, Error>,);

/// What a function of an extension returns, as what the engine gets for it.
pub(crate) trait Answer: ComponentNamedList + Lift {
    /// What it gives when all went well.
    type Value;
    /// An error that the extension itself returned stays one.
    fn answer(self) -> Result<Self::Value, Error>;
}

impl<T: Lift> Answer for Fallible<T>
where
    Self: ComponentNamedList + Lift,
{
    type Value = T;
    fn answer(self) -> Result<T, Error> {
        self.0
    }
}

impl Answer for (i32,) {
    type Value = i32;
    fn answer(self) -> Result<i32, Error> {
        Ok(self.0)
    }
}

impl Answer for () {
    type Value = ();
    fn answer(self) -> Result<(), Error> {
        Ok(())
    }
}

/// A function that extensions may export.
pub(crate) struct Target<P, R> {
    /// `scalar`, …
    pub(crate) interface: &'static str,
    /// `scalar.call`, …
    path: &'static str,
    /// Where it is in a component; `None` in one that doesn't export the interface.
    pub(crate) export: fn(&Exports) -> Option<ComponentExportIndex>,
    /// Where it is kept once it was looked up in an instance.
    pub(crate) slot: fn(&mut Functions) -> &mut Option<TypedFunc<P, R>>,
}

/// Makes, from one line per function, all that a call of it goes through. The engine knows it as INTERFACE-FUNCTION.
macro_rules! functions {
    ($($field:ident: $interface:literal $function:literal ($($param:ident: $type:ty),*) -> $returned:ty;)*) => {
        /// Where the contract's functions are in a component.
        pub(crate) struct Exports {
            $($field: Option<ComponentExportIndex>,)*
        }

        impl Exports {
            /// # Errors
            /// If an interface is exported without one of its functions.
            pub(crate) fn of(component: &Component) -> wasmtime::Result<Self> {
                Ok(Self {
                    $($field: find(component, concat!("sqlink:extension/", $interface, "@0.1.0"), $function)?,)*
                })
            }
        }

        /// The functions that were called so far in an instance.
        #[derive(Default)]
        pub(crate) struct Functions {
            $($field: Option<TypedFunc<($($type,)*), $returned>>,)*
        }

        fn add_functions(dispatch: &mut LinkerInstance<'_, HostState>) -> wasmtime::Result<()> {
            $(dispatch.func_wrap(
                concat!($interface, "-", $function),
                |cx: Context<'_>, (extension, $($param,)*): (u32, $($type,)*)| {
                    let target = Target {
                        interface: $interface,
                        path: concat!($interface, ".", $function),
                        export: |exports| exports.$field,
                        slot: |functions| &mut functions.$field,
                    };
                    Ok((call::<($($type,)*), $returned>(cx, extension, &target, ($($param,)*))?,))
                },
            )?;)*
            Ok(())
        }
    };
}

functions! {
    scalar_call: "scalar" "call" (id: u32, args: Vec<Value>) -> Fallible<Value>;

    aggregate_step: "aggregate" "step" (id: u32, context: u32, args: Vec<Value>) -> Fallible<()>;
    aggregate_inverse: "aggregate" "inverse" (id: u32, context: u32, args: Vec<Value>) -> Fallible<()>;
    aggregate_current: "aggregate" "current" (id: u32, context: u32) -> Fallible<Value>;
    aggregate_finish: "aggregate" "finish" (id: u32, context: u32) -> Fallible<Value>;
    aggregate_abandon: "aggregate" "abandon" (id: u32, context: u32) -> ();

    collation_compare: "collation" "compare" (id: u32, left: String, right: String) -> (i32,);

    vtab_create: "vtab" "create"
        (module: u32, table: u32, database: String, name: String, arguments: Vec<String>) -> Fallible<String>;
    vtab_connect: "vtab" "connect"
        (module: u32, table: u32, database: String, name: String, arguments: Vec<String>) -> Fallible<String>;
    vtab_disconnect: "vtab" "disconnect" (table: u32) -> ();
    vtab_destroy: "vtab" "destroy" (table: u32) -> Fallible<()>;
    vtab_best_index: "vtab" "best-index" (table: u32, query: IndexQuery) -> Fallible<IndexPlan>;
    vtab_open: "vtab" "open" (table: u32, cursor: u32) -> Fallible<()>;
    vtab_filter: "vtab" "filter"
        (cursor: u32, number: i32, name: String, args: Vec<Argument>, columns: u64) -> Fallible<()>;
    vtab_next_batch: "vtab" "next-batch" (cursor: u32, max_rows: u32) -> Fallible<Batch>;
    vtab_close: "vtab" "close" (cursor: u32) -> ();
    vtab_insert: "vtab" "insert"
        (table: u32, rowid: Option<i64>, values: Vec<Value>, on_conflict: Conflict) -> Fallible<i64>;
    vtab_update: "vtab" "update"
        (table: u32, rowid: i64, new_rowid: i64, values: Vec<Value>, on_conflict: Conflict) -> Fallible<()>;
    vtab_delete: "vtab" "delete" (table: u32, rowid: i64) -> Fallible<()>;
    vtab_transaction: "vtab" "transaction" (table: u32, step: TransactionStep) -> Fallible<()>;
    vtab_rename: "vtab" "rename" (table: u32, new_name: String) -> Fallible<()>;
    vtab_integrity: "vtab" "integrity" (table: u32, quick: bool) -> Fallible<Option<String>>;

    hooks_authorize: "hooks" "authorize"
        (action: Action, first: Option<String>, second: Option<String>, database: Option<String>, trigger: Option<String>)
        -> Fallible<Verdict>;
    hooks_update: "hooks" "update"
        (operation: Operation, database: String, table: String, rowid: i64) -> Fallible<()>;
    hooks_preupdate: "hooks" "preupdate" (change: RowChange) -> Fallible<()>;
    hooks_commit: "hooks" "commit" () -> Fallible<bool>;
    hooks_rollback: "hooks" "rollback" () -> ();

    lifecycle_on_load: "lifecycle" "on-load" () -> Fallible<()>;
    lifecycle_on_unload: "lifecycle" "on-unload" () -> Fallible<()>;
}

fn find(component: &Component, interface: &str, function: &str) -> wasmtime::Result<Option<ComponentExportIndex>> {
    let Some(instance) = component.get_export_index(None, interface) else { return Ok(None) };
    match component.get_export_index(Some(&instance), function) {
        None => bail!("it does not export `{interface}#{function}`"),
        found => Ok(found),
    }
}

/// Links all of `dispatch`.
///
/// # Errors
/// Only if the interface is defined twice.
pub(crate) fn add(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut dispatch = linker.instance("sqlink:host/dispatch@0.1.0")?;
    dispatch.func_wrap("exports", |cx: Context<'_>, (extension,): (u32,)| {
        Ok((cx.data().guests.get(&extension).map(|slot| slot.code.interfaces()).unwrap_or_default(),))
    })?;
    dispatch.func_wrap("describe", |cx: Context<'_>, (extension,): (u32,)| Ok((describe(&cx, extension),)))?;
    dispatch.func_wrap("release", |mut cx: Context<'_>, (extension,): (u32,)| {
        cx.data_mut().forget(extension);
        Ok(())
    })?;
    add_functions(&mut dispatch)
}

fn describe(cx: &Context<'_>, extension: u32) -> Result<Manifest, CallError> {
    let state = cx.data();
    state.observe("metadata.describe");
    match state.guests.get(&extension) {
        Some(slot) => slot.code.describe(&state.control, &state.limits).map_err(CallError::Failure),
        None => Err(no_such_extension()),
    }
}

fn no_such_extension() -> CallError {
    not_callable("there is no such extension")
}

/// Takes the extension out of the host's store for the time of the call, so that both stores are free to be used.
fn call<P, R>(
    mut cx: Context<'_>,
    extension: u32,
    target: &Target<P, R>,
    params: P,
) -> wasmtime::Result<Result<R::Value, CallError>>
where
    P: ComponentNamedList + Lower,
    R: Answer,
{
    let state = cx.data_mut();
    state.observe(target.path);
    let Some(slot) = state.guests.get_mut(&extension) else { return Ok(Err(no_such_extension())) };
    let (mut guest, is_further) = match slot.idle.take() {
        Some(guest) => (guest, false),
        // It is on the stack, and the engine, which knows its manifest, allows the call: it runs in a further instance.
        None if target.interface == "scalar" => (Box::new(Guest::new(Arc::clone(&slot.code), extension)), true),
        // The engine refuses everything else by name before it comes to this.
        None => return Ok(Err(not_callable("the extension is already running"))),
    };
    let deadline = state.call_deadline(Instant::now());
    // An inner call never outlasts the outer one.
    let deadline = state.call_deadlines.last().map_or(deadline, |outer| deadline.min(*outer));
    state.call_deadlines.push(deadline);
    let result = guest.call(cx.as_context_mut(), target, params);
    let state = cx.data_mut();
    state.call_deadlines.pop();
    if let Some(reason) = &state.ended {
        bail!("the engine trapped: {reason}");
    }
    // Released while it was running: it goes now.
    if let Some(slot) = state.guests.get_mut(&extension).filter(|_| !is_further) {
        slot.idle = Some(guest);
    }
    Ok(result)
}

/// Adds an extension to the store's list.
pub(crate) fn insert(state: &mut HostState, extension: u32, code: Arc<GuestCode>) {
    let idle = Some(Box::new(Guest::new(Arc::clone(&code), extension)));
    state.guests.insert(extension, GuestSlot { code, idle });
}
