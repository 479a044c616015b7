//! Functions: an expression with parameters each.

use sqlink_guest::prelude::*;

use crate::is_explained;
use crate::parameters::parameters;

/// Before the names in the keys of the state.
const PREFIX: &str = "function/";
/// Longest name, in bytes.
const MAX_NAME: usize = 255;
/// Most parameters: what an SQL function may have of arguments, and the name is one.
const MAX_PARAMETERS: usize = 126;

/// A function.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    pub name: String,
    /// What stands after SELECT: an expression, and FROM and the like perhaps.
    pub body: String,
}

/// Where a function is kept. As for SQL's own, case does not matter.
fn key(name: &str) -> String {
    [PREFIX, &name.to_ascii_lowercase()].concat()
}

impl Definition {
    /// A function whose body SQLite can compile.
    ///
    /// # Errors
    /// A name that can't be, a body that is no expression.
    pub fn new(name: &str, body: &str) -> Result<Self, Error> {
        if !(1..=MAX_NAME).contains(&name.len()) || name.contains('\0') {
            return Err(Error::from(format!(
                "a name has 1 to {MAX_NAME} bytes and no U+0000, found {} bytes",
                name.len()
            )));
        }
        let unusable = |error: Error| {
            let message = format!("the body of `{name}` is no expression that can be evaluated: {}", error.message());
            Error::new(error.code(), message)
        };
        // As it stands, so that no parenthesis of it ends what `query` puts around it.
        let columns = spi::open(&format!("SELECT {body}"), &[]).map_err(unusable)?.columns().len();
        if columns != 1 {
            return Err(Error::from(format!("the body of `{name}` gives {columns} values, expected one")));
        }
        let definition = Self { name: name.to_owned(), body: body.to_owned() };
        spi::open(&definition.query(), &[]).map_err(unusable)?;
        let count = parameters(body).len();
        if count > MAX_PARAMETERS {
            return Err(Error::new(
                Error::TOOBIG,
                format!("the body of `{name}` has {count} parameters, but a call has at most {MAX_PARAMETERS}"),
            ));
        }
        Ok(definition)
    }

    /// The statement that a call runs. A subquery gives one value, and NULL for no rows; the line feed ends a comment.
    fn query(&self) -> String {
        ["SELECT (SELECT ", &self.body, "\n)"].concat()
    }

    /// The value for some arguments.
    pub fn call(&self, args: Args<'_>) -> Result<Option<Value>, Error> {
        let Self { name, body } = self;
        let wanted = parameters(body);
        if args.len() != wanted.len() {
            let (count, found) = (wanted.len(), args.len());
            let list = if wanted.is_empty() { String::new() } else { format!(" ({})", wanted.join(", ")) };
            return Err(Error::from(format!("`{name}` takes {count} arguments{list}, found {found}")));
        }
        let args: Vec<Value> = args.iter().map(ValueRef::to_value).collect();
        spi::query_value(&self.query(), &args).map_err(|error| {
            if is_explained("call", &error) {
                return error;
            }
            Error::new(error.code(), format!("`{name}`: {}", error.message()))
        })
    }

    /// The function of a name.
    pub fn find(name: &str) -> Result<Option<Self>, Error> {
        state::get(&key(name))?.map(Self::from_bytes).transpose()
    }

    /// Keeps it.
    ///
    /// # Errors
    /// There is another one of that name.
    pub fn keep(&self) -> Result<(), Error> {
        match Self::find(&self.name)? {
            Some(before) if before.body == self.body => Ok(()),
            Some(Self { name, body }) => Err(Error::new(
                Error::CONSTRAINT,
                format!("there is a function `{name}`, which is `{body}`: undefine('{name}') first"),
            )),
            None => state::set(&key(&self.name), &self.to_bytes()),
        }
    }

    /// Removes the function of a name; false if there is none.
    pub fn forget(name: &str) -> Result<bool, Error> {
        state::delete(&key(name))
    }

    /// All functions, in the order of their names.
    pub fn all() -> Result<impl Iterator<Item = Result<Self, Error>>, Error> {
        let keys = state::keys(PREFIX)?.into_iter();
        Ok(keys
            .filter_map(|key| state::get(&key).and_then(|bytes| bytes.map(Self::from_bytes).transpose()).transpose()))
    }

    /// Name and body, which SQL can't have U+0000 in.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.name, "\0", &self.body].concat().into_bytes()
    }

    /// Reads what [`Self::to_bytes`] made.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        let text = String::from_utf8(bytes).ok();
        let parts = text.as_deref().and_then(|text| text.split_once('\0'));
        let (name, body) = parts.ok_or_else(|| Error::new(Error::CORRUPT, "what was kept is no function"))?;
        Ok(Self { name: name.to_owned(), body: body.to_owned() })
    }
}
