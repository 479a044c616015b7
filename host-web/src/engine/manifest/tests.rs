use super::*;
use crate::contract::metadata::FunctionFlags as Flags;

fn manifest(functions: &[(u32, &str, i32)]) -> Manifest {
    Manifest {
        name: "demo".into(),
        version: "1.0.0".into(),
        functions: functions
            .iter()
            .map(|&(id, name, arg_count)| Function { id, name: name.into(), arg_count, flags: Flags::empty() })
            .collect(),
        ..Manifest::default()
    }
}

fn aggregate(id: u32, name: &str, arg_count: i32) -> Aggregate {
    Aggregate { id, name: name.into(), arg_count, flags: Flags::empty(), window: false }
}

fn module(flags: ModuleFlags) -> Module {
    Module { id: 0, name: "m".into(), flags, shadow_names: Vec::new() }
}

fn message(manifest: &Manifest) -> String {
    manifest.validate(Interfaces::all()).expect_err("must be refused").message
}

#[test]
fn accepts_the_edges() {
    assert_eq!(manifest(&[]).validate(Interfaces::empty()), Ok(()));
    let long = "f".repeat(MAX_SQL_NAME);
    let found = Manifest {
        aggregates: vec![aggregate(0, &long, 1), aggregate(1, "f", -1)],
        collations: vec![Collation { id: 0, name: long.clone() }],
        modules: vec![Module { shadow_names: vec!["data".into()], ..module(ModuleFlags::CREATABLE) }],
        hooks: HookSet::all(),
        ..manifest(&[(0, &long, 127), (1, &long, -1), (2, "ä b", 0)])
    };
    assert_eq!(found.validate(Interfaces::all()), Ok(()));
}

#[test]
fn refuses_names() {
    for name in ["", "A", "1a", "a b", "a\0", &"a".repeat(65)] {
        let found = Manifest { name: name.into(), ..manifest(&[]) };
        assert!(message(&found).contains("extension name"), "{name:?}");
    }
    assert!(message(&manifest(&[(0, "", 0)])).contains("function name"));
    assert!(message(&manifest(&[(0, "a\0b", 0)])).contains("`a\\u{0}b`"));
    assert!(message(&manifest(&[(0, &"f".repeat(256), 0)])).contains("255 bytes"));
    let found = Manifest { collations: vec![Collation { id: 0, name: String::new() }], ..manifest(&[]) };
    assert!(message(&found).contains("collation name ``"));
    let found =
        Manifest { modules: vec![Module { name: "m\0".into(), ..module(ModuleFlags::EPONYMOUS) }], ..manifest(&[]) };
    assert!(message(&found).contains("module name `m\\u{0}`"));
}

#[test]
fn refuses_counts_and_duplicates() {
    assert!(message(&manifest(&[(0, "f", 128)])).contains("argument count 128"));
    assert!(message(&manifest(&[(0, "f", -2)])).contains("argument count -2"));
    assert!(message(&manifest(&[(0, "f", 1), (1, "F", 1)])).contains("`F` with 1 argument is there twice"));
    assert!(message(&manifest(&[(7, "f", 1), (7, "g", 1)])).contains("two functions have the id 7"));
    let many: Vec<_> = (0..=1000).map(|n| (n, "f", 0)).collect();
    assert!(message(&manifest(&many)).contains("1001 functions"));
    let found = Manifest { aggregates: vec![aggregate(0, "F", 1)], ..manifest(&[(0, "f", 1)]) };
    assert!(message(&found).contains("`F` with 1 argument is there twice"));
    let found = Manifest { aggregates: vec![aggregate(0, "a", 1), aggregate(0, "b", 1)], ..manifest(&[]) };
    assert!(message(&found).contains("two aggregates have the id 0"));
    let found = Manifest { aggregates: vec![aggregate(0, "a", 128)], ..manifest(&[]) };
    assert!(message(&found).contains("argument count 128"));
    let collation = |id, name: &str| Collation { id, name: name.into() };
    let found = Manifest { collations: vec![collation(0, "c"), collation(1, "C")], ..manifest(&[]) };
    assert!(message(&found).contains("collation `C` is there twice"));
    let found = Manifest { collations: vec![collation(3, "c"), collation(3, "d")], ..manifest(&[]) };
    assert!(message(&found).contains("two collations have the id 3"));
    let found = Manifest { collations: (0..101).map(|n| collation(n, &n.to_string())).collect(), ..manifest(&[]) };
    assert!(message(&found).contains("101 collations, at most 100"));
}

