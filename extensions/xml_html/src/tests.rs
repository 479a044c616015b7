//! XPath after the specification's examples and libxml2; HTML after the WHATWG specification and browsers.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::{call, table_function};

const BOOKS: &str = r#"<?xml version="1.0"?>
<!DOCTYPE shop [<!ENTITY co "Smith &amp; Sons">]>
<shop xmlns:p="urn:price"><!-- two books -->
  <book id="b1" lang="en"><title>XML &lt;in&gt; short</title><p:price p:cur="EUR">10.50</p:price></book>
  <book id="b2"><title><![CDATA[A & B]]></title><p:price p:cur="USD">20</p:price><by>&co;</by></book>
  <?style none?>
</shop>"#;

fn value(xpath: &str) -> Result<Value, Error> {
    call::<crate::xpath_value>(&[BOOKS.into(), xpath.into()])
}

fn message(value: Result<Value, Error>) -> String {
    match value {
        Err(error) => error.message().to_owned(),
        other => panic!("{other:?} is no error"),
    }
}

#[test]
fn values_of_every_type() {
    assert_eq!(value("/shop/book[1]/title"), Ok("XML <in> short".into()));
    assert_eq!(value("//book[@id='b2']/title/text()"), Ok("A & B".into()));
    assert_eq!(value("//by"), Ok("Smith & Sons".into()));
    assert_eq!(value("//book/@lang"), Ok("en".into()));
    assert_eq!(value("//none"), Ok(Value::Null));
    assert_eq!(value("count(//book)"), Ok(2.into()));
    assert_eq!(value("sum(//p:price)"), Ok(30.5.into()));
    assert_eq!(value("number('x')"), Ok(Value::Null));
    assert_eq!(value("1 div 0"), Ok(f64::INFINITY.into()));
    assert_eq!(value("-0"), Ok(0.into()));
    assert_eq!(value("string(//book[2]/@id)"), Ok("b2".into()));
    assert_eq!(value("//book[2]/@id = 'b2'"), Ok(1.into()));
    assert_eq!(value("//comment()"), Ok(" two books ".into()));
    assert_eq!(value("//processing-instruction('style')"), Ok("none".into()));
    assert_eq!(value("name(//@p:cur)"), Ok("p:cur".into()), "libxml2 says so; XPath leaves the prefix open");
}

