//! The front this build is for, so that the engine's calls into it are static.

#[cfg(feature = "web")]
pub(crate) use crate::web::platform::WebPlatform as Front;

#[cfg(all(feature = "component", not(feature = "web")))]
pub(crate) use crate::component::platform::ComponentPlatform as Front;

#[cfg(not(any(feature = "web", feature = "component")))]
pub(crate) use crate::native::NativePlatform as Front;

/// The platform every engine call goes to.
pub(crate) const PLATFORM: Front = Front;

/// Name of the VFS for databases in files, registered on the first call; none where the build's default VFS serves
/// them.
pub(crate) fn file_vfs() -> Result<Option<&'static str>, crate::engine::Error> {
    #[cfg(all(feature = "component", not(feature = "web")))]
    {
        crate::engine::storage::register(crate::component::storage::Imported).map(Some)
    }
    #[cfg(not(all(feature = "component", not(feature = "web"))))]
    {
        Ok(None)
    }
}
