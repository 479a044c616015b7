//! Names: who owns them, prefixes, and replacing.

mod support;

use std::rc::Rc;

use sqlink_host_web::contract::metadata::{Aggregate, Collation, FunctionFlags as Flags, Module, ModuleFlags};
use sqlink_host_web::engine::{
    self, Args, BUSY, CallError, Collected, FunctionFlags, LoadOptions, MISUSE, Manifest, ResultSink,
};
use sqlink_host_web::native::{self, Guest};
use support::{Result, fails, integer, manifest, one, open, query, text};

/// An extension whose functions return its tag, whose aggregates return it too, and whose collations sort by length.
struct Tagged {
    manifest: Manifest,
    tag: &'static str,
    _guard: Option<Rc<()>>,
}

impl Guest for Tagged {
    fn describe(&self) -> Manifest {
        self.manifest.clone()
    }
    fn call(&self, _: u32, _: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        out.text(self.tag.as_bytes());
        Ok(())
    }
    fn step(&self, _: u32, _: u32, _: Args<'_>) -> Result<(), CallError> {
        Ok(())
    }
    fn finish(&self, _: u32, _: u32, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        out.text(self.tag.as_bytes());
        Ok(())
    }
    fn compare(&self, _: u32, left: &str, right: &str) -> Result<i32, CallError> {
        let order = left.len().cmp(&right.len()) as i32;
        Ok(if self.tag == "reverse" { -order } else { order })
    }
    fn on_load(&self) -> Result<(), CallError> {
        if self.tag == "unwilling" { Err(CallError::message("it does not want to")) } else { Ok(()) }
    }
}

fn all_kinds(name: &str, functions: &[(&str, i32)], aggregates: &[(&str, i32)], collations: &[&str]) -> Manifest {
    let aggregate = |(id, (name, arg_count)): (u32, &(&str, i32))| Aggregate {
        id,
        name: (*name).into(),
        arg_count: *arg_count,
        flags: Flags::empty(),
        window: false,
    };
    Manifest {
        aggregates: (0..).zip(aggregates).map(aggregate).collect(),
        collations: (0..).zip(collations).map(|(id, name)| Collation { id, name: (*name).into() }).collect(),
        ..manifest(name, functions)
    }
}

fn add(id: u32, tag: &'static str, manifest: Manifest) {
    native::add_guest(id, Tagged { manifest, tag, _guard: None });
}

fn load(connection: u32, id: u32, tag: &'static str, manifest: Manifest) -> Result<engine::ExtensionInfo> {
    add(id, tag, manifest);
    engine::load_extension(connection, id, "", LoadOptions::default())
}

fn replace() -> LoadOptions {
    LoadOptions { replace: true, ..LoadOptions::default() }
}

#[test]
fn every_kind_of_collision_names_both_owners() -> Result {
    let connection = open()?;
    native::add_function(1, |_, _, _| Ok(()));
    engine::create_function(connection, "app", 1, FunctionFlags::default(), 1)?;
    load(connection, 1, "first", all_kinds("first", &[("f", 1)], &[("a", 1)], &["c"]))?;
    for (manifest, what, owner) in [
        (all_kinds("second", &[("F", 1)], &[], &[]), "function `F` with 1 argument", "extension `first`"),
        (all_kinds("second", &[], &[("f", 1)], &[]), "function `f` with 1 argument", "extension `first`"),
        (all_kinds("second", &[("a", 1)], &[], &[]), "function `a` with 1 argument", "extension `first`"),
        (all_kinds("second", &[], &[("app", 1)], &[]), "function `app` with 1 argument", "the application"),
        (all_kinds("second", &[], &[("sum", 1)], &[]), "function `sum` with 1 argument", "SQLite itself"),
        (all_kinds("second", &[("max", -1)], &[], &[]), "function `max` with any number of arguments", "SQLite itself"),
        (
            all_kinds("second", &[], &[("row_number", 0)], &[]),
            "function `row_number` with 0 arguments",
            "SQLite itself",
        ),
        (all_kinds("second", &[], &[], &["C"]), "collation `C`", "extension `first`"),
    ] {
        let error = fails(load(connection, 2, "second", manifest));
        assert_eq!(
            error.message,
            format!(
                "extension `second` registers the {what}, which {owner} has registered already: load it with a `prefix`, \
                 or with `replace`"
            )
        );
        assert_eq!((error.code, error.extension.as_deref()), (1, Some("second")));
    }
    for name in ["binary", "NoCase", "RTRIM"] {
        add(2, "second", all_kinds("second", &[], &[], &[name]));
        let error = fails(engine::load_extension(connection, 2, "", replace()));
        assert_eq!(
            error.message,
            format!(
                "extension `second` registers the collation `{name}`, which SQLite itself has registered already: load it \
                 with a `prefix`; SQLite's collations can't be replaced"
            )
        );
    }
    // Other numbers of arguments are other functions.
    load(connection, 2, "second", all_kinds("second", &[("f", 2), ("a", -1), ("lower", 2)], &[("f", 3)], &["d"]))?;
    assert_eq!(query(connection, "SELECT f(1), f(1, 2), f(1, 2, 3)")?, [["first", "second", "second"].map(text)]);
    assert_eq!(query(connection, "SELECT a(1), a(1, 2), lower('A')")?, [["first", "second", "a"].map(text)]);
    // Unless they take calls away: from one that takes any number, and from all of SQLite's with that name.
    for (name, arg_count, owner) in [
        ("a", 3, "extension `second`"),
        ("printf", 2, "SQLite itself"),
        ("upper", -1, "SQLite itself"),
        ("max", 9, "SQLite itself"),
    ] {
        let error = fails(load(connection, 3, "third", all_kinds("third", &[(name, arg_count)], &[], &[])));
        assert!(error.message.contains(&format!("which {owner} has registered already")), "{}", error.message);
    }
    let error = fails(engine::create_function(connection, "A", 1, FunctionFlags::default(), 1));
    assert_eq!(error.code, MISUSE);
    engine::close(connection)
}

