//! XML documents and XPath 1.0.

use core::cmp::Ordering;
use std::rc::Rc;

use roxmltree::{Document, Node, NodeId, NodeType, ParsingOptions};
use sqlink_guest::{LruCache, prelude::*};
use xpath_eval::{EvaluationContext, ExpandedName, Expr, NodeKind, Value as XPath};

/// The longest XPath, in bytes.
const MAX_BYTES: usize = 4096;

/// How many brackets and parentheses of an XPath may lie in each other.
const MAX_DEPTH: usize = 32;

/// How many operators an XPath may have: each may be one more level of the parsed expression.
const MAX_OPERATORS: usize = 500;

/// The most nodes a document may have, attributes not counted.
const MAX_NODES: u32 = 10_000_000;

/// How many compiled XPaths are kept.
const CAPACITY: usize = 16;

thread_local! {
    static XPATHS: LruCache<Rc<Expr>, CAPACITY> = const { LruCache::new() };
}

/// The compiled `xpath`, which is argument `number` of `function`.
///
/// # Errors
/// Text that is no XPath, or too long or too deep.
pub fn compile(function: &str, number: u32, xpath: &str) -> Result<Rc<Expr>, Error> {
    XPATHS.with(|xpaths| {
        xpaths.try_get_or_insert(xpath, |xpath| {
            let refuse = |code: i32, parts: &[&str]| {
                let message = ["function `", function, "`: argument ", &number.to_string(), " ", &parts.concat()];
                Err(Error::new(code, message.concat()))
            };
            if let Some(reason) = too_big(xpath) {
                return refuse(Error::TOOBIG, &["is too large an XPath: ", reason]);
            }
            match xpath_eval::parse(xpath) {
                Ok(expression) => Ok(Rc::new(expression)),
                Err(error) => refuse(Error::ERROR, &["is not an XPath 1.0: ", &error.to_string()]),
            }
        })
    })
}

/// Why an expression may need too much stack.
fn too_big(xpath: &str) -> Option<&'static str> {
    if xpath.len() > MAX_BYTES {
        return Some("over 4096 bytes");
    }
    let (mut depth, mut operators) = (0_usize, 0);
    let mut quote = None;
    for byte in xpath.bytes() {
        match (quote, byte) {
            (Some(ends), _) if byte == ends => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some("over 32 brackets in each other");
                }
            }
            (None, b')' | b']') => depth = depth.saturating_sub(1),
            (None, b'-' | b'+' | b'|' | b'=' | b'<' | b'>' | b'*' | b' ') => operators += 1,
            (None, _) => {}
        }
    }
    (operators > MAX_OPERATORS).then_some("over 500 operators and spaces")
}

/// The document.
///
/// # Errors
/// Text that is not well-formed.
pub fn parse<'a>(function: &str, xml: &'a str) -> Result<Document<'a>, Error> {
    read(xml).map_err(|error| {
        let message = ["function `", function, "`: argument 1 is not well-formed XML: ", &error.to_string()];
        Error::new(Error::ERROR, message.concat())
    })
}

/// The document, with its entities replaced; external ones are never loaded.
pub fn read(xml: &str) -> Result<Document<'_>, roxmltree::Error> {
    Document::parse_with_options(xml, ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..Default::default() })
}

/// The namespaces an XPath may name: `a=URI b=URI`, then those the document's root element declares.
pub struct Namespaces<'a> {
    given: Vec<(&'a str, &'a str)>,
}

impl<'a> Namespaces<'a> {
    /// # Errors
    /// What is no list of `prefix=URI` with white space between.
    pub fn parse(function: &str, number: u32, text: Option<&'a str>) -> Result<Self, Error> {
        let pairs = text.unwrap_or_default().split_ascii_whitespace();
        let given: Option<Vec<_>> = pairs
            .map(|pair| pair.split_once('=').filter(|(prefix, uri)| !prefix.is_empty() && !uri.is_empty()))
            .collect();
        match given {
            Some(given) => Ok(Self { given }),
            None => {
                let number = number.to_string();
                let message = ["function `", function, "`: argument ", &number, " must be `prefix=URI prefix=URI …`"];
                Err(Error::new(Error::ERROR, message.concat()))
            }
        }
    }

    fn find(&self, document: &Document<'_>, prefix: &str) -> Option<String> {
        // Bound by definition (Namespaces in XML, section 3).
        if prefix == "xml" {
            return Some(roxmltree::NS_XML_URI.to_owned());
        }
        let given = self.given.iter().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri);
        given.or_else(|| document.root_element().lookup_namespace_uri(Some(prefix))).map(str::to_owned)
    }
}

