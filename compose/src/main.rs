//! Command line of the linker: reads files, calls the library, writes files.

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand, ValueEnum};
use sqlink_compose::bundle::{self, Parts};
use sqlink_compose::descriptors::descriptors;
use sqlink_compose::graph::{Extension, SpiPolicy, compose};
use sqlink_compose::lock::Lock;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wit_parser::Resolve;

/// Links, inspects and composes SQLink extensions.
#[derive(Parser)]
#[command(name = "sqlink-compose", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks an extension against the contract and writes the core module that JavaScript engines run.
    Link {
        /// The extension: a component.
        extension: PathBuf,
        /// Where the core module goes.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Checks extensions against the contract and prints what they import and export.
    Inspect {
        /// The extensions: components.
        #[arg(required = true)]
        extensions: Vec<PathBuf>,
    },
    /// Turns a core module built for wasm32-unknown-unknown with wit-bindgen into a component.
    Componentize {
        /// The core module.
        module: PathBuf,
        /// Where the component goes.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Composes the engine and extensions into one component, or into a folder of JavaScript and wasm.
    Compose {
        /// What comes out.
        #[arg(long, value_enum)]
        target: Target,
        /// The extensions, each `FILE.wasm` or `FILE.wasm=GRANT,GRANT`.
        extensions: Vec<String>,
        /// The file, or the folder, that is written.
        #[arg(short, long)]
        output: PathBuf,
        /// The engine, for `--target component`; else the environment's SQLINK_ENGINE, else dist/host.component.wasm.
        #[arg(long)]
        host: Option<PathBuf>,
        /// What `spi` does in a component: `loop` goes out through the embedder, `deny` fails.
        #[arg(long, value_enum, default_value = "loop")]
        spi: Spi,
        /// Folder of the built npm package, for its `engine.wasm` and `adapter.wasm`.
        #[arg(long, default_value = "node_modules/sqlink/dist")]
        package: PathBuf,
        /// Copies the package's files into the bundle, for hosts that don't resolve the name `sqlink`.
        #[arg(long)]
        standalone: bool,
    },
    /// Prints what is inside a composed component, as JSON.
    Contents {
        /// The composed component.
        component: PathBuf,
    },
    /// Writes the types of a world's functions as TypeScript.
    Descriptors {
        /// Folders of WIT packages, those first that others use.
        #[arg(long, required = true)]
        wit: Vec<PathBuf>,
        /// World whose imports and exports are written; of several packages with the package's name, as
        /// `sqlink:host/extensions`.
        #[arg(long, default_value = "extension")]
        world: String,
        /// The TypeScript file.
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// One component, for any component runtime.
    Component,
    /// A folder for Cloudflare Workers.
    Workers,
    /// A folder for browsers and bundlers.
    Es,
    /// A folder for Node, Deno and Bun.
    Node,
}

#[derive(Clone, Copy, ValueEnum)]
enum Spi {
    Loop,
    Deny,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        // The chain of causes is for whoever reads the terminal; a backtrace is not.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Link { extension, output } => {
            let bytes = read(&extension)?;
            let linked = sqlink_compose::link(&bytes, &name(&extension))?;
            write(&output, &linked.core)?;
            print_list("imports", &linked.imports);
        }
        Command::Inspect { extensions } => {
            for extension in extensions {
                inspect(&extension)?;
            }
        }
        Command::Componentize { module, output } => {
            let bytes = read(&module)?;
            let component = wit_component::ComponentEncoder::default()
                .module(&bytes)
                .and_then(|encoder| encoder.validate(true).encode())
                .with_context(|| format!("`{}` can't become a component", name(&module)))?;
            write(&output, &component)?;
        }
        Command::Compose { target, extensions, output, host, spi, package, standalone } => {
            let extensions = extensions.iter().map(|argument| extension(argument)).collect::<Result<Vec<_>>>()?;
            match target {
                Target::Component => {
                    let spi = match spi {
                        Spi::Loop => SpiPolicy::Loop,
                        Spi::Deny => SpiPolicy::Deny,
                    };
                    let host = host
                        .or_else(|| std::env::var_os("SQLINK_ENGINE").map(PathBuf::from))
                        .unwrap_or_else(|| "dist/host.component.wasm".into());
                    let engine = read(&host).context("no engine: name its file with `--host`")?;
                    let component = compose(&engine, &name(&host), &extensions, spi)?;
                    write(&output, &component)?;
                }
                Target::Workers => write_bundle(bundle::Target::Workers, &extensions, &output, &package, standalone)?,
                Target::Es => write_bundle(bundle::Target::Es, &extensions, &output, &package, standalone)?,
                Target::Node => write_bundle(bundle::Target::Node, &extensions, &output, &package, standalone)?,
            }
        }
        Command::Contents { component } => {
            let lock = Lock::of_component(&read(&component)?)
                .with_context(|| format!("`{}` is not a composed component: it has no lock", name(&component)))?;
            print!("{}", lock.to_json());
        }
        Command::Descriptors { wit, world, out } => {
            let mut resolve = Resolve::default();
            let mut packages = Vec::new();
            for folder in &wit {
                let pushed = resolve.push_path(folder);
                packages.push(pushed.with_context(|| format!("`{}` is not a folder of WIT files", name(folder)))?.0);
            }
            write(&out, descriptors(&resolve, &packages, &world)?.as_bytes())?;
        }
    }
    Ok(())
}

