//! The macros of `sqlink-guest`: `#[scalar]` and `extension!`. Their documentation is on the SDK's front page.

mod extension;
mod scalar;

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

/// Describes the extension and exports it.
///
/// `extension! { name: "…", description: "…", functions: [f, g], required: { "random": "why" }, optional: { … } }`; name,
/// description and functions are needed, `version` is the package's if not given. At most once per crate. A function's
/// id in the manifest is its place in the list.
///
/// # Errors
/// At compile time: an unknown, missing or repeated field; a name that is not 1 to 64 characters of `a-z`, `0-9`, `-` and `_`
/// beginning with a letter; a capability named twice; two functions of the same SQL name and number of arguments.
#[proc_macro]
pub fn extension(input: TokenStream) -> TokenStream {
    extension::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
