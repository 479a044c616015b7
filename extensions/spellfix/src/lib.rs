//! SQLink extension `spellfix`: a vocabulary as a virtual table, searched for words that are spelt nearly like a given one.
#![forbid(unsafe_code)]

mod table;
mod words;

use sqlink_guest::prelude::*;
use table::Spellfix;

extension! {
    name: "spellfix",
    description: "A vocabulary that finds the words nearly spelt like a given one.",
    tables: [Spellfix],
    required: {
        "spi.read": "it reads the words it keeps in a table beside the virtual one",
        "spi.write": "it writes the words it keeps in a table beside the virtual one",
    },
}

#[cfg(test)]
mod tests;
