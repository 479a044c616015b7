//! The way to the host, and what stands there on a target without one.

/// Calls an import that may fail. On a target other than WebAssembly it fails with what is missing.
macro_rules! ask {
    ($capability:literal: $interface:ident::$function:ident($($argument:expr),*)) => {{
        #[cfg(target_family = "wasm")]
        let answer = crate::bindings::sqlink::extension::$interface::$function($($argument),*)
            .map_err(crate::Error::from_host);
        #[cfg(not(target_family = "wasm"))]
        let answer = {
            $(let _ = &$argument;)*
            Err(crate::host::missing($capability))
        };
        answer
    }};
}

/// Calls an import that can't fail. On a target other than WebAssembly it gives `$missing`.
macro_rules! tell {
    ($interface:ident::$function:ident($($argument:expr),*) else $missing:expr) => {{
        #[cfg(target_family = "wasm")]
        let answer = crate::bindings::sqlink::extension::$interface::$function($($argument),*);
        #[cfg(not(target_family = "wasm"))]
        let answer = {
            $(let _ = &$argument;)*
            $missing
        };
        answer
    }};
}

pub(crate) use {ask, tell};

/// The answer to an import on a target without a host.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn missing(capability: &str) -> crate::Error {
    crate::Error::new(
        crate::Error::AUTH,
        ["`", capability, "` needs a SQLink host; this build runs without one"].concat(),
    )
}