#[test]
fn axes_and_predicates() {
    let all = |xpath: &str| call::<crate::xpath_value_all>(&[BOOKS.into(), xpath.into()]);
    assert_eq!(all("//book[position()=last()]/@*"), Ok(r#"["b2"]"#.into()));
    assert_eq!(all("//title/ancestor::*/@id"), Ok(r#"["b1","b2"]"#.into()));
    assert_eq!(all("//book[1]/following-sibling::book/@id"), Ok(r#"["b2"]"#.into()));
    assert_eq!(all("//by/preceding::title"), Ok(r#"["XML <in> short","A & B"]"#.into()));
    assert_eq!(all("//by/preceding-sibling::*[1]"), Ok(r#"["20"]"#.into()));
    assert_eq!(all("//title | //by"), Ok(r#"["XML <in> short","A & B","Smith & Sons"]"#.into()));
    assert_eq!(all("//*[local-name()='price' and . > 15]"), Ok(r#"["20"]"#.into()));
    assert_eq!(all("(//title)[2]"), Ok(r#"["A & B"]"#.into()));
    assert_eq!(all("//title[2]"), Ok("[]".into()));
    assert_eq!(call::<crate::xpath_count>(&[BOOKS.into(), "//@*".into()]), Ok(5.into()));
    assert_eq!(call::<crate::xpath_exists>(&[BOOKS.into(), "//book[3]".into()]), Ok(0.into()));
    assert_eq!(call::<crate::xpath_exists>(&[BOOKS.into(), "count(//book) = 2".into()]), Ok(1.into()));
}

#[test]
fn markup_is_as_in_the_document() {
    let xml = |xpath: &str| call::<crate::xpath_xml>(&[BOOKS.into(), xpath.into()]);
    assert_eq!(xml("//book[1]/title"), Ok("<title>XML &lt;in&gt; short</title>".into()));
    assert_eq!(xml("//book[2]/title/text()"), Ok("<![CDATA[A & B]]>".into()));
    assert_eq!(xml("//book/@id"), Ok(r#"id="b1""#.into()));
    assert_eq!(xml("//comment()"), Ok("<!-- two books -->".into()));
    assert_eq!(xml("//none"), Ok(Value::Null));
    assert_eq!(
        call::<crate::xpath_xml_all>(&[BOOKS.into(), "//book/title".into()]),
        Ok(r#"["<title>XML &lt;in&gt; short</title>","<title><![CDATA[A & B]]></title>"]"#.into())
    );
}

#[test]
fn namespaces_are_given_or_the_roots() {
    let xml = r#"<a xmlns="urn:x" xmlns:q="urn:q"><b>1</b><q:b>2</q:b></a>"#;
    let value = |xpath: &str, namespaces: Value| call::<crate::xpath_value>(&[xml.into(), xpath.into(), namespaces]);
    assert_eq!(value("//b", "".into()), Ok(Value::Null));
    assert_eq!(value("//x:b", "x=urn:x".into()), Ok("1".into()));
    assert_eq!(value("//q:b", Value::Null), Ok("2".into()));
    assert_eq!(value("//q:b", "q=urn:x  z=urn:z".into()), Ok("1".into()));
    assert_eq!(value("//z:b", "".into()), Ok(Value::Null));
    assert_eq!(
        message(value("//b", "x".into())),
        "function `xpath_value`: argument 3 must be `prefix=URI prefix=URI …`"
    );
}

#[test]
fn bad_xml_and_bad_xpaths_are_named() {
    let bad = message(call::<crate::xpath_value>(&["<a><b></a>".into(), "//b".into()]));
    assert!(bad.starts_with("function `xpath_value`: argument 1 is not well-formed XML: "), "{bad}");
    for xpath in ["//[", "", "//a[", "a b", "//a]", "foo(", "$x", "unknown()", "count(1)", "//a | 2", "id()"] {
        let bad = message(value(xpath));
        assert!(bad.starts_with("function `xpath_value`: "), "{xpath}: {bad}");
    }
    assert!(message(value(&"(".repeat(99))).contains("is too large an XPath"));
    assert_eq!(
        message(call::<crate::xpath_count>(&[BOOKS.into(), "1 + 1".into()])),
        "function `xpath_count`: the XPath must select nodes, it gives a number"
    );
    assert_eq!(call::<crate::xpath_valid>(&["//a[1]".into()]), Ok(1.into()));
    assert_eq!(call::<crate::xpath_valid>(&["//a[".into()]), Ok(0.into()));
    for (xml, expected) in [
        ("<a/>", 1),
        ("<a>", 0),
        ("", 0),
        ("<a/><b/>", 0),
        ("<a b='1' b='2'/>", 0),
        ("<a>&none;</a>", 0),
        ("<x:a/>", 0),
        ("<a>&#0;</a>", 0),
        ("\u{feff}<a/>", 1),
    ] {
        assert_eq!(call::<crate::xml_is_well_formed>(&[xml.into()]), Ok(expected.into()), "{xml}");
    }
}

#[test]
fn a_document_does_not_grow_by_its_entities() {
    let mut bomb = String::from("<!DOCTYPE a [<!ENTITY e0 'lol'>");
    for level in 1..12 {
        bomb.push_str(&format!("<!ENTITY e{level} '{}'>", format!("&e{};", level - 1).repeat(10)));
    }
    bomb.push_str("]><a>&e11;</a>");
    assert_eq!(call::<crate::xml_is_well_formed>(&[bomb.as_str().into()]), Ok(0.into()));
    let outside = r#"<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>"#;
    assert_ne!(call::<crate::xpath_value>(&[outside.into(), "//a".into()]), Ok("root".into()));
}

#[test]
fn deep_documents_and_long_expressions() {
    let deep = format!("{}x{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    _ = call::<crate::xpath_value>(&[deep.as_str().into(), "string(/a)".into()]);
    let deep = "<div>".repeat(20_000);
    assert_eq!(call::<crate::html_count>(&[deep.as_str().into(), "div".into()]), Ok(20_000.into()));
    _ = call::<crate::html_text>(&[deep.as_str().into()]);
    for xpath in [
        format!("1{}", "+1".repeat(499)),
        format!("{}1", "-".repeat(500)),
        format!("{}1{}", "(".repeat(32), ")".repeat(32)),
    ] {
        assert!(value(&xpath).is_ok(), "{xpath}");
    }
    let path = format!("/shop{}", "/*".repeat(499));
    assert_eq!(value(&path), Ok(Value::Null));
}

const PAGE: &str = r##"<!doctype html><html><head><title>T &amp; U</title><style>p { }</style></head><body>
<p class="a b" id=p1>One <b>bold</b> &copy; <a href="/x?a=1&amp;b=2">link</a></p><p CLASS="b">Two<br>lines</p>
<ul><li>1<li>2<li data-n='3'>3</ul><script>if (a < b) {}</script></body></html>"##;

#[test]
fn selectors() {
    let text = |selector: &str| call::<crate::html_text>(&[PAGE.into(), selector.into()]);
    assert_eq!(text("title"), Ok("T & U".into()));
    assert_eq!(text("p"), Ok("One bold © link".into()));
    assert_eq!(text("p.b:not(.a)"), Ok("Twolines".into()));
    assert_eq!(text("li:nth-child(2)"), Ok("2".into()));
    assert_eq!(text("[data-n]"), Ok("3".into()));
    assert_eq!(text("ul > li ~ li:last-child"), Ok("3".into()));
    assert_eq!(text("script"), Ok("if (a < b) {}".into()));
    assert_eq!(text("h1"), Ok(Value::Null));
    let whole = call::<crate::html_text>(&[PAGE.into()]);
    assert!(
        matches!(&whole, Ok(Value::Text(text)) if text.contains("One bold") && !text.contains("a < b")),
        "{whole:?}"
    );
    assert_eq!(call::<crate::html_text_all>(&[PAGE.into(), "li".into()]), Ok(r#"["1","2","3"]"#.into()));
    assert_eq!(call::<crate::html_count>(&[PAGE.into(), "li, p".into()]), Ok(5.into()));
    assert_eq!(call::<crate::html_extract>(&[PAGE.into(), "p b".into()]), Ok("<b>bold</b>".into()));
    assert_eq!(
        call::<crate::html_extract_all>(&[PAGE.into(), "li".into()]),
        Ok(r#"["<li>1</li>","<li>2</li>","<li data-n=\"3\">3</li>"]"#.into())
    );
    let attribute =
        |selector: &str, name: &str| call::<crate::html_attribute_get>(&[PAGE.into(), selector.into(), name.into()]);
    assert_eq!(attribute("a", "HREF"), Ok("/x?a=1&b=2".into()));
    assert_eq!(attribute("a", "title"), Ok(Value::Null));
    assert_eq!(
        call::<crate::html_attribute_all>(&[PAGE.into(), "p".into(), "class".into()]),
        Ok(r#"["a b","b"]"#.into())
    );
    for bad in ["", "p[", "p:unknown", ">", "p::before", "1"] {
        assert!(message(text(bad)).starts_with("function `html_text`: argument 2 is not a CSS selector: "), "{bad}");
        assert_eq!(call::<crate::css_selector_valid>(&[bad.into()]), Ok(0.into()), "{bad}");
    }
    assert_eq!(call::<crate::css_selector_valid>(&["p:has(> b)".into()]), Ok(1.into()));
}

#[test]
fn references() {
    let unescape = |text: &str| call::<crate::html_unescape>(&[text.into()]);
    assert_eq!(
        call::<crate::html_escape>(&["<a href=\"x\">'&'</a>".into()]),
        Ok("&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;".into())
    );
    assert_eq!(
        unescape("&lt;b&gt; &eacute;&#233;&#xE9; &amp;amp; &nbsp;| &notit; &unknown; & &hearts"),
        Ok("<b> ééé &amp; \u{a0}| ¬it; &unknown; & &hearts".into())
    );
    assert_eq!(unescape("  a\r\n\t<p>&quot;</p> "), Ok("  a\r\n\t<p>\"</p> ".into()));
    assert_eq!(unescape("<!-- &amp; --></p>"), Ok("<!-- & --></p>".into()));
    assert_eq!(unescape(""), Ok("".into()));
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::xpath_value>(&[Value::Null, "//a".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::html_text>(&["x".into(), Value::Null]), Ok(Value::Null));
    assert_eq!(
        call::<crate::xml_is_well_formed>(&[1.into()]),
        Err(Error::new(Error::MISMATCH, "function `xml_is_well_formed`: argument 1 must be text, found integer"))
    );
}

fn rows(rows: Result<Vec<Vec<Value>>, Error>) -> Vec<String> {
    let row = |row: &Vec<Value>| row.iter().map(|value| value.as_ref().to_string()).collect::<Vec<_>>().join("|");
    rows.unwrap().iter().map(row).collect()
}

fn nodes(xpath: &str) -> Vec<String> {
    rows(table_function::<crate::xpath_each>(&[BOOKS.into(), xpath.into()]))
}

#[test]
fn nodes_as_rows() {
    let (id, title) = (r#"id="b1" lang="en""#, "<title>XML &lt;in&gt; short</title>");
    assert_eq!(nodes("//book[1]/title"), [format!("1|element|title||XML <in> short|{title}|{{}}")]);
    let book = nodes("//book")[0].clone();
    assert!(
        book.starts_with(&format!("1|element|book||XML <in> short10.50|<book {id}>{title}<p:price p:cur")),
        "{book}"
    );
    assert!(book.ends_with(r#"</book>|{"id":"b1","lang":"en"}"#), "{book}");
    assert_eq!(
        nodes("//p:price"),
        [
            r#"1|element|price|urn:price|10.50|<p:price p:cur="EUR">10.50</p:price>|{"p:cur":"EUR"}"#,
            r#"2|element|price|urn:price|20|<p:price p:cur="USD">20</p:price>|{"p:cur":"USD"}"#,
        ]
    );
    assert_eq!(nodes("//@p:cur")[1], r#"2|attribute|cur|urn:price|USD|p:cur="USD"|"#);
    assert_eq!(nodes("//comment()"), ["1|comment||| two books |<!-- two books -->|"]);
    assert_eq!(nodes("//processing-instruction()"), ["1|processing-instruction|style||none|<?style none?>|"]);
    assert_eq!(nodes("//title/text()")[1], "2|text|||A & B|<![CDATA[A & B]]>|");
    assert!(nodes("//namespace::p")[0].starts_with("1|namespace|p||urn:price|"));
    assert!(nodes("/")[0].starts_with("1|root|||"));
    // The text of an entity stands nowhere in the document.
    assert!(nodes("//by")[0].starts_with("1|element|by||Smith & Sons|<by>&co;</by>|"));
    assert_eq!(nodes("//none"), <[String; 0]>::default());
    let error = table_function::<crate::xpath_each>(&[BOOKS.into(), "1 + 1".into()]).unwrap_err();
    assert_eq!(error.message(), "function `xpath_each`: the XPath must select nodes, it gives a number");
    assert_eq!(table_function::<crate::xpath_each>(&[Value::Null, "/".into()]), Ok(vec![]));
}

#[test]
fn elements_as_rows() {
    let html = r#"<ul><li class="a b" title='"'>One <b>two</b><script>x</script><li>3</ul>"#;
    let each = |selector: &str| rows(table_function::<crate::html_each>(&[html.into(), selector.into()]));
    assert_eq!(
        each("li"),
        [
            r#"1|li|One two|<li class="a b" title="&quot;">One <b>two</b><script>x</script></li>|{"class":"a b","title":"\""}"#,
            "2|li|3|<li>3</li>|{}",
        ]
    );
    assert_eq!(each("li b"), ["1|b|two|<b>two</b>|{}"]);
    assert_eq!(each("p"), <[String; 0]>::default());
    let error = table_function::<crate::html_each>(&[html.into(), "[".into()]).unwrap_err();
    assert!(error.message().starts_with("function `html_each`: argument 2 is not a CSS selector"), "{error:?}");
}
