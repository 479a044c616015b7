//! SQLink extension `lorem`: made-up names, texts, numbers and dates.
//!
//! Every function exists twice: with a seed as last argument it always gives the same and is deterministic; without one it
//! gives something else for every row and needs the capability `random`. Nothing is kept between calls.
#![forbid(unsafe_code)]

mod calendar;
mod lists;
mod make;
mod source;

use source::{Topic, seeded, unseeded};
use sqlink_guest::prelude::*;

/// Defines an SQL function with and without a seed.
macro_rules! makers {
    ($($(#[$doc:meta])* $name:literal: $topic:ident, $plain:ident, $with_seed:ident, ($($argument:ident: $type:ty),*) -> $result:ty
        = |$rng:ident| $make:expr;)+) => {$(
        $(#[$doc])*
        #[scalar(innocuous, name = $name)]
        fn $plain($($argument: $type),*) -> Result<$result, Error> {
            let $rng = &mut unseeded()?;
            $make
        }

        $(#[$doc])*
        #[scalar(deterministic, innocuous, name = $name)]
        fn $with_seed($($argument: $type,)* seed: i64) -> Result<$result, Error> {
            let $rng = &mut seeded(Topic::$topic, seed);
            $make
        }
    )+};
}

makers! {
    /// First and last name.
    "fake_name": Person, name, name_of, () -> String = |rng| Ok(make::name(rng));
    /// First name.
    "fake_first_name": Person, first_name, first_name_of, () -> String = |rng| Ok(make::first_name(rng));
    /// Last name.
    "fake_last_name": Person, last_name, last_name_of, () -> String = |rng| Ok(make::last_name(rng));
    /// User name: of the same seed, that of `fake_name`.
    "fake_username": Person, username, username_of, () -> String = |rng| Ok(make::username(rng));
    /// Address of electronic mail that nobody has: of the same seed, that of `fake_name`.
    "fake_email": Person, email, email_of, () -> String = |rng| Ok(make::email(rng));
    /// Telephone number that nobody has.
    "fake_phone": Net, phone, phone_of, () -> String = |rng| Ok(make::phone(rng));
    /// Occupation.
    "fake_job": Job, job, job_of, () -> String = |rng| Ok(make::job(rng));
    /// Name of a company.
    "fake_company": Company, company, company_of, () -> String = |rng| Ok(make::company(rng));
    /// Name of a town.
    "fake_city": Place, city, city_of, () -> String = |rng| Ok(make::city(rng));
    /// Number, street and town: of the same seed, that of `fake_city`.
    "fake_address": Place, address, address_of, () -> String = |rng| Ok(make::address(rng));
    /// A word.
    "lorem_word": Text, word, word_of, () -> String = |rng| Ok(make::word(rng));
    /// So many words.
    "lorem_words": Text, words, words_of, (count: i64) -> String = |rng| make::words("lorem_words", rng, count);
    /// A sentence of 5 to 14 words.
    "lorem_sentence": Text, sentence, sentence_of, () -> String = |rng| Ok(make::sentence(rng));
    /// A paragraph of 3 to 7 sentences.
    "lorem_paragraph": Text, paragraph, paragraph_of, () -> String = |rng| Ok(make::paragraph(rng));
    /// An integer from the first to the second.
    "fake_int": Number, integer, integer_of, (least: i64, most: i64) -> i64 = |rng| make::integer("fake_int", rng, least, most);
    /// A real from the first to the second.
    "fake_real": Number, real, real_of, (least: f64, most: f64) -> f64 = |rng| make::real("fake_real", rng, least, most);
    /// 1 or 0.
    "fake_bool": Number, boolean, boolean_of, () -> bool = |rng| Ok(make::boolean(rng));
    /// A day from the first to the second.
    "fake_date": Date, date, date_of, (from: &str, to: &str) -> String = |rng| make::date("fake_date", rng, from, to);
    /// A moment from the first day to the second.
    "fake_datetime": Date, datetime, datetime_of, (from: &str, to: &str) -> String
        = |rng| make::datetime("fake_datetime", rng, from, to);
    /// An element of a JSON array.
    "fake_pick": Pick, pick, pick_of, (list: &str) -> Value = |rng| make::pick("fake_pick", rng, list);
    /// A UUID in the form of version 4.
    "fake_uuid": Uuid, uuid, uuid_of, () -> String = |rng| Ok(make::uuid(rng));
    /// The pattern with `#` as a digit, `?` as a letter and `*` as one of both.
    "fake_pattern": Pattern, pattern, pattern_of, (pattern: &str) -> String = |rng| make::pattern("fake_pattern", rng, pattern);
    /// An IPv4 address that nobody has.
    "fake_ipv4": Net, ipv4, ipv4_of, () -> String = |rng| Ok(make::ipv4(rng));
    /// A colour such as `#1a2b3c`.
    "fake_color": Net, color, color_of, () -> String = |rng| Ok(make::color(rng));
}

extension! {
    name: "lorem",
    description: "Made-up names, texts, numbers and dates for tests and demonstrations.",
    functions: [
        name, name_of, first_name, first_name_of, last_name, last_name_of, username, username_of, email, email_of, phone,
        phone_of, job, job_of, company, company_of, city, city_of, address, address_of, word, word_of, words, words_of,
        sentence, sentence_of, paragraph, paragraph_of, integer, integer_of, real, real_of, boolean, boolean_of, date, date_of,
        datetime, datetime_of, pick, pick_of, uuid, uuid_of, pattern, pattern_of, ipv4, ipv4_of, color, color_of,
    ],
    optional: { "random": "without a seed every row gets something else" },
}

#[cfg(test)]
mod tests;
