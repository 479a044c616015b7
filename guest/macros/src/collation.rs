//! `#[collation]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, ItemFn, Result};

use crate::options::Options;
use crate::parameters::check_signature;
use crate::scalar::{refuse_method, result_span};

const WHAT: &str = "a collation";

pub fn expand(attributes: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::parse(attributes, &[])?;
    let function: ItemFn = syn::parse2(item)?;
    refuse_method(&function, WHAT)?;
    check_signature(&function.sig, WHAT)?;
    let ident = &function.sig.ident;
    if function.sig.inputs.len() != 2 {
        return Err(Error::new_spanned(ident, "a collation compares two texts: `fn(&str, &str) -> Ordering`"));
    }
    let visibility = &function.vis;
    let name = options.name_or(ident)?;
    // quote_spanned: a wrong type is an error on the author's line.
    let compare = quote_spanned!(result_span(&function.sig)=> #ident(left, right));
    Ok(quote! {
        #function

        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, reason = "stands for the function of the same name")]
        #visibility struct #ident {}

        impl ::sqlink_guest::Collation for #ident {
            const COLLATION: ::sqlink_guest::CollatingSequence = ::sqlink_guest::CollatingSequence::new(#name, {
                fn compare(left: &str, right: &str) -> ::core::cmp::Ordering {
                    #compare
                }
                compare
            });
        }
    })
}
