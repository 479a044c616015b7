//! What texts were compiled to, kept between calls.

use std::cell::RefCell;

/// The `CAPACITY` texts used last and what each was compiled to: patterns, paths, time zones. The least recently used one goes
/// first.
///
/// SQL hands the same few texts over with every row, so looking is a walk over a short list, and the text of the row before
/// is found at once. It lives as long as the instance, in its memory: nothing is asked of the host, and no capability is
/// needed. C extensions use `sqlite3_set_auxdata` for this, which a call across components would make dearer than the walk.
///
/// ```
/// use sqlink_guest::{LruCache, prelude::*, testing::call};
///
/// thread_local! {
///     static WORDS: LruCache<std::rc::Rc<[String]>, 16> = const { LruCache::new() };
/// }
///
/// /// True if `word` is in the comma-separated `list`, which is taken apart once for all rows.
/// #[scalar(deterministic, innocuous)]
/// fn listed(word: &str, list: &str) -> Result<bool, Error> {
///     let words = WORDS.with(|words| {
///         words.try_get_or_insert(list, |list| match list {
///             "" => Err("function `listed`: argument 2 is empty, expected words with commas between"),
///             _ => Ok(list.split(',').map(str::to_lowercase).collect()),
///         })
///     })?;
///     Ok(words.contains(&word.to_lowercase()))
/// }
///
/// assert_eq!(call::<listed>(&["B".into(), "a,b".into()]).unwrap(), Value::Integer(1));
/// assert!(call::<listed>(&["b".into(), "".into()]).is_err());
/// ```
///
/// * `T` - what is kept; a clone of it is handed out, so anything large stands behind an `Rc`
/// * `CAPACITY` - how many are kept, at least 1; each look-up may walk over all of them
#[derive(Debug)]
pub struct LruCache<T, const CAPACITY: usize> {
    /// Most recently used first.
    entries: RefCell<Vec<(Box<str>, T)>>,
}

impl<T: Clone, const CAPACITY: usize> LruCache<T, CAPACITY> {
    /// Nothing kept yet.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(CAPACITY > 0, "a cache without room") };
        Self { entries: RefCell::new(Vec::new()) }
    }

    /// What `text` was compiled to, or is compiled to now by `compile`, which may use the cache itself.
    ///
    /// # Errors
    /// Those of `compile`; then nothing is kept.
    pub fn try_get_or_insert<E>(&self, text: &str, compile: impl FnOnce(&str) -> Result<T, E>) -> Result<T, E> {
        if let Some(known) = self.promote(text) {
            return Ok(known);
        }
        let compiled = compile(text)?;
        let mut entries = self.entries.borrow_mut();
        entries.truncate(CAPACITY - 1);
        entries.insert(0, (text.into(), compiled.clone()));
        Ok(compiled)
    }

    /// Puts what is kept of `text` first.
    fn promote(&self, text: &str) -> Option<T> {
        let mut entries = self.entries.borrow_mut();
        let index = entries.iter().position(|(known, _)| **known == *text)?;
        entries[..=index].rotate_right(1);
        Some(entries[0].1.clone())
    }
}

impl<T: Clone, const CAPACITY: usize> Default for LruCache<T, CAPACITY> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::LruCache;

    fn texts<const CAPACITY: usize>(cache: &LruCache<usize, CAPACITY>) -> Vec<String> {
        cache.entries.borrow().iter().map(|(text, _)| text.to_string()).collect()
    }

    fn insert<const CAPACITY: usize>(cache: &LruCache<usize, CAPACITY>, text: &str) -> (usize, bool) {
        let mut compiled = false;
        let length = cache.try_get_or_insert(text, |text| {
            compiled = true;
            Ok::<_, ()>(text.len())
        });
        (length.unwrap(), compiled)
    }

    #[test]
    fn a_text_is_compiled_once() {
        let cache = LruCache::<_, 2>::new();
        assert_eq!(insert(&cache, "a"), (1, true));
        assert_eq!(insert(&cache, "a"), (1, false));
        assert_eq!(insert(&cache, ""), (0, true));
        assert_eq!(insert(&cache, ""), (0, false));
    }

    #[test]
    fn the_least_recently_used_text_goes() {
        let cache = LruCache::<_, 3>::default();
        for text in ["a", "b", "c", "a", "d"] {
            insert(&cache, text);
        }
        assert_eq!(texts(&cache), ["d", "a", "c"]);
        assert!(insert(&cache, "b").1);
        assert_eq!(texts(&cache), ["b", "d", "a"]);
        let one = LruCache::<_, 1>::new();
        for text in ["a", "b"] {
            insert(&one, text);
        }
        assert_eq!(texts(&one), ["b"]);
    }

    #[test]
    fn what_does_not_compile_is_not_kept() {
        let cache = LruCache::<usize, 2>::new();
        insert(&cache, "a");
        assert_eq!(cache.try_get_or_insert("b", |_| Err("no")), Err("no"));
        assert_eq!(texts(&cache), ["a"]);
    }

    #[test]
    fn compiling_may_use_the_cache() {
        let cache = LruCache::<_, 4>::new();
        let outer = cache.try_get_or_insert("outer", |_| Ok::<_, ()>(insert(&cache, "inner").0 + 1));
        assert_eq!(outer, Ok(6));
        assert_eq!(texts(&cache), ["outer", "inner"]);
    }
}
