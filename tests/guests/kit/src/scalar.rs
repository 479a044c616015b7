//! Scalar functions: one for every import, and some that go wrong.

use crate::bindings::exports::sqlink::extension::metadata::FunctionFlags;
use crate::bindings::exports::sqlink::extension::scalar::Guest;
use crate::bindings::sqlink::extension::{cache, clock, config, files, log, random, spi, state, subtype};
use crate::state::take_log;
use crate::value::shown;
use crate::{ERROR, Error, Kit, Value, error};

type Call = fn(&[Value]) -> Result<Value, Error>;

const NONE: FunctionFlags = FunctionFlags::empty();
const PURE: FunctionFlags = FunctionFlags::DETERMINISTIC.union(FunctionFlags::INNOCUOUS);

/// Name, argument count, flags and the function itself.
pub(crate) const FUNCTIONS: &[(&str, i32, FunctionFlags, Call)] = &[
    // Its argument.
    ("kit_echo", 1, PURE, |args| Ok(args[0].clone())),
    // What happened since it was called last, with `; ` in between.
    ("kit_log", 0, NONE, |_| Ok(Value::Text(take_log().join("; ")))),
    // kit_error(code, message) and kit_trap(message) fail.
    ("kit_error", 2, NONE, |args| Err(error(integer(&args[0])?, text(&args[1])?))),
    ("kit_trap", 1, NONE, |args| {
        log::write(log::Level::Error, &format!("panicked: {}", text(&args[0])?));
        panic!("as asked")
    }),
    ("kit_direct", 0, FunctionFlags::DIRECT_ONLY, |_| Ok(Value::Integer(1))),
    ("kit_plain", 0, NONE, |_| Ok(Value::Integer(1))),
    // The factorial, by calling itself through SQL.
    ("kit_factorial", 1, NONE, |args| match integer(&args[0])? {
        ..=1 => Ok(Value::Integer(1)),
        n => first(spi::query("SELECT ?1 * kit_factorial(?1 - 1)", &[Value::Integer(n)])?),
    }),
    // kit_query(sql, …), kit_execute(sql, …), kit_batch(sql): spi.
    ("kit_query", -1, NONE, |args| first(spi::query(text(sql(args)?)?, &args[1..])?)),
    ("kit_columns", 1, NONE, |args| Ok(Value::Text(spi::query(text(&args[0])?, &[])?.columns.join(",")))),
    ("kit_execute", -1, NONE, |args| Ok(Value::Integer(spi::execute(text(sql(args)?)?, &args[1..])?))),
    ("kit_batch", 1, NONE, |args| {
        spi::batch(text(&args[0])?)?;
        Ok(Value::Null)
    }),
    // kit_fetch(sql, n): all rows of a cursor, n at a time: the columns, and how many rows every fetch gave.
    ("kit_fetch", 2, NONE, |args| {
        let opened = spi::open(text(&args[0])?, &[])?;
        let most: u32 = integer(&args[1])?;
        let mut fetched = vec![opened.columns.join(",")];
        loop {
            let rows = spi::fetch(opened.cursor, most)?.len();
            fetched.push(rows.to_string());
            if u32::try_from(rows).unwrap_or(u32::MAX) < most {
                spi::close(opened.cursor);
                return Ok(Value::Text(fetched.join(" ")));
            }
        }
    }),
    // kit_open(sql) leaves a cursor open, kit_next(cursor) takes a row of it, kit_close(cursor) closes it.
    ("kit_open", 1, NONE, |args| Ok(Value::Integer(spi::open(text(&args[0])?, &[])?.cursor.into()))),
    ("kit_next", 1, NONE, |args| {
        let rows = spi::fetch(integer(&args[0])?, 1)?;
        Ok(rows.into_iter().flatten().next().unwrap_or(Value::Null))
    }),
    ("kit_close", 1, NONE, |args| {
        spi::close(integer(&args[0])?);
        Ok(Value::Null)
    }),
    ("kit_changes", 0, NONE, |_| Ok(Value::Integer(spi::changes()?))),
    ("kit_rowid", 0, NONE, |_| Ok(Value::Integer(spi::last_insert_rowid()?))),
    // State and cache. kit_cache_set(key, bytes, milliseconds).
    ("kit_state_get", 1, NONE, |args| Ok(optional(state::get(text(&args[0])?)?))),
    ("kit_state_set", 2, NONE, |args| {
        state::set(text(&args[0])?, &bytes(&args[1])?)?;
        Ok(Value::Null)
    }),
    ("kit_state_delete", 1, NONE, |args| Ok(Value::Integer(state::delete(text(&args[0])?)?.into()))),
    ("kit_state_keys", 1, NONE, |args| Ok(Value::Text(state::keys(text(&args[0])?)?.join(",")))),
    ("kit_cache_get", 1, NONE, |args| Ok(optional(cache::get(text(&args[0])?)?))),
    ("kit_cache_set", 3, NONE, |args| {
        cache::set(text(&args[0])?, &bytes(&args[1])?, integer(&args[2])?)?;
        Ok(Value::Null)
    }),
    ("kit_cache_delete", 1, NONE, |args| Ok(Value::Integer(cache::delete(text(&args[0])?)?.into()))),
    // Settings. kit_host('contract'), and so on.
    ("kit_config", 1, NONE, |args| Ok(config::get(text(&args[0])?).map_or(Value::Null, Value::Text))),
    ("kit_config_keys", 0, NONE, |_| Ok(Value::Text(config::keys().join(",")))),
    ("kit_host", 1, NONE, |args| {
        let host = config::host();
        Ok(match text(&args[0])? {
            "contract" => Value::Text(host.contract),
            "engine" => Value::Text(host.engine),
            "sqlite" => Value::Text(host.sqlite),
            _ => Value::Null,
        })
    }),
    // Files. kit_files() is `name size`, with ` w` behind what can be written.
    ("kit_files", 0, NONE, |_| {
        let listed = files::list()?.into_iter().map(|file| {
            let writable = if file.writable { " w" } else { "" };
            format!("{} {}{writable}", file.name, file.size)
        });
        Ok(Value::Text(listed.collect::<Vec<_>>().join(", ")))
    }),
    ("kit_read", 3, NONE, |args| {
        Ok(Value::Blob(files::read(text(&args[0])?, integer(&args[1])?, integer(&args[2])?)?))
    }),
    ("kit_write", 3, NONE, |args| {
        files::write(text(&args[0])?, integer(&args[1])?, &bytes(&args[2])?)?;
        Ok(Value::Null)
    }),
    // Clocks and random bytes.
    ("kit_now", 0, NONE, |_| Ok(Value::Integer(clock::now()?))),
    ("kit_monotonic", 0, NONE, |_| Ok(clock::monotonic()?.try_into().map_or(Value::Null, Value::Integer))),
    ("kit_random", 1, NONE, |args| Ok(Value::Blob(random::bytes(integer(&args[0])?)?))),
    // kit_subtype(x) is the subtype of x, kit_set_subtype(x, n) is x with the subtype n. kit_no_subtype is not declared as a
    // function that reads or sets one.
    ("kit_subtype", 1, FunctionFlags::SUBTYPE, |_| Ok(Value::Integer(subtype::get(0)?.into()))),
    ("kit_set_subtype", 2, FunctionFlags::SUBTYPE, |args| {
        subtype::set(integer(&args[1])?)?;
        Ok(args[0].clone())
    }),
    ("kit_subtype_of", -1, FunctionFlags::SUBTYPE, |args| {
        let last = args.last().map(integer::<u32>).transpose()?.unwrap_or(0);
        Ok(Value::Integer(subtype::get(last)?.into()))
    }),
    ("kit_no_subtype", 1, NONE, |_| Ok(Value::Integer(subtype::get(0)?.into()))),
];

