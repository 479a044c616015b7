//! `#[hooks]`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Error, ImplItem, ItemImpl, Result};

pub fn expand(attributes: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !attributes.is_empty() {
        return Err(Error::new_spanned(attributes, "`#[hooks]` has no options"));
    }
    let item: ItemImpl = syn::parse2(item)?;
    let is_hooks =
        item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last()).is_some_and(|last| last.ident == "Hooks");
    if !is_hooks {
        return Err(Error::new_spanned(&item.self_ty, "`#[hooks]` stands on an `impl Hooks for …`"));
    }
    if let Some(parameter) = item.generics.params.first() {
        return Err(Error::new_spanned(parameter, "hooks are called without type parameters"));
    }
    let called: Vec<Ident> = item
        .items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Fn(method) => Some(format_ident!("{}", method.sig.ident.to_string().to_uppercase())),
            _ => None,
        })
        .collect();
    if called.is_empty() {
        return Err(Error::new_spanned(&item.self_ty, "no hook: write one of the methods of `Hooks`"));
    }
    let ty = &item.self_ty;
    Ok(quote! {
        #item

        impl ::sqlink_guest::hooks::HookTable for #ty {
            const CALLED: ::sqlink_guest::hooks::Called =
                ::sqlink_guest::hooks::Called::NONE #(.with(::sqlink_guest::hooks::Called::#called))*;
        }
    })
}
