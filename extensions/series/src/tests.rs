use super::*;
use sqlink_guest::testing::{Query, VirtualTable};

fn values(query: &Query) -> Result<Vec<i64>, Error> {
    let mut table = VirtualTable::connect::<GenerateSeries>(&[])?;
    let rows = table.query(query)?;
    Ok(rows.iter().filter_map(|row| i64::from_value(row[VALUE].as_ref())).collect())
}

fn series(start: i64, stop: i64, step: i64) -> Query {
    Query::new().and(START, Operator::Eq, start).and(STOP, Operator::Eq, stop).and(STEP, Operator::Eq, step)
}

#[test]
fn sequences_go_up_and_down() -> Result<(), Error> {
    assert_eq!(values(&series(1, 10, 3))?, [1, 4, 7, 10]);
    assert_eq!(values(&series(10, 1, -4))?, [10, 6, 2]);
    assert_eq!(values(&series(1, 0, 1))?, [0_i64; 0]);
    assert_eq!(values(&series(1, 3, 0))?, [1, 2, 3]);
    assert_eq!(values(&series(i64::MAX - 1, i64::MAX, 1))?, [i64::MAX - 1, i64::MAX]);
    assert_eq!(values(&series(i64::MIN, i64::MAX, i64::MAX))?, [i64::MIN, -1, i64::MAX - 1]);
    Ok(())
}

#[test]
fn constraints_give_what_filtering_gives() -> Result<(), Error> {
    for step in [-7, -3, -1, 1, 2, 5] {
        let (start, stop) = if step > 0 { (-20, 31) } else { (31, -20) };
        let all = values(&series(start, stop, step))?;
        for bound in -25..36 {
            for (operator, holds) in [
                (Operator::Eq, (|a, b| a == b) as fn(i64, i64) -> bool),
                (Operator::Ge, |a, b| a >= b),
                (Operator::Gt, |a, b| a > b),
                (Operator::Le, |a, b| a <= b),
                (Operator::Lt, |a, b| a < b),
            ] {
                let expected: Vec<i64> = all.iter().copied().filter(|value| holds(*value, bound)).collect();
                assert_eq!(
                    values(&series(start, stop, step).and(VALUE, operator, bound))?,
                    expected,
                    "{operator:?} {bound}"
                );
                #[allow(clippy::cast_precision_loss, reason = "small")]
                let real = bound as f64 + 0.5;
                #[allow(clippy::cast_precision_loss, reason = "small")]
                let expected: Vec<i64> = all
                    .iter()
                    .copied()
                    .filter(|value| match operator {
                        Operator::Eq => false,
                        Operator::Ge | Operator::Gt => *value as f64 > real,
                        _ => (*value as f64) < real,
                    })
                    .collect();
                assert_eq!(values(&series(start, stop, step).and(VALUE, operator, Value::Real(real)))?, expected);
            }
        }
    }
    Ok(())
}

#[test]
fn order_limit_and_offset_are_its_own() -> Result<(), Error> {
    assert_eq!(values(&series(1, 9, 2).order_by(VALUE, true))?, [9, 7, 5, 3, 1]);
    assert_eq!(values(&series(9, 1, -2).order_by(VALUE, false).limit(2).offset(1))?, [3, 5]);
    assert_eq!(
        values(&series(1, i64::MAX, 1).limit(3).offset(1_000_000_000_000))?,
        [1_000_000_000_001, 1_000_000_000_002, 1_000_000_000_003]
    );
    Ok(())
}

#[test]
fn arguments_are_checked() {
    assert!(values(&Query::new()).is_err());
    assert!(values(&Query::new().and(START, Operator::Eq, "x")).is_err());
    assert_eq!(values(&Query::new().and(START, Operator::Eq, Value::Null)), Ok(vec![]));
}
