//! What stands in an attribute's parentheses, and names.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Error, LitStr, Result};

/// A function's flags.
pub const FUNCTION_FLAGS: &[&str] = &["deterministic", "direct_only", "innocuous", "subtype"];
/// An aggregate's: SQLite gives aggregates no subtype.
pub const AGGREGATE_FLAGS: &[&str] = &["deterministic", "direct_only", "innocuous"];

/// Flags and the SQL name.
pub struct Options {
    name: Option<LitStr>,
    flags: Vec<Ident>,
}

impl Options {
    /// * `known` - the flags there are
    pub fn parse(attributes: TokenStream, known: &[&str]) -> Result<Self> {
        let mut options = Self { name: None, flags: Vec::new() };
        let parser = syn::meta::parser(|meta| {
            if meta.path.is_ident("name") {
                let name: LitStr = meta.value()?.parse()?;
                if options.name.replace(name).is_some() {
                    return Err(meta.error("`name` is given twice"));
                }
                return Ok(());
            }
            let Some(flag) = meta.path.get_ident() else {
                return Err(meta.error("expected a flag"));
            };
            if !known.iter().any(|known| flag == known) {
                let known: Vec<String> = known.iter().map(|known| format!("`{known}`, ")).collect();
                let known = known.concat();
                return Err(meta.error(match known.trim_end_matches(", ") {
                    "" => format!("unknown option `{flag}`, expected `name = \"…\"`"),
                    known => format!("unknown flag `{flag}`, expected {known} or `name = \"…\"`"),
                }));
            }
            if options.flags.contains(flag) {
                return Err(meta.error(format!("flag `{flag}` is given twice")));
            }
            options.flags.push(flag.clone());
            Ok(())
        });
        syn::parse::Parser::parse2(parser, attributes)?;
        Ok(options)
    }

    /// The flags as an expression.
    pub fn flags(&self) -> TokenStream {
        let flags = self.flags.iter().map(|flag| {
            let constant = format_ident!("{}", flag.to_string().to_uppercase(), span = flag.span());
            quote!(.with(::sqlink_guest::Flags::#constant))
        });
        quote!(::sqlink_guest::Flags::NONE #(#flags)*)
    }

    /// The SQL name that is given, or else `ident`.
    pub fn name_or(&self, ident: &Ident) -> Result<String> {
        let Some(name) = &self.name else {
            let text = ident.to_string();
            return Ok(text.strip_prefix("r#").unwrap_or(&text).to_owned());
        };
        check_name(name)
    }

    /// The SQL name that is given, or else the type's in lower case with underscores.
    pub fn name_or_type(&self, ident: &Ident) -> Result<String> {
        let Some(name) = &self.name else {
            return Ok(snake_case(&ident.to_string()));
        };
        check_name(name)
    }
}

/// An SQL name.
pub fn check_name(name: &LitStr) -> Result<String> {
    let value = name.value();
    if value.is_empty() || value.len() > 255 || value.contains('\0') {
        return Err(Error::new_spanned(name, "an SQL name has 1 to 255 bytes and no U+0000"));
    }
    Ok(value)
}

/// `TopK` is `top_k`.
pub fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}
