//! What can be tested without a host.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::{aggregate, call, compare, table_function, window};

use crate::{KindsArgs, KindsJoin, kinds_eval, kinds_length, kinds_repeat};

#[test]
fn groups_and_windows() {
    let rows = ["a", "b", "c"].map(|text| [Value::from(text)]);
    assert_eq!(aggregate::<KindsJoin>(&rows), Ok("a,b,c".into()));
    assert_eq!(aggregate::<KindsJoin>(Vec::<[Value; 1]>::new()), Ok(Value::Null));
    assert_eq!(window::<KindsJoin>(&rows, 1), Ok(vec!["a".into(), "a,b".into(), "b,c".into()]));
    assert_eq!(aggregate::<KindsArgs>([[1.into(), Value::Null], [2.into(), 3.into()]]), Ok(Value::Integer(3)));
    assert_eq!(aggregate::<KindsArgs>(Vec::<[Value; 0]>::new()), Ok(Value::Integer(0)));
    assert!(compare::<kinds_length>("b", "aa").is_lt());
}

#[test]
fn rows_and_their_errors() {
    let rows = table_function::<kinds_repeat>(&["x".into()]);
    assert_eq!(rows, Ok(vec![vec!["x".into(), 1.into()], vec!["x".into(), 2.into()]]));
    assert_eq!(
        table_function::<kinds_repeat>(&["x".into(), 13.into()]).unwrap_err().message(),
        "that was one row too many"
    );
    assert_eq!(table_function::<kinds_repeat>(&["x".into(), (-1).into()]).unwrap_err().code(), Error::RANGE);
}

#[test]
fn imports_need_a_host() {
    assert_eq!(call::<kinds_eval>(&["1".into()]).unwrap_err().code(), Error::AUTH);
}
