//! The runner against a driver that misbehaves on request: what it must notice, and that it goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Answers by what is in the SQL. It also answers what the runner asks after the last record of a file.
const DRIVER: &str = r#"#!/bin/sh
echo '{"ready":{}}'
while read -r line; do
  case "$line" in
    *crash*) echo 'last words' >&2; exit 3 ;;
    *hang*) sleep 60 ;;
    *nonsense*) echo 'hello' ;;
    *wrong-name*) echo '{"error":{"extendedCode":2067,"extendedName":"SQLITE_BUSY","message":"x"}}' ;;
    *ragged*) echo '{"ok":{"columns":["a","b"],"rows":[[null]]}}' ;;
    *cannot*) echo '{"unsupported":"it cannot"}' ;;
    *fails*) echo '{"error":{"extendedCode":1,"message":"it fails","offset":7}}' ;;
    *seven*) echo '{"ok":{"columns":["seven"],"rows":[[["i","7"]]]}}' ;;
    *'sum(a)'*) echo '{"ok":{"columns":["s"],"rows":[[["i","3"]]]}}' ;;
    *integrity_check*) echo '{"ok":{"columns":["c"],"rows":[[["t","ok"]]]}}' ;;
    *) echo '{"ok":{}}' ;;
  esac
done
"#;

/// A checkout with these scripts and the driver, and what the runner makes of it.
struct Run {
    ok: bool,
    output: String,
    report: serde_json::Value,
}

fn run(name: &str, scripts: &[(&str, &str)]) -> Result<Run> {
    let root: PathBuf = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    let folder = root.join("tests/conformance");
    fs::create_dir_all(&folder)?;
    for (file, text) in scripts {
        fs::write(folder.join(file), text)?;
    }
    let driver = root.join("driver");
    fs::write(&driver, DRIVER)?;
    fs::set_permissions(&driver, fs::Permissions::from_mode(0o755))?;
    for folder in ["extensions", "guests"] {
        fs::create_dir_all(root.join("dist").join(folder))?;
    }
    fs::create_dir_all(root.join("extensions"))?;
    fs::write(root.join("extensions/README.md"), "")?;
    let report = root.join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["--driver", &format!("odd={}", driver.display()), "--timeout", "1", "--root"])
        .arg(&root)
        .arg("--report")
        .arg(&report)
        .output()?;
    let printed = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
    let report = match fs::read(&report) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(_) => serde_json::Value::Null,
    };
    Ok(Run { ok: output.status.success(), output: printed, report })
}

const GOOD: &str = "query I\nSELECT seven\n----\n7\n";

#[test]
fn passes_and_reports() -> Result {
    let error = "statement error ^SQLITE_ERROR: it fails \\[offset 7\\]$\nSELECT fails\n";
    let run = run("passes", &[("a.slt", GOOD), ("b.slt", error)])?;
    assert!(run.ok, "{}", run.output);
    assert!(run.output.ends_with("\n2 passed, 0 failed\n"), "{}", run.output);
    assert_eq!(
        run.report,
        serde_json::json!({
            "hosts": {"odd": {"passed": 2, "failed": 0, "unsupported": 0}},
            "files": {"a.slt": {"odd": "passed"}, "b.slt": {"odd": "passed"}}
        })
    );
    Ok(())
}

#[test]
fn notices_what_differs() -> Result {
    let scripts = [
        ("class.slt", "query T\nSELECT seven\n----\n7\n"),
        ("error.slt", "statement error SQLITE_BUSY\nSELECT fails\n"),
        ("no-error.slt", "statement error SQLITE_ERROR\nSELECT seven\n"),
        ("rows.slt", "query I\nSELECT seven\n----\n8\n"),
        ("unexpected.slt", "statement ok\nSELECT fails\n"),
    ];
    let run = run("differs", &scripts)?;
    assert!(!run.ok);
    assert!(run.output.ends_with("\n0 passed, 5 failed\n"), "{}", run.output);
    for (file, _) in scripts {
        let place = format!("odd: {file}:1: ");
        assert!(run.output.contains(&place), "`{place}` is not in\n{}", run.output);
    }
    Ok(())
}

#[test]
fn survives_a_driver_that_breaks() -> Result {
    let scripts = [
        // An expected error must not take the crash for it.
        ("a-crash.slt", "statement error .\nSELECT crash\n"),
        ("b-good.slt", GOOD),
        ("c-hang.slt", "statement error .\nSELECT hang\n"),
        ("d-good.slt", GOOD),
        ("e-nonsense.slt", "statement error .\nSELECT nonsense\n"),
        ("f-good.slt", GOOD),
    ];
    let run = run("breaks", &scripts)?;
    assert!(!run.ok);
    assert!(run.output.ends_with("\n3 passed, 3 failed\n"), "{}", run.output);
    for text in
        ["it ended (exit status: 3)", "last words", "no answer within 1 s", "it said `hello`, which is no reply"]
    {
        assert!(run.output.contains(text), "`{text}` is not in\n{}", run.output);
    }
    Ok(())
}

#[test]
fn refuses_replies_that_contradict_themselves() -> Result {
    let scripts = [
        ("name.slt", "statement error .\nSELECT wrong-name\n"),
        ("ragged.slt", "statement ok\nSELECT ragged\n"),
        ("silent.slt", "statement error .\nSELECT cannot\n"),
    ];
    let run = run("contradicts", &scripts)?;
    assert!(run.output.ends_with("\n0 passed, 3 failed\n"), "{}", run.output);
    for text in [
        "code 2067 is SQLITE_CONSTRAINT_UNIQUE, the host calls it SQLITE_BUSY",
        "a row has 1 values for 2 columns",
        "the script has no `#! host` line that says so: it cannot",
    ] {
        assert!(run.output.contains(text), "`{text}` is not in\n{}", run.output);
    }
    Ok(())
}

#[test]
fn an_exception_holds_only_as_long_as_it_is_true() -> Result {
    let scripts = [
        ("hangs.slt", "#! host odd unrunnable: it hangs\n\nstatement ok\nSELECT hang\n"),
        ("holds.slt", "#! host odd unsupported: not yet\n\nstatement ok\nSELECT fails\n"),
        ("passes.slt", &format!("#! host odd unsupported: not yet\n\n{GOOD}")),
    ];
    let run = run("exception", &scripts)?;
    assert!(!run.ok);
    assert_eq!(
        run.report["files"],
        serde_json::json!({
            "hangs.slt": {"odd": "unsupported: it hangs"},
            "holds.slt": {"odd": "unsupported: not yet"},
            "passes.slt": {"odd": "failed: passes.slt: passes on odd now; take its `#! host` line away"}
        })
    );
    Ok(())
}

#[test]
fn refuses_scripts_that_mean_nothing() -> Result {
    for (text, reason) in [
        ("#! host nowhere unsupported: x\n\nstatement ok\nSELECT 1\n", "there is no such host"),
        ("statement error\nSELECT 1\n", "an expected error needs a pattern"),
        ("# nothing\n", "no `statement` or `query` record"),
    ] {
        let run = run("meaningless", &[("a.slt", text)])?;
        assert!(!run.ok && run.output.contains(reason), "{text}: {}", run.output);
    }
    Ok(())
}
