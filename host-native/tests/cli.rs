//! The program `sqlink`.

mod support;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use support::{Folder, Outcome, artifact};

fn sqlink() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sqlink"));
    command.env("SQLINK_ENGINE", artifact("host.component.wasm"));
    command
}

fn run(args: &[&str]) -> std::io::Result<(Option<i32>, String, String)> {
    let Output { status, stdout, stderr } = sqlink().args(args).output()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((status.code(), text(stdout), text(stderr)))
}

#[test]
fn formats() -> Outcome {
    let sql =
        "SELECT 1 AS n, 'NULL' AS t, NULL AS z, x'c0ff' AS b, 1.0 AS r; SELECT -9223372036854775808 AS i, '' AS e";
    for (format, expected) in [
        (
            "table",
            "n  t       z     b        r\n-  ------  ----  -------  ---\n1  'NULL'  NULL  X'c0ff'  1.0\n\n\
             i                     e\n--------------------  -\n-9223372036854775808\n",
        ),
        (
            "json",
            "[{\"n\": 1, \"t\": \"NULL\", \"z\": null, \"b\": {\"blob\": \"c0ff\"}, \"r\": 1.0}]\n\
             [{\"i\": -9223372036854775808, \"e\": \"\"}]\n",
        ),
        ("csv", "n,t,z,b,r\r\n1,NULL,,X'c0ff',1.0\r\n\ni,e\r\n-9223372036854775808,\"\"\r\n"),
        ("line", "n = 1\nt = 'NULL'\nz = NULL\nb = X'c0ff'\nr = 1.0\n\ni = -9223372036854775808\ne = \n"),
    ] {
        assert_eq!(
            run(&["query", ":memory:", sql, "--format", format])?,
            (Some(0), expected.to_owned(), String::new())
        );
    }
    Ok(())
}

#[test]
fn a_file_is_queried_through_an_extension() -> Outcome {
    let folder = Folder::new("cli")?;
    let file = folder.file("a.db");
    let regexp = artifact("extensions/regexp.wasm").display().to_string();
    run(&["query", &file, "CREATE TABLE t(a); INSERT INTO t VALUES ('abc'), ('xyz')"])?;
    let sql = "SELECT a FROM t WHERE a REGEXP :p";
    let output = run(&["query", &file, sql, "--load", &regexp, "--param", ":p='^a'", "--format", "csv", "--readonly"])?;
    assert_eq!(output, (Some(0), "a\r\nabc\r\n".to_owned(), String::new()));
    let (code, _, error) = run(&["query", &file, "DELETE FROM t", "--readonly"])?;
    assert_eq!(code, Some(1));
    assert!(error.starts_with("error: SQLITE_READONLY"), "{error}");
    Ok(())
}

#[test]
fn errors_point_at_the_place() -> Outcome {
    let mut child = sqlink().args(["query", ":memory:", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("no input")?.write_all(b"CREATE TABLE t(a);\nSELECT b FROM t;\n")?;
    let output = child.wait_with_output()?;
    let expected = "error: SQLITE_ERROR: no such column: b\n  2 | SELECT b FROM t;\n             ^\n";
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(1), expected));
    Ok(())
}

#[test]
fn grants_go_to_all_extensions_or_to_the_one_named() -> Outcome {
    let uuid = artifact("extensions/uuid.wasm").display().to_string();
    let query = |grants: &[&str]| {
        let mut args = vec!["query", ":memory:", "SELECT length(uuid()) AS n", "--format", "csv", "--load", &uuid];
        args.extend(grants.iter().flat_map(|grant| ["--grant", grant]));
        run(&args)
    };
    for grant in ["random", "uuid=random"] {
        assert_eq!(query(&[grant])?, (Some(0), "n\r\n36\r\n".to_owned(), String::new()), "{grant}");
    }
    for (grants, part) in [
        (&[][..], "`--grant random` on the command line"),
        (&["clock"][..], "it requires `random`"),
        (&["other=random"][..], "`--grant other=random` goes to no extension"),
    ] {
        let (code, _, error) = query(grants)?;
        assert_eq!(code, Some(3), "{error}");
        assert!(error.contains(part), "{error}");
    }
    Ok(())
}

