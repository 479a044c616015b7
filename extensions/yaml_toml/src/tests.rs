//! Examples of the YAML 1.2.2 and TOML 1.0 specifications.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::json::parse;

fn yaml(text: &str) -> String {
    match call::<crate::yaml_to_json>(&[text.into()]) {
        Ok(Value::Text(json)) => json,
        other => panic!("{text}: {other:?}"),
    }
}

fn toml(text: &str) -> String {
    match call::<crate::toml_to_json>(&[text.into()]) {
        Ok(Value::Text(json)) => json,
        other => panic!("{text}: {other:?}"),
    }
}

fn back(json: &str) -> String {
    match call::<crate::json_to_yaml>(&[json.into()]) {
        Ok(Value::Text(yaml)) => yaml,
        other => panic!("{json}: {other:?}"),
    }
}

fn message(value: Result<Value, Error>) -> String {
    match value {
        Err(error) => error.message().to_owned(),
        other => panic!("{other:?} is no error"),
    }
}

/// YAML 1.2.2, chapter 2.
#[test]
fn examples_of_the_yaml_specification() {
    for (text, json) in [
        ("- Mark McGwire\n- Sammy Sosa\n- Ken Griffey\n", r#"["Mark McGwire","Sammy Sosa","Ken Griffey"]"#),
        ("hr:  65    # Home runs\navg: 0.278 # Batting average\n", r#"{"hr":65,"avg":0.278}"#),
        (
            "american:\n- Boston Red Sox\n- Detroit Tigers\nnational:\n- New York Mets\n",
            r#"{"american":["Boston Red Sox","Detroit Tigers"],"national":["New York Mets"]}"#,
        ),
        (
            "- [name        , hr, avg  ]\n- [Mark McGwire, 65, 0.278]\n",
            r#"[["name","hr","avg"],["Mark McGwire",65,0.278]]"#,
        ),
        ("Mark McGwire: {hr: 65, avg: 0.278}\n", r#"{"Mark McGwire":{"hr":65,"avg":0.278}}"#),
        (
            "hr:\n- Mark McGwire\n# Following node labeled SS\n- &SS Sammy Sosa\nrbi:\n- *SS # Subsequent occurrence\n- Ken Griffey\n",
            r#"{"hr":["Mark McGwire","Sammy Sosa"],"rbi":["Sammy Sosa","Ken Griffey"]}"#,
        ),
        ("# ASCII Art\n--- |\n  \\//||\\/||\n  // ||  ||__\n", "\"\\\\//||\\\\/||\\n// ||  ||__\\n\""),
        (
            "--- >\n  Mark McGwire's\n  year was crippled\n  by a knee injury.\n",
            "\"Mark McGwire's year was crippled by a knee injury.\\n\"",
        ),
        (
            "unicode: \"Sosa did fine.\\u263A\"\ncontrol: \"\\b1998\\t1999\\t2000\\n\"\nsingle: '\"Howdy!\" he cried.'\nquoted: ' # Not a ''comment''.'\n",
            "{\"unicode\":\"Sosa did fine.☺\",\"control\":\"\\b1998\\t1999\\t2000\\n\",\"single\":\"\\\"Howdy!\\\" he cried.\",\"quoted\":\" # Not a 'comment'.\"}",
        ),
        (
            "canonical: 12345\ndecimal: +12345\noctal: 0o14\nhexadecimal: 0xC\n",
            r#"{"canonical":12345,"decimal":12345,"octal":12,"hexadecimal":12}"#,
        ),
        (
            "canonical: 1.23015e+3\nexponential: 12.3015e+02\nfixed: 1230.15\nnegative infinity: -.inf\nnot a number: .nan\n",
            r#"{"canonical":1.23015e+3,"exponential":12.3015e+02,"fixed":1230.15,"negative infinity":-9e999,"not a number":null}"#,
        ),
        (
            "null:\nbooleans: [ true, false ]\nstring: '012345'\n",
            r#"{"null":null,"booleans":[true,false],"string":"012345"}"#,
        ),
        (
            "not-date: !!str 2002-04-28\nn: !!int '3'\nf: !!float 3\nb: !!binary R0lG\nl: !local 5\n",
            r#"{"not-date":"2002-04-28","n":3,"f":3,"b":"R0lG","l":5}"#,
        ),
        ("", "null"),
        ("# nothing\n", "null"),
        ("1: a\ntrue: b\n~: c\n0x10: d\n", r#"{"1":"a","true":"b","null":"c","16":"d"}"#),
    ] {
        assert_eq!(yaml(text), json, "{text}");
    }
    assert_eq!(
        call::<crate::yaml_to_json_all>(&["# Ranking\n---\n- Mark\n---\n- Ken\n...\n".into()]),
        Ok(r#"[["Mark"],["Ken"]]"#.into())
    );
    assert_eq!(call::<crate::yaml_to_json_all>(&["".into()]), Ok("[]".into()));
}

#[test]
fn merge_keys() {
    let text = "base: &b {a: 1, b: 2}\nother: &o {b: 3, c: 4}\none:\n  <<: *b\n  b: 9\nboth:\n  x: 0\n  <<: [*b, *o]\ntext:\n  '<<': 1\n";
    assert_eq!(
        yaml(text),
        r#"{"base":{"a":1,"b":2},"other":{"b":3,"c":4},"one":{"b":9,"a":1},"both":{"x":0,"a":1,"b":2,"c":4},"text":{"<<":1}}"#
    );
    assert!(message(call::<crate::yaml_to_json>(&["<<: 1".into()])).contains("the value of `<<` must be a mapping"));
}

#[test]
fn what_is_no_yaml_with_a_json() {
    for (text, reason) in [
        ("a: b: c", " at line 1 column "),
        ("[1, 2", " at line "),
        ("a: 1\na: 2", "the key `a` occurs twice at line 2 column "),
        ("? [1]\n: 2", "a mapping or sequence as key has no JSON"),
        ("*none", " at line 1 column "),
        ("&a [*a]", "an alias inside of what it stands for"),
        ("!!int x", "`x` is no `!!int`"),
    ] {
        let found = message(call::<crate::yaml_to_json>(&[text.into()]));
        assert!(
            found.starts_with("function `yaml_to_json`: argument 1 is not YAML with a JSON: ")
                && found.contains(reason),
            "{text}: {found}"
        );
        assert_eq!(call::<crate::yaml_valid>(&[text.into()]), Ok(0.into()), "{text}");
    }
    assert_eq!(
        message(call::<crate::yaml_to_json>(&["--- 1\n--- 2\n".into()])),
        "function `yaml_to_json`: expected one YAML document, found 2: use `yaml_to_json_all`"
    );
}

#[test]
fn aliases_and_depth_are_bounded() {
    let mut bomb = String::from("a0: &a0 [lol, lol]\n");
    for level in 1..60 {
        bomb.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1));
    }
    let error = call::<crate::yaml_to_json>(&[bomb.as_str().into()]);
    assert!(matches!(&error, Err(error) if error.code() == Error::TOOBIG), "{error:?}");
    for text in ["[".repeat(100_000), "- ".repeat(50_000), "a: {".repeat(1000), "? ".repeat(5000), "{".repeat(500)] {
        assert!(call::<crate::yaml_to_json>(&[text.as_str().into()]).is_err());
    }
    assert_eq!(yaml(&format!("{}{}", "[".repeat(127), "]".repeat(127))).len(), 254);
}

#[test]
fn yaml_is_written_in_blocks_and_reads_back() {
    assert_eq!(
        back(
            r#"{"name":"web","ports":[80,443],"env":{"DEBUG":"true","EMPTY":"","URL":"http://x/y"},"list":[{"a":1,"b":[]},[2,3],{}],"note":"two\nlines\n","n":null}"#
        ),
        "name: web\nports:\n  - 80\n  - 443\nenv:\n  DEBUG: \"true\"\n  EMPTY: \"\"\n  URL: http://x/y\nlist:\n  - a: 1\n    b: []\n  - - 2\n    - 3\n  - {}\nnote: |\n  two\n  lines\nn: null\n"
    );
    for json in [
        "1",
        "\"x\"",
        "[]",
        "{}",
        "[[[]],[{}],[[1],2]]",
        r#"["no","NULL","1e3","0x1","1.5","~","-","- a","a: b","a #b"," a","a ","é","\u0000\u001b","'","\"","<<","=","2001-01-01","12:30","&a","*a","!a","%a","@a","`a","|",">","{a","]","a:","null "]"#,
        r#"{"a b":1,"":2,"1":3,"true":4,"x: y":5,"- z":6,"k\nl":7}"#,
        r#"["a\nb","a\nb\n","a\n\n\n"," a\nb","a \nb","a\n b\n\tc\n","\na\nb","a\nb\n\n\n","a\r\nb","\ta\nb","a\n---\nb","a\n# b\n\n"]"#,
        r#"[{"t":"a\nb\n\n","u":[["c\nd"],"e\nf\n"]},1]"#,
        r#"[1.10,1e5,1E-7,12345678901234567890123456789,-0,0.0,1e400]"#,
    ] {
        let text = back(json);
        let read = parse(&yaml(&text));
        let wanted = parse(
            &json.replace("1e5", "1.0e+5").replace("1E-7", "1.0e-7").replace("1e400", "1.0e+400").replace("-0,", "0,"),
        );
        assert_eq!(read, wanted, "{text}");
    }
    let long = format!("{{\"{}\":[1]}}", "k".repeat(2000));
    assert_eq!(yaml(&back(&long)), long);
}

#[test]
fn toml_documents() {
    let text = r#"# a comment
title = "TOML"
big = 9_223_372_036_854_775_807
hex = 0xDEADBEEF
pi = 3.14
inf = -inf
nan = nan
at = 1979-05-27T07:32:00-08:00
day = 1979-05-27
time = 07:32:00.5
'quoted "key"' = true
dotted.key = 1
lines = """
a
b"""
[server]
ports = [ 8000, [ "a", 1.5 ], { x = 1 } ]
[[list]]
n = 1
[[list]]
n = 2
"#;
    assert_eq!(
        toml(text),
        r#"{"title":"TOML","big":9223372036854775807,"hex":3735928559,"pi":3.14,"inf":-9e999,"nan":null,"at":"1979-05-27T07:32:00-08:00","day":"1979-05-27","time":"07:32:00.5","quoted \"key\"":true,"dotted":{"key":1},"lines":"a\nb","server":{"ports":[8000,["a",1.5],{"x":1}]},"list":[{"n":1},{"n":2}]}"#
    );
    assert_eq!(toml(""), "{}");
    for (text, reason) in [
        ("a = ", " at line 1 column "),
        ("a = 1\na = 2", "duplicate key at line 2 column 1"),
        ("= 1", " at line 1 column 1"),
        ("a = 9223372036854775808", " at line 1 column 5"),
        ("[a]\n[a]", " at line 2 column "),
    ] {
        let found = message(call::<crate::toml_to_json>(&[text.into()]));
        assert!(
            found.starts_with("function `toml_to_json`: argument 1 is not TOML: ") && found.contains(reason),
            "{text}: {found}"
        );
        assert_eq!(call::<crate::toml_valid>(&[text.into()]), Ok(0.into()));
    }
    for deep in [
        format!("a = {}{}", "[".repeat(5000), "]".repeat(5000)),
        format!("{}a = 1", "a.".repeat(5000)),
        format!("[{}a]", "a.".repeat(5000)),
    ] {
        _ = call::<crate::toml_to_json>(&[deep.as_str().into()]);
    }
}

#[test]
fn toml_is_written() {
    let write = |json: &str| call::<crate::json_to_toml>(&[json.into()]);
    assert_eq!(
        write(r#"{"t":{"a":[1,2],"u":{"b":"x\ny"}},"n":1.5,"k v":true,"list":[{"n":1},{"n":2}]}"#),
        Ok("n = 1.5\n\"k v\" = true\n\n[t]\na = [1, 2]\n\n[t.u]\nb = \"\"\"\nx\ny\"\"\"\n\n[[list]]\nn = 1\n\n[[list]]\nn = 2\n".into())
    );
    assert_eq!(write("{}"), Ok("".into()));
    for (json, reason) in [
        (r#"{"a/b":[1,null]}"#, "TOML has no null, found one at `/a~1b/1`"),
        (r#"{"a":9223372036854775808}"#, "TOML's integers have 64 bits, found 9223372036854775808 at `/a`"),
        ("[1]", "a TOML document is a table: expected a JSON object"),
        ("{", "argument 1 is not JSON: "),
    ] {
        let found = message(write(json));
        assert!(found.starts_with("function `json_to_toml`: ") && found.contains(reason), "{found}");
    }
    for json in [
        r#"{"a":{"":{"x.y":[{},[],[{"z":1e10}]]}}}"#,
        r#"{"a":"\u0000\"'\\é","b":[[[1],"x"],{"c":[{"d":{}}]}],"e":9e999}"#,
    ] {
        let Ok(Value::Text(text)) = write(json) else { panic!("{json}") };
        let (read, wanted) = (parse(&toml(&text)), parse(&json.replace("1e10", "10000000000.0")));
        assert_eq!(read, wanted, "{text}");
    }
}

#[test]
fn extraction() {
    let text = "a:\n  b: [x, 2, 2.5, true, null, {c: d}]\n  'e/f': 12345678901234567890\n";
    let extract = |pointer: &str| call::<crate::yaml_extract>(&[text.into(), pointer.into()]);
    assert_eq!(extract("/a/b/0"), Ok("x".into()));
    assert_eq!(extract("/a/b/1"), Ok(2.into()));
    assert_eq!(extract("/a/b/2"), Ok(2.5.into()));
    assert_eq!(extract("/a/b/3"), Ok(1.into()));
    assert_eq!(extract("/a/b/4"), Ok(Value::Null));
    assert_eq!(extract("/a/b/5"), Ok(r#"{"c":"d"}"#.into()));
    assert_eq!(extract("/a/e~1f"), Ok(12_345_678_901_234_567_890.0.into()));
    assert_eq!(extract("/none"), Ok(Value::Null));
    assert!(message(extract("a")).contains("argument 2 is not a JSON Pointer"));
    assert_eq!(call::<crate::toml_extract>(&["[a]\nb = [1, 2]".into(), "/a/b/1".into()]), Ok(2.into()));
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::yaml_to_json>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(call::<crate::yaml_extract>(&["a".into(), Value::Null]), Ok(Value::Null));
    assert_eq!(
        call::<crate::json_to_yaml>(&[1.into()]),
        Err(Error::new(Error::MISMATCH, "function `json_to_yaml`: argument 1 must be text, found integer"))
    );
}
