//! Expected values: Python's `decimal` module and, for the functions that it has, SQLite's `decimal.c`.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::{aggregate, call, compare, window};

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

#[test]
fn sums_products_and_comparisons() {
    let add = |x: &str, y: &str| text(call::<crate::decimal_add>(&[x.into(), y.into()]));
    let sub = |x: &str, y: &str| text(call::<crate::decimal_sub>(&[x.into(), y.into()]));
    let mul = |x: &str, y: &str| text(call::<crate::decimal_mul>(&[x.into(), y.into()]));
    assert_eq!(add("0.1", "0.2"), "0.3");
    assert_eq!(add("1.10", "2"), "3.10");
    assert_eq!(sub("1", "1.00"), "0.00");
    assert_eq!(sub("0.1", "1e3"), "-999.9");
    assert_eq!(mul("1.10", "2.0"), "2.2");
    assert_eq!(mul("1.10", "2.00"), "2.20");
    assert_eq!(mul("1.5", "1e3"), "1500");
    assert_eq!(mul("-0.5", "0.5"), "-0.25");
    assert_eq!(mul("99999999999999999999", "99999999999999999999"), "9999999999999999999800000000000000000001");
    assert_eq!(text(call::<crate::decimal_add>(&[0.1.into(), 0.2.into()])), "0.3");
    assert_eq!(text(call::<crate::decimal_add>(&[i64::MAX.into(), 1.into()])), "9223372036854775808");
    for (x, y, order) in
        [("1.0", "1", 0), ("-1", "1", -1), ("1e2", "99.9", 1), ("1e-5", "0.00001", 0), ("0", "-0.0", 0)]
    {
        assert_eq!(call::<crate::decimal_cmp>(&[x.into(), y.into()]), Ok(order.into()), "{x} {y}");
    }
}

#[test]
fn reals_are_exact_or_short() {
    assert_eq!(
        text(call::<crate::decimal>(&[47.49.into()])),
        "47.49000000000000198951966012828052043914794921875",
        "the example of sqlite.org/floatingpoint.html"
    );
    assert_eq!(text(call::<crate::decimal>(&[47.49.into(), 5.into()])), "47.490");
    assert_eq!(text(call::<crate::decimal>(&[1e22.into()])), "10000000000000000000000");
    assert_eq!(text(call::<crate::decimal>(&[(-0.5).into()])), "-0.5");
    assert_eq!(text(call::<crate::decimal_abs>(&[(-47.49).into()])), "47.49");
    assert_eq!(text(call::<crate::decimal>(&["123.456".into(), 2.into()])), "120");
    assert_eq!(text(call::<crate::decimal>(&["0.00099951".into(), 3.into()])), "0.00100");
    assert_eq!(text(call::<crate::decimal>(&["0".into(), 3.into()])), "0");
    assert_eq!(text(call::<crate::decimal_exp>(&["-123.456".into()])), "-1.23456e+02");
    assert_eq!(text(call::<crate::decimal_exp>(&["-123.456".into(), 2.into()])), "-1.2e+02");
    assert!(
        message(call::<crate::decimal>(&[f64::INFINITY.into()])).contains("argument 1 is not a decimal number: `inf`")
    );
}

#[test]
fn quotients() {
    let div = |x: &str, y: &str, scale: i64, mode: &str| {
        text(call::<crate::decimal_div>(&[x.into(), y.into(), scale.into(), mode.into()]))
    };
    assert_eq!(text(call::<crate::decimal_div>(&["1".into(), "3".into()])), "0.3333333333333333");
    assert_eq!(text(call::<crate::decimal_div>(&["2".into(), "3".into(), 2.into()])), "0.67");
    assert_eq!(div("10", "4", 0, "half-even"), "2");
    assert_eq!(div("14", "4", 0, "half-even"), "4");
    assert_eq!(div("10.0001", "4", 0, "half-even"), "3");
    assert_eq!(div("-1", "3", 2, "floor"), "-0.34");
    assert_eq!(div("-1", "3", 2, "CEILING"), "-0.33");
    assert_eq!(div("1", "-3", 2, "up"), "-0.34");
    assert_eq!(div("1", "1e50", 2, "up"), "0.01");
    assert_eq!(div("1e50", "1e-50", 0, "down"), format!("1{}", "0".repeat(100)));
    assert_eq!(div("1.00", "0.5", 0, "down"), "2");
    assert_eq!(text(call::<crate::decimal_idiv>(&["-7.5".into(), "2".into()])), "-3");
    assert_eq!(text(call::<crate::decimal_mod>(&["-7.5".into(), "2".into()])), "-1.5");
    assert_eq!(text(call::<crate::decimal_mod>(&["7.5".into(), "-0.2".into()])), "0.1");
    assert_eq!(
        message(call::<crate::decimal_div>(&["1".into(), "0.00".into()])),
        "function `decimal_div`: division by zero"
    );
    assert_eq!(
        message(call::<crate::decimal_mod>(&["1".into(), "0".into()])),
        "function `decimal_mod`: division by zero"
    );
    assert!(
        message(call::<crate::decimal_div>(&["1".into(), "3".into(), (-1).into()]))
            .contains("argument 3 must be from 0 to 10000, found -1")
    );
}

