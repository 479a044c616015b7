//! `conformance`: runs the scripts in `tests/conformance` on the hosts and reports.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use sqlink_conformance::artifacts::Artifacts;
use sqlink_conformance::bless::bless;
use sqlink_conformance::bundle;
use sqlink_conformance::driver::{Driver, DriverCommand};
use sqlink_conformance::hosts;
use sqlink_conformance::native::serve;
use sqlink_conformance::report::Results;
use sqlink_conformance::run::{Outcome, run};
use sqlink_conformance::script::Script;

/// How long a driver may take to start; a cold one composes and compiles.
const START_LIMIT: Duration = Duration::from_secs(300);

/// Runs the conformance scripts on every SQLink host.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Part>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Be the driver of a native host on standard input and output.
    #[command(hide = true)]
    Serve { host: String, root: PathBuf },
    /// Write the bundle that the workerd driver serves.
    #[command(hide = true)]
    Bundle { root: PathBuf, folder: PathBuf },
}

#[derive(Debug, Args)]
struct Options {
    /// Only this host (may be given several times).
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Also a host of your own, by its driver.
    #[arg(long = "driver", value_name = "NAME=PROGRAM ARG…")]
    drivers: Vec<String>,
    /// Only files whose name contains this (may be given several times).
    #[arg(long = "filter", value_name = "TEXT")]
    filters: Vec<String>,
    /// Write the report there, as JSON.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the files and hosts instead of running them.
    #[arg(long)]
    list: bool,
    /// Rewrite the expectations to what the one chosen host gives.
    #[arg(long)]
    bless: bool,
    /// Seconds that a driver may take for one request.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// The checkout; by default the working directory or the nearest one above it with `tests/conformance`.
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Some(Part::Serve { host, root }) => serve(&host, root).map(|()| true),
        Some(Part::Bundle { root, folder }) => {
            let package = root.join("host-web/js/dist");
            bundle::make(&Artifacts::new(root), &package, &folder).map(|()| true)
        }
        None => conformance(&cli.options),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs everything; false if anything failed.
fn conformance(options: &Options) -> Result<bool> {
    let root = match &options.root {
        Some(root) => root.canonicalize().with_context(|| format!("no folder `{}`", root.display()))?,
        None => find_root()?,
    };
    let scripts = scripts(&root, &options.filters)?;
    let hosts = chosen_hosts(options, &root)?;
    if options.list {
        for script in &scripts {
            println!("{}", script.name);
        }
        let names: Vec<&str> = hosts.iter().map(|(name, _)| name.as_str()).collect();
        println!("{} files, {} hosts: {}", scripts.len(), hosts.len(), names.join(", "));
        return Ok(true);
    }
    ensure!(!options.bless || hosts.len() == 1, "--bless takes its expectations from one host: choose it with --host");
    check_exceptions(&scripts, &hosts)?;
    let artifacts = Artifacts::new(root);
    let files = extension_files(&scripts, &artifacts);
    if options.filters.is_empty() {
        check_coverage(&scripts, &artifacts)?;
        check_catalogue(&artifacts)?;
    }
    let limit = Duration::from_secs(options.timeout);
    if options.bless {
        for (host, command) in hosts {
            let driver = Arc::new(Mutex::new(Driver::new(command, START_LIMIT, limit)));
            for script in &scripts {
                bless(&host, &driver, script, script_files(script, &files)?)?;
            }
        }
        return Ok(true);
    }
    let results = run_all(&hosts, &scripts, &files, limit);
    print!("{}\n{}", results.failures(), results.table());
    if let Some(path) = &options.report {
        std::fs::write(path, results.json()?).with_context(|| format!("can't write `{}`", path.display()))?;
    }
    let total = results.total();
    println!("\n{} passed, {} failed", total.passed, total.failed);
    let complete = options.filters.is_empty() && results.hosts.iter().any(|host| host == hosts::TELLS_CALLS);
    let uncalled = if complete { uncalled(&results.called)? } else { Vec::new() };
    if !uncalled.is_empty() {
        println!("no script makes {} call {}", hosts::TELLS_CALLS, uncalled.join(", "));
    }
    Ok(total.failed == 0 && total.passed > 0 && uncalled.is_empty())
}

/// Each host in a thread of its own, since each is a process of its own.
fn run_all(
    hosts: &[(String, DriverCommand)],
    scripts: &[Script],
    files: &HashMap<String, Result<PathBuf, String>>,
    limit: Duration,
) -> Results {
    let results =
        Mutex::new(Results { hosts: hosts.iter().map(|(name, _)| name.clone()).collect(), ..Results::default() });
    let next = Mutex::new(hosts.iter());
    let jobs = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..jobs.min(hosts.len()) {
            scope.spawn(|| {
                loop {
                    let Some((host, command)) = next.lock().unwrap_or_else(PoisonError::into_inner).next() else {
                        return;
                    };
                    let driver = Arc::new(Mutex::new(Driver::new(command.clone(), START_LIMIT, limit)));
                    for script in scripts {
                        let mut called = BTreeSet::new();
                        let outcome = match script_files(script, files) {
                            Ok(files) => run(host, &driver, script, files, &mut called),
                            Err(error) => Outcome::Failed(vec![format!("{}: {error:#}", script.name)]),
                        };
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        results.called.extend(called);
                        results.files.entry(script.name.clone()).or_default().insert(host.clone(), outcome);
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The nearest folder at or above the working directory that holds the scripts.
fn find_root() -> Result<PathBuf> {
    let here = std::env::current_dir()?;
    let root = here.ancestors().find(|folder| folder.join("tests/conformance").is_dir());
    Ok(root.context("no folder at or above this one has `tests/conformance`")?.to_owned())
}

/// Every script whose name contains one of the filters, or every one without filters.
fn scripts(root: &Path, filters: &[String]) -> Result<Vec<Script>> {
    let folder = root.join("tests/conformance");
    let mut pending = vec![folder.clone()];
    let mut scripts = Vec::new();
    while let Some(current) = pending.pop() {
        for entry in std::fs::read_dir(&current).with_context(|| format!("can't read `{}`", current.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "slt") {
                scripts.push(Script::read(&path, &folder)?);
            }
        }
    }
    scripts.retain(|script| filters.is_empty() || filters.iter().any(|filter| script.name.contains(filter.as_str())));
    ensure!(!scripts.is_empty(), "no script in `{}` matches", folder.display());
    scripts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scripts)
}

fn chosen_hosts(options: &Options, root: &Path) -> Result<Vec<(String, DriverCommand)>> {
    let mut chosen = Vec::new();
    if options.hosts.is_empty() && options.drivers.is_empty() {
        for host in hosts::HOSTS {
            chosen.push(((*host).to_owned(), hosts::command(host, root)?));
        }
    }
    for host in &options.hosts {
        chosen.push((host.clone(), hosts::command(host, root)?));
    }
    for driver in &options.drivers {
        chosen.push(hosts::custom(driver)?);
    }
    Ok(chosen)
}

/// A misspelt host in a `#! host` line would silently do nothing.
fn check_exceptions(scripts: &[Script], chosen: &[(String, DriverCommand)]) -> Result<()> {
    for script in scripts {
        for host in script.exceptions.keys() {
            if !hosts::HOSTS.contains(&host.as_str()) && chosen.iter().all(|(name, _)| name != host) {
                bail!("{}: `#! host {host}`: there is no such host", script.name);
            }
        }
    }
    Ok(())
}

/// An extension or test guest that no script loads is not tested.
fn check_coverage(scripts: &[Script], artifacts: &Artifacts) -> Result<()> {
    let loaded: BTreeSet<String> = scripts.iter().flat_map(Script::extensions).collect();
    let unused: Vec<_> =
        artifacts.built()?.into_iter().map(|(name, _)| name).filter(|name| !loaded.contains(name)).collect();
    ensure!(
        unused.is_empty(),
        "no script loads {}: every extension and every guest is to be tested",
        unused.join(", ")
    );
    Ok(())
}

/// Every extension of the catalogue has a README, and stands in the one of the catalogue.
fn check_catalogue(artifacts: &Artifacts) -> Result<()> {
    let folder = artifacts.catalogue();
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).with_context(|| format!("can't read `{}`", path.display()));
    let index = read(folder.join("README.md"))?;
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        read(path.join("README.md"))?;
        ensure!(index.contains(&format!("| [{name}]({name}/) |")), "`extensions/README.md` does not list `{name}`");
    }
    Ok(())
}

/// Functions of the contract that no script exercised.
fn uncalled(called: &BTreeSet<String>) -> Result<Vec<String>> {
    let functions = sqlink_compose::contract_functions()?;
    Ok(functions.into_iter().filter(|function| !called.contains(function)).collect())
}

/// Where every extension that a script names is, or why there is none.
fn extension_files(scripts: &[Script], artifacts: &Artifacts) -> HashMap<String, Result<PathBuf, String>> {
    let names = scripts.iter().flat_map(Script::extensions);
    let found: BTreeMap<String, _> =
        names.map(|name| (name.clone(), artifacts.find(&name).map_err(|error| format!("{error:#}")))).collect();
    found.into_iter().collect()
}

/// The files of one script.
fn script_files(script: &Script, files: &HashMap<String, Result<PathBuf, String>>) -> Result<HashMap<String, PathBuf>> {
    let mut found = HashMap::new();
    for name in script.extensions() {
        match files.get(&name) {
            Some(Ok(path)) => drop(found.insert(name, path.clone())),
            Some(Err(error)) => bail!("{error}"),
            None => bail!("extension `{name}` was not looked for"),
        }
    }
    Ok(found)
}
