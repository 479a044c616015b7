//! Examples of RFC 9535, 6901, 6902 and 7396.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::{call, table_function};

/// RFC 9535, section 1.5.
const STORE: &str = r#"{ "store": {
    "book": [
      { "category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95 },
      { "category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99 },
      { "category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99 },
      { "category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99 }
    ],
    "bicycle": { "color": "red", "price": 399 }
} }"#;

fn text(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

fn message(value: Result<Value, Error>) -> String {
    match value {
        Err(error) => error.message().to_owned(),
        other => panic!("{other:?} is no error"),
    }
}

fn query(json: &str, path: &str) -> String {
    text(call::<crate::jsonpath_query>(&[json.into(), path.into()]))
}

#[test]
fn the_bookstore_of_rfc_9535() {
    for (path, expected) in [
        ("$.store.book[*].author", r#"["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]"#),
        ("$..author", r#"["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]"#),
        ("$.store..price", "[8.95,12.99,8.99,22.99,399]"),
        ("$..book[2].author", r#"["Herman Melville"]"#),
        ("$..book[2].publisher", "[]"),
        ("$..book[-1].title", r#"["The Lord of the Rings"]"#),
        ("$..book[:2].title", r#"["Sayings of the Century","Sword of Honour"]"#),
        ("$..book[?@.isbn].title", r#"["Moby Dick","The Lord of the Rings"]"#),
        ("$..book[?@.price<10].title", r#"["Sayings of the Century","Moby Dick"]"#),
        ("$.store.book[?match(@.author, '[JN].*')].price", "[8.95,22.99]"),
        ("$.store.book[?length(@.title) < 10].title", r#"["Moby Dick"]"#),
    ] {
        assert_eq!(query(STORE, path), expected, "{path}");
    }
    assert_eq!(
        call::<crate::jsonpath_count>(&[STORE.into(), "$..*".into()]),
        Ok(Value::Integer(27)),
        "RFC 9535 lists two containers, two members of store, four books and their members, and those of the bicycle"
    );
    assert_eq!(
        text(call::<crate::jsonpath_paths>(&[STORE.into(), "$..book[?@.price<10].title".into()])),
        r#"["$['store']['book'][0]['title']","$['store']['book'][2]['title']"]"#
    );
}

#[test]
fn values_of_every_type() {
    let json = r#"{"t":"a\"b","i":-5,"r":1.5,"y":true,"n":null,"a":[1],"big":18446744073709551615}"#;
    let value = |path: &str| call::<crate::jsonpath_value>(&[json.into(), path.into()]);
    assert_eq!(value("$.t"), Ok("a\"b".into()));
    assert_eq!(value("$.i"), Ok((-5).into()));
    assert_eq!(value("$.r"), Ok(1.5.into()));
    assert_eq!(value("$.y"), Ok(1.into()));
    assert_eq!(value("$.n"), Ok(Value::Null));
    assert_eq!(value("$.a"), Ok("[1]".into()));
    assert_eq!(value("$.big"), Ok(18_446_744_073_709_551_615.0.into()));
    assert_eq!(value("$.none"), Ok(Value::Null));
    assert_eq!(call::<crate::jsonpath_first>(&[json.into(), "$.n".into()]), Ok("null".into()));
    assert_eq!(call::<crate::jsonpath_exists>(&[json.into(), "$.n".into()]), Ok(1.into()));
    assert_eq!(call::<crate::jsonpath_exists>(&[json.into(), "$.none".into()]), Ok(0.into()));
}

#[test]
fn bad_json_and_bad_paths_are_named() {
    assert_eq!(
        message(call::<crate::jsonpath_query>(&["{".into(), "$".into()])),
        "function `jsonpath_query`: argument 1 is not JSON: EOF while parsing an object at line 1 column 1"
    );
    let bad = message(call::<crate::jsonpath_query>(&["{}".into(), "$[".into()]));
    assert!(bad.starts_with("function `jsonpath_query`: argument 2 is not a JSONPath (RFC 9535): at byte "), "{bad}");
    let deep = format!("$[?{}@.a{}]", "(".repeat(8), ")".repeat(8));
    assert_eq!(
        message(call::<crate::jsonpath_query>(&["{}".into(), deep.as_str().into()])),
        "function `jsonpath_query`: the JSONPath in argument 2 has more than 8 brackets in each other"
    );
    assert_eq!(call::<crate::jsonpath_valid>(&[deep.as_str().into()]), Ok(0.into()));
    assert_eq!(call::<crate::jsonpath_valid>(&["$['a']".into()]), Ok(1.into()));
    assert_eq!(call::<crate::jsonpath_valid>(&["a.b".into()]), Ok(0.into()));
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert!(message(call::<crate::jsonpath_query>(&[nested.as_str().into(), "$".into()])).contains("recursion limit"));
}

/// The deepest paths allowed are read in reasonable time, although the parser tries several readings of each bracket.
#[test]
fn deep_paths_are_read_in_time() {
    for path in [
        format!("$[?{}@.a{}]", "(".repeat(7), ")".repeat(7)),
        format!("$[?{}@.a{}==1]", "length(value(".repeat(3), "))".repeat(3)),
        format!("$[?{}@.a{}]", "@[?".repeat(7), "]".repeat(7)),
        format!("$[?{}@.a{}", "!(@[?".repeat(3), "])".repeat(3)),
    ] {
        let begin = std::time::Instant::now();
        _ = call::<crate::jsonpath_valid>(&[path.as_str().into()]);
        assert!(begin.elapsed().as_millis() < 500, "{path}: {:?}", begin.elapsed());
    }
}

/// RFC 6901, section 5.
#[test]
fn pointers_of_rfc_6901() {
    let json = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
    for (pointer, expected) in [
        ("", json),
        ("/foo", r#"["bar","baz"]"#),
        ("/foo/0", r#""bar""#),
        ("/", "0"),
        ("/a~1b", "1"),
        ("/c%d", "2"),
        ("/e^f", "3"),
        ("/g|h", "4"),
        ("/i\\j", "5"),
        ("/k\"l", "6"),
        ("/ ", "7"),
        ("/m~0n", "8"),
    ] {
        assert_eq!(text(call::<crate::json_pointer>(&[json.into(), pointer.into()])), expected, "{pointer}");
    }
    for nowhere in ["/foo/2", "/foo/-", "/foo/01", "/none", "/foo/0/0"] {
        assert_eq!(call::<crate::json_pointer>(&[json.into(), nowhere.into()]), Ok(Value::Null), "{nowhere}");
    }
    assert_eq!(call::<crate::json_pointer_value>(&[json.into(), "/foo/1".into()]), Ok("baz".into()));
    for (pointer, reason) in [("foo", "begins with `/`"), ("/a~2", "`~0` and `~1`"), ("/a~", "`~0` and `~1`")] {
        assert!(message(call::<crate::json_pointer>(&[json.into(), pointer.into()])).contains(reason));
    }
}

fn apply(json: &str, patch: &str) -> Result<Value, Error> {
    call::<crate::jsonpatch_apply>(&[json.into(), patch.into()])
}

/// RFC 6902, appendix A.
#[test]
fn patches_of_rfc_6902() {
    for (json, patch, expected) in [
        (r#"{"foo":"bar"}"#, r#"[{"op":"add","path":"/baz","value":"qux"}]"#, r#"{"foo":"bar","baz":"qux"}"#),
        (
            r#"{"foo":["bar","baz"]}"#,
            r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            r#"{"foo":["bar","qux","baz"]}"#,
        ),
        (r#"{"baz":"qux","foo":"bar"}"#, r#"[{"op":"remove","path":"/baz"}]"#, r#"{"foo":"bar"}"#),
        (r#"{"foo":["bar","qux","baz"]}"#, r#"[{"op":"remove","path":"/foo/1"}]"#, r#"{"foo":["bar","baz"]}"#),
        (
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            r#"{"baz":"boo","foo":"bar"}"#,
        ),
        (
            r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
        ),
        (
            r#"{"foo":["all","grass","cows","eat"]}"#,
            r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            r#"{"foo":["all","cows","eat","grass"]}"#,
        ),
        (
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
        ),
        (
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            r#"{"foo":"bar","child":{"grandchild":{}}}"#,
        ),
        (r#"{"foo":"bar"}"#, r#"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#, r#"{"foo":"bar","baz":"qux"}"#),
        (r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":10}]"#, r#"{"/":9,"~1":10}"#),
        (
            r#"{"foo":["bar"]}"#,
            r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            r#"{"foo":["bar",["abc","def"]]}"#,
        ),
        (
            r#"{"a":1}"#,
            r#"[{"op":"test","path":"/a","value":1.0},{"op":"copy","from":"/a","path":"/b"}]"#,
            r#"{"a":1,"b":1}"#,
        ),
        (
            r#"{"a":1,"b":2,"c":3}"#,
            r#"[{"op":"remove","path":"/a"},{"op":"move","from":"/b","path":"/b"}]"#,
            r#"{"b":2,"c":3}"#,
        ),
    ] {
        assert_eq!(apply(json, patch), Ok(expected.into()), "{patch}");
    }
    for (json, patch, expected) in [
        (
            r#"{"baz":"qux"}"#,
            r#"[{"op":"test","path":"/baz","value":"bar"}]"#,
            "operation 0 (`test` at `/baz`) failed: the value is another one",
        ),
        (
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/baz/bat","value":"qux"}]"#,
            "operation 0 (`add` at `/baz/bat`) failed: ",
        ),
        (
            r#"{"/":9,"~1":10}"#,
            r#"[{"op":"test","path":"/~01","value":"10"}]"#,
            "operation 0 (`test` at `/~01`) failed: ",
        ),
        ("{}", r#"[{"op":"remove","path":""}]"#, "operation 0 (`remove` at ``) failed: the root can't be removed"),
        (r#"{"a":{}}"#, r#"[{"op":"move","from":"/a","path":"/a/b"}]"#, "a value can't move into itself"),
        ("{}", r#"[{"op":"jump","path":"/a"}]"#, "argument 2 is not a JSON Patch: "),
        ("{}", r#"[{"op":"add","path":"/a"}]"#, "argument 2 is not a JSON Patch: "),
        ("[1]", r#"[{"op":"add","path":"/5","value":1}]"#, "operation 0 (`add` at `/5`) failed: "),
    ] {
        let found = message(apply(json, patch));
        assert!(found.starts_with("function `jsonpatch_apply`: ") && found.contains(expected), "{found}");
    }
}

#[test]
fn a_patch_can_not_grow_without_end() {
    let double = r#"{"op":"copy","from":"/a","path":"/a/-"}"#;
    let patch = format!("[{}]", vec![double; 126].join(","));
    let found = message(apply(r#"{"a":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]}"#, &patch));
    assert!(found.contains("the result is over 67108864 bytes"), "{found}");
    let deeper = r#"{"op":"add","path":"/a","value":{}},{"op":"move","from":"/a","path":"/b"},{"op":"add","path":"/a","value":[]},{"op":"move","from":"/b","path":"/a/0"},{"op":"move","from":"/a","path":"/b"}"#;
    let wrap = r#"{"op":"add","path":"/a","value":[]},{"op":"move","from":"/b","path":"/a/0"},{"op":"move","from":"/a","path":"/b"}"#;
    let patch = format!("[{deeper},{}]", vec![wrap; 200].join(","));
    let found = message(apply("{}", &patch));
    assert!(found.contains("the result would nest more than 127 deep"), "{found}");
}

#[test]
fn a_diff_leads_to_its_target() {
    for (json, target) in [
        (r#"{"a":1,"b":[1,2,3],"c":{"d":null}}"#, r#"{"b":[1,4],"c":{"d":false,"e":{}},"f":"x"}"#),
        ("[]", r#"{"a":1}"#),
        (r#"{"a~b/c":1}"#, r#"{"a~b/c":2}"#),
        ("1", "1"),
    ] {
        let patch = text(call::<crate::jsonpatch_diff>(&[json.into(), target.into()]));
        let made = text(apply(json, &patch));
        assert_eq!(call::<crate::json_equal>(&[made.as_str().into(), target.into()]), Ok(1.into()), "{patch}");
    }
}

/// RFC 7396, appendix A.
#[test]
fn merges_of_rfc_7396() {
    for (json, patch, expected) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, "null", "null"),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        assert_eq!(
            call::<crate::json_merge_patch>(&[json.into(), patch.into()]),
            Ok(expected.into()),
            "{json} {patch}"
        );
    }
}

#[test]
fn equality_is_by_value() {
    let equal = |a: &str, b: &str| call::<crate::json_equal>(&[a.into(), b.into()]);
    assert_eq!(equal(r#"{"a":1,"b":[1.0]}"#, r#" {"b":[1],"a":1e0}"#), Ok(1.into()));
    assert_eq!(equal("[1,2]", "[2,1]"), Ok(0.into()));
    assert_eq!(equal("1", "\"1\""), Ok(0.into()));
    assert_eq!(equal("9007199254740993", "9007199254740992"), Ok(0.into()));
    assert_eq!(equal("0.0", "-0.0"), Ok(1.into()));
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::jsonpath_query>(&[Value::Null, "$".into()]), Ok(Value::Null));
    assert_eq!(
        call::<crate::json_equal>(&["1".into(), 1.into()]),
        Err(Error::new(Error::MISMATCH, "function `json_equal`: argument 2 must be text, found integer"))
    );
}

fn each(json: &str, path: &str) -> Vec<String> {
    let rows = table_function::<crate::jsonpath_each>(&[json.into(), path.into()]).unwrap();
    rows.iter().map(|row| row.iter().map(|value| value.as_ref().to_string()).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn rows_of_nodes() {
    let json = r#"{"a":[1,2.5,"x",null,true],"it's \"b\"":{"c/d~e":{}},"a1":false}"#;
    assert_eq!(
        each(json, "$.a[*]"),
        [
            "0 1 integer 1 $.a[0] $.a $['a'][0]",
            "1 2.5 real 2.5 $.a[1] $.a $['a'][1]",
            "2 x text x $.a[2] $.a $['a'][2]",
            "3  null  $.a[3] $.a $['a'][3]",
            "4 1 true 1 $.a[4] $.a $['a'][4]",
        ]
    );
    assert_eq!(each(json, "$.a1"), ["a1 0 false 0 $.a1 $ $['a1']"]);
    assert_eq!(
        each(json, "$..['c/d~e']"),
        [r#"c/d~e {} object  $."it's \"b\""."c/d~e" $."it's \"b\"" $['it\'s "b"']['c/d~e']"#]
    );
    assert_eq!(each("[1]", "$"), [" [1] array  $ $ $"]);
    assert_eq!(each(json, "$.none"), <[String; 0]>::default());
    assert_eq!(each("[[0]]", "$..[0]").len(), 2);
    assert_eq!(table_function::<crate::jsonpath_each>(&[Value::Null, "$".into()]), Ok(vec![]));
    let error = table_function::<crate::jsonpath_each>(&["1".into(), "$[".into()]).unwrap_err();
    assert!(error.message().starts_with("function `jsonpath_each`: argument 2 is not a JSONPath"), "{error:?}");
}

#[test]
fn normalized_paths_are_escaped() {
    let paths = call::<crate::jsonpath_paths>(&[r#"{"it's":1,"a\\b":2}"#.into(), "$.*".into()]);
    assert_eq!(paths, Ok(r#"["$['it\\'s']","$['a\\\\b']"]"#.into()));
}
