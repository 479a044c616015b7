//! The tools a build needs, installed where that is allowed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, output, run, say};

/// Lowest Node that runs the build scripts, the tests and the package.
const OLDEST_NODE: u32 = 20;

/// Installs the wasm targets, clang, and the npm packages.
pub fn ensure_build_tools(workspace: &Workspace) -> Result<()> {
    ensure_wasm_targets()?;
    ensure_debian("clang", &["clang", "llvm"], || works("clang") && works("llvm-ar"))?;
    ensure_npm_packages(workspace)
}

/// Installs rustfmt and clippy, which a minimal rustup profile lacks.
pub fn ensure_lints() -> Result<()> {
    let present = |tool: &str| {
        let mut cargo = Command::new("cargo");
        cargo.args([tool, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
        cargo.status().is_ok_and(|status| status.success())
    };
    if present("fmt") && present("clippy") {
        return Ok(());
    }
    say("installing rustfmt and clippy");
    run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
        .context("rustfmt or clippy is missing: run `rustup component add rustfmt clippy`")
}

/// Finds a Chromium, or installs one.
///
/// `CHROMIUM` names another one. The tests start it through playwright-core.
pub fn ensure_chromium() -> Result<PathBuf> {
    let find = || {
        std::env::var_os("CHROMIUM")
            .map(PathBuf::from)
            .into_iter()
            .chain(["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from))
            .find(|path| path.exists())
    };
    ensure_debian("Chromium", &["chromium"], || find().is_some())?;
    find().context("Chromium was installed but is not at `/usr/bin/chromium`: set CHROMIUM to its path")
}

fn ensure_wasm_targets() -> Result<()> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let missing: Vec<&str> = ["wasm32-unknown-unknown", "wasm32-wasip2"]
        .into_iter()
        .filter(|target| !Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib").exists())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("installing the Rust targets {}", missing.join(", ")));
    run(Command::new("rustup").args(["target", "add"]).args(&missing)).with_context(|| {
        format!("the Rust targets {} are missing: run `rustup target add {}`", missing.join(", "), missing.join(" "))
    })
}

/// Installs Debian packages unless `present` says there is no need.
fn ensure_debian(what: &str, packages: &[&str], present: impl Fn() -> bool) -> Result<()> {
    if present() {
        return Ok(());
    }
    let by_hand = format!("apt-get update && apt-get install --yes {}", packages.join(" "));
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || !Path::new("/etc/debian_version").exists() {
        bail!(
            "{what} is missing, and this is not root on Debian: run `sudo sh -c '{by_hand}'`, or install {what} your system's way"
        );
    }
    say(&format!("installing {what} ({by_hand})"));
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    run(Command::new("apt-get")
        .args(["install", "--yes", "-qq"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null()))?;
    if !present() {
        bail!("{what} is still missing after `{by_hand}`");
    }
    Ok(())
}

fn ensure_npm_packages(workspace: &Workspace) -> Result<()> {
    let version = output(Command::new("node").arg("--version"))
        .with_context(|| format!("Node is missing: install Node {OLDEST_NODE} or later from https://nodejs.org"))?;
    let major: u32 = version.trim().trim_start_matches('v').split('.').next().unwrap_or("").parse().unwrap_or(0);
    if major < OLDEST_NODE {
        bail!("Node {} is too old: install Node {OLDEST_NODE} or later from https://nodejs.org", version.trim());
    }
    let wanted = std::fs::read(workspace.path("package-lock.json"))?;
    let stamp = workspace.path("node_modules/.sqlink-package-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say("installing the npm packages (npm ci)");
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&workspace.root))
        .context("run `npm ci` in the checkout to see what is wrong")?;
    std::fs::write(&stamp, wanted)?;
    Ok(())
}

fn works(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}