#[test]
fn modules_collide_too() -> Result {
    let connection = open()?;
    let with_module = |name: &str, module: &str| Manifest {
        modules: vec![Module { id: 1, name: module.into(), flags: ModuleFlags::EPONYMOUS, shadow_names: Vec::new() }],
        ..manifest(name, &[])
    };
    // Some are there only once they are used.
    for name in ["FTS5", "rtree", "Json_Each", "json_tree", "pragma_table_info", "pragma_function_list"] {
        let error = fails(load(connection, 1, "first", with_module("first", name)));
        assert_eq!(
            error.message,
            format!(
                "extension `first` registers the module `{name}`, which SQLite itself has registered already: load it with \
                 a `prefix`, or with `replace`"
            )
        );
    }
    load(connection, 1, "first", with_module("first", "own"))?;
    let error = fails(load(connection, 2, "second", with_module("second", "OWN")));
    assert!(error.message.contains("the module `OWN`, which extension `first` has registered already"));
    engine::unload_extension(connection, 1)?;
    load(connection, 2, "second", with_module("second", "OWN"))?;
    engine::close(connection)
}

#[test]
fn a_table_does_not_hide_what_is_built_in() -> Result {
    let connection = open()?;
    engine::exec(
        connection,
        "CREATE TABLE pragma_function_list(name, builtin, narg); CREATE TABLE pragma_module_list(name)",
    )?;
    assert!(load(connection, 1, "x", all_kinds("x", &[("lower", 1)], &[], &[])).is_err());
    engine::close(connection)
}

#[test]
fn a_prefix_goes_in_front_of_all_names() -> Result {
    let connection = open()?;
    add(1, "p", all_kinds("p", &[("lower", 1)], &[("sum", 1)], &["nocase"]));
    let options = LoadOptions { prefix: "my_".into(), ..LoadOptions::default() };
    let info = engine::load_extension(connection, 1, "", options)?;
    assert_eq!((info.functions, info.aggregates), (vec!["my_lower".to_owned()], vec!["my_sum".to_owned()]));
    assert_eq!((info.name.as_str(), info.collations), ("p", vec!["my_nocase".to_owned()]));
    assert_eq!(
        query(connection, "SELECT my_lower(1), lower('A'), my_sum(1), sum(1), 'aa' > 'b' COLLATE my_nocase")?,
        [[text("p"), text("a"), text("p"), integer(1), integer(1)]]
    );
    engine::unload_extension(connection, 1)?;
    assert_eq!(fails(one(connection, "SELECT my_lower(1)")).message, "no such function: my_lower");
    assert_eq!(one(connection, "SELECT lower('A')")?, text("a"));
    add(1, "p", all_kinds("p", &[("lower", 1)], &[], &[]));
    for prefix in ["x".repeat(251), "a\0".into()] {
        let options = LoadOptions { prefix, ..LoadOptions::default() };
        let error = fails(engine::load_extension(connection, 1, "", options));
        assert!(error.message.ends_with("255 bytes without U+0000: choose another prefix"), "{}", error.message);
    }
    engine::close(connection)
}

