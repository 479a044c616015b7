//! `#[scalar]`.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, FnArg, ItemFn, LitStr, PatType, Result, ReturnType, Type};

/// SQLite's limit on a function's arguments.
const MAX_ARGS: usize = 127;

/// What stands in the attribute's parentheses.
struct Options {
    name: Option<LitStr>,
    flags: Vec<Ident>,
}

/// A parameter as SQL sees it.
struct Parameter {
    ty: Type,
    default: Option<Expr>,
}

/// How the arguments beyond the last fixed parameter are passed.
enum Rest {
    Args,
    Refs,
    Values,
}

pub fn expand(attributes: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = options(attributes)?;
    let mut function: ItemFn = syn::parse2(item)?;
    check_signature(&function)?;
    let mut parameters = parameters(&mut function)?;
    let rest = rest(&mut parameters)?;
    if parameters.len() > MAX_ARGS {
        return Err(Error::new_spanned(&function.sig.inputs, "an SQL function has at most 127 arguments"));
    }

    let ident = &function.sig.ident;
    let visibility = &function.vis;
    let name = sql_name(ident, options.name.as_ref())?;
    let flags = options.flags.iter().map(|flag| {
        let constant = format_ident!("{}", flag.to_string().to_uppercase(), span = flag.span());
        quote!(.with(::sqlink_guest::Flags::#constant))
    });
    let flags = quote!(::sqlink_guest::Flags::NONE #(#flags)*);
    let needed = parameters.iter().filter(|p| p.default.is_none()).count();
    let calls = if rest.is_some() {
        vec![registration(ident, &function.sig.output, &name, &flags, &parameters, parameters.len(), rest.as_ref())]
    } else {
        (needed..=parameters.len())
            .map(|given| registration(ident, &function.sig.output, &name, &flags, &parameters, given, None))
            .collect()
    };
    Ok(quote! {
        #function

        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, reason = "stands for the function of the same name")]
        #visibility struct #ident {}

        impl ::sqlink_guest::Scalar for #ident {
            const FUNCTIONS: &'static [::sqlink_guest::Function] = &[#(#calls),*];
        }
    })
}

