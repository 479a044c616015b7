//! The author's loop: what `sqlink new` makes can be built and tested as it is, in every language.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{Outcome, artifact};

/// A folder that is kept between runs, so that dependencies are built or installed once.
fn folder(name: &str) -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn sqlink(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sqlink"));
    command.env("SQLINK_ENGINE", artifact("host.component.wasm")).current_dir(folder);
    // As on the author's machine, where no test is running.
    command.env("CARGO_TARGET_DIR", folder.join("target"));
    command
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Runs a command and returns its exit code and all its output.
fn run(command: &mut Command) -> std::io::Result<(Option<i32>, String)> {
    let Output { status, stdout, stderr } = command.output()?;
    Ok((status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr))))
}

/// Makes an extension, lets `prepare` add to its folder, builds and tests it, and sees its test fail when it should.
fn loop_works(language: &str, prepare: impl FnOnce(&Path) -> std::io::Result<()>) -> Outcome {
    let name = format!("try-{language}");
    let folder = folder(&format!("author-{language}"))?;
    let project = folder.join(&name);
    if project.exists() {
        std::fs::remove_dir_all(&project)?;
    }
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest");
    let (code, text) = run(sqlink(&folder).args(["new", &name, "--lang", language, "--sdk"]).arg(sdk))?;
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = run(sqlink(&folder).args(["new", &name]))?;
    assert!(code == Some(3) && text.contains("is there already"), "{text}");
    prepare(&project)?;
    let (code, text) = run(sqlink(&project).args(["test", "--no-build"]))?;
    assert!(code == Some(3) && text.contains(&format!("there is no `dist/{name}.wasm` yet")), "{text}");
    let (code, text) = run(sqlink(&folder).args(["test", &name]))?;
    assert!(code == Some(0) && text.contains("1 passed, 0 failed"), "{text}");
    let (code, text) = run(sqlink(&project).args(["test", "--no-build", "--filter", "other"]))?;
    assert!(code == Some(3) && text.contains("no script's path contains `other`"), "{text}");
    let script = project.join(format!("tests/{name}.slt"));
    let wrong = std::fs::read_to_string(&script)?.replace("Hello, world!", "Hello, moon!");
    std::fs::write(&script, wrong)?;
    let (code, text) = run(sqlink(&project).args(["test", "--no-build"]))?;
    assert!(code == Some(1) && text.contains("gave other rows") && text.contains("Hello, moon!"), "{text}");
    Ok(())
}

#[test]
fn an_extension_in_rust() -> Outcome {
    // The versions that this repository is locked to, so that nothing is looked up.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    loop_works("rust", |project| std::fs::copy(lock, project.join("Cargo.lock")).map(drop))
}

#[test]
fn an_extension_in_c() -> Outcome {
    if !is_there("clang") {
        return Ok(());
    }
    // What it is published with doesn't make it JavaScript.
    loop_works("c", |project| std::fs::write(project.join("package.json"), r#"{ "name": "published" }"#))
}

#[test]
fn an_extension_in_javascript() -> Outcome {
    if !is_there("npm") {
        return Ok(());
    }
    // An installation of the same packages: the catalogue's own, or one that is kept for this test.
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../extensions/markdown/node_modules");
    let kept = folder("author-js")?.join("node_modules");
    loop_works("js", |project| {
        if catalogue.is_dir() {
            return std::os::unix::fs::symlink(catalogue.canonicalize()?, project.join("node_modules"));
        }
        if !kept.is_dir() {
            let npm = Command::new("npm").args(["install", "--no-audit", "--no-fund"]).current_dir(project).status()?;
            assert!(npm.success(), "npm install failed");
            std::fs::rename(project.join("node_modules"), &kept)?;
        }
        std::os::unix::fs::symlink(&kept, project.join("node_modules"))
    })
}

#[test]
fn what_is_missing_is_named() -> Outcome {
    let folder = folder("author-missing")?;
    let (code, text) = run(sqlink(&folder).args(["new", "Wrong Name"]))?;
    assert!(code == Some(3) && text.contains("can't be an extension's name"), "{text}");
    let (code, text) = run(sqlink(&folder).arg("build"))?;
    assert!(code == Some(3) && text.contains("`sqlink new NAME` makes one"), "{text}");
    for (file, content, part) in [
        ("Cargo.toml", "", "`cargo` is not there: install Rust"),
        ("package.json", r#"{ "name": "x" }"#, "`npm` is not there: install Node.js"),
    ] {
        std::fs::write(folder.join(file), content)?;
        let (code, text) = run(sqlink(&folder).arg("build").env("PATH", "/nowhere"))?;
        assert!(code == Some(3) && text.contains(part), "{text}");
        std::fs::remove_file(folder.join(file))?;
    }
    Ok(())
}
