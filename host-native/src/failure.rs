//! From wasmtime's errors to the named failures of the contract.

use crate::contract::sqlink::host::dispatch::{Failure, FailureKind};
use wasmtime::Trap;

/// The failure's name in SQL errors.
pub(crate) fn reason(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Trapped => "trapped",
        FailureKind::FuelExhausted => "fuel-exhausted",
        FailureKind::DeadlineExceeded => "deadline-exceeded",
        FailureKind::MemoryLimit => "memory-limit",
        FailureKind::CapabilityDenied => "capability-denied",
        FailureKind::InvalidResult => "invalid-result",
    }
}

/// What is known of a call that ended its instance, apart from the error itself.
#[derive(Debug, Default)]
pub(crate) struct Circumstances {
    /// A denied import was called: which, in a sentence.
    pub(crate) denied: Option<String>,
    /// The limiter refused the instance memory during this call.
    pub(crate) memory_refused: bool,
    /// The last error message the extension logged during this call: a panic's message, most often.
    pub(crate) last_error: Option<String>,
    /// Fuel the call had, in wasmtime's units.
    pub(crate) fuel: u64,
    /// Largest linear memory allowed, in bytes.
    pub(crate) memory_bytes: usize,
    /// The embedder interrupted the statement.
    pub(crate) interrupted: bool,
}

/// What the SDK's panic hook puts in front of a panic's message.
const PANIC_PREFIX: &str = "panicked: ";

/// Names the failure. The texts are the same on every host wherever the causes are.
pub(crate) fn classify(error: &wasmtime::Error, circumstances: Circumstances) -> Failure {
    let Circumstances { denied, memory_refused, last_error, fuel, memory_bytes, interrupted } = circumstances;
    if let Some(message) = denied {
        return Failure { kind: FailureKind::CapabilityDenied, message };
    }
    let trap = error.downcast_ref::<Trap>().copied();
    let (kind, message) = match trap {
        Some(Trap::OutOfFuel) => (FailureKind::FuelExhausted, format!("the call used up its {fuel} units of fuel")),
        Some(Trap::Interrupt) if interrupted => (FailureKind::DeadlineExceeded, "interrupted".to_owned()),
        Some(Trap::Interrupt) => (FailureKind::DeadlineExceeded, "the call ran past its deadline".to_owned()),
        _ if memory_refused => (
            FailureKind::MemoryLimit,
            format!("the call needed more than the {memory_bytes} bytes of memory an instance may have"),
        ),
        Some(trap) => (FailureKind::Trapped, last_error.map_or_else(|| short_name(trap), panic_text)),
        // Not a trap of the guest's code: what it handed over breaks the canonical ABI.
        None => (FailureKind::InvalidResult, invalid_result(error)),
    };
    Failure { kind, message }
}

/// What ended the engine's own store.
pub(crate) fn end_of_engine(error: &wasmtime::Error) -> String {
    match error.downcast_ref::<Trap>().copied() {
        Some(Trap::Interrupt) => "it did not stop in time".to_owned(),
        Some(trap) => short_name(trap),
        None => error.root_cause().to_string(),
    }
}

/// `panicked: MESSAGE at FILE:LINE` becomes `panic: MESSAGE at FILE:LINE`; any other text stays.
fn panic_text(logged: String) -> String {
    match logged.strip_prefix(PANIC_PREFIX) {
        Some(message) => format!("panic: {message}"),
        None => logged,
    }
}

/// A trap's name, the same on every host: JavaScript engines tell fewer apart than wasmtime.
fn short_name(trap: Trap) -> String {
    match trap {
        Trap::UnreachableCodeReached => "unreachable".to_owned(),
        Trap::TableOutOfBounds => "undefined element".to_owned(),
        Trap::IndirectCallToNull | Trap::BadSignature => "indirect call type mismatch".to_owned(),
        other => other.to_string().trim_start_matches("wasm trap: ").to_owned(),
    }
}

fn invalid_result(error: &wasmtime::Error) -> String {
    let cause = error.root_cause().to_string();
    if cause.contains("utf-8") || cause.contains("UTF-8") || cause.contains("utf8") {
        "the returned text is not valid UTF-8".to_owned()
    } else {
        format!("the returned value is malformed: {cause}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(trap: Trap, circumstances: Circumstances) -> (FailureKind, String) {
        let failure = classify(&wasmtime::Error::from(trap), circumstances);
        (failure.kind, failure.message)
    }

    #[test]
    fn traps_get_their_short_names() {
        for (trap, expected) in [
            (Trap::UnreachableCodeReached, "unreachable"),
            (Trap::MemoryOutOfBounds, "out of bounds memory access"),
            (Trap::IntegerDivisionByZero, "integer divide by zero"),
            (Trap::IntegerOverflow, "integer overflow"),
            (Trap::StackOverflow, "call stack exhausted"),
            (Trap::BadSignature, "indirect call type mismatch"),
            (Trap::IndirectCallToNull, "indirect call type mismatch"),
            (Trap::TableOutOfBounds, "undefined element"),
        ] {
            assert_eq!(kind_of(trap, Circumstances::default()), (FailureKind::Trapped, expected.to_owned()));
        }
    }

    #[test]
    fn a_panic_replaces_the_trap_it_ends_in() {
        let circumstances =
            Circumstances { last_error: Some("panicked: boom at lib.rs:3".to_owned()), ..Circumstances::default() };
        let expected = (FailureKind::Trapped, "panic: boom at lib.rs:3".to_owned());
        assert_eq!(kind_of(Trap::UnreachableCodeReached, circumstances), expected);
    }

    #[test]
    fn refused_memory_explains_the_abort_that_follows() {
        let circumstances =
            Circumstances { memory_refused: true, last_error: Some("x".to_owned()), ..Circumstances::default() };
        assert_eq!(kind_of(Trap::UnreachableCodeReached, circumstances).0, FailureKind::MemoryLimit);
    }

    #[test]
    fn fuel_and_deadline_win_over_refused_memory() {
        for (trap, expected) in
            [(Trap::OutOfFuel, FailureKind::FuelExhausted), (Trap::Interrupt, FailureKind::DeadlineExceeded)]
        {
            let circumstances = Circumstances { memory_refused: true, ..Circumstances::default() };
            assert_eq!(kind_of(trap, circumstances).0, expected);
        }
    }
}
