//! `sqlink test`.

use crate::author::Project;
use crate::cli::build::{build, short};
use crate::cli::{engine, exit};
use anyhow::{Result, bail};
use clap::Args;
use sqlink_host_native::scripts::{Called, Scripts};
use sqlink_host_native::{CachePolicy, HostOptions, Limits, inspect, read_component};
use sqlink_slt::Driver;
use sqlink_slt::judge::{self, Surroundings};
use sqlink_slt::script::Script;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// What `onlyif` and `skipif` in a script call this host.
const HOST: &str = "native-dynamic";

/// Builds an extension and runs its scripts, `tests/**/*.slt`, against it.
#[derive(Args, Debug)]
pub(crate) struct Test {
    /// The extension's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Runs only scripts whose path contains this.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Lets scripts load another extension besides, under its file's name. May be repeated.
    #[arg(long, value_name = "EXT.WASM")]
    with: Vec<PathBuf>,
    /// Tests what was built before.
    #[arg(long)]
    no_build: bool,
    /// The engine, host.component.wasm.
    #[arg(long, value_name = "PATH")]
    engine: Option<PathBuf>,
}

impl Test {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let project = Project::find(&self.folder)?;
        let component = project.output();
        let mut extensions = HashMap::from([(project.name.clone(), component.clone())]);
        let own_name = if self.no_build { built_before(&component)? } else { build(&project, &component)? };
        // Scripts may call it by its own name, too.
        extensions.insert(own_name, component);
        for path in &self.with {
            extensions.insert(stem(path), path.clone());
        }
        let scripts = project.scripts()?;
        if scripts.is_empty() {
            bail!("there are no scripts: expected `{}`", short(&project.folder.join("tests/NAME.slt")));
        }
        let called = Called::default();
        let host = engine::load(self.engine.as_deref(), HostOptions::default())?;
        if host.contents().is_some() {
            bail!("the engine is a composition, expected `host.component.wasm`");
        }
        let driver: Arc<Mutex<dyn Driver>> = Arc::new(Mutex::new(Scripts::new(host, called)?));
        let (mut passed, mut failed) = (0_u32, 0_u32);
        for path in scripts {
            let script = Script::read(&path, &project.folder)?;
            if self.filter.as_ref().is_some_and(|filter| !script.name.contains(filter)) {
                continue;
            }
            let wanted = script.extensions();
            let unknown = wanted.iter().find(|name| !extensions.contains_key(*name));
            if let Some(name) = unknown {
                bail!("{}: there is no extension `{name}`: name its file with `--with {name}.wasm`", script.name);
            }
            let known = wanted.into_iter().filter_map(|name| Some((name.clone(), extensions.get(&name)?.clone())));
            let surroundings = Surroundings { extensions: known.collect(), data: project.folder.join("tests/data") };
            let failures = judge::run(HOST, &driver, &script, surroundings, &mut BTreeSet::new());
            println!("{} {}", if failures.is_empty() { "ok    " } else { "FAILED" }, script.name);
            failures.iter().for_each(|failure| println!("{failure}\n"));
            if failures.is_empty() { passed += 1 } else { failed += 1 }
        }
        if let (Some(filter), 0) = (&self.filter, passed + failed) {
            bail!("no script's path contains `{filter}`");
        }
        println!("{passed} passed, {failed} failed");
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::SQL) })
    }
}

/// The name for itself of an extension that is there.
fn built_before(component: &Path) -> Result<String> {
    let file = short(component);
    if !component.is_file() {
        bail!("there is no `{file}` yet: leave `--no-build` out");
    }
    Ok(inspect(&file, &read_component(component)?, &Limits::default(), &CachePolicy::User)?.manifest.name)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
