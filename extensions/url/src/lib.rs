//! SQLink extension `url`: parts of URLs, percent-encoding, and domain names.
//!
//! URLs are parsed and written as browsers do. Everything is deterministic and innocuous and imports nothing but the log;
//! the last URL is kept parsed, since a query often asks for several parts of one.
//!
//! Source: <https://url.spec.whatwg.org/> · <https://www.unicode.org/reports/tr46/> · <https://publicsuffix.org/>
#![forbid(unsafe_code)]

mod encoding;
mod parsed;
mod suffix;

use idna::AsciiDenyList;
use idna::uts46::Hyphens;
use parsed::with;
use sqlink_guest::prelude::*;
use suffix::Split;

/// True if `url` is a URL, absolute and valid.
#[scalar(deterministic, innocuous)]
fn url_valid(url: &str) -> bool {
    with(url, |_| Some(())).is_some()
}

/// The URL as browsers write it; NULL if it is none, as with all parts.
#[scalar(deterministic, innocuous)]
fn url_normalize(url: &str) -> Option<String> {
    with(url, |url| Some(url.as_str().to_owned()))
}

/// The scheme, in lower case.
#[scalar(deterministic, innocuous)]
fn url_scheme(url: &str) -> Option<String> {
    with(url, |url| Some(url.scheme().to_owned()))
}

/// The user's name, percent-encoded.
#[scalar(deterministic, innocuous)]
fn url_user(url: &str) -> Option<String> {
    with(url, |url| Some(url.username()).filter(|user| !user.is_empty()).map(str::to_owned))
}

/// The password, percent-encoded.
#[scalar(deterministic, innocuous)]
fn url_password(url: &str) -> Option<String> {
    with(url, |url| url.password().map(str::to_owned))
}

/// The host: a domain name in ASCII, an IPv4 address, or an IPv6 address in brackets.
#[scalar(deterministic, innocuous)]
fn url_host(url: &str) -> Option<String> {
    with(url, |url| url.host_str().filter(|host| !host.is_empty()).map(str::to_owned))
}

/// The port, also if it is the scheme's own and left out.
#[scalar(deterministic, innocuous)]
fn url_port(url: &str) -> Option<u32> {
    with(url, |url| url.port_or_known_default().map(u32::from))
}

/// The path, percent-encoded.
#[scalar(deterministic, innocuous)]
fn url_path(url: &str) -> Option<String> {
    with(url, |url| Some(url.path().to_owned()))
}

/// What comes after `?`, percent-encoded.
#[scalar(deterministic, innocuous)]
fn url_query(url: &str) -> Option<String> {
    with(url, |url| url.query().map(str::to_owned))
}

/// What comes after `#`, percent-encoded.
#[scalar(deterministic, innocuous)]
fn url_fragment(url: &str) -> Option<String> {
    with(url, |url| url.fragment().map(str::to_owned))
}

/// Scheme, host and port, which together say who may read what.
#[scalar(deterministic, innocuous)]
fn url_origin(url: &str) -> Option<String> {
    with(url, |url| Some(url.origin().ascii_serialization()).filter(|origin| origin != "null"))
}

/// A segment of the path, decoded; from 1, or from the end if negative.
#[scalar(deterministic, innocuous)]
fn url_path_segment(url: &str, index: i64) -> Option<String> {
    let skipped = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX).checked_sub(1)?;
    with(url, |url| {
        let mut segments = url.path_segments()?;
        let segment = if index > 0 { segments.nth(skipped) } else { segments.nth_back(skipped) };
        segment.map(|segment| encoding::decode(segment.as_bytes()))
    })
}

/// The value of the first parameter of that name in the query, decoded.
#[scalar(deterministic, innocuous)]
fn url_query_value(url: &str, name: &str) -> Option<String> {
    with(url, |url| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()))
}

/// The parameters of the query, decoded: a JSON array of arrays of name and value.
#[scalar(deterministic, innocuous)]
fn url_query_pairs(url: &str) -> Option<String> {
    with(url, |url| Some(encoding::json_pairs(url.query_pairs())))
}

/// The URL with one parameter of that name, in the place of the first; without, if `value` is NULL.
#[scalar(deterministic, innocuous)]
fn url_set_query_value(url: &str, name: &str, value: Option<&str>) -> Option<String> {
    with(url, |url| {
        let mut changed = url.clone();
        let query = encoding::set_query_value(url.query().unwrap_or(""), name, value);
        changed.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        Some(changed.into())
    })
}

/// `reference`, relative to `base`, as an absolute URL.
#[scalar(deterministic, innocuous)]
fn url_join(base: &str, reference: &str) -> Option<String> {
    with(base, |base| base.join(reference).ok().map(String::from))
}

/// `data` with everything percent-encoded but letters, digits and `-._~`.
#[scalar(deterministic, innocuous)]
fn url_encode(data: Bytes<'_>) -> String {
    encoding::encode(&data)
}

/// `text` with `%xx` decoded as UTF-8; what is no UTF-8 becomes U+FFFD.
#[scalar(deterministic, innocuous)]
fn url_decode(text: Bytes<'_>) -> String {
    encoding::decode(&text)
}

/// As `url_encode`, but as forms do: `+` for a space, and `*` as it is.
#[scalar(deterministic, innocuous)]
fn url_encode_form(data: Bytes<'_>) -> String {
    form_urlencoded::byte_serialize(&data).collect()
}

/// As `url_decode`, but `+` is a space.
#[scalar(deterministic, innocuous)]
fn url_decode_form(text: Bytes<'_>) -> String {
    encoding::decode_form(&text)
}

/// The part of a domain name under which anybody can register names.
#[scalar(deterministic, innocuous)]
fn public_suffix(domain: &str, #[default(true)] private: bool) -> Option<String> {
    Split::of(domain, private).map(|split| split.suffix().to_owned())
}

/// The part of a domain name that somebody registered: its public suffix and one label more.
#[scalar(deterministic, innocuous)]
fn registrable_domain(domain: &str, #[default(true)] private: bool) -> Option<String> {
    Split::of(domain, private)?.registrable().map(str::to_owned)
}

/// The registrable domain of a URL's host.
#[scalar(deterministic, innocuous)]
fn url_registrable_domain(url: &str, #[default(true)] private: bool) -> Option<String> {
    with(url, |url| Split::of(url.domain()?, private)?.registrable().map(str::to_owned))
}

/// A domain name as the DNS has it, with `xn--` for labels that are not ASCII.
#[scalar(deterministic, innocuous)]
fn idna_to_ascii(domain: &str) -> Option<String> {
    let name = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok()?;
    Some(name.into_owned()).filter(|name| !name.is_empty())
}

/// A domain name as people read it.
#[scalar(deterministic, innocuous)]
fn idna_to_unicode(domain: &str) -> Option<String> {
    let (name, result) = idna::uts46::Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Allow);
    result.ok().map(|()| name.into_owned()).filter(|name| !name.is_empty())
}

extension! {
    name: "url",
    description: "Parts of URLs, percent-encoding, internationalized domain names and public suffixes.",
    functions: [
        url_valid, url_normalize, url_scheme, url_user, url_password, url_host, url_port, url_path, url_query,
        url_fragment, url_origin, url_path_segment, url_query_value, url_query_pairs, url_set_query_value, url_join,
        url_encode, url_decode, url_encode_form, url_decode_form, public_suffix, registrable_domain,
        url_registrable_domain, idna_to_ascii, idna_to_unicode,
    ],
}

#[cfg(test)]
mod tests;
