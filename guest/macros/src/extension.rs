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
        let (mut functions, mut required, mut optional) = (None, None, None);
        while !input.is_empty() {
            let field: Ident = input.parse()?;
            input.parse::<Token![:]>()?;
            let twice = match field.to_string().as_str() {
                "name" => name.replace(extension_name(input)?).is_some(),
                "version" => version.replace(input.parse()?).is_some(),
                "description" => description.replace(input.parse()?).is_some(),
                "functions" => functions.replace(paths(input)?).is_some(),
                "required" => required.replace(capabilities(input)?).is_some(),
                "optional" => optional.replace(capabilities(input)?).is_some(),
                other => {
                    return Err(Error::new(
                        field.span(),
                        format!(
                            "unknown field `{other}`, expected `name`, `version`, `description`, `functions`, `required` or `optional`"
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
            functions: functions.ok_or_else(|| missing("functions"))?,
            required: required.unwrap_or_default(),
            optional: optional.unwrap_or_default(),
        };
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
    let Fields { name, version, description, functions, required, optional } = syn::parse2(input)?;
    let version = version.map_or_else(|| quote!(::core::env!("CARGO_PKG_VERSION")), |v| quote!(#v));
    // quote_spanned: a function without `#[scalar]` is an error on its name.
    let functions =
        functions.iter().map(|path| quote_spanned!(path.span()=> <#path as ::sqlink_guest::Scalar>::FUNCTIONS));
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
            const PARTS: &[&[::sqlink_guest::Function]] = &[#(#functions),*];
            const COUNT: usize = {
                let (mut count, mut part) = (0, 0);
                while part < PARTS.len() {
                    count += PARTS[part].len();
                    part += 1;
                }
                count
            };
            const FUNCTIONS: [::sqlink_guest::Function; COUNT] = ::sqlink_guest::__private::concat(PARTS);
            const _: () = ::sqlink_guest::__private::assert_unique(&FUNCTIONS);
            static TABLE: [::sqlink_guest::Function; COUNT] = FUNCTIONS;

            #[allow(dead_code, reason = "exported from a component only")]
            struct Component;

            impl ::sqlink_guest::Extension for Component {
                fn describe() -> ::sqlink_guest::manifest::Manifest {
                    ::sqlink_guest::__private::describe([#name, #version, #description], &TABLE, #required, #optional)
                }

                #[inline]
                fn call(
                    id: u32,
                    args: ::sqlink_guest::Args<'_>,
                ) -> ::core::result::Result<::sqlink_guest::Value, ::sqlink_guest::Error> {
                    match TABLE.get(id as usize) {
                        ::core::option::Option::Some(function) => function.call(args),
                        ::core::option::Option::None => ::core::result::Result::Err(::sqlink_guest::Error::new(
                            ::sqlink_guest::Error::MISUSE,
                            "the host called a function the extension does not have",
                        )),
                    }
                }
            }

            ::sqlink_guest::export!(Component);
        };
    })
}
