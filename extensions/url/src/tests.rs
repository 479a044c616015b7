//! Examples of the standards, and laws that hold for any text.

use std::time::{Duration, Instant};

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::encoding;
use crate::suffix::{LIST, Split};

fn text(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

fn registrable(name: &str) -> Option<String> {
    Split::of(name, true)?.registrable().map(str::to_owned)
}

#[test]
fn parts() {
    let url = "https://user:pass@Example.com:8443/a/b%20c?x=1&y=a+b#frag";
    assert_eq!(text(call::<crate::url_scheme>(&[url.into()])), "https");
    assert_eq!(text(call::<crate::url_user>(&[url.into()])), "user");
    assert_eq!(text(call::<crate::url_password>(&[url.into()])), "pass");
    assert_eq!(text(call::<crate::url_host>(&[url.into()])), "example.com");
    assert_eq!(call::<crate::url_port>(&[url.into()]), Ok(Value::Integer(8443)));
    assert_eq!(text(call::<crate::url_path>(&[url.into()])), "/a/b%20c");
    assert_eq!(text(call::<crate::url_query>(&[url.into()])), "x=1&y=a+b");
    assert_eq!(text(call::<crate::url_fragment>(&[url.into()])), "frag");
    assert_eq!(text(call::<crate::url_origin>(&[url.into()])), "https://example.com:8443");
    assert_eq!(text(call::<crate::url_path_segment>(&[url.into(), (-1).into()])), "b c");
    assert_eq!(text(call::<crate::url_query_value>(&[url.into(), "y".into()])), "a b");
}

#[test]
fn the_last_url_is_not_taken_for_the_next_one() {
    for url in ["https://a.example/", "no url", "https://b.example/", "https://b.example/", "", "https://a.example/"] {
        let host = call::<crate::url_host>(&[url.into()]);
        match url.strip_prefix("https://") {
            Some(rest) => assert_eq!(text(host), rest.trim_end_matches('/')),
            None => assert_eq!(host, Ok(Value::Null)),
        }
    }
}

#[test]
fn what_is_encoded_decodes_to_itself() {
    let all: String = (0..0x800).filter_map(char::from_u32).chain(['\u{ffff}', '👍']).collect();
    assert_eq!(encoding::decode(encoding::encode(all.as_bytes()).as_bytes()), all);
    let form = text(call::<crate::url_encode_form>(&[all.as_str().into()]));
    assert_eq!(encoding::decode_form(form.as_bytes()), all);
    let json = text(call::<crate::url_query_pairs>(&[["https://e/?", &form].concat().as_str().into()]));
    assert!(json.starts_with(r#"[["\u0000\u0001"#) && json.contains(r##"!\"#"##) && json.contains(r#"\\]"#), "{json}");
}

#[test]
fn setting_a_parameter() {
    let set = |query: &str, value: Option<&str>| encoding::set_query_value(query, "k", value);
    assert_eq!(set("", Some("v")), "k=v");
    assert_eq!(set("a=1&k=2&b=3&k=4", Some("v w")), "a=1&k=v+w&b=3");
    assert_eq!(set("a=1&k=2&b=3&k=4", None), "a=1&b=3");
    assert_eq!(set("%6b=1&&x", None), "x");
    assert_eq!(set("k", None), "");
}

#[test]
fn public_suffixes() {
    assert_eq!(registrable("a.b.example.co.uk").as_deref(), Some("example.co.uk"));
    assert_eq!(registrable("co.uk"), None);
    // A wildcard and its exception.
    assert_eq!(registrable("a.b.c.kobe.jp").as_deref(), Some("b.c.kobe.jp"));
    assert_eq!(registrable("a.city.kobe.jp").as_deref(), Some("city.kobe.jp"));
    assert_eq!(registrable("食狮.公司.cn").as_deref(), Some("食狮.公司.cn"));
    assert_eq!(registrable("xn--85x722f.xn--55qx5d.cn").as_deref(), Some("xn--85x722f.xn--55qx5d.cn"));
    let suffix = |private: bool| Split::of("me.github.io", private).map(|split| split.suffix().to_owned());
    assert_eq!(suffix(true).as_deref(), Some("github.io"));
    assert_eq!(suffix(false).as_deref(), Some("io"));
    for none in ["", ".", "..", "a..b", ".com", "1.2.3.4", "[::1]", "a b", "xn--a", "a/b", "\0", &"a.".repeat(2000)] {
        assert!(Split::of(none, true).is_none(), "{none:?}");
    }
}

#[test]
fn the_first_and_the_last_line_of_the_list_are_found() {
    for line in [LIST.lines().next(), LIST.lines().last()] {
        let Some(line) = line else { panic!("the list is empty") };
        let mut labels: Vec<&str> = line[..line.len() - 1].split('.').collect();
        labels.reverse();
        let name = labels.join(".");
        assert_eq!(Split::of(&name, true).map(|split| split.suffix().to_owned()).as_deref(), Some(name.as_str()));
    }
}

#[test]
fn long_names_take_no_long_time() {
    let start = Instant::now();
    for label in ["a", "xn--", "ü", "%61", "a.", "ü。"] {
        let host = label.repeat(100_000);
        for url in [["http://", &host, "/"].concat(), ["http://xn--", &host].concat(), ["x:", &host].concat()] {
            let _ = call::<crate::url_host>(&[url.as_str().into()]);
            let _ = call::<crate::idna_to_ascii>(&[host.as_str().into()]);
            let _ = call::<crate::idna_to_unicode>(&[["xn--", &host].concat().as_str().into()]);
            let _ = call::<crate::public_suffix>(&[host.as_str().into()]);
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn arguments() {
    assert_eq!(call::<crate::url_host>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(call::<crate::url_host>(&["example.com".into()]), Ok(Value::Null));
    assert_eq!(
        call::<crate::url_host>(&[1.into()]),
        Err(Error::new(Error::MISMATCH, "function `url_host`: argument 1 must be text, found integer"))
    );
    for index in [0, i64::MIN, i64::MAX] {
        assert_eq!(call::<crate::url_path_segment>(&["https://e/a".into(), index.into()]), Ok(Value::Null));
    }
}
