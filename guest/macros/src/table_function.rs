//! `#[table_function]`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Error, ItemFn, LitStr, Result, ReturnType, Type, parenthesized};

use crate::options::check_name;
use crate::parameters::{Filled, Given, Parameters, check_signature};
use crate::scalar::{refuse_method, result_span};

const WHAT: &str = "a table function";
/// The plan's number has a bit for each argument.
const MAX_ARGS: usize = 31;

#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    flags: Vec<Ident>,
    columns: Vec<String>,
}

impl Options {
    fn parse(attributes: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        let parser = syn::meta::parser(|meta| {
            if meta.path.is_ident("name") {
                let name: LitStr = meta.value()?.parse()?;
                if options.name.replace(name).is_some() {
                    return Err(meta.error("`name` is given twice"));
                }
            } else if meta.path.is_ident("columns") {
                let content;
                parenthesized!(content in meta.input);
                options.columns = columns(content.parse()?)?;
            } else {
                let flag = meta.path.get_ident().filter(|flag| *flag == "direct_only" || *flag == "innocuous");
                let Some(flag) = flag else {
                    return Err(
                        meta.error("expected `columns(NAME TYPE, …)`, `direct_only`, `innocuous` or `name = \"…\"`")
                    );
                };
                options.flags.push(format_ident!("{}", flag.to_string().to_uppercase()));
            }
            Ok(())
        });
        syn::parse::Parser::parse2(parser, attributes)?;
        Ok(options)
    }
}

/// Definitions of columns: each a name, or a name in quotes, and perhaps a type.
fn columns(tokens: TokenStream) -> Result<Vec<String>> {
    let mut columns = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(name) = tokens.next() {
        let text = match syn::parse2::<LitStr>(name.to_token_stream()) {
            Ok(text) => text.value(),
            Err(_) => match &name {
                TokenTree::Ident(ident) => ident.to_string(),
                other => return Err(Error::new_spanned(other, "expected the name of a column")),
            },
        };
        let mut column = format!("\"{}\"", text.replace('"', "\"\""));
        while let Some(token) = tokens.next_if(|token| !matches!(token, TokenTree::Punct(p) if p.as_char() == ',')) {
            column.push(' ');
            column.push_str(&token.to_string());
        }
        tokens.next();
        columns.push(column);
    }
    Ok(columns)
}

pub fn expand(attributes: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::parse(attributes)?;
    let mut function: ItemFn = syn::parse2(item)?;
    refuse_method(&function, WHAT)?;
    check_signature(&function.sig, WHAT)?;
    let parameters = Parameters::of(&mut function.sig, WHAT)?;
    let ident = &function.sig.ident;
    if options.columns.is_empty() {
        return Err(Error::new_spanned(
            ident,
            "say which columns the rows have: `#[table_function(columns(NAME TYPE, …))]`",
        ));
    }
    if parameters.variadic() {
        return Err(Error::new_spanned(
            &function.sig.inputs,
            "the arguments of a table function are columns: their number is fixed",
        ));
    }
    let names = parameters.names()?;
    if names.len() > MAX_ARGS {
        return Err(Error::new_spanned(&function.sig.inputs, "a table function has at most 31 arguments"));
    }

    let visibility = &function.vis;
    let name = match &options.name {
        Some(name) => check_name(name)?,
        None => ident.to_string().trim_start_matches("r#").to_owned(),
    };
    let flags = &options.flags;
    let Filled { bindings, arguments } =
        parameters.fill(&name, Given::Mask, &quote!(::sqlink_guest::__private::refuse_rows));
    let width = options.columns.len();
    let hidden = names.iter().map(|name| format!("\"{name}\" HIDDEN"));
    let columns = options.columns.iter().cloned().chain(hidden);
    let needed = parameters.needed();
    let fallible = matches!(
        &function.sig.output,
        ReturnType::Type(_, ty) if matches!(&**ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result"))
    );
    let question = fallible.then(|| quote!(?));
    // quote_spanned: rows that are none are an error on the author's line.
    let rows = quote_spanned!(result_span(&function.sig)=> ::sqlink_guest::__private::rows::<#width, _>(rows));
    Ok(quote! {
        #function

        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, reason = "stands for the function of the same name")]
        #visibility struct #ident {}

        impl ::sqlink_guest::vtab::TableModule for #ident {
            const MODULE: ::sqlink_guest::vtab::Module = {
                fn call<'a>(
                    args: ::sqlink_guest::Args<'a>,
                    given: u32,
                ) -> ::core::result::Result<
                    ::core::option::Option<::std::boxed::Box<dyn ::sqlink_guest::__private::Rows + 'a>>,
                    ::sqlink_guest::Error,
                > {
                    #bindings
                    let rows = #ident(#arguments)#question;
                    ::core::result::Result::Ok(::core::option::Option::Some(#rows))
                }

                static FUNCTION: ::sqlink_guest::__private::TableFunction = ::sqlink_guest::__private::TableFunction {
                    name: #name,
                    columns: &[#(#columns),*],
                    arguments: &[#(#names),*],
                    needed: #needed,
                    call,
                };

                fn connect(
                    _: &::sqlink_guest::vtab::Connect<'_>,
                ) -> ::core::result::Result<
                    (::std::boxed::Box<dyn ::sqlink_guest::__private::AnyTable>, ::std::string::String),
                    ::sqlink_guest::Error,
                > {
                    ::sqlink_guest::__private::open(::sqlink_guest::__private::FunctionTable(&FUNCTION))
                }

                ::sqlink_guest::vtab::Module::new(
                    #name,
                    ::sqlink_guest::vtab::ModuleFlags::EPONYMOUS #(.with(::sqlink_guest::vtab::ModuleFlags::#flags))*,
                    &[],
                    connect,
                    connect,
                )
            };
        }
    })
}
