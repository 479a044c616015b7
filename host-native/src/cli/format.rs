//! Results as text.

use clap::ValueEnum;
use sqlink_host_native::{Changes, Column, RowSink, Value};
use std::fmt::Write as _;
use std::io::{self, Write};

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table, with NULL as `NULL`, the text NULL as `'NULL'`, and blobs as X'c0ffee'.
    #[default]
    Table,
    /// A JSON array of objects per result, one per line; blobs as {"blob": "c0ffee"}.
    Json,
    /// Comma-separated values (RFC 4180) with a header; NULL is empty, empty text is "".
    Csv,
    /// One `column = value` per line, an empty line between rows.
    Line,
}

/// Prints results as they come. A table waits for its last row, since its columns are as wide as their widest value.
pub(crate) struct Printer {
    format: Format,
    out: Box<dyn Write + Send>,
    columns: Vec<String>,
    /// Rows of a table, as text.
    table: Vec<Vec<Cell>>,
    printed_rows: u64,
    printed_results: u64,
    /// What went wrong with the output, if anything did.
    pub(crate) failed: Option<io::Error>,
}

struct Cell {
    text: String,
    /// Numbers stand at the right.
    right: bool,
}

impl Printer {
    pub(crate) fn new(format: Format, out: Box<dyn Write + Send>) -> Self {
        Self { format, out, columns: Vec::new(), table: Vec::new(), printed_rows: 0, printed_results: 0, failed: None }
    }

    /// Prints `text`; false once the output is gone.
    fn print(&mut self, text: &str) -> bool {
        if self.failed.is_none()
            && let Err(error) = self.out.write_all(text.as_bytes())
        {
            self.failed = Some(error);
        }
        self.failed.is_none()
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.flush().err();
        }
    }

    fn csv_line(&mut self, cells: &[String]) -> bool {
        let line = cells.join(",");
        self.print(&format!("{line}\r\n"))
    }

    fn row(&mut self, row: &[Value]) -> bool {
        let first = self.printed_rows == 0;
        self.printed_rows += 1;
        match self.format {
            Format::Table => {
                let cell = |value: &Value| Cell {
                    right: matches!(value, Value::Integer(_) | Value::Real(_)),
                    text: readable(value),
                };
                self.table.push(row.iter().map(cell).collect());
                true
            }
            Format::Json => {
                let mut text = if first { String::new() } else { ",\n ".to_owned() };
                text.push('{');
                for (index, (name, value)) in self.columns.iter().zip(row).enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    text.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    text.push_str(": ");
                    text.push_str(&json(value));
                }
                text.push('}');
                self.print(&text)
            }
            Format::Csv => {
                let cells: Vec<_> = row.iter().map(csv).collect();
                self.csv_line(&cells)
            }
            Format::Line => {
                let width = self.columns.iter().map(|name| name.chars().count()).max().unwrap_or_default();
                let mut text = if first { String::new() } else { "\n".to_owned() };
                for (name, value) in self.columns.iter().zip(row) {
                    // Writing to a string can't fail.
                    let _ = writeln!(text, "{name:>width$} = {}", readable(value));
                }
                self.print(&text)
            }
        }
    }

    fn finish_table(&mut self) {
        let headers = std::mem::take(&mut self.columns);
        let rows = std::mem::take(&mut self.table);
        let width_of = |text: &str| text.chars().count();
        let mut widths: Vec<_> = headers.iter().map(|name| width_of(name)).collect();
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(width_of(&cell.text));
            }
        }
        let line = |cells: Vec<String>| format!("{}\n", cells.join("  ").trim_end());
        let header = headers.iter().zip(&widths).map(|(name, width)| format!("{name:width$}")).collect();
        self.print(&line(header));
        self.print(&line(widths.iter().map(|width| "-".repeat(*width)).collect()));
        for row in rows {
            let cell = |(cell, width): (&Cell, &usize)| {
                if cell.right { format!("{:>width$}", cell.text) } else { format!("{:width$}", cell.text) }
            };
            if !self.print(&line(row.iter().zip(&widths).map(cell).collect())) {
                return;
            }
        }
    }
}

