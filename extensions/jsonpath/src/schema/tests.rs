//! The cases of the official test suite in `suite`, and what is not in it: errors, limits, reports.

use serde_json::Value as Json;
use sqlink_guest::prelude::*;
use sqlink_guest::testing::{call, table_function};

use super::check::Check;
use super::compile::compile;

/// Runs the groups of a file, one a line; each case with and without a report.
fn run(suite: &str, draft: &str, expected_cases: usize) {
    let mut cases = 0;
    for line in suite.lines() {
        let mut group: Json = serde_json::from_str(line).unwrap();
        if let Some(schema) = group["schema"].as_object_mut() {
            schema.entry("$schema").or_insert_with(|| draft.into());
        }
        let about = format!("{}: {}", group["keyword"], group["description"]);
        let graph = compile(&group["schema"]).unwrap_or_else(|problem| panic!("{about}: {}", problem.0));
        for (list, expected) in [("valid", true), ("invalid", false)] {
            for document in group[list].as_array().unwrap() {
                assert_eq!(Check::new(&graph, 0).run(document).unwrap(), (expected, vec![]), "{about}: {document}");
                let (valid, failures) = Check::new(&graph, 100).run(document).unwrap();
                assert_eq!((valid, failures.is_empty()), (expected, expected), "{about}: {document}: {failures:?}");
                cases += 1;
            }
        }
    }
    assert_eq!(cases, expected_cases);
}

#[test]
fn suite_of_2020_12() {
    run(include_str!("../../suite/draft-2020-12.jsonl"), "https://json-schema.org/draft/2020-12/schema", 1084);
}

#[test]
fn suite_of_2019_09() {
    run(include_str!("../../suite/draft-2019-09.jsonl"), "https://json-schema.org/draft/2019-09/schema", 106);
}

#[test]
fn suite_of_draft_7() {
    run(include_str!("../../suite/draft-7.jsonl"), "http://json-schema.org/draft-07/schema#", 157);
}

#[test]
fn suite_of_draft_6() {
    run(include_str!("../../suite/draft-6.jsonl"), "http://json-schema.org/draft-06/schema#", 27);
}

#[test]
fn suite_of_draft_4() {
    run(include_str!("../../suite/draft-4.jsonl"), "http://json-schema.org/draft-04/schema#", 93);
}

fn valid(schema: &str, json: &str) -> Result<Value, Error> {
    call::<crate::json_schema_valid>(&[schema.into(), json.into()])
}

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().message().to_owned()
}

