//! The last URL, parsed.

use std::cell::RefCell;

use url::Url;

struct Last {
    text: String,
    url: Option<Url>,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Calls `work` with the URL that `text` is; `None` if it is none.
pub fn with<T>(text: &str, work: impl FnOnce(&Url) -> Option<T>) -> Option<T> {
    LAST.with_borrow_mut(|last| {
        if last.as_ref().is_none_or(|last| last.text != text) {
            *last = Some(Last { text: text.to_owned(), url: Url::parse(text).ok() });
        }
        last.as_ref().and_then(|last| last.url.as_ref()).and_then(work)
    })
}
