//! The import `platform`, and the calls of extensions that are hot, as the engine's platform.

use crate::component::bindings::sqlink::host::platform;
use crate::component::dispatch;
use crate::contract::dispatch as wit;
use crate::engine::{Args, Batch, CallError, Level, Platform, Reason, ResultSink, ValueRef};

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

    #[inline]
    fn call_scalar(&self, extension: u32, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        dispatch::call_scalar(extension, id, args, out)
    }

    fn aggregate_step(&self, extension: u32, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        dispatch::aggregate(extension, id, context, args, false)
    }

    fn aggregate_inverse(&self, extension: u32, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        dispatch::aggregate(extension, id, context, args, true)
    }

    fn aggregate_current(
        &self,
        extension: u32,
        id: u32,
        context: u32,
        out: &mut ResultSink<'_>,
    ) -> Result<(), CallError> {
        out.value(ValueRef::from(&wit::aggregate_current(extension, id, context)?));
        Ok(())
    }

    fn aggregate_finish(
        &self,
        extension: u32,
        id: u32,
        context: u32,
        out: &mut ResultSink<'_>,
    ) -> Result<(), CallError> {
        out.value(ValueRef::from(&wit::aggregate_finish(extension, id, context)?));
        Ok(())
    }

    fn compare(&self, extension: u32, id: u32, left: &str, right: &str) -> Result<i32, CallError> {
        Ok(wit::collation_compare(extension, id, left, right)?)
    }

    fn next_batch(&self, extension: u32, cursor: u32, max_rows: u32, out: &mut Batch) -> Result<(), CallError> {
        out.fill(&wit::vtab_next_batch(extension, cursor, max_rows)?);
        Ok(())
    }

    fn call_host_function(&self, _id: u32, _args: Args<'_>, _out: &mut ResultSink<'_>) -> Result<(), CallError> {
        Err(CallError::Failure {
            reason: Reason::Trapped,
            detail: "a component has no functions of its embedder".into(),
        })
    }

    fn release_host_function(&self, _id: u32) {}
}
