//! `#[table]`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{Error, ImplItem, ItemImpl, LitStr, Result, Token, Type, parenthesized};

use crate::options::{check_name, snake_case};

/// Flags that the author gives.
const FLAGS: &[&str] = &["eponymous", "creatable", "conflicts", "direct_only", "innocuous"];
/// Flags that follow from a method.
const METHODS: &[(&str, &str)] = &[
    ("insert", "WRITABLE"),
    ("update", "WRITABLE"),
    ("delete", "WRITABLE"),
    ("begin", "TRANSACTIONAL"),
    ("sync", "TRANSACTIONAL"),
    ("commit", "TRANSACTIONAL"),
    ("rollback", "TRANSACTIONAL"),
    ("savepoint", "SAVEPOINTS"),
    ("release", "SAVEPOINTS"),
    ("rollback_to", "SAVEPOINTS"),
    ("rename", "RENAMABLE"),
    ("integrity", "INTEGRITY"),
];

#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    flags: Vec<Ident>,
    shadow: Vec<LitStr>,
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
            } else if meta.path.is_ident("shadow") {
                let content;
                parenthesized!(content in meta.input);
                options.shadow.extend(Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?);
            } else {
                let flag = meta.path.get_ident().filter(|flag| FLAGS.iter().any(|known| flag == known));
                let Some(flag) = flag else {
                    return Err(meta.error(
                        "expected `eponymous`, `creatable`, `conflicts`, `direct_only`, `innocuous`, `shadow(\"…\")` or \
                         `name = \"…\"`",
                    ));
                };
                if options.flags.contains(flag) {
                    return Err(meta.error(format!("flag `{flag}` is given twice")));
                }
                options.flags.push(flag.clone());
            }
            Ok(())
        });
        syn::parse::Parser::parse2(parser, attributes)?;
        Ok(options)
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }
}

pub fn expand(attributes: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::parse(attributes)?;
    let item: ItemImpl = syn::parse2(item)?;
    let table = table(&item)?;
    let name = match &options.name {
        Some(name) => check_name(name)?,
        None => snake_case(&table.to_string()),
    };
    if !options.has("eponymous") && !options.has("creatable") {
        return Err(Error::new_spanned(
            table,
            "say how SQL gets at the table: `#[table(eponymous)]` by its name, `#[table(creatable)]` by CREATE VIRTUAL TABLE",
        ));
    }
    let methods: Vec<&Ident> = item
        .items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Fn(method) => Some(&method.sig.ident),
            _ => None,
        })
        .collect();
    if options.has("eponymous")
        && let Some(method) = methods.iter().find(|method| **method == "create" || **method == "destroy")
    {
        return Err(Error::new_spanned(
            method,
            "an eponymous table is connected and never created: it has nothing to store",
        ));
    }
    if let Some(shadow) = options.shadow.iter().find(|name| name.value().is_empty() || name.value().contains('\0')) {
        return Err(Error::new_spanned(shadow, "a shadow table's name is not empty"));
    }

    let given = options.flags.iter().map(|flag| format_ident!("{}", flag.to_string().to_uppercase()));
    let found = METHODS
        .iter()
        .filter(|(method, _)| methods.iter().any(|given| given == method))
        .map(|(_, flag)| format_ident!("{flag}"));
    let flags = given.chain(found);
    let shadow = &options.shadow;
    Ok(quote! {
        #item

        impl ::sqlink_guest::vtab::TableModule for #table {
            const MODULE: ::sqlink_guest::vtab::Module = ::sqlink_guest::vtab::Module::new(
                #name,
                ::sqlink_guest::vtab::ModuleFlags::NONE #(.with(::sqlink_guest::vtab::ModuleFlags::#flags))*,
                &[#(#shadow),*],
                |at| ::sqlink_guest::__private::open(<#table as ::sqlink_guest::vtab::Table>::create(at)?),
                |at| ::sqlink_guest::__private::open(<#table as ::sqlink_guest::vtab::Table>::connect(at)?),
            );
        }
    })
}

/// The type that is the table.
fn table(item: &ItemImpl) -> Result<&Ident> {
    let is_table =
        item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last()).is_some_and(|last| last.ident == "Table");
    if !is_table {
        return Err(Error::new_spanned(&item.self_ty, "`#[table]` stands on an `impl Table for …`"));
    }
    if let Some(parameter) = item.generics.params.first() {
        return Err(Error::new_spanned(parameter, "a virtual table has one meaning in SQL: no generics"));
    }
    match &*item.self_ty {
        Type::Path(path) => path.path.get_ident(),
        _ => None,
    }
    .ok_or_else(|| Error::new_spanned(&item.self_ty, "a virtual table is a type of this module"))
}
