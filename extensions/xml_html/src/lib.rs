//! SQLink extension `xml_html`: XPath 1.0 over XML and CSS selectors over HTML.
//!
//! XML has to be well-formed; HTML is read as browsers do, whatever it is. Everything is deterministic and innocuous and
//! imports nothing but the log. Compiled XPaths and selectors are kept between calls, and nothing else.
#![forbid(unsafe_code)]

mod each;
mod html;
mod json;
mod xml;

use scraper::{ElementRef, Html};
use sqlink_guest::prelude::*;
use xml::{Namespaces, Place};

/// True if `xml` is a well-formed document.
#[scalar(deterministic, innocuous)]
fn xml_is_well_formed(xml: &str) -> bool {
    xml::read(xml).is_ok()
}

/// What the XPath gives, as an SQL value: of nodes the text of the first one, NULL if there is none.
#[scalar(deterministic, innocuous)]
fn xpath_value(xml: &str, xpath: &str, #[default(None)] namespaces: Option<&str>) -> Result<Value, Error> {
    const FUNCTION: &str = "xpath_value";
    let document = xml::parse(FUNCTION, xml)?;
    let xpath = xml::compile(FUNCTION, 2, xpath)?;
    let namespaces = Namespaces::parse(FUNCTION, 3, namespaces)?;
    Ok(xml::to_sql(&xml::evaluate(FUNCTION, &document, &xpath, &namespaces)?))
}

/// The texts of all selected nodes, as a JSON array.
#[scalar(deterministic, innocuous)]
fn xpath_value_all(xml: &str, xpath: &str, #[default(None)] namespaces: Option<&str>) -> Result<String, Error> {
    const FUNCTION: &str = "xpath_value_all";
    select(FUNCTION, xml, xpath, namespaces, |nodes| json::array(FUNCTION, nodes.into_iter().map(Place::text)))
}

/// The first selected node as it stands in the document; NULL if there is none.
#[scalar(deterministic, innocuous)]
fn xpath_xml(xml: &str, xpath: &str, #[default(None)] namespaces: Option<&str>) -> Result<Option<String>, Error> {
    select("xpath_xml", xml, xpath, namespaces, |nodes| Ok(nodes.first().map(|place| place.source())))
}

/// All selected nodes as they stand in the document, as a JSON array of text.
#[scalar(deterministic, innocuous)]
fn xpath_xml_all(xml: &str, xpath: &str, #[default(None)] namespaces: Option<&str>) -> Result<String, Error> {
    const FUNCTION: &str = "xpath_xml_all";
    select(FUNCTION, xml, xpath, namespaces, |nodes| json::array(FUNCTION, nodes.into_iter().map(Place::source)))
}

/// The selected nodes as rows, in document order.
#[table_function(
    columns(place INTEGER, kind TEXT, name TEXT, namespace TEXT, text TEXT, xml TEXT, attributes TEXT),
    innocuous
)]
fn xpath_each(
    document: &str,
    xpath: &str,
    #[default(None)] namespaces: Option<&str>,
) -> Result<impl Iterator<Item = each::Node>, Error> {
    const FUNCTION: &str = "xpath_each";
    let document = xml::parse(FUNCTION, document)?;
    let xpath = xml::compile(FUNCTION, 2, xpath)?;
    let namespaces = Namespaces::parse(FUNCTION, 3, namespaces)?;
    let found = xml::nodes(FUNCTION, xml::evaluate(FUNCTION, &document, &xpath, &namespaces)?)?;
    let keys = found.into_iter().map(Place::key).collect();
    Ok(each::nodes(document, keys))
}

/// How many nodes the XPath selects.
#[scalar(deterministic, innocuous)]
fn xpath_count(xml: &str, xpath: &str, #[default(None)] namespaces: Option<&str>) -> Result<i64, Error> {
    select("xpath_count", xml, xpath, namespaces, |nodes| Ok(i64::try_from(nodes.len())?))
}

/// What the XPath gives, as a boolean: of nodes whether there are any.
#[scalar(deterministic, innocuous)]
fn xpath_exists(xml: &str, xpath: &str, #[default(None)] namespaces: Option<&str>) -> Result<bool, Error> {
    const FUNCTION: &str = "xpath_exists";
    let document = xml::parse(FUNCTION, xml)?;
    let xpath = xml::compile(FUNCTION, 2, xpath)?;
    let namespaces = Namespaces::parse(FUNCTION, 3, namespaces)?;
    Ok(xml::evaluate(FUNCTION, &document, &xpath, &namespaces)?.to_boolean())
}

/// True if the text is an XPath 1.0 that the functions take.
#[scalar(deterministic, innocuous)]
fn xpath_valid(xpath: &str) -> bool {
    xml::compile("xpath_valid", 1, xpath).is_ok()
}