#[test]
fn extensions_get_settings_files_and_prefixes() -> Outcome {
    let folder = Folder::new("cli-load")?;
    let kit = artifact("guests/kit.wasm").display().to_string();
    let (read, write) = (folder.file("in.txt"), folder.file("out.txt"));
    std::fs::write(&read, "abc")?;
    let output = run(&[
        "query",
        ":memory:",
        "SELECT p_kit_config('k') AS k, p_kit_files() AS f, p_kit_write('out.txt', 0, 'xyz') AS w",
        "--format=csv",
        "--load",
        &kit,
        "--config=kit:k=v:w=x",
        "--prefix=p_",
        "--allow-read",
        &read,
        "--allow-write",
        &write,
    ])?;
    assert_eq!(
        (output.0, output.1.as_str()),
        (Some(0), "k,f,w\r\nv:w=x,\"in.txt 3, out.txt 0 w\",\r\n"),
        "{}",
        output.2
    );
    assert_eq!(std::fs::read_to_string(&write)?, "xyz");
    let (code, _, error) = run(&["query", ":memory:", "SELECT 1", "--load", &kit, "--allow-read", "nowhere.txt"])?;
    assert!(code == Some(3) && error.contains("`nowhere.txt` can't be handed over"), "{error}");
    Ok(())
}

#[test]
fn a_trap_is_an_error_with_a_name() -> Outcome {
    let traps = artifact("guests/traps.wasm").display().to_string();
    let (code, _, error) = run(&["query", ":memory:", "SELECT trap_loop()", "--load", &traps, "--fuel", "100000"])?;
    assert_eq!(code, Some(1));
    assert!(
        error.starts_with("error: SQLITE_ERROR: fuel-exhausted: extension `traps`, function `trap_loop`"),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_file_that_is_no_extension_is_named_once() -> Outcome {
    let core = artifact("guests/core-module.wasm").display().to_string();
    for (file, part) in [("nowhere.wasm", "can't be read: "), (&core, "is a core module, expected a component")] {
        let (code, _, error) = run(&["query", ":memory:", "SELECT 1", "--load", file])?;
        assert!(code == Some(3) && error.starts_with(&format!("error: `{file}` {part}")), "{error}");
        assert_eq!(error.matches("os error").count(), usize::from(file == "nowhere.wasm"), "{error}");
    }
    Ok(())
}

#[test]
fn inspect_shows_the_manifest() -> Outcome {
    let uuid = artifact("extensions/uuid.wasm");
    let (code, text, _) = run(&["inspect", &uuid.display().to_string(), "--json"])?;
    assert_eq!(code, Some(0));
    let json: serde_json::Value = serde_json::from_str(&text)?;
    assert_eq!(json["manifest"]["name"], "uuid");
    assert_eq!(json["manifest"]["required"][0]["name"], "random");
    assert_eq!(json["size"], std::fs::metadata(&uuid)?.len());
    assert_eq!(json["sha256"], sqlink_host_native::digest(&std::fs::read(&uuid)?));
    assert!(json["imports"].as_array().is_some_and(|imports| !imports.is_empty()));

    let (_, text, _) = run(&["inspect", &artifact("guests/kit.wasm").display().to_string()])?;
    for part in
        ["\naggregates\n  kit_sum ", "\ncollations\n", "\nvirtual table modules\n", "\nhooks\n", "fresh-instance"]
    {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }

    let (code, _, error) = run(&["inspect", &artifact("guests/core-module.wasm").display().to_string()])?;
    assert_eq!(code, Some(3));
    assert!(error.contains("is a core module, expected a component"), "{error}");
    Ok(())
}

#[test]
fn a_missing_engine_says_how_to_get_one() -> Outcome {
    let folder = Folder::new("no-engine")?;
    // A copy elsewhere, so that nothing is beside the program or above the directory.
    let program = folder.0.join("sqlink");
    std::fs::copy(env!("CARGO_BIN_EXE_sqlink"), &program)?;
    let output = Command::new(program)
        .args(["query", ":memory:", "SELECT 1"])
        .env_remove("SQLINK_ENGINE")
        .current_dir(&folder.0)
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3));
    assert!(error.contains("build it with `cargo xtask build`"), "{error}");
    Ok(())
}

#[test]
fn wrong_usage_is_2() -> Outcome {
    assert_eq!(run(&["query"])?.0, Some(2));
    assert_eq!(run(&["query", ":memory:", "SELECT 1", "--format", "xml"])?.0, Some(2));
    assert_eq!(run(&["--version"])?.0, Some(0));
    Ok(())
}
