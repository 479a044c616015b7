//! What can be tested without a database.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::{self, VirtualTable};

use crate::definition::Definition;
use crate::parameters::parameters;
use crate::table::Define;
use crate::{call_defined, define, in_function, undefine};

#[test]
fn parameters_are_numbered_as_sqlite_numbers_them() {
    for (sql, expected) in [
        ("1", &[][..]),
        (":n * (:n + 1) / 2", &[":n"]),
        ("? - ?", &["?1", "?2"]),
        ("?2 - ?1", &["?1", "?2"]),
        ("?3 || ?", &["?1", "?2", "?3", "?4"]),
        (":a, ?, @a, $a, ?1, :a", &[":a", "?2", "@a", "$a"]),
        (":A + :a", &[":A", ":a"]),
        ("?2 + :x", &["?1", "?2", ":x"]),
        ("':a' || \":b\" || [:c] || `:d` /* :e */ -- :f\n || :g", &[":g"]),
        ("'$.a' ->> $b::c(d)", &["$b::c(d)"]),
        ("a$b + x'00' + 1.5e3 : c", &[]),
        ("?99999999999999999999", &[]),
    ] {
        assert_eq!(parameters(sql), expected, "{sql}");
    }
    assert_eq!(parameters("?4000000").len(), 32_766);
}

#[test]
fn definitions_are_read_as_they_were_written() -> Result<(), Error> {
    let definition = Definition { name: "ü".to_owned(), body: ":n || '\u{1}'".to_owned() };
    assert_eq!(Definition::from_bytes(definition.to_bytes())?, definition);
    for bytes in [&b"name"[..], b"\xff\0body"] {
        assert_eq!(Definition::from_bytes(bytes.to_vec()).map_err(|error| error.code()), Err(Error::CORRUPT));
    }
    Ok(())
}

#[test]
fn names_have_a_length() {
    for name in [String::new(), "x".repeat(256), "a\0b".to_owned()] {
        let error = testing::call::<define>(&[name.into(), "1".into()]).unwrap_err();
        assert!(error.message().starts_with("function `define`: a name has 1 to 255 bytes"), "{error:?}");
    }
}

#[test]
fn errors_name_the_function_once() {
    let error = in_function("call", in_function("call", Error::new(Error::MISUSE, "no")));
    assert_eq!((error.code(), error.message()), (Error::MISUSE, "function `call`: no"));
}

#[test]
fn a_table_wants_one_select_in_parentheses() {
    for arguments in [&[][..], &["SELECT 1"], &["(SELECT 1)", "(SELECT 2)"], &["(SELECT 1"], &["SELECT 1)"]] {
        let error = VirtualTable::create::<Define>(arguments).map(|_| ()).unwrap_err();
        assert!(error.message().starts_with("table `t`: expected a SELECT in parentheses"), "{error:?}");
    }
}

#[test]
fn nothing_runs_without_a_host() {
    assert_eq!(testing::call::<define>(&["f".into(), "1".into()]).unwrap_err().code(), Error::AUTH);
    assert_eq!(testing::call::<undefine>(&["f".into()]).unwrap_err().code(), Error::AUTH);
    assert_eq!(testing::call::<call_defined>(&["f".into(), 1.into()]).unwrap_err().code(), Error::AUTH);
    assert_eq!(testing::call::<call_defined>(&[Value::Null]), Ok(Value::Null));
    let error = VirtualTable::create::<Define>(&["(SELECT 1)"]).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Error::AUTH);
}
