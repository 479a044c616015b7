//! The imports `platform` and `dispatch`, as the engine's platform.

use crate::component::bindings::sqlink::extension::metadata;
use crate::component::bindings::sqlink::host::{dispatch as wit, platform};
use crate::component::dispatch;
use crate::engine::{
    Args, CallError, Capability, Function, FunctionFlags, Level, Manifest, Platform, Reason, ResultSink,
};

/// The platform of a component.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ComponentPlatform;

impl Platform for ComponentPlatform {
    fn now_ms(&self) -> i64 {
        platform::now()
    }

    fn monotonic_ms(&self) -> u64 {
        platform::monotonic()
    }

    fn random(&self, out: &mut [u8]) -> bool {
        let Ok(len) = u32::try_from(out.len()) else { return false };
        let bytes = platform::random(len);
        if bytes.len() != out.len() {
            return false;
        }
        out.copy_from_slice(&bytes);
        true
    }

    fn local_offset(&self, unix_seconds: i64) -> Option<i32> {
        platform::local_offset(unix_seconds)
    }

    fn sleep_ms(&self, milliseconds: u32) {
        platform::sleep(milliseconds);
    }

    fn interrupted(&self, connection: u32) -> bool {
        platform::interrupted(connection)
    }

    fn log(&self, extension: Option<&str>, level: Level, message: &str) {
        platform::log(extension, level as u8, message);
    }

    fn describe(&self, extension: u32) -> Result<Manifest, CallError> {
        match wit::describe(extension) {
            Ok(manifest) => Ok(to_manifest(manifest)),
            Err(wit::CallError::Error(error)) => Err(CallError::Error { code: error.code, message: error.message }),
            Err(wit::CallError::Failure(failure)) => {
                Err(CallError::Failure { reason: dispatch::reason(failure.kind as u8), detail: failure.message })
            }
        }
    }

    #[inline]
    fn call_scalar(&self, extension: u32, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        dispatch::call_scalar(extension, id, args, out)
    }

    fn release(&self, extension: u32) {
        wit::release(extension);
    }

    fn call_host_function(&self, _id: u32, _args: Args<'_>, _out: &mut ResultSink<'_>) -> Result<(), CallError> {
        Err(CallError::Failure {
            reason: Reason::Trapped,
            detail: "a component has no functions of its embedder".into(),
        })
    }

    fn release_host_function(&self, _id: u32) {}
}

fn to_manifest(manifest: metadata::Manifest) -> Manifest {
    let capabilities = |list: Vec<metadata::Capability>| {
        list.into_iter().map(|capability| Capability { name: capability.name, reason: capability.reason }).collect()
    };
    Manifest {
        name: manifest.name,
        version: manifest.version,
        description: manifest.description,
        functions: manifest
            .functions
            .into_iter()
            .map(|function| Function {
                id: function.id,
                name: function.name,
                arg_count: function.arg_count,
                flags: FunctionFlags(function.flags.bits()),
            })
            .collect(),
        aggregates: manifest.aggregates.into_iter().map(|aggregate| aggregate.name).collect(),
        collations: manifest.collations.into_iter().map(|collation| collation.name).collect(),
        modules: manifest.modules.into_iter().map(|module| module.name).collect(),
        hooks: u32::from(manifest.hooks.bits()),
        required: capabilities(manifest.required),
        optional: capabilities(manifest.optional),
        http: manifest.http.is_some(),
    }
}
