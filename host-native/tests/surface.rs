//! What an extension can be and what it is given when it is loaded, as the embedder sees it.

mod support;

use sqlink_host_native::{
    CachePolicy, Error, HandedFile, Host, HostOptions, LoadOptions, OpenOptions, Value, read_component,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use support::{Folder, Outcome, artifact, failure, granted, host, text, value};

const KIT: &str = "guests/kit.wasm";

fn names(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

#[test]
fn everything_it_registers_is_listed_and_goes_with_it() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    let options = LoadOptions { prefix: "p_".to_owned(), ..LoadOptions::default() };
    let info = database.load_file(&artifact(KIT), &options)?;
    assert!(names(&info.functions).contains(&"p_kit_echo"), "{info:?}");
    assert!(names(&info.aggregates).contains(&"p_kit_sum"), "{info:?}");
    assert!(names(&info.collations).contains(&"p_kit_reverse"), "{info:?}");
    assert!(names(&info.modules).contains(&"p_kit_series"), "{info:?}");
    assert_eq!(value(&database, "SELECT p_kit_sum(column1) FROM (VALUES (1), (2))")?, Value::Integer(3));
    assert_eq!(value(&database, "SELECT 'a' < 'b' COLLATE p_kit_reverse")?, Value::Integer(0));
    assert_eq!(value(&database, "SELECT count(*) FROM p_kit_series(1, 3)")?, Value::Integer(3));
    database.unload(info.id)?;
    assert_eq!(database.extensions()?, []);
    assert!(failure(&database, "SELECT p_kit_echo(1)").message.contains("no such function"));
    Ok(())
}

#[test]
fn names_are_taken_over_only_when_asked() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    database.load_file(&artifact("guests/probe.wasm"), &granted(&[]))?;
    let collide = artifact("guests/collide.wasm");
    let Err(Error::Sql(error)) = database.load_file(&collide, &granted(&[])) else { panic!("it took names over") };
    assert!(error.message.contains("`probe`"), "{error}");
    database.load_file(&collide, &LoadOptions { replace: true, ..LoadOptions::default() })?;
    Ok(())
}

#[test]
fn files_are_read_and_written_by_name_only() -> Outcome {
    let folder = Folder::new("handed")?;
    let file = |name: &str, writable| HandedFile { name: name.to_owned(), path: folder.0.join(name), writable };
    std::fs::write(folder.0.join("in.txt"), "0123456789")?;
    let options = LoadOptions {
        files: vec![file("in.txt", false), file("out.txt", true)],
        ..granted(&["files.read", "files.write"])
    };
    let database = host().open(OpenOptions::memory())?;
    let info = database.load_file(&artifact(KIT), &options)?;
    assert_eq!(value(&database, "SELECT CAST(kit_read('in.txt', 3, 4) AS TEXT)")?, text("3456"));
    assert_eq!(value(&database, "SELECT length(kit_read('in.txt', 8, 100))")?, Value::Integer(2));
    assert_eq!(value(&database, "SELECT length(kit_read('in.txt', 99, 1))")?, Value::Integer(0));
    value(&database, "SELECT kit_write('out.txt', 0, 'abc'), kit_write('out.txt', 3, x'00ff')")?;
    assert_eq!(std::fs::read(folder.0.join("out.txt"))?, b"abc\0\xff");
    for (call, code) in
        [("kit_read('../in.txt', 0, 1)", 14), ("kit_write('in.txt', 0, 'x')", 8), ("kit_write('out.txt', 9, 'x')", 25)]
    {
        assert_eq!(failure(&database, &format!("SELECT {call}")).code, code, "{call}");
    }
    database.unload(info.id)?;
    let missing = LoadOptions { files: vec![file("missing.txt", false)], ..LoadOptions::default() };
    let pipe = folder.0.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success());
    let not_regular = LoadOptions { files: vec![file("pipe", false)], ..LoadOptions::default() };
    for options in [missing, not_regular] {
        let Err(Error::HandedFile { .. }) = database.load_file(&artifact(KIT), &options) else {
            panic!("a file was handed over that can't be")
        };
    }
    Ok(())
}

#[test]
fn what_it_remembers_is_kept_beside_the_database() -> Outcome {
    let folder = Folder::new("state")?;
    let options = LoadOptions { config: vec![("key".to_owned(), "value".to_owned())], ..granted(&["state"]) };
    for round in 0..2 {
        let database = host().open(OpenOptions::file(&folder.file("a.db")))?;
        database.load_file(&artifact(KIT), &options)?;
        assert_eq!(value(&database, "SELECT kit_config('key')")?, text("value"));
        let kept = value(&database, "SELECT CAST(kit_state_get('k') AS TEXT)")?;
        assert_eq!(kept, if round == 0 { Value::Null } else { text("v") });
        value(&database, "SELECT kit_state_set('k', 'v')")?;
        database.close()?;
    }
    assert!(folder.0.join("a.db-sqlink").is_file());
    Ok(())
}

#[test]
fn a_nested_call_runs_in_a_further_instance() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    database.load_file(&artifact(KIT), &granted(&["spi.read"]))?;
    assert_eq!(value(&database, "SELECT kit_factorial(10)")?, Value::Integer(3_628_800));
    assert_eq!(failure(&database, "SELECT kit_factorial(60)").reason.as_deref(), Some("call-depth-exceeded"));
    assert_eq!(value(&database, "SELECT kit_factorial(5)")?, Value::Integer(120));
    Ok(())
}

#[test]
fn an_observer_hears_of_calls_in_both_directions() -> Outcome {
    let heard = Arc::new(Mutex::new(BTreeSet::new()));
    let hearing = Arc::clone(&heard);
    let observer = move |function: &str| {
        hearing.lock().unwrap_or_else(PoisonError::into_inner).insert(function.to_owned());
    };
    let options =
        HostOptions { observer: Some(Arc::new(observer)), cache: CachePolicy::User, ..HostOptions::default() };
    let engine = read_component(&artifact("host.component.wasm"))?;
    let database = Host::new("host.component.wasm", &engine, options)?.open(OpenOptions::memory())?;
    database.load_file(&artifact(KIT), &granted(&["spi.read"]))?;
    value(&database, "SELECT kit_query('SELECT 1'), kit_sum(1) FROM kit_series(1, 2)")?;
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    for name in ["metadata.describe", "scalar.call", "aggregate.step", "vtab.next-batch", "spi.query"] {
        assert!(heard.contains(name), "{name} is not in {heard:?}");
    }
    Ok(())
}