#[test]
fn refuses_what_is_not_exported() {
    let listed = [
        (Interfaces::SCALAR, manifest(&[(0, "f", 0)]), "`demo` lists functions but does not export `scalar`"),
        (
            Interfaces::AGGREGATE,
            Manifest { aggregates: vec![aggregate(0, "a", 0)], ..manifest(&[]) },
            "`demo` lists aggregates but does not export `aggregate`",
        ),
        (
            Interfaces::COLLATION,
            Manifest { collations: vec![Collation { id: 0, name: "c".into() }], ..manifest(&[]) },
            "`demo` lists collations but does not export `collation`",
        ),
        (
            Interfaces::VTAB,
            Manifest { modules: vec![module(ModuleFlags::EPONYMOUS)], ..manifest(&[]) },
            "`demo` lists modules but does not export `vtab`",
        ),
        (
            Interfaces::HOOKS,
            Manifest { hooks: HookSet::COMMIT, ..manifest(&[]) },
            "`demo` lists hooks but does not export `hooks`",
        ),
    ];
    for (interface, manifest, expected) in listed {
        assert_eq!(manifest.validate(interface), Ok(()));
        let error = manifest.validate(Interfaces::all() - interface).expect_err(expected);
        assert_eq!(error.message, format!("invalid manifest of extension `demo`: {expected}"));
        assert_eq!(error.extension.as_deref(), Some("demo"));
    }
}

#[test]
fn refuses_flags_that_contradict_each_other_or_are_not_known() {
    let eponymous = ModuleFlags::EPONYMOUS;
    for (flags, expected) in [
        (ModuleFlags::empty(), "neither `eponymous` nor `creatable`"),
        (ModuleFlags::WRITABLE, "neither `eponymous` nor `creatable`"),
        (eponymous | ModuleFlags::DIRECT_ONLY | ModuleFlags::INNOCUOUS, "exclude each other"),
        (eponymous | ModuleFlags::CONFLICTS, "`conflicts` but is not `writable`"),
        (eponymous | ModuleFlags::RENAMABLE, "`renamable` but not `creatable`"),
        (eponymous | ModuleFlags::from_bits_retain(1 << 15), "a flag that this version"),
    ] {
        let found = Manifest { modules: vec![module(flags)], ..manifest(&[]) };
        assert!(message(&found).contains(expected), "{flags:?}");
    }
    let shadowed = |names: Vec<String>, flags| Manifest {
        modules: vec![Module { shadow_names: names, ..module(flags) }],
        ..manifest(&[])
    };
    assert!(message(&shadowed(vec!["data".into()], eponymous)).contains("not `creatable`"));
    assert!(message(&shadowed(vec![String::new()], ModuleFlags::CREATABLE)).contains("the shadow name ``"));
    assert!(message(&shadowed(vec!["x".into(); 33], ModuleFlags::CREATABLE)).contains("33 shadow names"));
    let mut found = manifest(&[(0, "f", 0)]);
    found.functions[0].flags = Flags::from_bits_retain(0x80);
    assert!(message(&found).contains("function `f` has a flag"));
    let found = Manifest { hooks: HookSet::from_bits_retain(0x80), ..manifest(&[]) };
    assert!(message(&found).contains("a hook that this version"));
}

#[test]
fn refuses_a_bad_http_policy() {
    let capability = || Capability { name: "http".into(), reason: "to ask".into() };
    let found = Manifest { optional: vec![capability()], ..manifest(&[]) };
    assert!(message(&found).contains("no `http` policy"));
    let policy = |domain: &str, method: &str| Manifest {
        optional: vec![capability()],
        http: Some(HttpPolicy {
            allowed_domains: vec![domain.into()],
            methods: vec![method.into()],
            max_body_bytes: 1,
            timeout_ms: 1,
        }),
        ..manifest(&[])
    };
    assert_eq!(policy("*.example.org", "GET").validate(Interfaces::all()), Ok(()));
    for domain in ["", "*.", "*", "a.*.org", "https://example.org", "a b"] {
        assert!(message(&policy(domain, "GET")).contains("the domain"), "{domain:?}");
    }
    assert!(message(&policy("example.org", "get")).contains("the method `get`"));
}

#[test]
fn a_prefix_goes_in_front_of_every_name() -> Result<()> {
    let mut found = Manifest {
        aggregates: vec![aggregate(0, "a", 1)],
        collations: vec![Collation { id: 0, name: "c".into() }],
        modules: vec![module(ModuleFlags::EPONYMOUS)],
        ..manifest(&[(0, "f", 1)])
    };
    found.add_prefix("")?;
    found.add_prefix("p_")?;
    let names =
        [&found.functions[0].name, &found.aggregates[0].name, &found.collations[0].name, &found.modules[0].name];
    assert_eq!(names, ["p_f", "p_a", "p_c", "p_m"]);
    assert!(found.add_prefix(&"p".repeat(254)).is_err());
    assert!(found.add_prefix("a\0").is_err());
    Ok(())
}
