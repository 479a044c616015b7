//! YAML's plain scalars after the core schema of YAML 1.2: which text is a number, a boolean or null.
//!
//! Source: <https://yaml.org/spec/1.2.2/#103-core-schema>

use crate::json::Json;

/// The value of a plain scalar without a tag.
pub fn resolve(text: &str) -> Json {
    null(text)
        .or_else(|| boolean(text))
        .or_else(|| integer(text))
        .or_else(|| float(text))
        .unwrap_or_else(|| Json::String(text.to_owned()))
}

/// The value of a scalar with one of the schema's tags, named without `!!`; `None` if the text does not fit the tag.
pub fn tagged(tag: &str, text: &str) -> Option<Json> {
    match tag {
        "null" => null(text),
        "bool" => boolean(text),
        "int" => integer(text),
        "float" => float(text).or_else(|| integer(text)),
        _ => Some(Json::String(text.to_owned())),
    }
}

fn null(text: &str) -> Option<Json> {
    matches!(text, "" | "~" | "null" | "Null" | "NULL").then_some(Json::Null)
}

fn boolean(text: &str) -> Option<Json> {
    match text {
        "true" | "True" | "TRUE" => Some(Json::Bool(true)),
        "false" | "False" | "FALSE" => Some(Json::Bool(false)),
        _ => None,
    }
}

fn number(digits: String) -> Option<Json> {
    Some(Json::Number(digits))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn signed(text: &str) -> (&'static str, &str) {
    match text.as_bytes().first() {
        Some(b'-') => ("-", &text[1..]),
        Some(b'+') => ("", &text[1..]),
        _ => ("", text),
    }
}

fn integer(text: &str) -> Option<Json> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            if !digits.chars().all(|digit| digit.is_digit(radix)) {
                return None;
            }
            // A number over 128 bits stays text.
            return u128::from_str_radix(digits, radix).ok().and_then(|value| number(value.to_string()));
        }
    }
    let (sign, digits) = signed(text);
    if !all_digits(digits) {
        return None;
    }
    match digits.trim_start_matches('0') {
        "" => number("0".to_owned()),
        digits => number([sign, digits].concat()),
    }
}

fn float(text: &str) -> Option<Json> {
    let (sign, rest) = signed(text);
    match rest {
        // As SQLite's own JSON functions write what JSON can't.
        ".inf" | ".Inf" | ".INF" => return number([sign, "9e999"].concat()),
        ".nan" | ".NaN" | ".NAN" if rest.len() == text.len() => return Some(Json::Null),
        _ => {}
    }
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let fraction_digits = fraction.unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = digits(whole)
        && digits(fraction_digits)
        && !(whole.is_empty() && fraction_digits.is_empty())
        && (fraction.is_some() || exponent.is_some())
        && exponent.is_none_or(|exponent| all_digits(signed(exponent).1));
    if !is_number {
        return None;
    }
    // JSON wants digits on both sides of the point and no zeros before the number.
    let whole = whole.trim_start_matches('0');
    let mut json = [sign, if whole.is_empty() { "0" } else { whole }].concat();
    if fraction.is_some() {
        json.push('.');
        json.push_str(if fraction_digits.is_empty() { "0" } else { fraction_digits });
    }
    if let Some(exponent) = exponent {
        json.push('e');
        json.push_str(exponent);
    }
    number(json)
}

/// True if a reader of YAML 1.1 or 1.2 takes the plain text as a string; conservative.
pub fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 7] = ["null", "true", "false", "yes", "no", "on", "off"];
    let Some(first) = text.chars().next() else { return false };
    let inside = |character: char| {
        character.is_alphanumeric()
            || matches!(character, ' ' | '_' | '-' | '.' | '/' | '@' | '+' | '=' | '(' | ')' | '\'' | ':')
    };
    (first.is_alphabetic() || matches!(first, '_' | '/'))
        && text.chars().all(inside)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    /// The specification's own table and examples (section 10.3.2), and what is near to them.
    #[test]
    fn plain_scalars_of_the_core_schema() {
        for (text, json) in [
            ("null", "null"),
            ("~", "null"),
            ("", "null"),
            ("TRUE", "true"),
            ("False", "false"),
            ("yes", "\"yes\""),
            ("0", "0"),
            ("-0", "0"),
            ("0o7", "7"),
            ("0x3A", "58"),
            ("-19", "-19"),
            ("+12", "12"),
            ("007", "7"),
            ("0.", "0.0"),
            ("-0.0", "-0.0"),
            (".5", "0.5"),
            ("+12e03", "12e03"),
            ("-2E+05", "-2e+05"),
            (".inf", "9e999"),
            ("-.Inf", "-9e999"),
            ("+.INF", "9e999"),
            (".NAN", "null"),
            ("-.nan", "\"-.nan\""),
            ("1_000", "\"1_000\""),
            ("12345678901234567890123", "12345678901234567890123"),
            ("0x", "\"0x\""),
            ("-0x1", "\"-0x1\""),
            ("1e", "\"1e\""),
            (".", "\".\""),
            (".e1", "\".e1\""),
            ("1.2.3", "\"1.2.3\""),
            ("2001-12-14", "\"2001-12-14\""),
            ("-", "\"-\""),
        ] {
            assert_eq!(resolve(text).to_string(), json, "{text}");
        }
    }
}
