//! SQL text of one or more statements, compiled one after the other.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::{self, Error, Script};
use crate::web::error::{keep, status};
use crate::web::reply::{self, Word};

/// A script that is being walked through.
struct Walk {
    connection: u32,
    /// Shared, so that it stays alive while a statement of it compiles and nothing is borrowed.
    script: Rc<Script>,
    /// Bytes of it that are compiled already.
    position: u32,
}

thread_local! {
    static WALKS: RefCell<Vec<Option<Walk>>> = const { RefCell::new(Vec::new()) };
}

/// Compiles the only statement of `sql`. Its handle is in the reply block, 0 if there is only white space and comments,
/// and so is its parameter count. A second statement is an error.
#[wasm_bindgen]
#[must_use]
pub fn prepare(connection: u32, sql: &str, persistent: bool) -> i32 {
    status(prepare_only(connection, sql, persistent).map(reply_statement))
}

/// Tells of a statement, or of none, in the reply block.
fn reply_statement(statement: u32) {
    let parameters = if statement == 0 { 0 } else { engine::parameter_count(statement).unwrap_or(0) };
    reply::set(Word::Statement, statement);
    reply::set(Word::Parameters, parameters);
}

fn prepare_only(connection: u32, sql: &str, persistent: bool) -> Result<u32, Error> {
    let script = Script::new(sql)?;
    let mut statement = 0;
    let mut position = 0;
    while !sql.get(position as usize..).unwrap_or_default().trim_ascii().is_empty() {
        match engine::prepare_from(connection, &script, position, persistent) {
            Ok(next) if statement == 0 || next.statement == 0 => {
                statement = statement.max(next.statement);
                position = next.consumed.max(position + 1);
            }
            Err(error) if statement == 0 => return Err(error),
            // A second statement, or something behind the first that does not compile.
            second => {
                engine::finalize(statement)?;
                if let Ok(second) = second {
                    engine::finalize(second.statement)?;
                }
                return Err(Error::new(
                    engine::MISUSE,
                    "more than one statement where one is expected: use `exec` or `queryAll`",
                ));
            }
        }
    }
    Ok(statement)
}

/// Starts to walk through the statements of `sql`. The number for [`script_next`] is in the reply block.
#[wasm_bindgen]
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "there are never 2^32 scripts at once in a 32-bit address space")]
pub fn script_open(connection: u32, sql: &str) -> i32 {
    status(Script::new(sql).map(|script| {
        let walk = Walk { connection, script: Rc::new(script), position: 0 };
        WALKS.with_borrow_mut(|walks| {
            let free = walks.iter().position(Option::is_none).unwrap_or(walks.len());
            match walks.get_mut(free) {
                Some(slot) => *slot = Some(walk),
                None => walks.push(Some(walk)),
            }
            reply::set(Word::Statement, free as u32);
        });
    }))
}

/// Compiles the next statement. Its handle is in the reply block, 0 at the end of the script; so are the byte offsets
/// where it begins and ends.
#[wasm_bindgen]
#[must_use]
pub fn script_next(number: u32) -> i32 {
    loop {
        let taken = WALKS.with_borrow(|walks| {
            walks.get(number as usize)?.as_ref().map(|walk| (walk.connection, Rc::clone(&walk.script), walk.position))
        });
        let Some((connection, script, position)) = taken else {
            return keep(Error::new(engine::MISUSE, "the script is closed"));
        };
        reply::set(Word::Statement, 0);
        if position as usize >= script.len() {
            return 0;
        }
        match engine::prepare_from(connection, &script, position, false) {
            Ok(next) => {
                let end = next.consumed.max(position + 1);
                WALKS.with_borrow_mut(|walks| {
                    if let Some(Some(walk)) = walks.get_mut(number as usize) {
                        walk.position = end;
                    }
                });
                if next.statement != 0 {
                    reply_statement(next.statement);
                    reply::set_wide(Word::FirstLow, Word::FirstHigh, position.into());
                    reply::set_wide(Word::SecondLow, Word::SecondHigh, end.into());
                    return 0;
                }
            }
            Err(error) => return keep(error),
        }
    }
}

/// Ends a script.
#[wasm_bindgen]
pub fn script_close(number: u32) {
    WALKS.with_borrow_mut(|walks| {
        if let Some(slot) = walks.get_mut(number as usize) {
            *slot = None;
        }
    });
}
