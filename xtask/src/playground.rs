//! The first query, and the playground.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use serde::Deserialize;
use serde_json::Value;

use crate::workspace::{Workspace, output, run, say};

/// Imports a real data set in Node, runs one query through two extensions there and natively, and compares.
pub fn first_query(workspace: &Workspace) -> Result<()> {
    say("a first query: GeoNames cities, through the extensions `regexp` and `hashes`, in Node");
    let database = workspace.target.join("cities.sqlite");
    let script = "bench/first-query.mjs";
    run(workspace.newest_node(script).arg("--export").arg(&database))?;
    let in_node = output(workspace.newest_node(script).arg("--json"))?;
    let in_node: NodeResult = serde_json::from_str(&in_node).context("Node printed no JSON rows")?;
    say("the same query over the same rows under wasmtime");
    let native = |format: &str| {
        let mut command = Command::new(workspace.binary("sqlink"));
        command.args(["query", "--readonly", "--format", format]).arg(&database).arg(&in_node.sql);
        for name in ["regexp", "hashes"] {
            command.arg("--load").arg(workspace.path(&format!("dist/extensions/{name}.wasm")));
        }
        command.env("SQLINK_ENGINE", workspace.path("dist/host.component.wasm"));
        command
    };
    let natively = output(&mut native("json"))?;
    let started = Instant::now();
    run(&mut native("table"))?;
    println!("wasmtime: {:.0} ms, with start-up", started.elapsed().as_secs_f64() * 1000.0);
    let natively: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(&natively).context("wasmtime printed no JSON rows")?;
    if in_node.objects() != natively {
        bail!("the results differ\nin Node:     {:?}\nin wasmtime: {natively:?}", in_node.objects());
    }
    println!("both hosts gave the same rows");
    Ok(())
}

/// What the first query's script prints with `--json`.
#[derive(Deserialize)]
struct NodeResult {
    sql: String,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl NodeResult {
    /// The rows as objects, which is how `sqlink query --format json` prints them.
    fn objects(&self) -> Vec<serde_json::Map<String, Value>> {
        self.rows.iter().map(|row| self.columns.iter().cloned().zip(row.iter().cloned()).collect()).collect()
    }
}

/// Serves the playground until interrupted.
pub fn serve(workspace: &Workspace, port: u16) -> Result<()> {
    say(&format!("the playground: http://127.0.0.1:{port}/ (Ctrl-C ends)"));
    run(Command::new("npm")
        .args([
            "run",
            "--silent",
            "serve",
            "--workspace",
            "sqlink-www",
            "--",
            "--port",
            &port.to_string(),
            "--host",
            "127.0.0.1",
        ])
        .current_dir(&workspace.root))
}
