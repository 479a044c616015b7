use super::*;
use sqlink_guest::testing::{aggregate, window};

type Result = std::result::Result<(), Error>;

const X: [f64; 10] = [2.5, 3.0, 3.0, 4.25, 5.0, 7.5, 8.0, 1.0, 6.0, 10.0];

fn rows() -> Vec<[Value; 1]> {
    X.iter().map(|x| [Value::Real(*x)]).collect()
}

fn close(value: &Value, expected: f64) -> bool {
    matches!(value, Value::Real(found) if (found - expected).abs() < 1e-9 * expected.abs().max(1.0))
}

#[test]
fn order_statistics() -> Result {
    assert_eq!(aggregate::<Median>(rows())?, Value::Real(4.625));
    assert_eq!(aggregate::<Mad>(rows())?, Value::Real(1.875));
    assert_eq!(aggregate::<Median>(Vec::<[Value; 1]>::new())?, Value::Null);
    Ok(())
}

#[test]
fn a_window_gives_what_the_rows_in_it_give() -> Result {
    for width in 0..6 {
        let moving = window::<Median>(rows(), width)?;
        let skewed = window::<Skewness>(rows(), width)?;
        for (end, (median, skewness)) in moving.iter().zip(&skewed).enumerate() {
            let inside = || rows()[end.saturating_sub(width)..=end].to_vec();
            assert_eq!(*median, aggregate::<Median>(inside())?);
            match aggregate::<Skewness>(inside())? {
                Value::Real(expected) => assert!(close(skewness, expected), "{skewness:?} {expected}"),
                other => assert_eq!(*skewness, other),
            }
        }
    }
    Ok(())
}

#[test]
fn sums_do_not_lose_digits() -> Result {
    let large = [1e12, 1e12 + 1.0, 1e12 + 2.0].map(|x| [Value::Real(x)]);
    assert!(close(&aggregate::<Variance>(large)?, 1.0));
    Ok(())
}

#[test]
fn the_mode_is_the_smallest_of_the_most_frequent() -> Result {
    let values: [[Value; 1]; 6] =
        [["b".into()], [2.into()], [Value::Real(2.0)], ["a".into()], ["b".into()], [Value::Null]];
    assert_eq!(aggregate::<Mode>(values)?, 2.into());
    Ok(())
}
