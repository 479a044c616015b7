//! SQLink extension `csv`: CSV files that the embedder hands over, and CSV texts, as tables.
#![forbid(unsafe_code)]

mod options;
mod reader;
mod table;

use sqlink_guest::prelude::*;
use table::{Csv, csv_each};

extension! {
    name: "csv",
    description: "CSV files and texts as tables.",
    tables: [Csv, csv_each],
    optional: {
        "files.read": "reads the CSV files that are handed over to it",
    },
}
