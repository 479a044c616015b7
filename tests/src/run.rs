//! Runs a script on a host, as its `#! host` lines will have it.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sqlink_slt::judge::{self, Surroundings};

use crate::driver::Driver;
use crate::script::Script;

/// How a script fared on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every record gave what it should.
    Passed,
    /// What went wrong, each with its place, the SQL, what was expected and what came.
    Failed(Vec<String>),
    /// The script says why this host can't run it.
    Unsupported(String),
}

/// Runs a script. `files` holds where its extensions are; `called` gets the functions of the contract that were called,
/// where the host can tell.
pub fn run(
    host: &str,
    driver: &Arc<Mutex<Driver>>,
    script: &Script,
    files: HashMap<String, PathBuf>,
    called: &mut BTreeSet<String>,
) -> Outcome {
    let exception = script.exceptions.get(host);
    if let Some(exception) = exception.filter(|exception| !exception.attempted) {
        return Outcome::Unsupported(exception.reason.clone());
    }
    let failures = attempt(host, driver, script, files, called);
    match (exception, failures.is_empty()) {
        (None, true) => Outcome::Passed,
        (None, false) => Outcome::Failed(failures),
        (Some(exception), false) => Outcome::Unsupported(exception.reason.clone()),
        (Some(_), true) => {
            Outcome::Failed(vec![format!("{}: passes on {host} now; take its `#! host` line away", script.name)])
        }
    }
}

fn attempt(
    host: &str,
    driver: &Arc<Mutex<Driver>>,
    script: &Script,
    files: HashMap<String, PathBuf>,
    called: &mut BTreeSet<String>,
) -> Vec<String> {
    if let Err(failure) = driver.lock().unwrap_or_else(PoisonError::into_inner).get_ready() {
        return vec![format!("{}: {failure}", script.name)];
    }
    let driver: Arc<Mutex<dyn sqlink_slt::Driver>> = Arc::clone(driver) as _;
    judge::run(host, &driver, script, surroundings(script, files), called)
}

/// Extensions of these files, and the data beside the scripts.
pub(crate) fn surroundings(script: &Script, extensions: HashMap<String, PathBuf>) -> Surroundings {
    let folder = script.path.ancestors().find(|folder| folder.ends_with("conformance"));
    Surroundings { extensions, data: folder.unwrap_or(Path::new("")).join("data") }
}