#[test]
fn replace_takes_over() -> Result {
    let connection = open()?;
    for id in 1..=2 {
        native::add_function(id, |_, _, out| {
            out.text(b"application");
            Ok(())
        });
    }
    engine::create_function(connection, "app", 1, FunctionFlags::default(), 1)?;
    engine::create_function(connection, "own", 1, FunctionFlags::default(), 2)?;
    load(connection, 1, "first", all_kinds("first", &[("f", 1), ("g", 1)], &[("a", 1)], &["c", "d"]))?;
    add(2, "reverse", all_kinds("second", &[("f", 1), ("app", 1)], &[("a", 1)], &["c"]));
    engine::load_extension(connection, 2, "", replace())?;
    let sql = "SELECT f(1), g(1), a(1), app(1), own(1), 'aa' < 'b' COLLATE c, 'aa' < 'b' COLLATE d";
    let mut expected = ["reverse", "first", "reverse", "reverse", "application"].map(text).to_vec();
    expected.extend([integer(1), integer(0)]);
    assert_eq!(query(connection, sql)?, [expected.clone()]);
    assert!(!native::has_function(1), "it is released");
    let infos = engine::extensions(connection)?;
    assert_eq!((&*infos[0].functions, &*infos[0].collations), (&["g".to_owned()][..], &["d".to_owned()][..]));
    assert!(infos[0].aggregates.is_empty());
    assert_eq!(infos[1].functions, ["f", "app"]);
    // The unload of the first leaves what the second has.
    engine::unload_extension(connection, 1)?;
    let sql = "SELECT f(1), a(1), app(1), 'aa' < 'b' COLLATE c";
    assert_eq!(query(connection, sql)?, [[text("reverse"), text("reverse"), text("reverse"), integer(1)]]);
    engine::unload_extension(connection, 2)?;
    for name in ["f", "g", "a", "app"] {
        let error = fails(one(connection, &format!("SELECT {name}(1)")));
        assert_eq!(error.message, format!("no such function: {name}"));
    }
    assert_eq!(one(connection, "SELECT own(1)")?, text("application"));
    engine::close(connection)
}

#[test]
fn what_replaced_something_of_sqlites_says_so_when_it_goes() -> Result {
    let connection = open()?;
    add(1, "mine", all_kinds("mine", &[("lower", 1)], &[("sum", 1)], &[]));
    engine::load_extension(connection, 1, "", replace())?;
    assert_eq!(query(connection, "SELECT lower('A'), sum(1)")?, [[text("mine"), text("mine")]]);
    drop(native::take_log());
    engine::unload_extension(connection, 1)?;
    let log: Vec<_> = native::take_log().into_iter().map(|entry| entry.message).collect();
    let gone = |what: &str| {
        format!("SQLite's own function {what}, which extension `mine` replaced, is back in new connections only")
    };
    assert_eq!(log, [gone("`sum` with 1 argument"), gone("`lower` with 1 argument")]);
    assert_eq!(fails(one(connection, "SELECT lower('A')")).message, "wrong number of arguments to function lower()");
    let other = open()?;
    assert_eq!(one(other, "SELECT lower('A')")?, text("a"));
    engine::close(other)?;
    engine::close(connection)
}

#[test]
fn a_load_that_fails_gives_back_what_it_replaced() -> Result {
    let connection = open()?;
    native::add_function(1, |_, _, out| {
        out.text(b"application");
        Ok(())
    });
    engine::create_function(connection, "app", 1, FunctionFlags::DETERMINISTIC, 1)?;
    load(connection, 1, "first", all_kinds("first", &[("f", 1)], &[("a", 1)], &["c"]))?;
    let before = engine::extensions(connection)?;
    let all = all_kinds("second", &[("f", 1), ("app", 1), ("new", 1)], &[("a", 1), ("b", 1)], &["c", "d"]);
    add(2, "unwilling", all);
    let error = fails(engine::load_extension(connection, 2, "", replace()));
    assert_eq!((error.message.as_str(), error.extension.as_deref()), ("it does not want to", Some("second")));
    assert_eq!(engine::extensions(connection)?, before);
    assert!(native::has_function(1) && native::has_extension(2));
    let sql = "SELECT f(1), a(1), app(1), 'aa' > 'b' COLLATE c";
    assert_eq!(query(connection, sql)?, [[text("first"), text("first"), text("application"), integer(1)]]);
    engine::exec(connection, "CREATE TABLE t(x); CREATE INDEX i ON t(app(x))")?;
    for sql in ["SELECT new(1)", "SELECT b(1)", "SELECT 'a' < 'b' COLLATE d"] {
        assert!(fails(one(connection, sql)).message.starts_with("no such "), "{sql}");
    }
    // Everything still belongs to its owner.
    engine::unload_extension(connection, 1)?;
    assert_eq!(fails(one(connection, "SELECT f(1)")).message, "no such function: f");
    engine::remove_function(connection, "app", 1)?;
    assert!(!native::has_function(1));
    engine::close(connection)
}

