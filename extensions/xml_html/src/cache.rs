//! Compiled texts, most recently used first.

use std::rc::Rc;

use sqlink_guest::Error;

/// Up to `CAPACITY` compiled texts.
pub struct Cache<T, const CAPACITY: usize>(Vec<(Box<str>, Rc<T>)>);

impl<T, const CAPACITY: usize> Cache<T, CAPACITY> {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// What `text` was compiled to, now or before.
    ///
    /// # Errors
    /// Those of `compile`; then nothing is kept.
    pub fn get(&mut self, text: &str, compile: impl FnOnce(&str) -> Result<T, Error>) -> Result<Rc<T>, Error> {
        if let Some(index) = self.0.iter().position(|(known, _)| **known == *text) {
            // The front entry is the common case: one text for all rows.
            self.0[..=index].rotate_right(1);
        } else {
            let compiled = Rc::new(compile(text)?);
            self.0.truncate(CAPACITY - 1);
            self.0.insert(0, (text.into(), compiled));
        }
        Ok(Rc::clone(&self.0[0].1))
    }
}