#[test]
fn what_is_no_schema() {
    for (schema, reason) in [
        ("1", "at ``: expected an object, true or false"),
        ("[]", "at ``: expected an object, true or false"),
        (r#"{"properties":{"a":1}}"#, "at `/properties/a`: expected an object, true or false"),
        (r#"{"properties":[]}"#, "at `/properties`: expected an object"),
        (r#"{"type":"nothing"}"#, "at `/type`: expected the name of a type or an array of them"),
        (r#"{"items":{"minLength":-1}}"#, "at `/items/minLength`: expected an integer from 0 on"),
        (r#"{"minimum":"1"}"#, "at `/minimum`: expected a number"),
        (r#"{"multipleOf":0}"#, "at `/multipleOf`: expected a number above 0"),
        (r#"{"uniqueItems":1}"#, "at `/uniqueItems`: expected true or false"),
        (r#"{"anyOf":[]}"#, "at `/anyOf`: expected an array of schemas, at least one"),
        (r#"{"required":"a"}"#, "at `/required`: expected an array of property names"),
        (r#"{"dependentRequired":{"a":[1]}}"#, "at `/dependentRequired`: expected an array of property names"),
        (r#"{"pattern":"("}"#, "at `/pattern`: expected a regular expression: unclosed group"),
        (
            r#"{"patternProperties":{"a/(?=b)":{}}}"#,
            "at `/patternProperties/a~1(?=b)`: expected a regular expression: look-around",
        ),
        (r#"{"$schema":"urn:x"}"#, "at `/$schema`: `urn:x` is no known `$schema`, expected that of draft 4, "),
        (r##"{"$ref":"#/none"}"##, "at `/$ref`: the reference `#/none` leads nowhere"),
        (r##"{"$ref":"#none"}"##, "at `/$ref`: the reference `#none` leads nowhere"),
        (r##"{"$ref":"#/%"}"##, "at `/$ref`: the reference `#/%` leads nowhere"),
        (
            r#"{"$ref":"file:///etc/passwd"}"#,
            "at `/$ref`: `file:///etc/passwd` is not in this document; references to other",
        ),
        (
            r#"{"$ref":"other"}"#,
            "at `/$ref`: `other` is not in this document; references to other documents are not followed",
        ),
        ("{", "argument 1 is not JSON: "),
    ] {
        let found = message(valid(schema, "1"));
        assert!(found.starts_with("function `json_schema_valid`: argument 1 is not "), "{found}");
        assert!(found.contains(reason), "{schema}: {found}");
    }
    assert!(message(valid("{}", "{")).starts_with("function `json_schema_valid`: argument 2 is not JSON: "));
    assert_eq!(valid(&" ".repeat(1 << 21), "1").unwrap_err().code(), Error::TOOBIG);
}

#[test]
fn schemas_without_end_are_refused() {
    for schema in [
        r##"{"$ref":"#"}"##,
        r##"{"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"not":{"$ref":"#/$defs/b"}},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}}}"##,
        r##"{"$dynamicRef":"#x","$dynamicAnchor":"x"}"##,
        r##"{"if":{"$ref":"#"}}"##,
    ] {
        let error = valid(schema, "1").unwrap_err();
        assert_eq!(error.code(), Error::TOOBIG);
        assert!(error.message().contains("does a reference lead back to itself?"), "{}", error.message());
    }
    // Each doubles the work of the next one.
    let doubling: Vec<_> = (0..40)
        .map(|at| format!(r##""{at}":{{"allOf":[{{"$ref":"#/$defs/{0}"}},{{"$ref":"#/$defs/{0}"}}]}}"##, at + 1))
        .collect();
    let schema = format!(r##"{{"$ref":"#/$defs/0","$defs":{{{},"40":{{}}}}}}"##, doubling.join(","));
    assert!(message(valid(&schema, "1")).contains("over 20000000 schemas apply"));
}

#[test]
fn deep_documents_and_long_schemas() {
    let nested = ["[".repeat(127), "]".repeat(127)].concat();
    assert_eq!(valid(r##"{"items":{"$ref":"#"}}"##, &nested), Ok(1.into()));
    assert_eq!(valid(r##"{"anyOf":[{"type":"null"},{"items":{"$ref":"#"},"maxItems":1}]}"##, &nested), Ok(1.into()));
    // As many references in a row as the stack is not asked for while compiling.
    let chain: Vec<_> = (0..10_000).map(|at| format!(r##""{at}":{{"$ref":"#/$defs/{}"}}"##, at + 1)).collect();
    let schema =
        format!(r##"{{"properties":{{"a":{{"$ref":"#/$defs/0"}}}},"$defs":{{{},"10000":{{}}}}}}"##, chain.join(","));
    assert_eq!(valid(&schema, "{}"), Ok(1.into()));
    assert_eq!(valid(&schema, r#"{"a":1}"#).unwrap_err().code(), Error::TOOBIG);
    let same = ["[", &vec!["{\"a\":[1]}"; 100_000].join(","), "]"].concat();
    assert_eq!(valid(r#"{"uniqueItems":true}"#, &same), Ok(0.into()));
    let other: Vec<_> = (0..100_000).map(|n| n.to_string()).collect();
    assert_eq!(valid(r#"{"uniqueItems":true}"#, &format!("[{}]", other.join(","))), Ok(1.into()));
}

fn errors(schema: &str, json: &str) -> Vec<[String; 3]> {
    let rows = table_function::<crate::json_schema_errors>(&[schema.into(), json.into()]).unwrap();
    let text = |value: &Value| value.as_ref().to_string();
    rows.iter().map(|row| [text(&row[0]), text(&row[1]), text(&row[2])]).collect()
}

#[test]
fn reports() {
    let schema = r##"{
        "required": ["id"],
        "properties": {"tags": {"items": {"type": "string"}}, "n": {"$ref": "#/$defs/a~1b"}, "x": false},
        "propertyNames": {"maxLength": 4},
        "$defs": {"a/b": {"minimum": 1, "exclusiveMaximum": 9}}
    }"##;
    let found = errors(schema, r#"{"tags": ["a", 2, null], "n": 12, "x": 0, "a/long~name": 1}"#);
    let expected = [
        ["", "/required", "the property \"id\" is missing"],
        ["/tags/1", "/properties/tags/items/type", "expected string, found integer"],
        ["/tags/2", "/properties/tags/items/type", "expected string, found null"],
        ["/n", "/properties/n/$ref/exclusiveMaximum", "expected less than 9, found 12"],
        ["/x", "/properties/x", "nothing is allowed here"],
        ["/a~1long~0name", "/propertyNames/maxLength", "expected at most 4 characters, found 11"],
    ];
    assert_eq!(found, expected.map(|row| row.map(str::to_owned)));
    assert_eq!(errors("{}", "1"), <[[String; 3]; 0]>::default());
    for (schema, json, expected) in [
        (r#"{"type":["array","null"]}"#, "1.5", "expected array or null, found number"),
        (r#"{"enum":["a",1]}"#, "null", "expected one of \"a\" 1, found null"),
        (r#"{"enum":[1,2,3,4,5,6,7,8,9,10,11]}"#, "0", "expected one of 1 2 3 4 5 6 7 8 9 10 …, found 0"),
        (r#"{"const":{"a":1}}"#, "[]", "expected {\"a\":1}, found []"),
        (r#"{"multipleOf":0.1}"#, "0.35", "expected a multiple of 0.1, found 0.35"),
        (r#"{"minItems":2}"#, "[1]", "expected at least 2 items, found 1"),
        (r#"{"maxProperties":0}"#, r#"{"a":1}"#, "expected at most 0 properties, found 1"),
        (r#"{"pattern":"^b"}"#, "\"a\"", "\"a\" does not match the pattern"),
        (r#"{"uniqueItems":true}"#, "[1,2,1.0]", "the items 0 and 2, from 0, are the same"),
        (r#"{"contains":{"type":"null"}}"#, "[1]", "expected at least 1 such items, found 0"),
        (r#"{"contains":{},"maxContains":1}"#, "[1,2]", "expected at most 1 such items, found 2"),
        (r#"{"dependentRequired":{"a":["b"]}}"#, r#"{"a":1}"#, "the property \"b\" is missing"),
        (r#"{"anyOf":[{"type":"null"},false]}"#, "1", "none of the 2 schemas takes it"),
        (
            r#"{"oneOf":[{},{"type":"null"},{}]}"#,
            "1",
            "expected that one schema takes it, found that 0 and 2, from 0, do",
        ),
        (r#"{"not":{}}"#, "1", "it is what it must not be"),
    ] {
        let found = errors(schema, json);
        assert_eq!(found.len(), 1, "{schema}");
        assert_eq!(found[0][2], expected, "{schema}");
    }
}

#[test]
fn reports_are_bounded() {
    let many = format!("[{}]", vec!["1"; 5000].join(","));
    assert_eq!(errors(r#"{"items":{"type":"null"}}"#, &many).len(), 1000);
    let long = format!("\"{}\"", "ä".repeat(100_000));
    let found = errors(r#"{"const":1}"#, &long);
    assert_eq!(found[0][2], format!("expected 1, found \"{}…", "ä".repeat(59)));
    assert_eq!(errors(r#"{"const":1}"#, &many)[0][2], "expected 1, found an array of 5000 items");
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::json_schema_valid>(&["{}".into(), Value::Null]), Ok(Value::Null));
    assert_eq!(table_function::<crate::json_schema_errors>(&[Value::Null, "1".into()]), Ok(vec![]));
    assert_eq!(
        message(call::<crate::json_schema_valid>(&["{}".into(), 1.into()])),
        "function `json_schema_valid`: argument 2 must be text, found integer"
    );
}
