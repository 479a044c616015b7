//! The runtime: wasmtime's engines, the compiled engine component, and compiled extensions.

use crate::cache::{Cache, hex};
use crate::contract::sqlink::extension::metadata::Manifest;
use crate::contract::{self, EnginePre};
use crate::database::{Database, OpenOptions};
use crate::dispatch;
use crate::error::Error;
use crate::guest::GuestCode;
use crate::imports;
use crate::limits::Limits;
use crate::state::{Control, HostState, LogSink, Observer};
use crate::ticker::Ticker;
use sha2::{Digest, Sha256};
use sqlink_compose::lock::{Lock, LockedExtension};
use sqlink_compose::{LinkError, MAX_INPUT_BYTES};
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Engine};

/// Most native stack an extension's call may take, in bytes: wasmtime's default.
const GUEST_STACK: usize = 512 << 10;

/// Most native stack the engine may take, in bytes, with all the extensions that are on the stack between its frames: 255
/// nested calls (the largest depth) of `GUEST_STACK` each, and as much again for the engine itself.
const HOST_STACK: usize = 160 << 20;

/// Stack of a database's thread, in bytes: what the engine may take, and room for this program's own frames. It is
/// reserved address space; memory is taken only as deep as calls go.
pub(crate) const THREAD_STACK: usize = HOST_STACK + (32 << 20);

/// How a [`Host`] is set up.
#[derive(Clone, Default)]
pub struct HostOptions {
    /// Takes the log messages of extensions and of the engine; `None` drops them.
    pub log: Option<LogSink>,
    /// Is told of the functions of the contract that are called, for instance to see which ones a test reaches.
    pub observer: Option<Observer>,
    /// Where compiled components are kept.
    pub cache: CachePolicy,
}

impl fmt::Debug for HostOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostOptions")
            .field("log", &self.log.is_some())
            .field("observer", &self.observer.is_some())
            .field("cache", &self.cache)
            .finish()
    }
}

/// Where compiled components are kept. The folder must belong to the user and be closed to everybody else (mode 0700), or
/// it is not used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CachePolicy {
    /// `SQLINK_CACHE_DIR`, else `sqlink/compiled` in `XDG_CACHE_HOME` or `~/.cache`.
    #[default]
    User,
    /// This folder.
    Folder(PathBuf),
    /// Nowhere: every [`Host`] compiles what it runs.
    Off,
}

/// An engine, compiled and ready to open databases. Cheap to clone; shared by threads.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    root: EnginePre<HostState>,
    /// What is inside the engine's component, if it is a composition.
    composed: Option<Vec<LockedExtension>>,
    log: Option<LogSink>,
    observer: Option<Observer>,
    runtime: Runtime,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("composed", &self.0.composed).finish_non_exhaustive()
    }
}

impl Host {
    /// Compiles an engine, `host.component.wasm`, whose extensions are loaded at run time.
    ///
    /// * `file` - names the engine in errors
    ///
    /// # Errors
    /// [`Error::Component`] if `bytes` is no such engine.
    pub fn new(file: &str, bytes: &[u8], options: HostOptions) -> Result<Self, Error> {
        Self::link(file, bytes, options, None)
    }

    /// Compiles a composition made by `sqlink-compose compose --target component`: an engine with its extensions inside.
    ///
    /// They all live in one store: a trap in an extension ends the database, and there is no fuel. An extension that never
    /// returns is ended, with the database, at its deadline and five seconds.
    ///
    /// * `file` - names the composition in errors
    ///
    /// # Errors
    /// [`Error::Component`] if `bytes` is no such composition.
    pub fn composed(file: &str, bytes: &[u8], options: HostOptions) -> Result<Self, Error> {
        let lock = Lock::of_component(bytes).ok_or_else(|| Error::Component {
            file: file.to_owned(),
            role: "a composition",
            message: "it does not say what is inside it, as the output of `sqlink-compose compose` does".to_owned(),
        })?;
        Self::link(file, bytes, options, Some(lock.extensions))
    }

    fn link(
        file: &str,
        bytes: &[u8],
        options: HostOptions,
        composed: Option<Vec<LockedExtension>>,
    ) -> Result<Self, Error> {
        let runtime = Runtime::new(&options.cache)?;
        let linked = || {
            let component = runtime.cache.component(&runtime.host_engine, bytes)?;
            let mut linker = Linker::<HostState>::new(&runtime.host_engine);
            contract::sqlink::host::platform::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
            contract::sqlink::host::storage::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
            contract::sqlink::host::handed_files::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
            if composed.is_some() {
                imports::loop_back(&mut linker)?;
            } else {
                dispatch::add(&mut linker)?;
            }
            EnginePre::new(linker.instantiate_pre(&component)?)
        };
        let root = linked().map_err(|error: wasmtime::Error| Error::Component {
            file: file.to_owned(),
            role: if composed.is_some() { "a composition" } else { "an engine" },
            message: format!("{error:#}"),
        })?;
        Ok(Self(Arc::new(Inner { root, composed, log: options.log, observer: options.observer, runtime })))
    }

    /// Opens a database in a store and a thread of its own.
    ///
    /// # Errors
    /// [`Error::Sql`] if the file can't be opened.
    pub fn open(&self, options: OpenOptions) -> Result<Database, Error> {
        Database::start(self.clone(), options)
    }

    /// What is inside a composition, in the order of its indices; `None` for an engine alone.
    #[must_use]
    pub fn contents(&self) -> Option<&[LockedExtension]> {
        self.0.composed.as_deref()
    }

