//! One extension: its compiled code, and the instance that runs.
//!
//! Every extension has a store of its own, so that a trap ends nothing but that store, and fuel, deadline and memory are
//! counted for it alone. The instance is made when the first call comes and is dropped when a call ends it; the next call
//! gets a fresh one.

use crate::contract::sqlink::extension::metadata::Manifest;
use crate::contract::sqlink::host::dispatch::{CallError, Failure, FailureKind, Interfaces};
use crate::dispatch::{Answer, Exports, Functions, Target};
use crate::failure::{self, Circumstances};
use crate::imports;
use crate::limits::Limits;
use crate::scope::{self, HostSlot};
use crate::state::{Control, HostState};
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::{Component, ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Linker, Lower};
use wasmtime::{Engine, ResourceLimiter, Store, StoreContextMut, Trap, UpdateDeadline};

const METADATA: &str = "sqlink:extension/metadata@0.1.0";

/// The interfaces that an extension may export besides.
const INTERFACES: [(&str, Interfaces); 6] = [
    ("sqlink:extension/scalar@0.1.0", Interfaces::SCALAR),
    ("sqlink:extension/aggregate@0.1.0", Interfaces::AGGREGATE),
    ("sqlink:extension/collation@0.1.0", Interfaces::COLLATION),
    ("sqlink:extension/vtab@0.1.0", Interfaces::VTAB),
    ("sqlink:extension/hooks@0.1.0", Interfaces::HOOKS),
    ("sqlink:extension/lifecycle@0.1.0", Interfaces::LIFECYCLE),
];

/// An extension, verified and compiled; shared by all databases of a process.
pub(crate) struct GuestCode {
    linked: InstancePre<GuestState>,
    describe: ComponentExportIndex,
    exports: Exports,
    interfaces: Interfaces,
}

impl GuestCode {
    /// Links a compiled component, which has passed `sqlink_compose::verify`, with the contract's imports; imports of
    /// WASI are linked with functions that fail.
    ///
    /// # Errors
    /// If the component isn't an extension after all.
    pub(crate) fn new(component: &Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(component.engine());
        imports::add_contract(&mut linker)?;
        imports::deny_others(&mut linker, component)?;
        let describe = component
            .get_export_index(None, METADATA)
            .and_then(|index| component.get_export_index(Some(&index), "describe"))
            .ok_or_else(|| wasmtime::format_err!("it does not export `{METADATA}#describe`"))?;
        let exported = INTERFACES.into_iter().filter(|(name, _)| component.get_export_index(None, name).is_some());
        // A nested scalar call gets a store of its own.
        let interfaces = exported.fold(Interfaces::FRESH_INSTANCES, |all, (_, one)| all | one);
        let exports = Exports::of(component)?;
        Ok(Self { linked: linker.instantiate_pre(component)?, describe, exports, interfaces })
    }

    /// The interfaces that it exports besides `metadata`, and what this host can do with them.
    pub(crate) fn interfaces(&self) -> Interfaces {
        self.interfaces
    }

    fn engine(&self) -> &Engine {
        self.linked.engine()
    }

    /// Asks a fresh instance, to which every import is denied, for its manifest, and drops it.
    ///
    /// # Errors
    /// How the call ended, if not well.
    pub(crate) fn describe(&self, control: &Arc<Control>, limits: &Limits) -> Result<Manifest, Failure> {
        let mut store = self.store(0, control, limits);
        let started = Instant::now();
        let mut run = || {
            prepare(&mut store, limits.describe_fuel, started + limits.call_deadline)?;
            let instance = self.linked.instantiate(&mut store)?;
            let describe = instance.get_typed_func::<(), (Manifest,)>(&mut store, self.describe)?;
            let (manifest,) = describe.call(&mut store, ())?;
            Ok(manifest)
        };
        run().map_err(|error: wasmtime::Error| explain(&error, &mut store, limits.describe_fuel))
    }

    fn store(&self, extension: u32, control: &Arc<Control>, limits: &Limits) -> Store<GuestState> {
        let mut store = Store::new(self.engine(), GuestState::new(extension, Arc::clone(control), limits));
        store.limiter(|state| &mut state.memory);
        // Text may grow when it is transcoded; what is too much for SQL is refused by the engine, by name.
        store.set_hostcall_fuel(limits.memory_bytes.saturating_mul(2).max(1 << 20));
        store.epoch_deadline_callback(|context| {
            let state = context.data();
            if Instant::now() >= state.deadline || state.control.is_interrupted() {
                return Err(Trap::Interrupt.into());
            }
            Ok(UpdateDeadline::Continue(1))
        });
        store
    }
}

/// An extension in the host's store, with its instance.
pub(crate) struct Guest {
    code: Arc<GuestCode>,
    id: u32,
    live: Option<Box<Live>>,
    /// Fuel that the last call took, in wasmtime's units.
    pub(crate) last_fuel: u64,
}