/// Python: `Decimal(x).quantize(Decimal('1'), rounding=…)`.
#[test]
fn rounding_modes() {
    for (mode, expected) in [
        ("half-up", ["3", "2", "-3", "-2", "1", "-1", "0"]),
        ("half-even", ["2", "2", "-2", "-2", "1", "-1", "0"]),
        ("half-down", ["2", "2", "-2", "-2", "1", "-1", "0"]),
        ("up", ["3", "3", "-3", "-3", "1", "-1", "0"]),
        ("down", ["2", "2", "-2", "-2", "0", "0", "0"]),
        ("ceiling", ["3", "3", "-2", "-2", "1", "0", "0"]),
        ("half_up", ["3", "2", "-3", "-2", "1", "-1", "0"]),
        ("floor", ["2", "2", "-3", "-3", "0", "-1", "0"]),
    ] {
        for (x, expected) in ["2.5", "2.4", "-2.5", "-2.4", "0.9", "-0.9", "0.0"].into_iter().zip(expected) {
            assert_eq!(text(call::<crate::decimal_round>(&[x.into(), 0.into(), mode.into()])), expected, "{x} {mode}");
        }
    }
    let round = |x: &str, digits: i64| text(call::<crate::decimal_round>(&[x.into(), digits.into()]));
    assert_eq!(round("1234.5678", 2), "1234.57");
    assert_eq!(round("1234.5678", -2), "1200");
    assert_eq!(round("1250", -2), "1300");
    assert_eq!(round("49", -2), "0");
    assert_eq!(round("1.5", 4), "1.5000");
    assert_eq!(round("9.995", 2), "10.00");
    assert_eq!(round("-0.001", 2), "0.00");
    assert_eq!(text(call::<crate::decimal_trunc>(&["-1.999".into(), 2.into()])), "-1.99");
    assert_eq!(text(call::<crate::decimal_ceil>(&["-1.5".into()])), "-1");
    assert_eq!(text(call::<crate::decimal_floor>(&["-1.5".into()])), "-2");
    assert!(
        message(call::<crate::decimal_round>(&["1".into(), 0.into(), "nearest".into()]))
            .contains("argument 3: unknown mode `nearest`, expected one of `half-up`")
    );
}

#[test]
fn the_rest() {
    assert_eq!(text(call::<crate::decimal_pow>(&["1.1".into(), 10.into()])), "2.5937424601");
    assert_eq!(
        text(call::<crate::decimal_pow>(&["-2".into(), 127.into()])),
        "-170141183460469231731687303715884105728"
    );
    assert_eq!(text(call::<crate::decimal_pow>(&["5".into(), 0.into()])), "1");
    assert_eq!(text(call::<crate::decimal_neg>(&["1.50".into()])), "-1.50");
    assert_eq!(text(call::<crate::decimal_neg>(&["0.0".into()])), "0.0");
    assert_eq!(text(call::<crate::decimal_normalize>(&["0100.500".into()])), "100.5");
    assert_eq!(text(call::<crate::decimal_normalize>(&["1200".into()])), "1200");
    assert_eq!(text(call::<crate::decimal_normalize>(&["0.000".into()])), "0");
    for (x, sign, scale, precision) in
        [("-1.50", -1, 2, 3), ("0", 0, 0, 1), ("1e3", 1, 0, 4), ("0.001", 1, 3, 3), ("1200", 1, 0, 4)]
    {
        assert_eq!(call::<crate::decimal_sign>(&[x.into()]), Ok(sign.into()), "{x}");
        assert_eq!(call::<crate::decimal_scale>(&[x.into()]), Ok(scale.into()), "{x}");
        assert_eq!(call::<crate::decimal_precision>(&[x.into()]), Ok(precision.into()), "{x}");
    }
    for (x, valid) in [
        (Value::from("1.5"), 1),
        ("x".into(), 0),
        (1.into(), 1),
        (1.5.into(), 1),
        (f64::INFINITY.into(), 0),
        (Value::Blob(vec![49]), 0),
    ] {
        assert_eq!(call::<crate::decimal_is_valid>(&[x]), Ok(valid.into()));
    }
}

