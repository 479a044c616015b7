//! Rewrites the expectations of a script to what a host gives. What it wrote is to be read before it is kept.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use sqlink_slt::judge::{exact, same_classes};
use sqllogictest::Runner;

use crate::driver::Driver;
use crate::protocol::Request;
use crate::run::surroundings;
use crate::script::Script;
use crate::session::Session;

/// Runs the script on a host and writes what comes into its file, where it is not what the script expects.
///
/// # Errors
/// If the file can't be written, or the driver breaks.
pub fn bless(host: &str, driver: &Arc<Mutex<Driver>>, script: &Script, files: HashMap<String, PathBuf>) -> Result<()> {
    let before = std::fs::read(&script.path)?;
    let session = Arc::new(Mutex::new(Session::new(Arc::clone(driver) as _, script, surroundings(script, files))));
    let mut runner = Runner::new(|| async { Session::open(&session) });
    runner.add_label(host);
    let update = runner.update_test_file(&script.path, " ", exact, sqllogictest::default_normalizer, same_classes);
    if let Err(error) = futures::executor::block_on(update) {
        bail!("{}: {error}", script.name);
    }
    if let Some(fault) = session.lock().unwrap_or_else(PoisonError::into_inner).fault() {
        // What a broken run gives is no expectation.
        std::fs::write(&script.path, before)?;
        bail!("{}: {fault}", script.name);
    }
    driver.lock().unwrap_or_else(PoisonError::into_inner).request(&Request::Reset)?;
    Ok(())
}