/// `Function::new(…)` for `given` arguments, the others at their default.
fn registration(
    ident: &Ident,
    output: &ReturnType,
    name: &str,
    flags: &TokenStream,
    parameters: &[Parameter],
    given: usize,
    rest: Option<&Rest>,
) -> TokenStream {
    let variables: Vec<Ident> = (0..parameters.len()).map(|index| format_ident!("argument_{index}")).collect();
    let bindings = parameters.iter().enumerate().map(|(index, parameter)| {
        let variable = &variables[index];
        let ty = without_lifetimes(&parameter.ty);
        match &parameter.default {
            Some(default) if index >= given => {
                quote_spanned!(default.span()=> let #variable: #ty = #default;)
            }
            _ => {
                // quote_spanned: a type that is no argument type is an error on the author's line.
                let convert = quote_spanned!(parameter.ty.span()=>
                    <#ty as ::sqlink_guest::FromValue<'_>>::from_value(value));
                let expected = quote_spanned!(parameter.ty.span()=>
                    <#ty as ::sqlink_guest::FromValue<'_>>::EXPECTED);
                let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                quote! {
                    let value = args.at(#index);
                    let #variable = match #convert {
                        ::core::option::Option::Some(value) => value,
                        ::core::option::Option::None => {
                            return ::sqlink_guest::__private::refuse(#name, #number, #expected, value);
                        }
                    };
                }
            }
        }
    });
    let least = parameters.len();
    let least_number = u32::try_from(least).unwrap_or(u32::MAX);
    let check = match rest {
        Some(_) if least == 0 => quote!(),
        Some(_) => quote! {
            if args.len() < #least {
                return ::sqlink_guest::__private::too_few(#name, #least_number);
            }
        },
        None => quote! {
            if args.len() != #given {
                return ::sqlink_guest::__private::wrong_count(#name);
            }
        },
    };
    let (rest_binding, rest_argument) = match rest {
        None => (quote!(), quote!()),
        Some(Rest::Args) => (quote!(), quote!(args.after(#least))),
        Some(Rest::Refs) => {
            (quote!(let rest: ::std::vec::Vec<_> = args.after(#least).iter().collect();), quote!(&rest))
        }
        Some(Rest::Values) => (
            quote!(let rest: ::std::vec::Vec<_> = args.after(#least).iter().map(|value| value.to_value()).collect();),
            quote!(&rest),
        ),
    };
    let count = if rest.is_some() { -1 } else { i32::try_from(given).unwrap_or(i32::MAX) };
    let result_span = match output {
        ReturnType::Default => ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let convert = quote_spanned!(result_span=> ::sqlink_guest::__private::IntoReturn::into_return(result));
    quote! {
        ::sqlink_guest::Function::new(#name, #count, #flags, {
            fn call(
                args: ::sqlink_guest::Args<'_>,
            ) -> ::core::result::Result<::sqlink_guest::Value, ::sqlink_guest::Error> {
                #check
                #(#bindings)*
                #rest_binding
                let result = #ident(#(#variables,)* #rest_argument);
                #convert
            }
            call
        })
    }
}

fn options(attributes: TokenStream) -> Result<Options> {
    let mut options = Options { name: None, flags: Vec::new() };
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
        if !["deterministic", "direct_only", "innocuous", "subtype"].iter().any(|known| flag == known) {
            return Err(meta.error(format!(
                "unknown flag `{flag}`, expected `deterministic`, `direct_only`, `innocuous`, `subtype` or `name = \"…\"`"
            )));
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

fn check_signature(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    let refuse = |tokens: &dyn quote::ToTokens, what: &str| {
        Err(Error::new_spanned(tokens.to_token_stream(), format!("a scalar function can't be {what}")))
    };
    if let Some(token) = &signature.asyncness {
        return refuse(token, "async: SQLite waits for its result");
    }
    if let Some(token) = &signature.unsafety {
        return refuse(token, "unsafe: SQL gives it any value");
    }
    if let Some(token) = &signature.abi {
        return refuse(token, "extern");
    }
    if let Some(token) = &signature.variadic {
        return refuse(token, "variadic in C's way: take `Args` as the last parameter");
    }
    if let Some(parameter) = signature.generics.type_params().next() {
        return refuse(parameter, "generic over types: it has one meaning in SQL");
    }
    if let Some(parameter) = signature.generics.const_params().next() {
        return refuse(parameter, "generic over constants: it has one meaning in SQL");
    }
    Ok(())
}

/// Takes the `#[default(…)]` attributes off and checks their order.
fn parameters(function: &mut ItemFn) -> Result<Vec<Parameter>> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for input in &mut function.sig.inputs {
        let FnArg::Typed(PatType { attrs, ty, .. }) = input else {
            return Err(Error::new_spanned(input, "a scalar function can't be a method"));
        };
        let mut default = None;
        for attribute in attrs.iter().filter(|a| a.path().is_ident("default")) {
            if default.replace(attribute.parse_args::<Expr>()?).is_some() {
                return Err(Error::new_spanned(attribute, "`default` is given twice"));
            }
        }
        attrs.retain(|attribute| !attribute.path().is_ident("default"));
        if default.is_none() && parameters.last().is_some_and(|p| p.default.is_some()) {
            return Err(Error::new_spanned(ty, "a parameter after one with a default needs a `#[default(…)]` too"));
        }
        parameters.push(Parameter { ty: (**ty).clone(), default });
    }
    Ok(parameters)
}

/// Takes the last parameter off if it is variadic.
fn rest(parameters: &mut Vec<Parameter>) -> Result<Option<Rest>> {
    let last = parameters.len().wrapping_sub(1);
    for (index, parameter) in parameters.iter().enumerate() {
        if variadic(&parameter.ty).is_none() {
            continue;
        }
        if index != last {
            return Err(Error::new_spanned(&parameter.ty, "all further arguments can only be the last parameter"));
        }
        if let Some(with_default) = parameters.iter().find(|p| p.default.is_some()) {
            return Err(Error::new_spanned(
                &with_default.default,
                "a function that takes any number of arguments can't have defaults",
            ));
        }
    }
    let rest = parameters.last().and_then(|p| variadic(&p.ty));
    if rest.is_some() {
        parameters.pop();
    }
    Ok(rest)
}

fn variadic(ty: &Type) -> Option<Rest> {
    let last_ident = |ty: &Type| match ty {
        Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    };
    match ty {
        Type::Path(_) => (last_ident(ty)? == "Args").then_some(Rest::Args),
        Type::Reference(reference) => match &*reference.elem {
            Type::Slice(slice) => match last_ident(&slice.elem)?.as_str() {
                "ValueRef" => Some(Rest::Refs),
                "Value" => Some(Rest::Values),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn sql_name(ident: &Ident, name: Option<&LitStr>) -> Result<String> {
    let Some(name) = name else {
        let text = ident.to_string();
        return Ok(text.strip_prefix("r#").unwrap_or(&text).to_owned());
    };
    let value = name.value();
    if value.is_empty() || value.len() > 255 || value.contains('\0') {
        return Err(Error::new_spanned(name, "an SQL function's name has 1 to 255 bytes and no U+0000"));
    }
    Ok(value)
}

/// The type with every lifetime but `'static` left to inference: the wrapper has no generics.
fn without_lifetimes(ty: &Type) -> TokenStream {
    fn walk(tokens: TokenStream) -> TokenStream {
        let mut after_quote = false;
        tokens
            .into_iter()
            .map(|token| {
                let was_quote = std::mem::take(&mut after_quote);
                match token {
                    TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                        after_quote = true;
                        TokenTree::Punct(punct)
                    }
                    TokenTree::Ident(name) if was_quote && name != "static" => {
                        TokenTree::Ident(Ident::new("_", name.span()))
                    }
                    TokenTree::Group(group) => {
                        let mut inner = Group::new(group.delimiter(), walk(group.stream()));
                        inner.set_span(group.span());
                        TokenTree::Group(inner)
                    }
                    other => other,
                }
            })
            .collect()
    }
    walk(quote!(#ty))
}