struct Live {
    store: Store<GuestState>,
    /// `None` until its first call.
    instance: Option<Instance>,
    functions: Functions,
}

impl Guest {
    pub(crate) fn new(code: Arc<GuestCode>, id: u32) -> Self {
        Self { code, id, live: None, last_fuel: 0 }
    }

    /// Drops the instance, so that the next call starts afresh, under the limits then in force.
    pub(crate) fn drop_instance(&mut self) {
        self.live = None;
    }

    /// Calls a function that the extension exports, with `host` at hand for what it imports.
    pub(crate) fn call<P, R>(
        &mut self,
        host: StoreContextMut<'_, HostState>,
        target: &Target<P, R>,
        params: P,
    ) -> Result<R::Value, CallError>
    where
        P: ComponentNamedList + Lower,
        R: Answer,
    {
        let code = &self.code;
        let Some(export) = (target.export)(&code.exports) else {
            // The engine asks `exports` first.
            return Err(not_callable(&format!("it does not export `{}`", target.interface)));
        };
        let state = host.data();
        let deadline = state.call_deadlines.last().copied().unwrap_or_else(Instant::now);
        let fuel = state.limits.fuel;
        let mut live = self.live.take().unwrap_or_else(|| {
            let store = code.store(self.id, &state.control, &state.limits);
            Box::new(Live { store, instance: None, functions: Functions::default() })
        });
        let Live { store, instance, functions } = &mut *live;
        let outcome = scope::enter(store, host, |store| {
            prepare(store, fuel, deadline)?;
            let instance = match *instance {
                Some(instance) => instance,
                None => {
                    let made = code.linked.instantiate(&mut *store)?;
                    // The call has all of its fuel: instantiation is not part of it.
                    prepare(store, fuel, deadline)?;
                    *instance.insert(made)
                }
            };
            let slot = (target.slot)(functions);
            let function = match *slot {
                Some(function) => function,
                None => *slot.insert(instance.get_typed_func(&mut *store, export)?),
            };
            function.call(&mut *store, params)
        });
        self.last_fuel = fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        match outcome {
            Ok(returned) => {
                self.live = Some(live);
                returned.answer().map_err(CallError::Error)
            }
            Err(error) => Err(CallError::Failure(explain(&error, store, fuel))),
        }
    }
}

/// Gives a call its fuel and its time, and forgets the call before.
fn prepare(store: &mut Store<GuestState>, fuel: u64, deadline: Instant) -> wasmtime::Result<()> {
    store.set_fuel(fuel)?;
    store.set_epoch_deadline(1);
    let state = store.data_mut();
    state.deadline = deadline;
    state.last_error = None;
    state.denied = None;
    state.memory.refused = false;
    Ok(())
}

fn explain(error: &wasmtime::Error, store: &mut Store<GuestState>, fuel: u64) -> Failure {
    let state = store.data_mut();
    failure::classify(
        error,
        Circumstances {
            denied: state.denied.take(),
            memory_refused: state.memory.refused,
            last_error: state.last_error.take(),
            fuel,
            memory_bytes: state.memory.most,
            interrupted: state.control.is_interrupted(),
        },
    )
}

/// The failure of a call that could not even be started.
pub(crate) fn not_callable(message: &str) -> CallError {
    CallError::Failure(Failure { kind: FailureKind::Trapped, message: message.to_owned() })
}

/// Data of an extension's store.
#[derive(Debug)]
pub(crate) struct GuestState {
    /// The embedder's number for the extension.
    pub(crate) extension: u32,
    /// The host's store, while a call runs; empty while the extension describes itself, which denies every import.
    pub(crate) host: HostSlot,
    /// The last error message it logged in this call.
    pub(crate) last_error: Option<String>,
    /// The denied import that it called, in a sentence.
    pub(crate) denied: Option<String>,
    memory: MemoryCap,
    deadline: Instant,
    control: Arc<Control>,
}

impl GuestState {
    fn new(extension: u32, control: Arc<Control>, limits: &Limits) -> Self {
        Self {
            extension,
            host: HostSlot::default(),
            last_error: None,
            denied: None,
            memory: MemoryCap { most: limits.memory_bytes, refused: false },
            deadline: Instant::now(),
            control,
        }
    }
}

/// Caps an instance's memory and notes when it had to.
#[derive(Debug)]
struct MemoryCap {
    /// Largest size of a linear memory, in bytes.
    most: usize,
    refused: bool,
}

/// Most elements of one table of an extension: far above what a large program's function table holds.
const MAX_TABLE_ELEMENTS: usize = 1_000_000;

impl ResourceLimiter for MemoryCap {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= self.most;
        self.refused |= !allowed;
        Ok(allowed)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= MAX_TABLE_ELEMENTS;
        self.refused |= !allowed;
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        100 // core instances inside one component; wit-component makes 5
    }

    fn memories(&self) -> usize {
        1 // one, so that the cap is the extension's and not each memory's
    }

    fn tables(&self) -> usize {
        100
    }
}