impl RowSink for Printer {
    fn start(&mut self, columns: &[Column]) {
        self.columns = columns.iter().map(|column| one_line(&column.name)).collect();
        self.table.clear();
        self.printed_rows = 0;
        if columns.is_empty() {
            return;
        }
        let separate = self.printed_results > 0 && self.format != Format::Json;
        self.printed_results += 1;
        if separate {
            self.print("\n");
        }
        match self.format {
            Format::Json => {
                self.print("[");
            }
            Format::Csv => {
                let header: Vec<_> = columns.iter().map(|column| csv_text(&column.name)).collect();
                self.csv_line(&header);
            }
            Format::Table | Format::Line => {}
        }
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        rows.iter().all(|row| self.row(row))
    }

    fn end(&mut self, _changes: Changes) {
        if self.columns.is_empty() {
            return;
        }
        match self.format {
            Format::Table => self.finish_table(),
            Format::Json => {
                self.print("]\n");
            }
            Format::Csv | Format::Line => {}
        }
    }
}

/// A value for people: on one line, without characters that would change the terminal, and NULL told from every text.
fn readable(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => number(*real),
        Value::Text(text) if text.eq_ignore_ascii_case("null") => format!("'{text}'"),
        Value::Text(text) => one_line(text),
        Value::Blob(bytes) => format!("X'{}'", hex(bytes)),
    }
}

/// Control characters as `\n`, `\t` or `\u{1b}`.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// A real that is read back as the same real, and never as an integer: infinities as SQLite writes them.
fn number(real: f64) -> String {
    if real.is_infinite() { if real > 0.0 { "9.0e+999" } else { "-9.0e+999" }.to_owned() } else { format!("{real:?}") }
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => number(*real),
        Value::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        Value::Blob(bytes) => format!("{{\"blob\": \"{}\"}}", hex(bytes)),
    }
}

fn csv(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => number(*real),
        Value::Text(text) => csv_text(text),
        Value::Blob(bytes) => format!("X'{}'", hex(bytes)),
    }
}

fn csv_text(text: &str) -> String {
    if text.is_empty() || text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_null_and_nothing_reaches_the_terminal_raw() {
        assert_eq!(readable(&Value::Null), "NULL");
        assert_eq!(readable(&Value::Text("NULL".to_owned())), "'NULL'");
        assert_eq!(readable(&Value::Text("a\u{1b}[31m\n\0".to_owned())), "a\\u{1b}[31m\\n\\u{0}");
        assert_eq!(readable(&Value::Blob(vec![0, 255])), "X'00ff'");
        assert_eq!(readable(&Value::Integer(i64::MIN)), "-9223372036854775808");
        assert_eq!(readable(&Value::Real(1.0)), "1.0");
    }

    #[test]
    fn csv_tells_null_from_empty_text() {
        assert_eq!(csv(&Value::Null), "");
        assert_eq!(csv(&Value::Text(String::new())), "\"\"");
        assert_eq!(csv(&Value::Text("a \"b\", c".to_owned())), "\"a \"\"b\"\", c\"");
    }

    #[test]
    fn json_reads_back() {
        for (value, text) in [
            (Value::Integer(i64::MAX), "9223372036854775807"),
            (Value::Real(0.1), "0.1"),
            (Value::Real(-0.0), "-0.0"),
            (Value::Text("a\"\n".to_owned()), "\"a\\\"\\n\""),
            (Value::Blob(vec![10]), "{\"blob\": \"0a\"}"),
        ] {
            assert_eq!(json(&value), text);
            assert!(serde_json::from_str::<serde_json::Value>(&json(&value)).is_ok());
        }
    }
}