/// The first selected element with its tags; NULL if there is none.
#[scalar(deterministic, innocuous)]
fn html_extract(html: &str, selector: &str) -> Result<Option<String>, Error> {
    first("html_extract", html, selector, |element| Some(element.html()))
}

/// All selected elements with their tags, as a JSON array of text.
#[scalar(deterministic, innocuous)]
fn html_extract_all(html: &str, selector: &str) -> Result<String, Error> {
    all("html_extract_all", html, selector, |element| Some(element.html()))
}

/// The text of the first selected element, or of the whole document.
#[scalar(deterministic, innocuous)]
fn html_text(html: &str, #[default(":root")] selector: &str) -> Result<Option<String>, Error> {
    first("html_text", html, selector, |element| Some(html::text(element)))
}

/// The texts of all selected elements, as a JSON array.
#[scalar(deterministic, innocuous)]
fn html_text_all(html: &str, selector: &str) -> Result<String, Error> {
    all("html_text_all", html, selector, |element| Some(html::text(element)))
}

/// The attribute of the first selected element; NULL if there is no such element or attribute.
#[scalar(deterministic, innocuous)]
fn html_attribute_get(html: &str, selector: &str, attribute: &str) -> Result<Option<String>, Error> {
    let attribute = attribute.to_ascii_lowercase();
    first("html_attribute_get", html, selector, |element| element.attr(&attribute).map(str::to_owned))
}

/// The attributes of all selected elements that have it, as a JSON array.
#[scalar(deterministic, innocuous)]
fn html_attribute_all(html: &str, selector: &str, attribute: &str) -> Result<String, Error> {
    let attribute = attribute.to_ascii_lowercase();
    all("html_attribute_all", html, selector, |element| element.attr(&attribute).map(str::to_owned))
}

/// The selected elements as rows, in document order.
#[table_function(columns(place INTEGER, name TEXT, text TEXT, html TEXT, attributes TEXT), innocuous)]
fn html_each(document: &str, selector: &str) -> Result<impl Iterator<Item = each::Element>, Error> {
    let selector = html::compile("html_each", 2, selector)?;
    Ok(each::elements(html::parse(document), &selector))
}

/// How many elements are selected.
#[scalar(deterministic, innocuous)]
fn html_count(html: &str, selector: &str) -> Result<i64, Error> {
    let selector = html::compile("html_count", 2, selector)?;
    Ok(i64::try_from(html::parse(html).select(&selector).count())?)
}

/// True if the text is a CSS selector that the functions take.
#[scalar(deterministic, innocuous)]
fn css_selector_valid(selector: &str) -> bool {
    html::compile("css_selector_valid", 1, selector).is_ok()
}

/// `text` with `&`, `<`, `>`, `"` and `'` as character references: right in the text and in quoted attributes of HTML and XML.
#[scalar(deterministic, innocuous)]
fn html_escape(text: &str) -> String {
    html::escape(text)
}

/// `text` with all character references of HTML replaced.
#[scalar(deterministic, innocuous)]
fn html_unescape(text: &str) -> String {
    html::unescape(text)
}

fn select<T>(
    function: &str,
    xml: &str,
    xpath: &str,
    namespaces: Option<&str>,
    work: impl FnOnce(Vec<Place<'_>>) -> Result<T, Error>,
) -> Result<T, Error> {
    let document = xml::parse(function, xml)?;
    let xpath = xml::compile(function, 2, xpath)?;
    let namespaces = Namespaces::parse(function, 3, namespaces)?;
    work(xml::nodes(function, xml::evaluate(function, &document, &xpath, &namespaces)?)?)
}

fn first(
    function: &str,
    html: &str,
    selector: &str,
    work: impl FnOnce(ElementRef<'_>) -> Option<String>,
) -> Result<Option<String>, Error> {
    let selector = html::compile(function, 2, selector)?;
    let html: Html = html::parse(html);
    Ok(html.select(&selector).next().and_then(work))
}

fn all(
    function: &str,
    html: &str,
    selector: &str,
    work: impl Fn(ElementRef<'_>) -> Option<String>,
) -> Result<String, Error> {
    let selector = html::compile(function, 2, selector)?;
    json::array(function, html::parse(html).select(&selector).filter_map(work))
}

extension! {
    name: "xml_html",
    description: "XPath 1.0 over XML and CSS selectors over HTML: text, attributes and markup.",
    functions: [
        xml_is_well_formed, xpath_value, xpath_value_all, xpath_xml, xpath_xml_all, xpath_count, xpath_exists, xpath_valid,
        html_extract, html_extract_all, html_text, html_text_all, html_attribute_get, html_attribute_all, html_count,
        css_selector_valid, html_escape, html_unescape,
    ],
    tables: [xpath_each, html_each],
}

#[cfg(test)]
mod tests;
