//! `extension!`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, LitStr, Path, Result, Token, braced, bracketed};

use crate::scalar::at;

/// The fields, as given.
#[derive(Default)]
struct Fields {
    name: Option<LitStr>,
    version: Option<LitStr>,
    description: Option<LitStr>,
    functions: Option<Vec<Path>>,
    aggregates: Option<Vec<Path>>,
    collations: Option<Vec<Path>>,
    tables: Option<Vec<Path>>,
    hooks: Option<Path>,
    on_load: Option<Path>,
    on_unload: Option<Path>,
    /// Whether nested calls get an instance of their own.
    nesting: Option<bool>,
    required: Option<Vec<Capability>>,
    optional: Option<Vec<Capability>>,
}

struct Capability {
    name: LitStr,
    reason: LitStr,
}

impl Parse for Capability {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: LitStr = input.parse()?;
        input.parse::<Token![:]>()?;
        let reason: LitStr = input.parse()?;
        if name.value().is_empty() || reason.value().trim().is_empty() {
            return Err(Error::new(reason.span(), "a capability needs a name and a reason: a person decides by it"));
        }
        Ok(Self { name, reason })
    }
}

impl Parse for Fields {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut fields = Self::default();
        while !input.is_empty() {
            let field: Ident = input.parse()?;
            input.parse::<Token![:]>()?;
            let twice = match field.to_string().as_str() {
                "name" => fields.name.replace(extension_name(input)?).is_some(),
                "version" => fields.version.replace(input.parse()?).is_some(),
                "description" => fields.description.replace(input.parse()?).is_some(),
                "functions" => fields.functions.replace(paths(input)?).is_some(),
                "aggregates" => fields.aggregates.replace(paths(input)?).is_some(),
                "collations" => fields.collations.replace(paths(input)?).is_some(),
                "tables" => fields.tables.replace(paths(input)?).is_some(),
                "hooks" => fields.hooks.replace(input.parse()?).is_some(),
                "on_load" => fields.on_load.replace(input.parse()?).is_some(),
                "on_unload" => fields.on_unload.replace(input.parse()?).is_some(),
                "nesting" => fields.nesting.replace(nesting(input)?).is_some(),
                "required" => fields.required.replace(capabilities(input)?).is_some(),
                "optional" => fields.optional.replace(capabilities(input)?).is_some(),
                other => {
                    return Err(Error::new(
                        field.span(),
                        format!(
                            "unknown field `{other}`, expected `name`, `version`, `description`, `functions`, \
                             `aggregates`, `collations`, `tables`, `hooks`, `on_load`, `on_unload`, `nesting`, `required` \
                             or `optional`"
                        ),
                    ));
                }
            };
            if twice {
                return Err(Error::new(field.span(), format!("`{field}` is given twice")));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        for (missing, field) in [(fields.name.is_none(), "name"), (fields.description.is_none(), "description")] {
            if missing {
                return Err(input.error(format!("`{field}` is missing")));
            }
        }
        if fields.interfaces().is_empty() {
            return Err(input.error(
                "an extension needs something to register: `functions`, `aggregates`, `collations`, `tables` or `hooks`",
            ));
        }
        let mut seen = Vec::new();
        for capability in fields.required.iter().chain(&fields.optional).flatten() {
            let name = capability.name.value();
            if seen.contains(&name) {
                return Err(Error::new(capability.name.span(), format!("capability `{name}` is named twice")));
            }
            seen.push(name);
        }
        Ok(fields)
    }
}

impl Fields {
    /// The interfaces that the component exports beside `metadata`.
    fn interfaces(&self) -> Vec<TokenStream> {
        let some = |list: &Option<Vec<Path>>| list.as_ref().is_some_and(|list| !list.is_empty());
        [
            (some(&self.functions), quote!(scalar)),
            (some(&self.aggregates), quote!(aggregate)),
            (some(&self.collations), quote!(collation)),
            (some(&self.tables), quote!(vtab)),
            (self.hooks.is_some(), quote!(hooks)),
            (self.on_load.is_some() || self.on_unload.is_some(), quote!(lifecycle)),
        ]
        .into_iter()
        .filter_map(|(used, interface)| used.then_some(interface))
        .collect()
    }
}

fn extension_name(input: ParseStream<'_>) -> Result<LitStr> {
    let name: LitStr = input.parse()?;
    let value = name.value();
    let fits = value.len() <= 64
        && value.starts_with(|c: char| c.is_ascii_lowercase())
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if !fits {
        return Err(Error::new(
            name.span(),
            "an extension's name has 1 to 64 characters of `a-z`, `0-9`, `-` and `_` and begins with a letter",
        ));
    }
    Ok(name)
}

fn nesting(input: ParseStream<'_>) -> Result<bool> {
    let nesting: Ident = input.parse()?;
    match nesting.to_string().as_str() {
        "refuse" => Ok(false),
        "fresh_instance" => Ok(true),
        other => {
            Err(Error::new(nesting.span(), format!("unknown nesting `{other}`, expected `refuse` or `fresh_instance`")))
        }
    }
}

fn paths(input: ParseStream<'_>) -> Result<Vec<Path>> {
    let content;
    bracketed!(content in input);
    let paths = Punctuated::<Path, Token![,]>::parse_terminated(&content)?;
    Ok(paths.into_iter().collect())
}

fn capabilities(input: ParseStream<'_>) -> Result<Vec<Capability>> {
    let content;
    braced!(content in input);
    let list = Punctuated::<Capability, Token![,]>::parse_terminated(&content)?;
    Ok(list.into_iter().collect())
}

pub fn expand(input: TokenStream) -> Result<TokenStream> {
    let fields: Fields = syn::parse2(input)?;
    let interfaces = fields.interfaces();
    let (name, description) = (fields.name, fields.description);
    let version = fields.version.map_or_else(|| quote!(::core::env!("CARGO_PKG_VERSION")), |v| quote!(#v));
    let functions = table(fields.functions, &quote!(FUNCTIONS), &quote!(Function), &quote!(Scalar));
    let aggregates = table(fields.aggregates, &quote!(AGGREGATES), &quote!(AggregateFunction), &quote!(Aggregate));
    let collations = fields.collations.map(|collations| {
        let each = each(&collations, &quote!(Collation), &quote!(COLLATION));
        quote!(const COLLATIONS: &'static [::sqlink_guest::CollatingSequence] = &[#(#each),*];)
    });
    let tables = fields.tables.map(|tables| {
        let each = each(&tables, &quote!(vtab::TableModule), &quote!(MODULE));
        quote!(const MODULES: &'static [::sqlink_guest::vtab::Module] = &[#(#each),*];)
    });
    let hooks = fields.hooks.map_or_else(
        || {
            quote!(
                type Hooks = ();
            )
        },
        |hooks| {
            let called = each(std::slice::from_ref(&hooks), &quote!(hooks::HookTable), &quote!(CALLED));
            quote! {
                type Hooks = #hooks;
                const CALLED: ::sqlink_guest::hooks::Called = #(#called)*;
            }
        },
    );
    let on_load = fields.on_load.map(|function| event(&function, &quote!(on_load)));
    let on_unload = fields.on_unload.map(|function| event(&function, &quote!(on_unload)));
    let nesting = fields.nesting.map(|fresh| quote!(const FRESH_INSTANCE: bool = #fresh;));
    let pairs = |list: Option<Vec<Capability>>| {
        let pairs = list.into_iter().flatten().map(|c| {
            let (name, reason) = (c.name, c.reason);
            quote!((#name, #reason))
        });
        quote!(&[#(#pairs),*])
    };
    let (required, optional) = (pairs(fields.required), pairs(fields.optional));
    Ok(quote! {
        const _: () = {
            #[allow(dead_code, reason = "exported from a component only")]
            struct Component;

            impl ::sqlink_guest::__private::Extension for Component {
                const NAME: &'static str = #name;
                const VERSION: &'static str = #version;
                const DESCRIPTION: &'static str = #description;
                #functions
                #aggregates
                #collations
                #tables
                #hooks
                #nesting
                const REQUIRED: &'static [(&'static str, &'static str)] = #required;
                const OPTIONAL: &'static [(&'static str, &'static str)] = #optional;
                #on_load
                #on_unload
            }

            const _: () = ::sqlink_guest::__private::assert_unique::<Component>();

            ::sqlink_guest::__sqlink_export!(metadata Component);
            #(::sqlink_guest::__sqlink_export!(#interfaces Component);)*
        };
    })
}

/// The associated constant of each, with an error on the name of one that lacks the attribute.
fn each(paths: &[Path], of: &TokenStream, constant: &TokenStream) -> Vec<TokenStream> {
    paths.iter().map(|path| quote_spanned!(at(path.span())=> <#path as ::sqlink_guest::#of>::#constant)).collect()
}

/// One table of the registrations of all; nothing for none.
fn table(paths: Option<Vec<Path>>, constant: &TokenStream, ty: &TokenStream, of: &TokenStream) -> Option<TokenStream> {
    let paths = paths.filter(|paths| !paths.is_empty())?;
    let each = each(&paths, of, constant);
    Some(quote! {
        const #constant: &'static [::sqlink_guest::#ty] = {
            const PARTS: &[&[::sqlink_guest::#ty]] = &[#(#each),*];
            const COUNT: usize = ::sqlink_guest::__private::count(PARTS);
            &::sqlink_guest::__private::concat::<::sqlink_guest::#ty, COUNT>(PARTS)
        };
    })
}

/// A method that calls the author's function, with an error on its name if it is of another type.
fn event(function: &Path, method: &TokenStream) -> TokenStream {
    let call = quote_spanned!(at(function.span())=> ::sqlink_guest::__private::IntoUnit::into_unit(#function()));
    quote! {
        fn #method() -> ::core::result::Result<(), ::sqlink_guest::Error> {
            #call
        }
    }
}
