//! `wasm-pack.toml`: the settings of the wasm-bindgen builds.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace::Workspace;

/// One wasm-bindgen build.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WebBuild {
    /// Cargo package.
    #[serde(rename = "crate")]
    pub package: String,
    /// Cargo features; the default features are off.
    pub features: Vec<String>,
    /// Cargo profile.
    pub profile: String,
    /// wasm-bindgen's output kind; only `web` is used here.
    pub target: String,
    /// Folder of the checkout that gets the output.
    pub out_dir: String,
    /// Base name of the output files.
    pub out_name: String,
    /// Arguments of `wasm-opt`.
    pub wasm_opt: Vec<String>,
}

/// Reads `wasm-pack.toml`.
pub fn read(workspace: &Workspace) -> Result<BTreeMap<String, WebBuild>> {
    let path = workspace.path("wasm-pack.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
    toml::from_str(&text).context("`wasm-pack.toml` does not have the expected settings")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `wasm-pack build host-web` must optimise as `cargo xtask build` does.
    #[test]
    fn agrees_with_the_metadata_of_host_web() -> Result<()> {
        let workspace = Workspace::find()?;
        let ours = read(&workspace)?.remove("engine").context("no `engine` table")?;
        let manifest: toml::Value = toml::from_str(&std::fs::read_to_string(workspace.path("host-web/Cargo.toml"))?)?;
        let theirs: Vec<String> =
            manifest["package"]["metadata"]["wasm-pack"]["profile"]["release"]["wasm-opt"].clone().try_into()?;
        assert_eq!(ours.wasm_opt, theirs);
        assert_eq!(manifest["package"]["name"].as_str(), Some(ours.package.as_str()));
        assert_eq!(ours.profile, "release");
        Ok(())
    }

    #[test]
    fn every_build_is_for_the_web() -> Result<()> {
        for (name, build) in read(&Workspace::find()?)? {
            assert_eq!(build.target, "web", "{name}");
        }
        Ok(())
    }
}
