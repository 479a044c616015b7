use super::*;
use sqlink_guest::testing::{aggregate, call};

type Result = std::result::Result<(), Error>;

fn numbers(range: std::ops::RangeInclusive<i64>) -> Vec<[Value; 1]> {
    range.map(|number| [number.into()]).collect()
}

#[test]
fn the_estimate_is_that_of_other_implementations() -> Result {
    // datasketches 5 for Python: hll_sketch(12, HLL_4), update(1) … update(10000).
    let Value::Blob(sketch) = aggregate::<Hll>(numbers(1..=10_000))? else { panic!("no sketch") };
    let Value::Real(estimate) = call::<hll_estimate>(&[Value::Blob(sketch)])? else { panic!("no estimate") };
    assert!((estimate - 9_969.234_628).abs() < 1e-5, "{estimate}");
    assert_eq!(aggregate::<ApproxCountDistinct>(numbers(1..=10_000))?, 9969.into());
    Ok(())
}

#[test]
fn sketches_are_written_as_others_read_them() -> Result {
    let hex = |value: Value| match value {
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(hex(aggregate::<Hll>(numbers(1..=3))?), "0201070c030803002bf2fb06862ff90d75816607");
    assert_eq!(
        hex(aggregate::<Hll>([["a".into()], ["b".into()], [Value::Null], ["".into()]] as [[Value; 1]; 4])?),
        "0201070c030802002f823b040aff8004"
    );
    Ok(())
}

#[test]
fn equal_numbers_are_one_value() -> Result {
    let rows: [[Value; 1]; 4] = [[1.into()], [Value::Real(1.0)], [Value::Real(1.5)], [Value::Real(-0.0)]];
    assert_eq!(aggregate::<ApproxCountDistinct>(rows)?, 3.into());
    Ok(())
}

#[test]
fn a_blob_that_is_no_sketch_is_an_error() {
    for bytes in [&b""[..], b"x", b"\x02\x01\x07\x0c\x03\x08\x03\x00", &[255; 64]] {
        let error = call::<hll_estimate>(&[Value::Blob(bytes.to_vec())]).unwrap_err();
        assert!(error.message().starts_with("function `hll_estimate`: not a sketch of this kind: "), "{error:?}");
        assert!(call::<tdigest_count>(&[Value::Blob(bytes.to_vec())]).is_err());
        assert!(call::<bloom_contains>(&[Value::Blob(bytes.to_vec()), 1.into()]).is_err());
    }
}

#[test]
fn the_most_frequent_values_come_first() -> Result {
    let rows: Vec<[Value; 2]> = (0..1000)
        .map(|n| [Value::Text(if n % 3 == 0 { "a\"b".into() } else { format!("v{}", n % 7) }), 2.into()])
        .collect();
    assert_eq!(aggregate::<ApproxTopK>(rows)?, r#"[{"value":"a\"b","count":334},{"value":"v1","count":96}]"#.into());
    Ok(())
}
