//! The normalization forms by name.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// A Unicode normalization form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

impl Form {
    /// Every form with its name.
    pub const ALL: [(&'static str, Self); 4] =
        [("NFC", Self::Nfc), ("NFD", Self::Nfd), ("NFKC", Self::Nfkc), ("NFKD", Self::Nfkd)];

    /// The form of that name, in any case of letters.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, form)| *form)
    }

    /// `text` in this form; borrowed if it is already.
    pub fn normalize(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Nfc => ComposingNormalizerBorrowed::new_nfc().normalize(text),
            Self::Nfd => DecomposingNormalizerBorrowed::new_nfd().normalize(text),
            Self::Nfkc => ComposingNormalizerBorrowed::new_nfkc().normalize(text),
            Self::Nfkd => DecomposingNormalizerBorrowed::new_nfkd().normalize(text),
        }
    }

    /// True if `text` is in this form.
    pub fn is_normalized(self, text: &str) -> bool {
        match self {
            Self::Nfc => ComposingNormalizerBorrowed::new_nfc().is_normalized(text),
            Self::Nfd => DecomposingNormalizerBorrowed::new_nfd().is_normalized(text),
            Self::Nfkc => ComposingNormalizerBorrowed::new_nfkc().is_normalized(text),
            Self::Nfkd => DecomposingNormalizerBorrowed::new_nfkd().is_normalized(text),
        }
    }
}