#[test]
fn sizes_are_bounded() {
    let big = "9".repeat(10_000);
    for result in [
        call::<crate::decimal_add>(&[big.as_str().into(), "1".into()]),
        call::<crate::decimal_mul>(&[big.as_str().into(), big.as_str().into()]),
        call::<crate::decimal_pow>(&["10".into(), 10_000.into()]),
        call::<crate::decimal_pow>(&[big.as_str().into(), 10_000.into()]),
        call::<crate::decimal_pow>(&["1e-10000".into(), 10_000.into()]),
        call::<crate::decimal_div>(&[big.as_str().into(), "0.01".into(), 0.into()]),
        call::<crate::decimal>(&["1e10000".into()]),
        call::<crate::decimal_exp>(&["1e99999999999999999999999".into()]),
    ] {
        assert!(matches!(&result, Err(error) if error.code() == Error::TOOBIG), "{result:?}");
    }
    assert_eq!(text(call::<crate::decimal>(&["1e9999".into()])).len(), 10_000);
    assert_eq!(text(call::<crate::decimal_mul>(&["1e-10000".into(), "1e9999".into()])), "0.1");
    assert_eq!(text(call::<crate::decimal_div>(&[big.as_str().into(), "7".into(), 10_000.into()])).len(), 20_001);
    assert_eq!(text(call::<crate::decimal>(&[f64::MAX.into()])).len(), 309);
    assert_eq!(text(call::<crate::decimal>(&[5e-324.into()])).len(), 1076);
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::decimal_add>(&[Value::Null, "1".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::decimal>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(call::<crate::decimal_is_valid>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(
        message(call::<crate::decimal_add>(&["1".into(), Value::Blob(vec![1])])),
        "function `decimal_add`: argument 2 must be a decimal number as text, an integer or a real, found blob"
    );
    assert_eq!(
        message(call::<crate::decimal_add>(&["1".into(), "1,5".into()])),
        "function `decimal_add`: argument 2 is not a decimal number: `1,5`, expected a text such as `-12.50` or `1.5e-3`"
    );
}

#[test]
fn sums_and_means() {
    let rows = [["0.1".into()], [Value::Null], ["0.25".into()], [3.into()], [(-0.05).into()]];
    assert_eq!(aggregate::<crate::DecimalSum>(rows.clone()), Ok("3.30".into()));
    assert_eq!(aggregate::<crate::DecimalAvg>(rows.clone()), Ok("0.8250000000000000".into()));
    assert_eq!(aggregate::<crate::DecimalSum>(Vec::<[Value; 1]>::new()), Ok(Value::Null));
    assert_eq!(aggregate::<crate::DecimalAvg>(Vec::<[Value; 1]>::new()), Ok(Value::Null));
    assert_eq!(
        aggregate::<crate::DecimalAvg>([["1".into(), 2.into()], ["2".into(), 2.into()], ["2".into(), 2.into()]]),
        Ok("1.67".into())
    );
    // A sum of reals would be 0.9999999999999999.
    assert_eq!(aggregate::<crate::DecimalSum>(vec![["0.1".into()]; 10]), Ok("1.0".into()));
    assert!(aggregate::<crate::DecimalSum>([["x".into()]]).is_err());
}

/// A row that leaves the frame takes its digits along.
#[test]
fn sums_over_a_window() {
    let rows = [["0.125".into()], ["1".into()], ["2.5".into()], ["-3".into()]];
    let sums: Vec<Value> = window::<crate::DecimalSum>(rows, 1).unwrap_or_default();
    assert_eq!(sums, ["0.125".into(), "1.125".into(), "3.5".into(), "-0.5".into()]);
}

#[test]
fn the_collation_orders_by_value() {
    let mut texts = ["10", "9.5", "-1", "x", "1e1", "1.50", "1.5", "", "abc", "-0.1"];
    texts.sort_by(|a, b| compare::<crate::by_value>(a, b));
    assert_eq!(texts, ["-1", "-0.1", "1.50", "1.5", "9.5", "10", "1e1", "", "abc", "x"]);
    assert_eq!(compare::<crate::by_value>("1.0", "01"), core::cmp::Ordering::Equal);
}
