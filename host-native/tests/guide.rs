//! The guide for extension authors, `docs/extensions.md`, followed step by step: every command is run, every file is
//! written, everything printed is compared.
//!
//! | in the guide | here |
//! |---|---|
//! | a block `sh` | run by bash up to the first command that fails; folder and exported variables last into the next one |
//! | `<!-- exit: N -->` before it | its last command has to fail with N |
//! | `<!-- by hand: REASON -->` before it | not run; the test names it |
//! | a block `text` after it | all that it printed; `…` stands for any text, a line of only `…` for any lines |
//! | `<!-- file: PATH -->` before any other block | that file, from the shell's folder |
//! | `<!-- file: PATH, before: TEXT -->` | goes into that file, in front of the first line that begins with TEXT |
//! | `<!-- file: PATH, after: TEXT -->` | goes behind that line |
//! | `<!-- file: PATH, instead of: TEXT -->` | replaces the lines from that one to the next that begins with `}` or `]` |
//!
//! A block that is none of these fails the test. A reader's packages come from the network; here Cargo is given this
//! repository's lock file, and an extension in JavaScript the packages that the catalogue installed.

mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{Outcome, artifact};

/// Saves what the next block's shell begins with. Both streams go to one place, as on a terminal.
const PRELUDE: &str = r#"exec 2>&1
if [ -e "$GUIDE_STATE/variables" ]; then . "$GUIDE_STATE/variables"; fi
trap 'code=$?; pwd > "$GUIDE_STATE/folder"; export -p > "$GUIDE_STATE/variables"; exit $code' EXIT
set -euo pipefail
"#;

#[derive(Debug, PartialEq)]
enum Step {
    Run { script: String, exit: i32, prints: Option<String> },
    ByHand { script: String, reason: String },
    Write { path: String, place: Place, text: String },
}

#[derive(Debug, PartialEq)]
enum Place {
    Whole,
    Before(String),
    After(String),
    InsteadOf(String),
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the checkout is there")
}

/// The steps of a guide, each with its line, from 1.
fn parse(guide: &str) -> Result<Vec<(usize, Step)>, String> {
    let mut steps: Vec<(usize, Step)> = Vec::new();
    let mut note: Option<(&str, &str)> = None;
    let mut lines = guide.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let at = index + 1;
        if let Some(comment) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            let parts = comment.split_once(": ").ok_or(format!("line {at}: expected `KIND: TEXT` in the comment"))?;
            if note.replace(parts).is_some() {
                return Err(format!("line {at}: the comment before this one has no block"));
            }
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let text = body.join("\n") + "\n";
        let step = match (language, note.take()) {
            ("sh", None) => Step::Run { script: text, exit: 0, prints: None },
            ("sh", Some(("exit", code))) => {
                let exit = code.parse().map_err(|_| format!("line {at}: `{code}` is no exit code"))?;
                Step::Run { script: text, exit, prints: None }
            }
            ("sh", Some(("by hand", reason))) => Step::ByHand { script: text, reason: reason.to_owned() },
            ("text", None) => {
                let Some((_, Step::Run { prints: prints @ None, .. })) = steps.last_mut() else {
                    return Err(format!("line {at}: no command before this block prints it"));
                };
                *prints = Some(text);
                continue;
            }
            (_, Some(("file", file))) => {
                let (path, place) = match file.split_once(", ") {
                    None => (file, Place::Whole),
                    Some((path, place)) => match place.split_once(": ") {
                        Some(("before", anchor)) => (path, Place::Before(anchor.to_owned())),
                        Some(("after", anchor)) => (path, Place::After(anchor.to_owned())),
                        Some(("instead of", anchor)) => (path, Place::InsteadOf(anchor.to_owned())),
                        _ => return Err(format!("line {at}: `{place}` is no place in a file")),
                    },
                };
                Step::Write { path: path.to_owned(), place, text }
            }
            (language, note) => return Err(format!("line {at}: nothing runs this block, `{language}` after {note:?}")),
        };
        steps.push((at, step));
    }
    Ok(steps)
}

