//! The drivers of the native hosts: the runner's own program, started again, on standard input and output.

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use sqlink_compose::graph::{Extension, SpiPolicy, compose};
use sqlink_compose::verify;
use sqlink_host_native::scripts::{Called, Scripts, Source, failed, refusal};
use sqlink_host_native::{Database, ExtensionInfo, Host, HostOptions, LoadOptions, read_component};

use crate::artifacts::Artifacts;
use crate::bundle::stem;
use crate::protocol::{ExtensionFile, Reply, SqlError};

/// Answers requests until standard input ends.
///
/// # Errors
/// If the host component can't be read or compiled, or a request is malformed.
pub fn serve(host: &str, root: PathBuf) -> Result<()> {
    let artifacts = Artifacts::new(root);
    let path = artifacts.host_component();
    let component =
        std::fs::read(&path).with_context(|| format!("can't read `{}`: run `cargo xtask build`", path.display()))?;
    match host {
        "native-dynamic" => {
            let called = Called::default();
            let options = HostOptions { observer: Some(called.observer()), ..HostOptions::default() };
            answer(host, Scripts::new(Host::new("host.component.wasm", &component, options)?, called)?)
        }
        "native-composed" => {
            let composed = Composed { component, artifacts, hosts: HashMap::new() };
            answer(host, Scripts::new(composed, Called::default())?)
        }
        _ => bail!("`{host}` is no native host"),
    }
}

fn answer<S: Source>(host: &str, mut scripts: Scripts<S>) -> Result<()> {
    let mut output = std::io::stdout().lock();
    send(&mut output, &Reply::Ready(serde_json::json!({ "host": host })))?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let request = serde_json::from_str(&line).with_context(|| format!("`{line}` is no request"))?;
        send(&mut output, &scripts.answer(&request))?;
    }
    Ok(())
}

fn send(output: &mut impl std::io::Write, reply: &Reply) -> Result<()> {
    serde_json::to_writer(&mut *output, reply)?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}

/// What most scripts load. A script that loads nothing else gets a composition of all of these, so that one serves many.
const COMMON: &[&str] = &["hashes", "probe", "regexp", "relay", "uuid"];

/// An engine for every set of extensions, composed when first needed.
struct Composed {
    component: Vec<u8>,
    artifacts: Artifacts,
    hosts: HashMap<Vec<ExtensionFile>, Composition>,
}

impl Source for Composed {
    type Context = BTreeMap<String, Part>;

    fn host(&mut self, mut extensions: Vec<ExtensionFile>) -> Result<(Host, Self::Context), String> {
        if extensions.iter().all(|extension| COMMON.contains(&extension.name.as_str())) {
            extensions = self.common().map_err(|error| format!("{error:#}"))?;
        }
        extensions.sort();
        let composition = match self.hosts.get(&extensions) {
            Some(composition) => composition.clone(),
            None => {
                let composition =
                    Composition::make(&self.component, &extensions).map_err(|error| format!("{error:#}"))?;
                self.hosts.insert(extensions, composition.clone());
                composition
            }
        };
        Ok((composition.host, composition.parts))
    }

    fn load(
        parts: &Self::Context,
        database: &Database,
        extension: &ExtensionFile,
        options: &LoadOptions,
    ) -> Result<ExtensionInfo, Box<SqlError>> {
        match parts.get(&extension.name) {
            None => Err(refusal("it is not in the composition")),
            Some(Part::Inside) => database.load_composed(&stem(&extension.name), Some(options)).map_err(failed),
            Some(Part::Refused(reason)) => Err(refusal(reason)),
        }
    }
}

impl Composed {
    /// Those of [`COMMON`].
    fn common(&self) -> Result<Vec<ExtensionFile>> {
        let file = |name: &&str| Ok(ExtensionFile { name: (*name).to_owned(), path: self.artifacts.find(name)? });
        COMMON.iter().map(file).collect()
    }
}

/// A composition, with what it holds and what it could not hold.
#[derive(Clone)]
struct Composition {
    host: Host,
    parts: BTreeMap<String, Part>,
}

/// What became of one extension.
#[derive(Clone)]
pub enum Part {
    /// It is inside.
    Inside,
    /// Why it could not be composed.
    Refused(String),
}

impl Composition {
    /// Composes what can be composed, and keeps why the rest can't.
    fn make(component: &[u8], extensions: &[ExtensionFile]) -> Result<Self> {
        let mut parts = BTreeMap::new();
        let mut inside = Vec::new();
        for ExtensionFile { name, path } in extensions {
            let alone = read_component(path).map_err(anyhow::Error::from).and_then(|bytes| {
                let verified = verify(&bytes, name)?;
                let extension =
                    Extension { name: stem(name), file: name.clone(), bytes: bytes.into(), grants: Vec::new() };
                if !verified.wasi.is_empty() {
                    // Composing it alone says why it can't be.
                    compose(component, "host.component.wasm", std::slice::from_ref(&extension), SpiPolicy::Loop)?;
                }
                Ok(extension)
            });
            let part = match alone {
                Ok(extension) => {
                    inside.push(extension);
                    Part::Inside
                }
                // The name stands for the file, as on the other hosts.
                Err(error) => Part::Refused(format!("{error:#}").replace(&path.display().to_string(), name)),
            };
            parts.insert(name.clone(), part);
        }
        let bytes = compose(component, "host.component.wasm", &inside, SpiPolicy::Loop)?;
        let host = Host::composed("the composition", &bytes, HostOptions::default())?;
        Ok(Self { host, parts })
    }
}
