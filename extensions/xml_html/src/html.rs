//! HTML as browsers read it, and CSS selectors.

use std::rc::Rc;

use scraper::node::Node;
use scraper::{ElementRef, Html, Selector};
use sqlink_guest::{Error, LruCache};

/// The longest selector, in bytes.
const MAX_BYTES: usize = 4096;

/// How many compiled selectors are kept.
const CAPACITY: usize = 16;

thread_local! {
    static SELECTORS: LruCache<Rc<Selector>, CAPACITY> = const { LruCache::new() };
}

/// The compiled `selector`, which is argument `number` of `function`.
///
/// # Errors
/// Text that is no selector, or too long.
pub fn compile(function: &str, number: u32, selector: &str) -> Result<Rc<Selector>, Error> {
    SELECTORS.with(|selectors| {
        selectors.try_get_or_insert(selector, |selector| {
            let number = number.to_string();
            if selector.len() > MAX_BYTES {
                let message =
                    ["function `", function, "`: the selector in argument ", &number, " is over 4096 bytes long"];
                return Err(Error::new(Error::TOOBIG, message.concat()));
            }
            Selector::parse(selector).map(Rc::new).map_err(|error| {
                let reason = error.to_string();
                let message = ["function `", function, "`: argument ", &number, " is not a CSS selector: ", &reason];
                Error::new(Error::ERROR, message.concat())
            })
        })
    })
}

/// The document; there is no HTML that is none.
pub fn parse(html: &str) -> Html {
    Html::parse_document(html)
}

/// The text below an element, without that of scripts and style sheets unless the element is one.
pub fn text(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    let mut next = element.first_child();
    while let Some(node) = next {
        let hidden = match node.value() {
            Node::Text(part) => {
                text.push_str(part);
                false
            }
            Node::Element(inner) => matches!(inner.name(), "script" | "style" | "template" | "noscript"),
            _ => false,
        };
        let child = if hidden { None } else { node.first_child() };
        // Not by recursion: elements may lie in each other as deep as the text is long.
        next = child.or_else(|| {
            let mut done = node;
            loop {
                if let Some(sibling) = done.next_sibling() {
                    return Some(sibling);
                }
                done = done.parent().filter(|parent| parent.id() != element.id())?;
            }
        });
    }
    text
}

/// With the five characters that mean something in HTML written as references.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// With every character reference replaced by its character: the parser knows all names of them.
pub fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    // What is no reference must get through the parser as it is.
    let mut document = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => document.push_str("&lt;"),
            '\r' => document.push_str("&#13;"),
            _ => document.push(character),
        }
    }
    Html::parse_fragment(&document).root_element().text().collect()
}