    pub(crate) fn root(&self) -> &EnginePre<HostState> {
        &self.0.root
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.runtime.host_engine
    }

    /// What a new store begins with.
    pub(crate) fn state(&self, control: Arc<Control>) -> HostState {
        HostState::new(control, self.0.composed.is_some()).with_listeners(self.0.log.clone(), self.0.observer.clone())
    }

    pub(crate) fn extension_code(&self, file: &str, bytes: &[u8]) -> Result<Arc<GuestCode>, Error> {
        self.0.runtime.extension_code(file, bytes)
    }
}

/// wasmtime's engines and what they have compiled.
///
/// Two engines, because whether code counts fuel is a setting of the engine: it costs SQLite about 1.45 times the time,
/// and SQLite is trusted.
struct Runtime {
    host_engine: Engine,
    guest_engine: Engine,
    cache: Cache,
    /// By SHA-256 of the component.
    extensions: Mutex<HashMap<String, Arc<GuestCode>>>,
    _ticker: Ticker,
}

impl Runtime {
    fn new(cache: &CachePolicy) -> Result<Self, Error> {
        let start = |error: &dyn fmt::Display| Error::Start { message: error.to_string() };
        let mut host = Config::new();
        // Without concurrency support a component may be entered again through the host, and a call costs a twentieth.
        host.concurrency_support(false).epoch_interruption(true).max_wasm_stack(HOST_STACK);
        host.async_stack_size(HOST_STACK); // not used, but checked against the line above
        let mut guest = Config::new();
        guest.concurrency_support(false).epoch_interruption(true).consume_fuel(true).max_wasm_stack(GUEST_STACK);
        let host_engine = Engine::new(&host).map_err(|error| start(&error))?;
        let guest_engine = Engine::new(&guest).map_err(|error| start(&error))?;
        let ticker = Ticker::start(&[&host_engine, &guest_engine]).map_err(|error| start(&error))?;
        let cache = match cache {
            CachePolicy::User => Cache::of_user(),
            CachePolicy::Folder(folder) => Cache::in_folder(folder),
            CachePolicy::Off => Cache::default(),
        };
        Ok(Self { host_engine, guest_engine, cache, extensions: Mutex::default(), _ticker: ticker })
    }

    /// Verifies and compiles an extension, once per process and content.
    fn extension_code(&self, file: &str, bytes: &[u8]) -> Result<Arc<GuestCode>, Error> {
        sqlink_compose::verify(bytes, file)?;
        let digest = digest(bytes);
        let known = self.extensions.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        if let Some(code) = known {
            return Ok(code);
        }
        let code = self
            .cache
            .component(&self.guest_engine, bytes)
            .and_then(|component| GuestCode::new(&component))
            .map(Arc::new)
            .map_err(|error| Error::Component {
                file: file.to_owned(),
                role: "an extension",
                message: format!("{error:#}"),
            })?;
        self.extensions.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, Arc::clone(&code));
        Ok(code)
    }
}

/// SHA-256 of a component file, in lower-case hexadecimal: what a grant is remembered for.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Reads a component file of at most 64 MiB. A longer one is refused before it is read.
///
/// # Errors
/// [`Error::Read`], or [`Error::Refused`] if it is too large.
pub fn read_component(path: &Path) -> Result<Vec<u8>, Error> {
    let name = || path.display().to_string();
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let too_large = |found| Error::from(LinkError::TooLarge { file: name(), found, limit: MAX_INPUT_BYTES });
    let file = File::open(path).map_err(unreadable)?;
    let len = file.metadata().map_err(unreadable)?.len();
    if len > MAX_INPUT_BYTES {
        return Err(too_large(len));
    }
    // A pipe has no length, and a file may grow.
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
    file.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let found = bytes.len() as u64;
    if found > MAX_INPUT_BYTES { Err(too_large(found)) } else { Ok(bytes) }
}

/// What an extension's file says of itself, without an engine.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub digest: String,
    /// Size of the file, in bytes.
    pub size: usize,
    /// Functions of the contract that it imports, as `sqlink:extension/spi@0.1.0#query`.
    pub imports: Vec<String>,
    /// Functions of the contract that it exports, in the same form.
    pub exports: Vec<String>,
    /// WASI interfaces that it imports, all of them denied.
    pub wasi: Vec<String>,
    /// What it answers to `describe`.
    pub manifest: Manifest,
}

/// Verifies an extension and asks it for its manifest, in an instance to which every import is denied and which has the
/// fuel, memory and time of `limits`.
///
/// * `file` - names the extension in errors
///
/// # Errors
/// [`Error::Refused`] if it breaks the contract, [`Error::Describe`] if it fails to answer.
pub fn inspect(file: &str, bytes: &[u8], limits: &Limits, cache: &CachePolicy) -> Result<Inspection, Error> {
    let verified = sqlink_compose::verify(bytes, file)?;
    let code = Runtime::new(cache)?.extension_code(file, bytes)?;
    let manifest = code.describe(&Arc::new(Control::default()), limits).map_err(|failure| Error::Describe {
        file: file.to_owned(),
        reason: crate::failure::reason(failure.kind),
        message: failure.message,
    })?;
    Ok(Inspection {
        digest: digest(bytes),
        size: bytes.len(),
        imports: verified.imports,
        exports: verified.exports,
        wasi: verified.wasi,
        manifest,
    })
}
