//! Compositions: the engine with its extensions in one component.

mod support;

use sqlink_compose::graph::{Extension, SpiPolicy, compose};
use sqlink_host_native::{Error, Host, HostOptions, OpenOptions, Value, read_component};
use std::borrow::Cow;
use support::{Outcome, artifact, failure, granted, value};

fn composition(spi: SpiPolicy) -> Result<Host, Box<dyn std::error::Error>> {
    let engine = read_component(&artifact("host.component.wasm"))?;
    let extension = |name: &str, file: &str, grants: &[&str]| -> Result<Extension<'static>, Error> {
        Ok(Extension {
            name: name.to_owned(),
            file: file.to_owned(),
            bytes: Cow::Owned(read_component(&artifact(file))?),
            grants: grants.iter().map(|grant| (*grant).to_owned()).collect(),
        })
    };
    let extensions = [
        extension("uuid", "extensions/uuid.wasm", &["random"])?,
        extension("probe", "guests/probe.wasm", &["spi.read"])?,
        extension("relay", "guests/relay.wasm", &["spi.read"])?,
    ];
    let bytes = compose(&engine, "host.component.wasm", &extensions, spi)?;
    Ok(Host::composed("composed.wasm", &bytes, HostOptions::default())?)
}

#[test]
fn extensions_inside_run_sql_through_the_embedder() -> Outcome {
    let host = composition(SpiPolicy::Loop)?;
    let names: Vec<_> = host.contents().unwrap_or_default().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["uuid", "probe", "relay"]);
    let database = host.open(OpenOptions::memory())?;
    for name in names {
        database.load_composed(name, None)?;
    }
    database.exec("CREATE TABLE t(a); INSERT INTO t VALUES (5)")?;
    assert_eq!(value(&database, "SELECT length(uuid())")?, Value::Integer(36));
    assert_eq!(value(&database, "SELECT relay_query('SELECT probe_query(''SELECT a FROM t'')')")?, Value::Integer(5));
    // The gates keep the extensions apart: this one is not granted what that one is.
    let error = failure(&database, "SELECT probe_random(4)");
    assert_eq!(error.reason.as_deref(), Some("capability-denied"));

    let Err(Error::NotInside { .. }) = database.load_composed("other", None) else { panic!("there is no `other`") };
    let Err(Error::Unsupported(_)) = database.load_file(&artifact("guests/collide.wasm"), &granted(&[])) else {
        panic!("a composition loaded a file")
    };
    Ok(())
}

#[test]
fn everything_an_extension_can_be_works_inside() -> Outcome {
    let engine = read_component(&artifact("host.component.wasm"))?;
    let kit = Extension {
        name: "kit".to_owned(),
        file: "kit.wasm".to_owned(),
        bytes: Cow::Owned(read_component(&artifact("guests/kit.wasm"))?),
        grants: vec!["spi.read".to_owned(), "state".to_owned()],
    };
    let bytes = compose(&engine, "host.component.wasm", &[kit], SpiPolicy::Loop)?;
    let host = Host::composed("composed.wasm", &bytes, HostOptions::default())?;
    let database = host.open(OpenOptions::memory())?;
    database.load_composed("kit", None)?;
    for (sql, expected) in [
        ("SELECT kit_sum(column1) FROM (VALUES (1), (2))", Value::Integer(3)),
        ("SELECT 'a' < 'b' COLLATE kit_reverse", Value::Integer(0)),
        ("SELECT count(*) FROM kit_series(1, 1000)", Value::Integer(1000)),
    ] {
        assert_eq!(value(&database, sql)?, expected, "{sql}");
    }
    // A component can't be entered again by its own parts, and has no further instance of an extension.
    assert_eq!(failure(&database, "SELECT kit_factorial(3)").reason.as_deref(), Some("re-entered"));
    Ok(())
}

#[test]
fn a_trap_inside_ends_the_database_and_says_so() -> Outcome {
    let host = composition(SpiPolicy::Deny)?;
    let database = host.open(OpenOptions::memory())?;
    database.load_composed("probe", None)?;
    assert!(value(&database, "SELECT probe_query('SELECT 1')").is_err(), "spi is denied");
    for sql in ["SELECT probe_panic('boom')", "SELECT 1"] {
        let Err(Error::Ended { message }) = value(&database, sql) else { panic!("`{sql}` went on") };
        assert!(message.contains("unreachable") && message.contains("boom"), "{message}");
    }
    let another = host.open(OpenOptions::memory())?;
    assert_eq!(value(&another, "SELECT 1")?, Value::Integer(1));
    Ok(())
}

#[test]
fn an_engine_alone_is_no_composition() -> Outcome {
    let engine = read_component(&artifact("host.component.wasm"))?;
    let Err(error) = Host::composed("host.component.wasm", &engine, HostOptions::default()) else {
        panic!("it was taken for one")
    };
    assert!(error.to_string().contains("`host.component.wasm` can't be used as a composition"), "{error}");
    let Err(Error::NotInside { .. }) = support::host().open(OpenOptions::memory())?.load_composed("uuid", None) else {
        panic!("an engine alone has nothing inside")
    };
    Ok(())
}
