//! Selected nodes and elements as rows. Of each only its place is kept until its row is asked for: they may lie in each other.

use roxmltree::Document;
use scraper::{ElementRef, Html, Selector};

use crate::json;
use crate::xml::{Key, Place};

/// `place`, `kind`, `name`, `namespace`, `text`, `xml`, `attributes`.
pub type Node = (i64, &'static str, Option<String>, Option<String>, String, String, Option<String>);

/// The rows of nodes that are in the document, in the order given.
pub fn nodes<'a>(document: Document<'a>, keys: Vec<Key>) -> impl Iterator<Item = Node> + use<'a> {
    keys.into_iter().zip(1..).filter_map(move |(key, place)| {
        let node = Place::of(&document, key)?;
        let (name, namespace) = node.name();
        Some((
            place,
            node.kind_name(),
            name,
            namespace,
            node.text(),
            node.source(),
            node.attributes().map(json::object),
        ))
    })
}

/// `place`, `name`, `text`, `html`, `attributes`.
pub type Element = (i64, String, String, String, String);

/// The rows of the elements that are selected, in document order.
pub fn elements(html: Html, selector: &Selector) -> impl Iterator<Item = Element> + use<> {
    let ids: Vec<_> = html.select(selector).map(|element| element.id()).collect();
    ids.into_iter().zip(1..).filter_map(move |(id, place)| {
        let element = ElementRef::wrap(html.tree.get(id)?)?;
        let value = element.value();
        let attributes = json::object(value.attrs());
        Some((place, value.name().to_owned(), crate::html::text(element), element.html(), attributes))
    })
}