/// The file's text with `text` at its place.
fn edited(old: &str, place: &Place, text: &str) -> Option<String> {
    let begins_with = |anchor: &str| {
        if old.starts_with(anchor) { Some(0) } else { old.find(&format!("\n{anchor}")).map(|newline| newline + 1) }
    };
    match place {
        Place::Whole => Some(text.to_owned()),
        Place::Before(anchor) => {
            let (before, after) = old.split_at(begins_with(anchor)?);
            Some(format!("{before}{text}\n{after}"))
        }
        Place::After(anchor) => {
            let line = begins_with(anchor)?;
            let (before, after) = old.split_at(line + old[line..].find('\n')? + 1);
            Some(format!("{before}{text}{after}"))
        }
        Place::InsteadOf(anchor) => {
            let (before, rest) = old.split_at(begins_with(anchor)?);
            let end = rest.find("\n}").into_iter().chain(rest.find("\n]")).min()? + 1;
            Some(format!("{before}{text}{}", rest[end..].split_once('\n')?.1))
        }
    }
}

/// Whether `text` is what `pattern` says.
fn fits(pattern: &[&str], text: &[&str]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=text.len()).any(|skipped| fits(rest, &text[skipped..])),
        ([first, rest @ ..], [line, lines @ ..]) => line_fits(first, line) && fits(rest, lines),
        _ => false,
    }
}

fn line_fits(pattern: &str, line: &str) -> bool {
    match pattern.split_once('…') {
        None => pattern == line,
        Some((before, rest)) => line.strip_prefix(before).is_some_and(|line| {
            line.char_indices().map(|(at, _)| at).chain([line.len()]).any(|at| line_fits(rest, &line[at..]))
        }),
    }
}

/// A reader's shell between two blocks.
struct Reader {
    work: PathBuf,
    state: PathBuf,
}

impl Reader {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide");
        let (work, state) = (kept.join("work"), kept.join("state"));
        for folder in [&work, &state] {
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
            fs::create_dir_all(folder)?;
        }
        fs::write(state.join("folder"), work.display().to_string())?;
        Ok(Self { work, state })
    }

    /// The folder the shell is in.
    fn folder(&self) -> std::io::Result<PathBuf> {
        Ok(PathBuf::from(fs::read_to_string(self.state.join("folder"))?.trim_end()))
    }

    /// Runs a block and returns its exit code and all it printed.
    fn run(&self, script: &str) -> Result<(Option<i32>, String), Box<dyn std::error::Error>> {
        let programs = Path::new(env!("CARGO_BIN_EXE_sqlink")).parent().ok_or("no folder")?;
        let path = std::env::join_paths(
            [programs.to_owned()]
                .into_iter()
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        )?;
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(format!("{PRELUDE}{script}")).current_dir(self.folder()?).stdin(Stdio::null());
        // What the reader gets by building the checkout.
        bash.env("PATH", path).env("SQLINK", root()).env("GUIDE_STATE", &self.state);
        // Kept between runs, so that dependencies are compiled once.
        bash.env("CARGO_TARGET_DIR", self.state.with_file_name("target"));
        bash.envs([
            ("npm_config_audit", "false"),
            ("npm_config_fund", "false"),
            ("npm_config_update_notifier", "false"),
        ]);
        bash.env_remove("RUST_BACKTRACE");
        let output = bash.output()?;
        self.provide_packages()?;
        Ok((output.status.code(), String::from_utf8(output.stdout)?))
    }

    /// Gives new extensions the packages that are on this machine already.
    fn provide_packages(&self) -> std::io::Result<()> {
        let installed = root().join("extensions/markdown/node_modules");
        for entry in fs::read_dir(&self.work)? {
            let folder = entry?.path();
            if folder.join("Cargo.toml").is_file() && !folder.join("Cargo.lock").exists() {
                fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
            }
            let needs_packages = fs::read_to_string(folder.join("package.json"))
                .is_ok_and(|manifest| manifest.contains("@bytecodealliance/componentize-js"));
            if needs_packages && !folder.join("node_modules").exists() && installed.is_dir() {
                std::os::unix::fs::symlink(&installed, folder.join("node_modules"))?;
            }
        }
        Ok(())
    }

    fn write(&self, path: &str, place: &Place, text: &str) -> Outcome {
        let path = self.folder()?.join(path);
        let old = if *place == Place::Whole { String::new() } else { fs::read_to_string(&path)? };
        let text = edited(&old, place, text).ok_or_else(|| format!("`{}` has no {place:?}", path.display()))?;
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        Ok(fs::write(path, text)?)
    }
}

