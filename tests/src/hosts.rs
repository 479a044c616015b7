//! The hosts and how their drivers start.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use crate::driver::DriverCommand;

/// Every host, in the order of the report.
pub const HOSTS: &[&str] = &["native-dynamic", "native-composed", "node-direct", "node-jco", "chromium", "workerd"];

/// The host that tells which functions of the contract were called.
pub const TELLS_CALLS: &str = "native-dynamic";

/// How to start the driver of `host`, in the checkout at `root`.
///
/// # Errors
/// If there is no such host.
pub fn command(host: &str, root: &Path) -> Result<DriverCommand> {
    match host {
        "native-dynamic" | "native-composed" => Ok(DriverCommand {
            program: std::env::current_exe().context("can't find this program")?,
            args: vec!["serve".into(), host.into(), root.into()],
        }),
        "node-direct" => Ok(node(root, "node.mjs", &["--linker", "direct"])),
        "node-jco" => Ok(node(root, "node.mjs", &["--linker", "jco"])),
        "chromium" => Ok(node(root, "chromium.mjs", &[])),
        "workerd" => {
            let mut command = node(root, "workerd.mjs", &[]);
            // It has the runner make its bundle.
            command.args.push(std::env::current_exe().context("can't find this program")?.into());
            Ok(command)
        }
        _ => bail!("there is no host `{host}`; there are {}", HOSTS.join(", ")),
    }
}

/// A driver that runs on npm's Node, whose version the lock file pins.
fn node(root: &Path, driver: &str, args: &[&str]) -> DriverCommand {
    let mut all = vec![OsString::from(root.join("tests/drivers").join(driver))];
    all.extend(args.iter().map(OsString::from));
    DriverCommand { program: root.join("node_modules/node/bin/node"), args: all }
}

/// Parses `NAME=PROGRAM ARG…`: a host of one's own, whose driver speaks [`crate::protocol`].
///
/// # Errors
/// If the text has another form, or the name is taken.
pub fn custom(text: &str) -> Result<(String, DriverCommand)> {
    let (name, command) = text.split_once('=').context("expected NAME=PROGRAM ARG…")?;
    ensure!(!HOSTS.contains(&name), "`{name}` is the name of a built-in host");
    let mut words = command.split_whitespace();
    let program = words.next().context("expected a program after `=`")?.into();
    Ok((name.to_owned(), DriverCommand { program, args: words.map(OsString::from).collect() }))
}
