//! `#[aggregate]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, Result, Type};

use crate::options::{AGGREGATE_FLAGS, Options};
use crate::parameters::{Filled, Given, Parameters, check_signature};
use crate::scalar::result_span;

const WHAT: &str = "an aggregate function";

pub fn expand(attributes: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::parse(attributes, AGGREGATE_FLAGS)?;
    let mut item: ItemImpl = syn::parse2(item)?;
    let state = state(&item)?.clone();
    let name = options.name_or_type(&state)?;
    let flags = options.flags();

    let parameters = {
        let Some(step) = method(&mut item, "step")? else {
            return Err(Error::new_spanned(&item.self_ty, "an aggregate function needs `fn step(&mut self, …)`"));
        };
        Parameters::of(&mut step.sig, WHAT)?
    };
    let inverse_parameters = match method(&mut item, "inverse")? {
        Some(inverse) => {
            let own = Parameters::of(&mut inverse.sig, WHAT)?;
            if !own.same(&parameters) {
                return Err(Error::new_spanned(
                    &inverse.sig.inputs,
                    "`inverse` takes back what `step` did: it has the same parameters",
                ));
            }
            true
        }
        None => false,
    };
    let window = inverse_parameters;
    let current = method(&mut item, "current")?.map(|current| {
        let span = result_span(&current.sig);
        quote_spanned!(span=> ::sqlink_guest::__private::IntoReturn::into_return(self.0.current()))
    });
    let finish = method(&mut item, "finish")?.map(|finish| {
        let span = result_span(&finish.sig);
        quote_spanned!(span=> ::sqlink_guest::__private::IntoReturn::into_return(state.finish()))
    });
    match (window, &current, &finish) {
        (true, None, _) => {
            return Err(Error::new_spanned(
                &item.self_ty,
                "a window function needs `fn current(&self) -> …` beside `inverse`",
            ));
        }
        (false, Some(_), _) => {
            return Err(Error::new_spanned(
                &item.self_ty,
                "a window function needs `fn inverse(&mut self, …)` beside `current`",
            ));
        }
        (false, None, None) => {
            return Err(Error::new_spanned(&item.self_ty, "an aggregate function needs `fn finish(self) -> …`"));
        }
        _ => {}
    }

    // The value for the last row is the final one, unless the author says otherwise.
    let finish = finish.unwrap_or_else(|| quote!(::sqlink_guest::__private::IntoReturn::into_return(state.current())));
    let step_unit = unit(&mut item, "step")?;
    let inverse_unit = unit(&mut item, "inverse")?;
    let registrations = parameters.counts().map(|given| {
        let Filled { bindings, arguments } =
            parameters.fill(&name, Given::Count(given), &quote!(::sqlink_guest::__private::refuse_row));
        let count = parameters.arg_count(given);
        let window_methods = current.as_ref().map(|current| {
            quote! {
                fn inverse(
                    &mut self,
                    args: ::sqlink_guest::Args<'_>,
                ) -> ::core::result::Result<(), ::sqlink_guest::Error> {
                    #bindings
                    let result = self.0.inverse(#arguments);
                    #inverse_unit
                }

                fn current(&mut self) -> ::core::result::Result<::sqlink_guest::Value, ::sqlink_guest::Error> {
                    #current
                }
            }
        });
        quote! {
            ::sqlink_guest::AggregateFunction::new(#name, #count, #flags, #window, {
                struct Running(#state);

                impl ::sqlink_guest::__private::Context for Running {
                    fn step(
                        &mut self,
                        args: ::sqlink_guest::Args<'_>,
                    ) -> ::core::result::Result<(), ::sqlink_guest::Error> {
                        #bindings
                        let result = self.0.step(#arguments);
                        #step_unit
                    }

                    #window_methods

                    fn finish(
                        self: ::std::boxed::Box<Self>,
                    ) -> ::core::result::Result<::sqlink_guest::Value, ::sqlink_guest::Error> {
                        #[allow(unused_mut, reason = "`finish` may take `self` in any way")]
                        let mut state = self.0;
                        #finish
                    }
                }

                || ::std::boxed::Box::new(Running(<#state as ::core::default::Default>::default()))
            })
        }
    });
    let registrations = quote!(&[#(#registrations),*]);
    Ok(quote! {
        #item

        impl ::sqlink_guest::Aggregate for #state {
            const AGGREGATES: &'static [::sqlink_guest::AggregateFunction] = #registrations;
        }
    })
}

/// The type that holds an evaluation.
fn state(item: &ItemImpl) -> Result<&Ident> {
    if let Some((_, path, _)) = &item.trait_ {
        return Err(Error::new_spanned(path, "put `#[aggregate]` on an `impl` of its own, not on a trait's"));
    }
    if let Some(parameter) = item.generics.params.first() {
        return Err(Error::new_spanned(parameter, "an aggregate function has one meaning in SQL: no generics"));
    }
    match &*item.self_ty {
        Type::Path(path) => path.path.get_ident(),
        _ => None,
    }
    .ok_or_else(|| Error::new_spanned(&item.self_ty, "an aggregate function is a type of this module"))
}

/// One of the methods that make the aggregate.
fn method<'a>(item: &'a mut ItemImpl, name: &str) -> Result<Option<&'a mut ImplItemFn>> {
    let found = item.items.iter_mut().find_map(|item| match item {
        ImplItem::Fn(method) if method.sig.ident == name => Some(method),
        _ => None,
    });
    let Some(method) = found else {
        return Ok(None);
    };
    check_signature(&method.sig, WHAT)?;
    let takes_self = matches!(method.sig.inputs.first(), Some(FnArg::Receiver(_)));
    if !takes_self {
        return Err(Error::new_spanned(&method.sig.ident, format!("`{name}` works on `self`")));
    }
    if matches!(name, "finish" | "current") && method.sig.inputs.len() > 1 {
        return Err(Error::new_spanned(&method.sig.inputs, format!("`{name}` has no arguments")));
    }
    Ok(Some(method))
}

/// Converts the result of a method that gives no value, with errors on the author's line.
fn unit(item: &mut ItemImpl, name: &str) -> Result<TokenStream> {
    Ok(method(item, name)?.map_or_else(
        TokenStream::new,
        |method| quote_spanned!(result_span(&method.sig)=> ::sqlink_guest::__private::IntoUnit::into_unit(result)),
    ))
}
