//! The front this build is for, so that the engine's calls into it are static.

#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub(crate) use crate::web::platform::WebPlatform as Front;

#[cfg(all(feature = "component", not(feature = "web"), target_arch = "wasm32"))]
pub(crate) use crate::component::platform::ComponentPlatform as Front;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::native::NativePlatform as Front;

/// The cold calls of extensions, and the files that were handed over to them.
#[cfg(target_arch = "wasm32")]
pub(crate) use crate::contract::{dispatch, handed_files};
/// The cold calls of extensions, and the files that were handed over to them.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::native::{dispatch, handed_files};

/// The platform every engine call goes to.
pub(crate) const PLATFORM: Front = Front;

/// Registers the VFS for databases in files, on the first call, and returns its name; none where the build's default VFS
/// serves them.
#[cfg(all(feature = "component", not(feature = "web"), target_arch = "wasm32"))]
pub(crate) fn file_vfs() -> crate::engine::Result<Option<&'static str>> {
    crate::engine::storage::register(crate::component::storage::Imported).map(Some)
}

/// Registers the VFS for databases in files, on the first call, and returns its name; none where the build's default VFS
/// serves them.
#[cfg(not(all(feature = "component", not(feature = "web"), target_arch = "wasm32")))]
#[allow(clippy::unnecessary_wraps, reason = "registering can fail where there is something to register")]
pub(crate) const fn file_vfs() -> crate::engine::Result<Option<&'static str>> {
    Ok(None)
}