/// Evaluates the XPath at the document's root.
///
/// # Errors
/// Unknown functions and variables, wrong argument counts, and what is no node set where one is needed.
pub fn evaluate<'a>(
    function: &str,
    document: &'a Document<'a>,
    xpath: &Expr,
    namespaces: &Namespaces<'_>,
) -> Result<XPath<Place<'a>>, Error> {
    let lookup = |prefix: &str| namespaces.find(document, prefix);
    let mut context = EvaluationContext::new(Place::Node(document.root()));
    context.namespaces = Some(&lookup);
    xpath_eval::evaluate(xpath, &context).map_err(|error| {
        let message = ["function `", function, "`: ", &error.to_string()];
        Error::new(Error::ERROR, message.concat())
    })
}

/// As an SQL value: of a node set the text of its first node, a whole number as an integer, NULL for NaN.
pub fn to_sql(value: &XPath<Place<'_>>) -> Value {
    /// Up to here every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        XPath::NodeSet(nodes) => nodes.first().map(|place| place.text()).into_value(),
        XPath::Boolean(value) => (*value).into_value(),
        XPath::Number(number) if number.is_nan() => Value::Null,
        XPath::Number(number) if number.fract() == 0.0 && number.abs() <= EXACT =>
        {
            #[allow(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
            Value::Integer(*number as i64)
        }
        XPath::Number(number) => Value::Real(*number),
        XPath::String(text) => Value::Text(text.clone()),
    }
}

/// The nodes, in document order.
///
/// # Errors
/// An XPath that gives something else.
pub fn nodes<'a>(function: &str, value: XPath<Place<'a>>) -> Result<Vec<Place<'a>>, Error> {
    let found = match value {
        XPath::NodeSet(nodes) => return Ok(nodes),
        XPath::Boolean(_) => "a boolean",
        XPath::Number(_) => "a number",
        XPath::String(_) => "a string",
    };
    Err(Error::new(Error::ERROR, ["function `", function, "`: the XPath must select nodes, it gives ", found].concat()))
}

/// A node of XPath's data model: attributes and namespaces are nodes there. The number is an index into those of the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    Node(Node<'a, 'a>),
    Namespace(Node<'a, 'a>, usize),
    Attribute(Node<'a, 'a>, usize),
}

/// A place without its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Node(NodeId),
    Namespace(NodeId, usize),
    Attribute(NodeId, usize),
}

impl<'a> Place<'a> {
    /// The place in the document that it was taken from.
    pub fn of(document: &'a Document<'a>, key: Key) -> Option<Self> {
        match key {
            Key::Node(id) => document.get_node(id).map(Self::Node),
            Key::Namespace(id, index) => document.get_node(id).map(|node| Self::Namespace(node, index)),
            Key::Attribute(id, index) => document.get_node(id).map(|node| Self::Attribute(node, index)),
        }
    }

    pub fn key(self) -> Key {
        match self {
            Self::Node(node) => Key::Node(node.id()),
            Self::Namespace(node, index) => Key::Namespace(node.id(), index),
            Self::Attribute(node, index) => Key::Attribute(node.id(), index),
        }
    }

    /// What kind of node it is, in XPath's words.
    pub fn kind_name(self) -> &'static str {
        match self {
            Self::Namespace(..) => "namespace",
            Self::Attribute(..) => "attribute",
            Self::Node(node) => match node.node_type() {
                NodeType::Root => "root",
                NodeType::Element => "element",
                NodeType::PI => "processing-instruction",
                NodeType::Comment => "comment",
                NodeType::Text => "text",
            },
        }
    }

    /// Local name and namespace; none for what has none.
    pub fn name(self) -> (Option<String>, Option<String>) {
        match xpath_eval::Node::expanded_name(self) {
            Some(name) => (Some(name.local_name), name.namespace_uri),
            None => (None, None),
        }
    }

    /// The attributes of an element, with their names as they are written.
    pub fn attributes(self) -> Option<impl Iterator<Item = (&'a str, &'a str)>> {
        let node = match self {
            Self::Node(node) if node.is_element() => node,
            _ => return None,
        };
        let text = node.document().input_text();
        Some(
            node.attributes().map(move |attribute| {
                (text.get(attribute.range_qname()).unwrap_or(attribute.name()), attribute.value())
            }),
        )
    }

    /// XPath's string-value.
    pub fn text(self) -> String {
        match self {
            Self::Node(node) => match node.node_type() {
                NodeType::Root | NodeType::Element => {
                    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
                }
                NodeType::Text | NodeType::Comment => node.text().unwrap_or_default().to_owned(),
                NodeType::PI => node.pi().and_then(|pi| pi.value).unwrap_or_default().to_owned(),
            },
            Self::Namespace(node, index) => {
                node.namespaces().nth(index).map(|namespace| namespace.uri().to_owned()).unwrap_or_default()
            }
            Self::Attribute(node, index) => {
                node.attributes().nth(index).map(|attribute| attribute.value().to_owned()).unwrap_or_default()
            }
        }
    }

    /// The node as it stands in the document's text.
    pub fn source(self) -> String {
        let text = |node: Node<'a, 'a>, range: core::ops::Range<usize>| {
            node.document().input_text().get(range).unwrap_or_default().to_owned()
        };
        match self {
            Self::Node(node) => text(node, node.range()),
            Self::Namespace(..) => self.text(),
            Self::Attribute(node, index) => {
                node.attributes().nth(index).map(|attribute| text(node, attribute.range())).unwrap_or_default()
            }
        }
    }

    /// Where the node stands: its element, what of it, and which one.
    fn position(self) -> (u32, u8, usize) {
        match self {
            Self::Node(node) => (node.id().get(), 0, 0),
            Self::Namespace(node, index) => (node.id().get(), 1, index),
            Self::Attribute(node, index) => (node.id().get(), 2, index),
        }
    }
}

