//! Encodes the contract in `wit/` as a component, so that the linker reads the types it expects the same way it reads
//! an extension's. The component imports every function an extension may import and exports every function it must
//! export; its code is never run or shipped, only its types are looked at.

use std::error::Error;
use std::path::{Path, PathBuf};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

/// The world whose imports and exports make up the contract.
const WORLD: &str = "extension";

fn main() -> Result<(), Box<dyn Error>> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", wit.display());
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&wit)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    let component = ComponentEncoder::default().module(&module)?.validate(true).encode()?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("contract.wasm");
    std::fs::write(out, component)?;
    embed_text(&wit)
}

/// Writes Rust source that holds the text of every file of the contract.
fn embed_text(wit: &Path) -> Result<(), Box<dyn Error>> {
    let mut files = std::fs::read_dir(wit.canonicalize()?)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    let mut source = String::from("&[\n");
    for file in files.iter().filter(|file| file.path().extension().is_some_and(|extension| extension == "wit")) {
        source.push_str(&format!(
            "    ({:?}, include_str!({:?})),\n",
            file.file_name().display().to_string(),
            file.path()
        ));
    }
    source.push_str("]\n");
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("wit.rs"), source)?;
    Ok(())
}
