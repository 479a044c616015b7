//! Values on the command line.

use anyhow::{Context as _, Result, bail};
use sqlink_host_native::{Params, Value};

/// Reads `--param` arguments: all `VALUE`, or all `NAME=VALUE` with a prefix (`:a=1`).
pub(crate) fn parse(args: &[String]) -> Result<Params> {
    let named: Vec<_> =
        args.iter().filter(|arg| arg.starts_with([':', '@', '$'])).filter_map(|arg| arg.split_once('=')).collect();
    if args.is_empty() {
        Ok(Params::None)
    } else if named.is_empty() {
        args.iter().map(|arg| value(arg)).collect::<Result<_>>().map(Params::Positional)
    } else if named.len() == args.len() {
        let pair = |(name, text): (&str, &str)| Ok((name.to_owned(), value(text)?));
        named.into_iter().map(pair).collect::<Result<_>>().map(Params::Named)
    } else {
        bail!("`--param` is given with a name and without one: expected all `VALUE` or all `:name=VALUE`")
    }
}

/// A value as in SQL: `NULL`, an integer, a real, `X'c0ffee'`, `'text'`; anything else is text as it stands.
fn value(text: &str) -> Result<Value> {
    let quoted = |text: &str| text.strip_prefix('\'')?.strip_suffix('\'').map(|inner| inner.replace("''", "'"));
    if text.eq_ignore_ascii_case("null") {
        return Ok(Value::Null);
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Ok(Value::Integer(integer));
    }
    // Rust also reads `inf`, `nan` and `infinity`, which are texts here.
    if text.contains(|c: char| c.is_ascii_digit())
        && let Ok(real) = text.parse::<f64>()
    {
        return Ok(Value::Real(real));
    }
    if let Some(digits) = text.strip_prefix(['x', 'X']).and_then(quoted) {
        return blob(&digits).map(Value::Blob);
    }
    Ok(Value::Text(quoted(text).unwrap_or_else(|| text.to_owned())))
}

fn blob(digits: &str) -> Result<Vec<u8>> {
    let digits: Vec<u8> = digits
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .context("a blob holds a character that is no hexadecimal digit: expected `X'c0ffee'`")?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        bail!("a blob has an odd number of hexadecimal digits: expected `X'c0ffee'`");
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_in_sql() -> Result<()> {
        for (text, expected) in [
            ("NULL", Value::Null),
            ("-9223372036854775808", Value::Integer(i64::MIN)),
            ("9223372036854775808", Value::Real(9_223_372_036_854_775_808.0)),
            ("1.5e3", Value::Real(1500.0)),
            ("inf", Value::Text("inf".to_owned())),
            ("X'c0FFee'", Value::Blob(vec![0xc0, 0xff, 0xee])),
            ("X''", Value::Blob(Vec::new())),
            ("'12'", Value::Text("12".to_owned())),
            ("'it''s'", Value::Text("it's".to_owned())),
            ("", Value::Text(String::new())),
            ("a=b", Value::Text("a=b".to_owned())),
        ] {
            assert_eq!(value(text)?, expected, "{text}");
        }
        assert!(value("X'c0f'").is_err());
        assert!(value("X'zz'").is_err());
        Ok(())
    }

    #[test]
    fn names_are_all_or_none() -> Result<()> {
        let args = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            parse(&args(&[":a=1", "$b=x=y"]))?,
            Params::Named(vec![(":a".to_owned(), Value::Integer(1)), ("$b".to_owned(), Value::Text("x=y".to_owned()))])
        );
        assert!(parse(&args(&[":a=1", "2"])).is_err());
        Ok(())
    }
}