/// What has children or attributes, in the form of an iterator that may be empty.
fn of<'a, I: Iterator<Item = Place<'a>>>(
    place: Place<'a>,
    list: impl FnOnce(Node<'a, 'a>) -> I,
) -> impl Iterator<Item = Place<'a>> {
    let node = match place {
        Place::Node(node) => Some(node),
        Place::Namespace(..) | Place::Attribute(..) => None,
    };
    node.map(list).into_iter().flatten()
}

impl<'a> xpath_eval::Node<'a> for Place<'a> {
    fn kind(self) -> NodeKind {
        match self {
            Self::Namespace(..) => NodeKind::Namespace,
            Self::Attribute(..) => NodeKind::Attribute,
            Self::Node(node) => match node.node_type() {
                NodeType::Root => NodeKind::Root,
                NodeType::Element => NodeKind::Element,
                NodeType::PI => NodeKind::ProcessingInstruction,
                NodeType::Comment => NodeKind::Comment,
                NodeType::Text => NodeKind::Text,
            },
        }
    }

    fn parent(self) -> Option<Self> {
        match self {
            Self::Node(node) => node.parent().map(Self::Node),
            Self::Namespace(node, _) | Self::Attribute(node, _) => Some(Self::Node(node)),
        }
    }

    fn children(self) -> impl Iterator<Item = Self> + 'a {
        of(self, |node| node.children().map(Self::Node))
    }

    fn attributes(self) -> impl Iterator<Item = Self> + 'a {
        of(self, |node| (0..node.attributes().len()).map(move |index| Self::Attribute(node, index)))
    }

    fn namespaces(self) -> impl Iterator<Item = Self> + 'a {
        of(self, |node| (0..node.namespaces().len()).map(move |index| Self::Namespace(node, index)))
    }

    fn expanded_name(self) -> Option<ExpandedName> {
        let name = |namespace_uri: Option<&str>, local_name: &str| {
            Some(ExpandedName { namespace_uri: namespace_uri.map(str::to_owned), local_name: local_name.to_owned() })
        };
        match self {
            Self::Node(node) => match node.node_type() {
                NodeType::Element => name(node.tag_name().namespace(), node.tag_name().name()),
                NodeType::PI => name(None, node.pi()?.target),
                NodeType::Root | NodeType::Comment | NodeType::Text => None,
            },
            Self::Namespace(node, index) => name(None, node.namespaces().nth(index)?.name().unwrap_or_default()),
            Self::Attribute(node, index) => {
                let attribute = node.attributes().nth(index)?;
                name(attribute.namespace(), attribute.name())
            }
        }
    }

    fn string_value(self) -> String {
        self.text()
    }

    fn document_order(self, other: Self) -> Ordering {
        self.position().cmp(&other.position())
    }

    /// `xml:id` is the one identifier that needs no document type.
    fn is_id_attribute(self) -> bool {
        matches!(self, Self::Attribute(node, index) if node.attributes().nth(index).is_some_and(|attribute| {
            attribute.name() == "id" && attribute.namespace() == Some(roxmltree::NS_XML_URI)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::too_big;

    #[test]
    fn what_is_too_big() {
        assert_eq!(too_big("//a[b = '((((((((((((((((((((((((((((((((((((((((((((((((((((']"), None);
        assert!(too_big(&"(".repeat(33)).is_some());
        assert!(too_big(&"-".repeat(501)).is_some());
        assert!(too_big(&"a".repeat(4097)).is_some());
    }
}
