//! `extension!`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, LitStr, Path, Result, Token, braced, bracketed};

/// The fields, as given.
struct Fields {
    name: LitStr,
    version: Option<LitStr>,
    description: LitStr,
    functions: Vec<Path>,
    aggregates: Vec<Path>,
    collations: Vec<Path>,
    tables: Vec<Path>,
    required: Vec<Capability>,
    optional: Vec<Capability>,
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
        let (mut name, mut version, mut description) = (None, None, None);
        let (mut functions, mut aggregates, mut collations, mut tables) = (None, None, None, None);
        let (mut required, mut optional) = (None, None);
        while !input.is_empty() {
            let field: Ident = input.parse()?;
            input.parse::<Token![:]>()?;
            let twice = match field.to_string().as_str() {
                "name" => name.replace(extension_name(input)?).is_some(),
                "version" => version.replace(input.parse()?).is_some(),
                "description" => description.replace(input.parse()?).is_some(),
                "functions" => functions.replace(paths(input)?).is_some(),
                "aggregates" => aggregates.replace(paths(input)?).is_some(),
                "collations" => collations.replace(paths(input)?).is_some(),
                "tables" => tables.replace(paths(input)?).is_some(),
                "required" => required.replace(capabilities(input)?).is_some(),
                "optional" => optional.replace(capabilities(input)?).is_some(),
                other => {
                    return Err(Error::new(
                        field.span(),
                        format!(
                            "unknown field `{other}`, expected `name`, `version`, `description`, `functions`, \
                             `aggregates`, `collations`, `tables`, `required` or `optional`"
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
        let missing = |field: &str| input.error(format!("`{field}` is missing"));
        let fields = Self {
            name: name.ok_or_else(|| missing("name"))?,
            version,
            description: description.ok_or_else(|| missing("description"))?,
            functions: functions.unwrap_or_default(),
            aggregates: aggregates.unwrap_or_default(),
            collations: collations.unwrap_or_default(),
            tables: tables.unwrap_or_default(),
            required: required.unwrap_or_default(),
            optional: optional.unwrap_or_default(),
        };
        if fields.interfaces().is_empty() {
            return Err(input.error("an extension needs `functions`, `aggregates`, `collations` or `tables`"));
        }
        let mut seen = Vec::new();
        for capability in fields.required.iter().chain(&fields.optional) {
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
        [
            (!self.functions.is_empty(), quote!(scalar)),
            (!self.aggregates.is_empty(), quote!(aggregate)),
            (!self.collations.is_empty(), quote!(collation)),
            (!self.tables.is_empty(), quote!(vtab)),
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
    let Fields { name, version, description, functions, aggregates, collations, tables, required, optional } = fields;
    let version = version.map_or_else(|| quote!(::core::env!("CARGO_PKG_VERSION")), |v| quote!(#v));
    let functions = table(&functions, &quote!(FUNCTIONS), &quote!(Function), &quote!(Scalar));
    let aggregates = table(&aggregates, &quote!(AGGREGATES), &quote!(AggregateFunction), &quote!(Aggregate));
    let collations = (!collations.is_empty()).then(|| {
        let each = each(&collations, &quote!(Collation), &quote!(COLLATION));
        quote!(const COLLATIONS: &'static [::sqlink_guest::CollatingSequence] = &[#(#each),*];)
    });
    let tables = (!tables.is_empty()).then(|| {
        let each = each(&tables, &quote!(vtab::TableModule), &quote!(MODULE));
        quote!(const MODULES: &'static [::sqlink_guest::vtab::Module] = &[#(#each),*];)
    });
    let pairs = |list: Vec<Capability>| {
        let pairs = list.into_iter().map(|c| {
            let (name, reason) = (c.name, c.reason);
            quote!((#name, #reason))
        });
        quote!(&[#(#pairs),*])
    };
    let (required, optional) = (pairs(required), pairs(optional));
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
                const REQUIRED: &'static [(&'static str, &'static str)] = #required;
                const OPTIONAL: &'static [(&'static str, &'static str)] = #optional;
            }

            const _: () = ::sqlink_guest::__private::assert_unique::<Component>();

            ::sqlink_guest::__sqlink_export!(metadata Component);
            #(::sqlink_guest::__sqlink_export!(#interfaces Component);)*
        };
    })
}

/// The associated constant of each, with an error on the name of one that lacks the attribute.
fn each(paths: &[Path], of: &TokenStream, constant: &TokenStream) -> Vec<TokenStream> {
    paths.iter().map(|path| quote_spanned!(path.span()=> <#path as ::sqlink_guest::#of>::#constant)).collect()
}

/// One table of the registrations of all; nothing for none.
fn table(paths: &[Path], constant: &TokenStream, ty: &TokenStream, of: &TokenStream) -> Option<TokenStream> {
    let each = each(paths, of, constant);
    (!paths.is_empty()).then(|| {
        quote! {
            const #constant: &'static [::sqlink_guest::#ty] = {
                const PARTS: &[&[::sqlink_guest::#ty]] = &[#(#each),*];
                const COUNT: usize = ::sqlink_guest::__private::count(PARTS);
                &::sqlink_guest::__private::concat::<::sqlink_guest::#ty, COUNT>(PARTS)
            };
        }
    })
}
