//! Parameters as SQL sees them, and the code that fills them.

use crate::scalar::at;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, FnArg, Pat, PatType, Result, Signature, Type};

/// SQLite's limit on a function's arguments.
const MAX_ARGS: usize = 127;

/// A function's parameters.
pub struct Parameters {
    fixed: Vec<Parameter>,
    rest: Option<Rest>,
}

struct Parameter {
    pattern: Pat,
    ty: Type,
    default: Option<Expr>,
}

/// How the arguments beyond the last fixed parameter are passed.
enum Rest {
    Args,
    Refs,
    Values,
}

/// What SQL gave.
#[derive(Clone, Copy)]
pub enum Given {
    /// The first so many arguments.
    Count(usize),
    /// Those with a bit in the variable `given`.
    Mask,
}

/// Code that fills the parameters from `args`, and what to call the function with.
pub struct Filled {
    pub bindings: TokenStream,
    pub arguments: TokenStream,
}

/// Refuses what can't be called from SQL.
pub fn check_signature(signature: &Signature, what: &str) -> Result<()> {
    let refuse = |tokens: &dyn ToTokens, why: &str| {
        Err(Error::new_spanned(tokens.to_token_stream(), format!("{what} can't be {why}")))
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

impl Parameters {
    /// Takes the `#[default(…)]` attributes off and checks their order.
    pub fn of(signature: &mut Signature, what: &str) -> Result<Self> {
        let mut fixed: Vec<Parameter> = Vec::new();
        for input in &mut signature.inputs {
            let FnArg::Typed(PatType { attrs, ty, pat, .. }) = input else {
                continue;
            };
            let mut default = None;
            for attribute in attrs.iter().filter(|a| a.path().is_ident("default")) {
                if default.replace(attribute.parse_args::<Expr>()?).is_some() {
                    return Err(Error::new_spanned(attribute, "`default` is given twice"));
                }
            }
            attrs.retain(|attribute| !attribute.path().is_ident("default"));
            if default.is_none() && fixed.last().is_some_and(|p| p.default.is_some()) {
                return Err(Error::new_spanned(ty, "a parameter after one with a default needs a `#[default(…)]` too"));
            }
            fixed.push(Parameter { pattern: (**pat).clone(), ty: (**ty).clone(), default });
        }
        let rest = rest(&mut fixed)?;
        if fixed.len() > MAX_ARGS {
            return Err(Error::new_spanned(&signature.inputs, format!("{what} has at most 127 arguments")));
        }
        Ok(Self { fixed, rest })
    }

    /// Whether SQL may give any number of arguments.
    pub fn variadic(&self) -> bool {
        self.rest.is_some()
    }

    /// How many arguments SQL may give. A variadic function is registered once.
    pub fn counts(&self) -> std::ops::RangeInclusive<usize> {
        let needed = if self.variadic() { self.fixed.len() } else { self.needed() };
        needed..=self.fixed.len()
    }

    /// How many arguments have no default.
    pub fn needed(&self) -> usize {
        self.fixed.iter().filter(|p| p.default.is_none()).count()
    }

    /// The parameters' names in the source.
    pub fn names(&self) -> Result<Vec<String>> {
        let name = |parameter: &Parameter| match &parameter.pattern {
            Pat::Ident(pattern) => Ok(pattern.ident.to_string().trim_start_matches("r#").to_owned()),
            other => Err(Error::new_spanned(other, "a parameter's name is that of a hidden column")),
        };
        self.fixed.iter().map(name).collect()
    }

    /// Whether SQL sees the same parameters, apart from defaults.
    pub fn same(&self, other: &Self) -> bool {
        let types = |p: &Self| p.fixed.iter().map(|p| p.ty.to_token_stream().to_string()).collect::<Vec<_>>();
        let rest = |p: &Self| p.rest.as_ref().map(std::mem::discriminant);
        types(self) == types(other) && rest(self) == rest(other)
    }

    /// For the manifest: -1 for any number.
    pub fn arg_count(&self, given: usize) -> i32 {
        if self.variadic() { -1 } else { i32::try_from(given).unwrap_or(i32::MAX) }
    }

    /// Fills the parameters from what is given, the others from their defaults.
    ///
    /// * `refuse` - the function to return from with when an argument does not fit
    pub fn fill(&self, name: &str, given: Given, refuse: &TokenStream) -> Filled {
        let variables: Vec<Ident> = (0..self.fixed.len()).map(|index| format_ident!("argument_{index}")).collect();
        let bindings = self.fixed.iter().enumerate().map(|(index, parameter)| {
            let variable = &variables[index];
            let ty = without_lifetimes(&parameter.ty);
            let default = parameter.default.as_ref();
            // quote_spanned: a type that is no argument type is an error on the author's line.
            let span = at(parameter.ty.span());
            let convert = quote_spanned!(span=>
                <#ty as ::sqlink_guest::FromValue<'_>>::from_value(value));
            let expected = quote_spanned!(span=>
                <#ty as ::sqlink_guest::FromValue<'_>>::EXPECTED);
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let converted = quote! {
                {
                    let value = args.at(#index);
                    match #convert {
                        ::core::option::Option::Some(value) => value,
                        ::core::option::Option::None => return #refuse(#name, #number, #expected, value),
                    }
                }
            };
            match (given, default) {
                (Given::Count(count), Some(default)) if index >= count => quote!(let #variable: #ty = #default;),
                (Given::Mask, Some(default)) => quote! {
                    let #variable: #ty = if given & 1 << #index == 0 { #default } else { #converted };
                },
                _ => quote!(let #variable = #converted;),
            }
        });
        let least = self.fixed.len();
        let least_number = u32::try_from(least).unwrap_or(u32::MAX);
        let check = match self.rest {
            Some(_) if least == 0 => quote!(),
            Some(_) => quote! {
                if args.len() < #least {
                    return ::sqlink_guest::__private::too_few(#name, #least_number);
                }
            },
            None => match given {
                Given::Count(given) => quote! {
                    if args.len() != #given {
                        return ::sqlink_guest::__private::wrong_count(#name);
                    }
                },
                Given::Mask => quote!(),
            },
        };
        let (rest, rest_argument) = match self.rest {
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
        Filled {
            bindings: quote! {
                #check
                #(#bindings)*
                #rest
            },
            arguments: quote!(#(#variables,)* #rest_argument),
        }
    }
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
