//! Addresses of schemas: resolving references against a base (RFC 3986, section 5.2). Nothing is ever loaded from them.

/// What stands before the fragment, and the fragment without `#`; empty if there is none.
pub fn split_fragment(uri: &str) -> (&str, &str) {
    uri.split_once('#').unwrap_or((uri, ""))
}

/// The parts of an address without fragment.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Self {
        let (rest, query) = uri.split_once('?').map_or((uri, None), |(rest, query)| (rest, Some(query)));
        let is_scheme = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_alphabetic())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, rest),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query }
    }

    fn join(&self, path: &str) -> String {
        let mut uri = String::new();
        if let Some(scheme) = self.scheme {
            uri.extend([scheme, ":"]);
        }
        if let Some(authority) = self.authority {
            uri.extend(["//", authority]);
        }
        uri.push_str(path);
        if let Some(query) = self.query {
            uri.extend(["?", query]);
        }
        uri
    }
}

/// The address that `reference` means where `base` is the address; both without fragment.
pub fn resolve(base: &str, reference: &str) -> String {
    let mut target = Parts::of(reference);
    if target.scheme.is_some() {
        return target.join(&without_dots(target.path));
    }
    let base = Parts::of(base);
    target.scheme = base.scheme;
    if target.authority.is_some() {
        return target.join(&without_dots(target.path));
    }
    target.authority = base.authority;
    if target.path.is_empty() {
        target.query = target.query.or(base.query);
        return target.join(base.path);
    }
    if target.path.starts_with('/') {
        return target.join(&without_dots(target.path));
    }
    let merged = match base.path.rfind('/') {
        Some(last) => [&base.path[..=last], target.path].concat(),
        None if base.authority.is_some() => ["/", target.path].concat(),
        None => target.path.to_owned(),
    };
    target.join(&without_dots(&merged))
}

/// The path without `.` and `..`. One that is not hierarchical, as that of a URN, stays as it is.
fn without_dots(path: &str) -> String {
    if !path.contains('/') {
        return path.to_owned();
    }
    let mut segments: Vec<&str> = Vec::new();
    let mut rest = path.split('/').peekable();
    while let Some(segment) = rest.next() {
        let is_last = rest.peek().is_none();
        match segment {
            "." | ".." => {
                // The first one is empty if the path begins with `/`.
                if segment == ".." && segments.last().is_some_and(|last| !last.is_empty() || segments.len() > 1) {
                    segments.pop();
                }
                if is_last {
                    segments.push("");
                }
            }
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

/// Text with `%41` and the like replaced; none if that is no UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            bytes.push(digit()? << 4 | digit()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{percent_decode, resolve};

    /// RFC 3986, sections 5.4.1 and 5.4.2.
    #[test]
    fn references_of_rfc_3986() {
        for (reference, target) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
        ] {
            assert_eq!(resolve("http://a/b/c/d;p?q", reference), target, "{reference}");
        }
        assert_eq!(resolve("", "list"), "list");
        assert_eq!(resolve("http://a", "b"), "http://a/b");
        assert_eq!(resolve("urn:example:a?=b", ""), "urn:example:a?=b");
    }

    #[test]
    fn percent() {
        assert_eq!(percent_decode("/a%25b%22%C3%A4").as_deref(), Some("/a%b\"ä"));
        for wrong in ["%", "%4", "%4g", "%ff"] {
            assert_eq!(percent_decode(wrong), None, "{wrong}");
        }
    }
}
