//! Where the extensions of the scripts are: built ones, and broken files made on the spot.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Extensions by name, below the root of the checkout.
#[derive(Debug, Clone)]
pub struct Artifacts {
    root: PathBuf,
}

/// Broken files that are derived from good ones, or too large to keep.
const MADE: &[(&str, Make)] = &[
    ("made-empty", |file, _| write(file, b"")),
    ("made-text", |file, _| write(file, b"-- this is SQL, not WebAssembly\nSELECT 1;\n")),
    ("made-truncated", |file, artifacts| {
        let whole = std::fs::read(artifacts.find("regexp")?)?;
        write(file, &whole[..whole.len() / 2])
    }),
    ("made-header-only", |file, artifacts| write(file, &std::fs::read(artifacts.find("regexp")?)?[..8])),
    ("made-flipped", |file, artifacts| {
        let mut bytes = std::fs::read(artifacts.find("regexp")?)?;
        // Well inside the core module, where a change breaks its structure.
        for byte in bytes.iter_mut().skip(64).step_by(997) {
            *byte ^= 0xff;
        }
        write(file, &bytes)
    }),
    // 100 MB: zeros, and a component header in front of a custom section of that size.
    ("made-huge", |file, _| fill(file, &[])),
    ("made-huge-component", |file, _| {
        // `\0asm`, component version and layer, section 0 (custom) of 100,000,000 bytes with the name `x`.
        fill(file, &[0, b'a', b's', b'm', 0x0d, 0, 1, 0, 0, 0x80, 0xc2, 0xd7, 0x2f, 1, b'x'])
    }),
];

/// Writes one of [`MADE`].
type Make = fn(&Path, &Artifacts) -> Result<()>;

/// Size of the huge files, in bytes.
const HUGE: usize = 100_000_000;

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("can't write `{}`", path.display()))
}

fn fill(path: &Path, start: &[u8]) -> Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    file.write_all(start)?;
    let zeros = [0; 65_536];
    // A custom section's size counts from after the size itself: 13 bytes of the start are outside it.
    let mut left = if start.is_empty() { HUGE } else { HUGE + 13 - start.len() };
    while left > 0 {
        let count = left.min(zeros.len());
        file.write_all(&zeros[..count])?;
        left -= count;
    }
    file.flush()?;
    Ok(())
}

impl Artifacts {
    /// `root` is the root of the checkout.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The catalogue's sources.
    pub fn catalogue(&self) -> PathBuf {
        self.root.join("extensions")
    }

    /// The component that is the host.
    pub fn host_component(&self) -> PathBuf {
        self.root.join("dist/host.component.wasm")
    }

    /// A folder for what a run of the runner makes; it may be deleted at any time.
    ///
    /// # Errors
    /// If it can't be made.
    pub fn scratch(&self) -> Result<PathBuf> {
        let folder = self.root.join("dist/conformance");
        std::fs::create_dir_all(&folder).with_context(|| format!("can't make `{}`", folder.display()))?;
        Ok(folder)
    }

    /// Where the extension `name` is: built from the catalogue, built as a test guest, or made now.
    ///
    /// # Errors
    /// If there is none, or it can't be made.
    pub fn find(&self, name: &str) -> Result<PathBuf> {
        if let Some((_, make)) = MADE.iter().find(|(made, _)| *made == name) {
            let path = self.scratch()?.join(format!("{name}.wasm"));
            make(&path, self)?;
            return Ok(path);
        }
        for folder in ["dist/extensions", "dist/guests"] {
            let path = self.root.join(folder).join(format!("{name}.wasm"));
            if path.is_file() {
                return Ok(path);
            }
        }
        bail!("there is no extension `{name}` in dist/extensions or dist/guests: run `cargo xtask build`")
    }

    /// Every extension, test guest and broken file, by name.
    ///
    /// # Errors
    /// If a folder can't be read, or a broken file can't be made.
    pub fn all(&self) -> Result<Vec<(String, PathBuf)>> {
        let mut all = self.built()?;
        for (name, _) in MADE {
            all.push(((*name).to_owned(), self.find(name)?));
        }
        all.sort();
        Ok(all)
    }

    /// Every built extension and test guest, by name.
    ///
    /// # Errors
    /// If a folder can't be read.
    pub fn built(&self) -> Result<Vec<(String, PathBuf)>> {
        let mut built = Vec::new();
        for folder in ["dist/extensions", "dist/guests"] {
            let folder = self.root.join(folder);
            let entries = std::fs::read_dir(&folder)
                .with_context(|| format!("can't read `{}`: run `cargo xtask build`", folder.display()))?;
            for entry in entries {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "wasm")
                    && let Some(stem) = path.file_stem()
                {
                    built.push((stem.to_string_lossy().into_owned(), path));
                }
            }
        }
        built.sort();
        Ok(built)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_broken_files() -> Result<()> {
        let root = std::env::temp_dir().join(format!("sqlink-artifacts-{}", std::process::id()));
        let artifacts = Artifacts::new(root.clone());
        let huge = artifacts.find("made-huge-component")?;
        // 8 bytes of header, section id, 4 bytes of size, and the section.
        assert_eq!(std::fs::metadata(&huge)?.len(), 100_000_013);
        assert!(artifacts.find("made-truncated").is_err(), "needs the real extension");
        assert!(artifacts.find("nothing").is_err());
        assert_eq!(std::fs::metadata(artifacts.find("made-empty")?)?.len(), 0);
        std::fs::remove_dir_all(root)?;
        Ok(())
    }
}