#[test]
fn every_step_of_the_guide_works() -> Outcome {
    let guide = fs::read_to_string(root().join("docs/extensions.md"))?;
    // What the guide takes from the checkout besides the engine.
    for (file, command) in [
        (Path::new(env!("CARGO_BIN_EXE_sqlink")).with_file_name("sqlink-compose"), "cargo build"),
        (root().join("host-web/js/dist/node.js"), "cargo xtask build"),
        (artifact("host.component.wasm"), "cargo xtask build"),
    ] {
        assert!(file.is_file(), "`{}` is missing: run `{command}`", file.display());
    }
    let reader = Reader::new()?;
    // Not captured: whoever runs the tests is to see what none of them runs.
    let mut notes = std::io::stderr();
    for (line, step) in parse(&guide)? {
        match step {
            Step::ByHand { script, reason } => {
                writeln!(notes, "docs/extensions.md:{line} is not run ({reason}):\n{script}")?;
            }
            Step::Write { path, place, text } => {
                reader.write(&path, &place, &text).map_err(|error| format!("docs/extensions.md:{line}: {error}"))?;
            }
            Step::Run { script, exit, prints } => {
                let (code, printed) = reader.run(&script)?;
                assert_eq!(code, Some(exit), "docs/extensions.md:{line}:\n{script}printed\n{printed}");
                let Some(expected) = prints else { continue };
                let (pattern, text): (Vec<_>, Vec<_>) = (expected.lines().collect(), printed.lines().collect());
                assert!(
                    fits(&pattern, &text),
                    "docs/extensions.md:{line}:\n{script}printed\n{printed}but the guide says\n{expected}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn links_lead_to_files() -> Outcome {
    let folder = root().join("docs");
    for target in fs::read_to_string(folder.join("extensions.md"))?.split("](").skip(1) {
        let target = target.split([')', '#']).next().unwrap_or_default();
        if !target.is_empty() && !target.contains("://") {
            assert!(folder.join(target).exists(), "docs/extensions.md links to `{target}`, which is not there");
        }
    }
    Ok(())
}

#[test]
fn outputs_are_compared() {
    let compare =
        |pattern: &str, text: &str| fits(&pattern.lines().collect::<Vec<_>>(), &text.lines().collect::<Vec<_>>());
    for (pattern, text) in
        [("a\nb", "a\nb"), ("…", ""), ("…\nb", "x\ny\nb"), ("size … bytes, …", "size 12 bytes, é"), ("", "")]
    {
        assert!(compare(pattern, text), "{pattern:?} is not {text:?}");
    }
    for (pattern, text) in
        [("a", "a\nb"), ("a\n…\nc", "a\nb"), ("size … bytes", "size 12 bytes!"), ("a", ""), ("", "a")]
    {
        assert!(!compare(pattern, text), "{pattern:?} is {text:?}");
    }
}

#[test]
fn guides_that_nothing_runs_are_refused() {
    for (guide, part) in [
        ("```rust\nfn f() {}\n```\n", "nothing runs this block"),
        ("```text\nx\n```\n", "no command before"),
        ("```sh\nx\n```\n```text\nx\n```\n```text\nx\n```\n", "no command before"),
        ("<!-- exit: 1 -->\n<!-- exit: 2 -->\n", "has no block"),
        ("<!-- file: a, behind: b -->\n```toml\n```\n", "no place"),
    ] {
        let error = parse(guide).expect_err(guide);
        assert!(error.contains(part), "{error}");
    }
    let old = "a\nb {\n  c\n}\nd\n";
    let at = |place| edited(old, &place, "x\n");
    assert_eq!(at(Place::Before("b".into())).as_deref(), Some("a\nx\n\nb {\n  c\n}\nd\n"));
    assert_eq!(at(Place::After("b".into())).as_deref(), Some("a\nb {\nx\n  c\n}\nd\n"));
    assert_eq!(at(Place::InsteadOf("b {".into())).as_deref(), Some("a\nx\nd\n"));
    assert_eq!(at(Place::Before("c".into())), None);
}
