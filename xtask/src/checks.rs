//! Tests, conformance, benchmarks and sizes.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::artifacts;
use crate::tools;
use crate::workspace::{Workspace, run, say};

/// Packages that are not default members: they compile natively for their unit tests only.
const NATIVE_TESTS: &[&str] = &["sqlink-host-web", "sqlink-ext-*"];

/// Everything that can be tested on this machine.
pub fn test(workspace: &Workspace) -> Result<()> {
    tools::ensure_lints()?;
    say("formatting");
    run(&mut workspace.cargo(["fmt", "--all", "--check"]))?;
    artifacts::build_all(workspace)?;
    let chromium = tools::ensure_chromium()?;
    lint_rust(workspace)?;
    say("linting and type checking TypeScript");
    run(workspace.node("node_modules/@biomejs/biome/bin/biome").args(["ci", "--error-on-warnings", "."]))?;
    for project in ["host-web/js", "www"] {
        run(workspace.node("node_modules/typescript/bin/tsc").args(["--noEmit", "--project", project]))?;
    }
    say("Rust tests");
    run(&mut workspace.cargo(["test", "--quiet"]))?;
    run(&mut natively(workspace, &["test", "--quiet"]))?;
    say("JavaScript tests");
    run(workspace.node("node_modules/vitest/vitest.mjs").args(["run", "--root", "host-web/js"]))?;
    say("the playground in Chromium");
    run(workspace.node("www/test/smoke.mjs").env("CHROMIUM", chromium))?;
    say("conformance on every host");
    conformance(workspace, &[], None, None)
}

/// Cargo for the packages of [`NATIVE_TESTS`].
fn natively(workspace: &Workspace, args: &[&str]) -> Command {
    let mut cargo = workspace.cargo(args);
    for package in NATIVE_TESTS {
        cargo.args(["--package", package]);
    }
    cargo
}

fn lint_rust(workspace: &Workspace) -> Result<()> {
    say("clippy");
    let deny = ["--", "--deny", "warnings"];
    run(workspace.cargo(["clippy", "--quiet", "--all-targets"]).args(deny))?;
    run(natively(workspace, &["clippy", "--quiet", "--all-targets"]).args(deny))?;
    for (package, feature) in [("sqlink-host-web", "web"), ("sqlink-host-web", "component"), ("sqlink-compose", "web")]
    {
        let mut cargo = artifacts::wasm_clippy(workspace, package, feature);
        run(cargo.args(deny))?;
    }
    Ok(())
}

/// Runs the conformance files; `hosts` empty means all of them.
pub fn conformance(workspace: &Workspace, hosts: &[String], filter: Option<&str>, report: Option<&Path>) -> Result<()> {
    let mut command = Command::new(workspace.binary("conformance"));
    command.current_dir(&workspace.root);
    for host in hosts {
        command.args(["--host", host]);
    }
    if let Some(filter) = filter {
        command.args(["--filter", filter]);
    }
    if let Some(report) = report {
        command.arg("--report").arg(report);
    }
    if hosts.is_empty() || hosts.iter().any(|host| host == "chromium") {
        command.env("CHROMIUM", tools::ensure_chromium()?);
    }
    run(&mut command)
}

/// Measures against the peers; without `quick` the README's table is written too.
pub fn bench(workspace: &Workspace, report: Option<&Path>, quick: bool) -> Result<()> {
    let chromium = tools::ensure_chromium()?;
    let mut command = workspace.newest_node("bench/run.mjs");
    command.env("CHROMIUM", chromium);
    if let Some(report) = report {
        command.arg("--report").arg(report);
    }
    if quick {
        command.arg("--quick");
    } else {
        command.arg("--readme").arg(workspace.path("README.md"));
    }
    run(&mut command)
}

/// Prints the sizes of what users download.
pub fn size(workspace: &Workspace, report: Option<&Path>) -> Result<()> {
    let mut command = workspace.newest_node("bench/size.mjs");
    if let Some(report) = report {
        command.arg("--report").arg(report);
    }
    run(&mut command)
}
