//! `#[scalar]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, Result, ReturnType};

use crate::options::{FUNCTION_FLAGS, Options};
use crate::parameters::{Filled, Given, Parameters, check_signature};

const WHAT: &str = "a scalar function";

pub fn expand(attributes: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::parse(attributes, FUNCTION_FLAGS)?;
    let mut function: ItemFn = syn::parse2(item)?;
    refuse_method(&function, WHAT)?;
    check_signature(&function.sig, WHAT)?;
    let parameters = Parameters::of(&mut function.sig, WHAT)?;

    let ident = &function.sig.ident;
    let visibility = &function.vis;
    let name = options.name_or(ident)?;
    let flags = options.flags();
    let convert =
        quote_spanned!(result_span(&function.sig)=> ::sqlink_guest::__private::IntoReturn::into_return(result));
    let registrations = parameters.counts().map(|given| {
        let Filled { bindings, arguments } =
            parameters.fill(&name, Given::Count(given), &quote!(::sqlink_guest::__private::refuse));
        let count = parameters.arg_count(given);
        quote! {
            ::sqlink_guest::Function::new(#name, #count, #flags, {
                fn call(
                    args: ::sqlink_guest::Args<'_>,
                ) -> ::core::result::Result<::sqlink_guest::Value, ::sqlink_guest::Error> {
                    #bindings
                    let result = #ident(#arguments);
                    #convert
                }
                call
            })
        }
    });
    Ok(quote! {
        #function

        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, reason = "stands for the function of the same name")]
        #visibility struct #ident {}

        impl ::sqlink_guest::Scalar for #ident {
            const FUNCTIONS: &'static [::sqlink_guest::Function] = &[#(#registrations),*];
        }
    })
}

/// Code for which the compiler reports errors at `there`, while its names mean what they mean in the macro's other code:
/// an author's `macro_rules!` would hide them else.
pub fn at(there: Span) -> Span {
    Span::call_site().located_at(there)
}

/// Where an error about a result belongs.
pub fn result_span(signature: &syn::Signature) -> Span {
    at(match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    })
}

/// A method has no meaning without its object.
pub fn refuse_method(function: &ItemFn, what: &str) -> Result<()> {
    match function.sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => Err(Error::new_spanned(receiver, format!("{what} can't be a method"))),
        _ => Ok(()),
    }
}