#[test]
fn loading_and_unloading_wait_for_running_statements() -> Result {
    let connection = open()?;
    load(connection, 1, "first", all_kinds("first", &[("f", 1)], &[], &["c"]))?;
    let sql = "SELECT f(1) FROM (VALUES ('a'), ('b')) ORDER BY column1 COLLATE c";
    let running = engine::prepare(connection, sql, false)?.statement;
    engine::step_rows(running, &mut Collected::up_to(1))?;
    add(2, "second", all_kinds("second", &[("f", 1)], &[], &["c"]));
    assert_eq!(fails(engine::load_extension(connection, 2, "", replace())).code, BUSY);
    assert_eq!(fails(engine::unload_extension(connection, 1)).code, BUSY);
    engine::reset(running)?;
    engine::load_extension(connection, 2, "", replace())?;
    // What was compiled before gets the new one.
    let mut rows = Collected::default();
    engine::step_rows(running, &mut rows)?;
    assert_eq!(rows.rows[0], [text("second")]);
    engine::reset(running)?;
    engine::unload_extension(connection, 2)?;
    assert_eq!(fails(engine::step_rows(running, &mut Collected::default())).message, "no such function: f");
    engine::close(connection)
}

#[test]
fn what_was_removed_hides_nothing() -> Result {
    let connection = open()?;
    let sql = "SELECT f(1), f(1, 2)";
    load(connection, 1, "old", all_kinds("old", &[("f", 1)], &[("a", 1)], &[]))?;
    engine::unload_extension(connection, 1)?;
    load(connection, 1, "new", all_kinds("new", &[("F", -1)], &[("A", -1)], &[]))?;
    assert_eq!(query(connection, sql)?, [[text("new"), text("new")]]);
    assert_eq!(query(connection, "SELECT a(1), a(1, 2)")?, [[text("new"), text("new")]]);
    // And the other way around: what is left takes over.
    add(2, "second", all_kinds("second", &[("f", 1)], &[], &[]));
    engine::load_extension(connection, 2, "", replace())?;
    assert_eq!(query(connection, sql)?, [[text("second"), text("new")]]);
    engine::unload_extension(connection, 2)?;
    assert_eq!(query(connection, sql)?, [[text("new"), text("new")]]);
    engine::unload_extension(connection, 1)?;
    assert_eq!(fails(one(connection, sql)).message, "no such function: f");

    for id in 1..=2 {
        native::add_function(id, move |id, _, out| {
            out.integer(id.into());
            Ok(())
        });
    }
    engine::create_function(connection, "f", -1, FunctionFlags::default(), 1)?;
    assert_eq!(query(connection, sql)?, [[integer(1), integer(1)]]);
    engine::create_function(connection, "f", 1, FunctionFlags::default(), 2)?;
    assert_eq!(query(connection, sql)?, [[integer(2), integer(1)]]);
    let running = engine::prepare(connection, "VALUES (1), (2)", false)?.statement;
    engine::step_rows(running, &mut Collected::up_to(1))?;
    assert_eq!(fails(engine::remove_function(connection, "f", 1)).code, BUSY);
    assert_eq!(fails(engine::remove_function(connection, "f", -1)).code, BUSY);
    engine::finalize(running)?;
    engine::remove_function(connection, "f", 1)?;
    assert_eq!(query(connection, sql)?, [[integer(1), integer(1)]]);
    engine::remove_function(connection, "f", -1)?;
    assert!(!native::has_function(1) && !native::has_function(2));
    engine::close(connection)
}

#[test]
fn nothing_is_kept_of_what_is_gone() -> Result {
    let connection = open()?;
    let guard = Rc::new(());
    let add = |id, name: &str| {
        let manifest = all_kinds(name, &[("f", 1)], &[("a", 1)], &["c"]);
        native::add_guest(id, Tagged { manifest, tag: "x", _guard: Some(Rc::clone(&guard)) });
    };
    add(1, "first");
    engine::load_extension(connection, 1, "", replace())?;
    add(2, "second");
    engine::load_extension(connection, 2, "", replace())?;
    engine::unload_extension(connection, 2)?;
    assert_eq!(Rc::strong_count(&guard), 2);
    engine::close(connection)?;
    assert_eq!(Rc::strong_count(&guard), 1);
    Ok(())
}