/// Writes a bundle's files into the folder `output`.
fn write_bundle(
    target: bundle::Target,
    extensions: &[Extension<'_>],
    output: &Path,
    package: &Path,
    standalone: bool,
) -> Result<()> {
    let part = |file: &str| {
        read(&package.join(file))
            .context("no npm package `sqlink`: install it, or name its folder `dist` with `--package`")
    };
    let (engine, adapter) = (part("engine.wasm")?, part("adapter.wasm")?);
    let import = if standalone { "./sqlink/core.js" } else { "sqlink/core" };
    let parts = Parts { engine: &engine, adapter: &adapter, package: import };
    for file in bundle::bundle(target, parts, extensions)? {
        write(&output.join(&file.path), &file.bytes)?;
    }
    if standalone {
        let mut wanted = vec!["core.js".to_owned()];
        let mut next = 0;
        while let Some(file) = wanted.get(next) {
            next += 1;
            let source = read(&package.join(file))?;
            write(&output.join("sqlink").join(file), &source)?;
            for import in bundle::static_imports(&String::from_utf8_lossy(&source)) {
                if !wanted.contains(&import) {
                    wanted.push(import);
                }
            }
        }
    }
    Ok(())
}

/// Reads an argument of the form `FILE` or `FILE=GRANT,GRANT`.
fn extension(argument: &str) -> Result<Extension<'static>> {
    let (file, grants) = argument.rsplit_once('=').unwrap_or((argument, ""));
    let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Extension {
        // `regexp.wasip2.wasm` is `regexp` too.
        name: stem.split('.').next().unwrap_or_default().to_owned(),
        file: file.to_owned(),
        bytes: read(Path::new(file))?.into(),
        grants: grants.split(',').filter(|grant| !grant.is_empty()).map(str::to_owned).collect(),
    })
}

fn inspect(extension: &Path) -> Result<()> {
    let bytes = read(extension)?;
    let name = name(extension);
    let verified = sqlink_compose::verify(&bytes, &name)?;
    println!("{name}: {} bytes, sha256 {}", bytes.len(), sqlink_compose::digest(&bytes));
    print_list("exports", &verified.exports);
    print_list("imports", &verified.imports);
    print_list("WASI", &verified.wasi);
    match sqlink_compose::link(&bytes, &name) {
        Ok(linked) => println!("  linked directly: {} bytes", linked.core.len()),
        Err(error) if error.is_shape() => println!("  not linked directly: {error}"),
        Err(error) => bail!(error),
    }
    Ok(())
}

fn print_list(title: &str, items: &[String]) {
    if !items.is_empty() {
        println!("  {title}: {}", items.join(", "));
    }
}

/// The name errors use: as the user wrote it.
fn name(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| format!("can't read `{}`", name(path)))?.len();
    if size > sqlink_compose::MAX_INPUT_BYTES {
        // Not read at all: the length is enough to refuse it.
        bail!(sqlink_compose::LinkError::TooLarge {
            file: name(path),
            found: size,
            limit: sqlink_compose::MAX_INPUT_BYTES
        });
    }
    std::fs::read(path).with_context(|| format!("can't read `{}`", name(path)))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).with_context(|| format!("can't make the folder `{}`", parent.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("can't write `{}`", name(path)))?;
    println!("{}: {} bytes, sha256 {}", name(path), bytes.len(), sqlink_compose::digest(bytes));
    Ok(())
}