impl Guest for Kit {
    fn call(id: u32, args: Vec<Value>) -> Result<Value, Error> {
        match usize::try_from(id).ok().and_then(|id| FUNCTIONS.get(id)) {
            Some((_, _, _, call)) => call(&args),
            None => Err(error(ERROR, format!("there is no function {id}"))),
        }
    }
}

fn sql(args: &[Value]) -> Result<&Value, Error> {
    args.first().ok_or_else(|| error(ERROR, "expected SQL"))
}

/// The text of an argument.
pub(crate) fn text(value: &Value) -> Result<&str, Error> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(error(ERROR, format!("expected a text, found {}", shown(other)))),
    }
}

/// The number of an argument.
pub(crate) fn integer<T: TryFrom<i64>>(value: &Value) -> Result<T, Error> {
    match value {
        Value::Integer(number) => T::try_from(*number).map_err(|_| error(ERROR, format!("{number} is out of range"))),
        other => Err(error(ERROR, format!("expected an integer, found {}", shown(other)))),
    }
}

/// A blob, or what a text consists of.
fn bytes(value: &Value) -> Result<Vec<u8>, Error> {
    match value {
        Value::Text(text) => Ok(text.clone().into_bytes()),
        Value::Blob(bytes) => Ok(bytes.clone()),
        other => Err(error(ERROR, format!("expected bytes, found {}", shown(other)))),
    }
}

fn optional(bytes: Option<Vec<u8>>) -> Value {
    bytes.map_or(Value::Null, Value::Blob)
}

fn first(rows: spi::Rows) -> Result<Value, Error> {
    Ok(rows.rows.into_iter().next().and_then(|row| row.into_iter().next()).unwrap_or(Value::Null))
}
