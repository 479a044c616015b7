//! Upper, lower and title case, and folding.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_casemap::options::TitlecaseOptions;
use icu_locale_core::LanguageIdentifier;
use unicode_segmentation::UnicodeSegmentation;

/// `text` after full case folding, as for any language but the Turkic ones.
pub fn fold(text: &str) -> Cow<'_, str> {
    CaseMapper::new().fold_string(text)
}

/// `text` in lower case, or `None` if `language` is none. Empty stands for no language in particular.
pub fn lower(text: &str, language: &str) -> Option<String> {
    Some(CaseMapper::new().lowercase_to_string(text, &identifier(language)?).into_owned())
}

/// `text` in upper case, or `None` if `language` is none.
pub fn upper(text: &str, language: &str) -> Option<String> {
    Some(CaseMapper::new().uppercase_to_string(text, &identifier(language)?).into_owned())
}

/// `text` with every word in title case, or `None` if `language` is none.
pub fn title(text: &str, language: &str) -> Option<String> {
    let language = identifier(language)?;
    let mapper = CaseMapper::new();
    let mut titled = String::with_capacity(text.len());
    for segment in text.split_word_bounds() {
        let options = TitlecaseOptions::default();
        titled.push_str(&mapper.titlecase_segment_with_only_case_data_to_string(segment, &language, options));
    }
    Some(titled)
}

fn identifier(language: &str) -> Option<LanguageIdentifier> {
    if language.is_empty() {
        return Some(LanguageIdentifier::UNKNOWN);
    }
    LanguageIdentifier::try_from_str(language).ok()
}
