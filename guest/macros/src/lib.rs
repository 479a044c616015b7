//! The macros of `sqlink-guest`: an attribute for each kind of thing that an extension can be, and `extension!`. Their
//! documentation with examples is on the SDK's front page.

mod aggregate;
mod collation;
mod extension;
mod hooks;
mod options;
mod parameters;
mod scalar;
mod table;
mod table_function;

use proc_macro::TokenStream;

/// Makes a plain function a scalar SQL function.
///
/// `#[scalar(deterministic, innocuous, direct_only, subtype, name = "…")]`, everything optional. The function stays as it
/// is; beside it comes a type of the same name, which `extension!` and `testing::call` take. Parameters may have
/// `#[default(EXPRESSION)]` from some point on: SQL may leave them out.
///
/// # Errors
/// At compile time, on the author's line: unknown flags; methods, generic, async, unsafe functions; a default
/// before a parameter without one; a variadic parameter that is not the last; more than 127 parameters;
/// parameter and result types that are no SQL values.
#[proc_macro_attribute]
pub fn scalar(attributes: TokenStream, item: TokenStream) -> TokenStream {
    scalar::expand(attributes.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a type with a few methods an aggregate or window function.
///
/// `#[aggregate(deterministic, innocuous, direct_only, name = "…")]`, everything optional, on an `impl` block of a type with
/// `Default`, which holds one evaluation. `fn step(&mut self, …)` takes a row, its parameters as those of a scalar
/// function. `fn finish(self) -> …` gives the value. A window function has `fn inverse(&mut self, …)`, which takes back the
/// oldest row, and `fn current(&self) -> …`, which is used for `finish` where that is missing. The SQL name is the type's
/// in lower case with underscores.
///
/// # Errors
/// At compile time, on the author's line: unknown flags, missing methods, an `inverse` whose parameters are not those of
/// `step`, and what `#[scalar]` refuses.
#[proc_macro_attribute]
pub fn aggregate(attributes: TokenStream, item: TokenStream) -> TokenStream {
    aggregate::expand(attributes.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a function that compares two texts a collating sequence.
///
/// `#[collation(name = "…")]` on a `fn(&str, &str) -> Ordering`; the name is the function's if not given.
///
/// # Errors
/// At compile time, on the author's line: a function of another type.
#[proc_macro_attribute]
pub fn collation(attributes: TokenStream, item: TokenStream) -> TokenStream {
    collation::expand(attributes.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a type with the trait `Table` a virtual table module.
///
/// `#[table(eponymous, creatable, conflicts, direct_only, innocuous, shadow("data", …), name = "…")]` on the `impl Table for …`. One
/// of `eponymous` (usable by its name) and `creatable` (by CREATE VIRTUAL TABLE) is needed. The other flags of the manifest
/// follow from the methods there are. The SQL name is the type's in lower case with underscores.
///
/// # Errors
/// At compile time, on the author's line: unknown flags; neither `eponymous` nor `creatable`; `create` or `destroy` of an eponymous
/// table; generics.
#[proc_macro_attribute]
pub fn table(attributes: TokenStream, item: TokenStream) -> TokenStream {
    table::expand(attributes.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a function that returns an iterator over rows a table-valued function.
///
/// `#[table_function(columns(NAME TYPE, …), direct_only, innocuous, name = "…")]`, all but the columns optional. Parameters are as
/// those of a scalar function, with defaults; NULL for one that is not an `Option` gives no rows. The result is `impl
/// Iterator`, or anything else that can be iterated, or a `Result` of it, over rows or `Result`s of rows: a value for one column, a
/// tuple for several. It may borrow from the arguments.
///
/// # Errors
/// At compile time, on the author's line: no columns, rows with another number of values, more than 31 parameters, and what
/// `#[scalar]` refuses.
#[proc_macro_attribute]
pub fn table_function(attributes: TokenStream, item: TokenStream) -> TokenStream {
    table_function::expand(attributes.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Registers the methods of an `impl Hooks for …`: the connection calls those and no other.
///
/// # Errors
/// At compile time, on the author's line: an `impl` of something else, or of no method.
#[proc_macro_attribute]
pub fn hooks(attributes: TokenStream, item: TokenStream) -> TokenStream {
    hooks::expand(attributes.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Describes the extension and exports it.
///
/// | field | |
/// |---|---|
/// | `name`, `description` | needed |
/// | `version` | the package's if not given |
/// | `functions`, `aggregates`, `collations`, `tables` | lists of what has the attribute `scalar`, `aggregate`, `collation`, `table` or `table_function`; an id in the manifest is the place in its list |
/// | `hooks` | a type with the attribute `hooks` |
/// | `on_load`, `on_unload` | functions without parameters that return nothing or a `Result` of it |
/// | `nesting` | `refuse`, as without it, or `fresh_instance` |
/// | `required`, `optional` | `{ "capability": "reason", … }` |
///
/// At most once per crate. The component exports the interfaces that the fields speak of and no other.
///
/// # Errors
/// At compile time: an unknown, missing or repeated field; a name that is not 1 to 64 characters of `a-z`, `0-9`, `-` and `_`
/// beginning with a letter; a capability named twice; two functions of the same SQL name and number of arguments, two
/// collations or tables of the same name.
#[proc_macro]
pub fn extension(input: TokenStream) -> TokenStream {
    extension::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
