//! TOML to JSON values and back.

use toml::{Table, Value};

use crate::json::{Json, Object};

/// The document as an object. Dates and times become text as they are written.
///
/// # Errors
/// What is no TOML, with its place.
pub fn read(text: &str) -> Result<Json, String> {
    match text.parse::<Table>() {
        Ok(table) => Ok(object(table)),
        Err(error) => {
            let mut reason = error.message().replace('\n', ", ");
            if let Some(before) = error.span().and_then(|span| text.get(..span.start)) {
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                reason.push_str(&format!(" at line {line} column {column}"));
            }
            Err(reason)
        }
    }
}

fn object(table: Table) -> Json {
    Json::Object(table.into_iter().map(|(name, value)| (name, json(value))).collect::<Object>())
}

fn json(value: Value) -> Json {
    match value {
        Value::String(text) => Json::String(text),
        Value::Integer(integer) => Json::Number(integer.to_string()),
        Value::Float(float) if float.is_nan() => Json::Null,
        // As SQLite's own JSON functions write what JSON can't.
        Value::Float(float) if float.is_infinite() => {
            Json::Number(if float > 0.0 { "9e999" } else { "-9e999" }.to_owned())
        }
        // With a point or an exponent, so that it stays a real.
        Value::Float(float) => Json::Number(format!("{float:?}")),
        Value::Boolean(boolean) => Json::Bool(boolean),
        Value::Datetime(datetime) => Json::String(datetime.to_string()),
        Value::Array(array) => Json::Array(array.into_iter().map(json).collect()),
        Value::Table(table) => object(table),
    }
}

/// The text of an object.
///
/// # Errors
/// What TOML has no word for, with its JSON Pointer: null, an integer over 64 bits, and anything but an object at the top.
pub fn write(json: Json) -> Result<String, String> {
    let Json::Object(object) = json else {
        return Err("a TOML document is a table: expected a JSON object".to_owned());
    };
    let mut path = String::new();
    let table = table(object, &mut path)?;
    toml::to_string(&table).map_err(|error| error.to_string())
}

fn table(object: Object, path: &mut String) -> Result<Table, String> {
    let mut table = Table::new();
    for (name, json) in object {
        let len = path.len();
        path.push('/');
        path.push_str(&name.replace('~', "~0").replace('/', "~1"));
        table.insert(name, value(json, path)?);
        path.truncate(len);
    }
    Ok(table)
}

fn value(json: Json, path: &mut String) -> Result<Value, String> {
    let place = |path: &str| path.chars().take(80).collect::<String>();
    Ok(match json {
        Json::Null => return Err(format!("TOML has no null, found one at `{}`", place(path))),
        Json::Bool(boolean) => Value::Boolean(boolean),
        Json::String(text) => Value::String(text),
        Json::Number(digits) => {
            let is_integer = !digits.contains(['.', 'e', 'E']);
            match (digits.parse::<i64>(), digits.parse::<f64>()) {
                (Ok(integer), _) => Value::Integer(integer),
                (Err(_), Ok(float)) if !is_integer => Value::Float(float),
                _ => {
                    return Err(format!("TOML's integers have 64 bits, found {} at `{}`", place(&digits), place(path)));
                }
            }
        }
        Json::Array(array) => {
            let mut values = Vec::with_capacity(array.len());
            for (index, json) in array.into_iter().enumerate() {
                let len = path.len();
                path.push('/');
                path.push_str(&index.to_string());
                values.push(value(json, path)?);
                path.truncate(len);
            }
            Value::Array(values)
        }
        Json::Object(object) => Value::Table(table(object, path)?),
    })
}
