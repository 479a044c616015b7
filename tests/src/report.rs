//! What a run gave: a table for people, JSON for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::run::Outcome;

/// Outcomes by file and host.
#[derive(Debug, Default)]
pub struct Results {
    /// Host names, in the order of the table.
    pub hosts: Vec<String>,
    /// File name to host name to outcome.
    pub files: BTreeMap<String, BTreeMap<String, Outcome>>,
    /// Functions of the contract that were called on the hosts that can tell.
    pub called: BTreeSet<String>,
}

/// How many files had which outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Files in which everything was as it should.
    pub passed: usize,
    /// Files in which something was not.
    pub failed: usize,
    /// Files that the host can't run, for a reason the file gives.
    pub unsupported: usize,
}

#[derive(Serialize)]
struct Report<'a> {
    hosts: BTreeMap<&'a str, Counts>,
    files: BTreeMap<&'a str, BTreeMap<&'a str, String>>,
}

impl Results {
    /// The counts of one host.
    pub fn counts(&self, host: &str) -> Counts {
        let mut counts = Counts::default();
        for outcome in self.files.values().filter_map(|outcomes| outcomes.get(host)) {
            match outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed(_) => counts.failed += 1,
                Outcome::Unsupported(_) => counts.unsupported += 1,
            }
        }
        counts
    }

    /// The counts over all hosts.
    pub fn total(&self) -> Counts {
        self.hosts.iter().map(|host| self.counts(host)).fold(Counts::default(), |sum, counts| Counts {
            passed: sum.passed + counts.passed,
            failed: sum.failed + counts.failed,
            unsupported: sum.unsupported + counts.unsupported,
        })
    }

    /// The report: `{"hosts": {NAME: {"passed", "failed", "unsupported"}}, "files": {FILE: {NAME: "passed" |
    /// "failed: …" | "unsupported: REASON"}}}`.
    ///
    /// # Errors
    /// Never in practice: nothing in it can fail to serialize.
    pub fn json(&self) -> serde_json::Result<String> {
        let text = |outcome: &Outcome| match outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed(failures) => format!("failed: {}", failures.join("\n")),
            Outcome::Unsupported(reason) => format!("unsupported: {reason}"),
        };
        let report = Report {
            hosts: self.hosts.iter().map(|host| (host.as_str(), self.counts(host))).collect(),
            files: self
                .files
                .iter()
                .map(|(file, outcomes)| {
                    let outcomes = outcomes.iter().map(|(host, outcome)| (host.as_str(), text(outcome)));
                    (file.as_str(), outcomes.collect())
                })
                .collect(),
        };
        serde_json::to_string_pretty(&report).map(|text| text + "\n")
    }

    /// A row for every file and a column for every host; `ok`, `FAIL`, or `-` for unsupported.
    pub fn table(&self) -> String {
        let width = self.files.keys().map(String::len).max().unwrap_or(0).max("unsupported".len());
        let mut table = format!("{:width$}", "");
        for host in &self.hosts {
            let _ = write!(table, "  {host}");
        }
        table.push('\n');
        for (file, outcomes) in &self.files {
            let _ = write!(table, "{file:width$}");
            for host in &self.hosts {
                let cell = match outcomes.get(host) {
                    Some(Outcome::Passed) => "ok",
                    Some(Outcome::Failed(_)) => "FAIL",
                    Some(Outcome::Unsupported(_)) => "-",
                    None => "",
                };
                let _ = write!(table, "  {cell:column$}", column = host.len());
            }
            end_line(&mut table);
        }
        for (label, count) in [
            ("passed", (|counts| counts.passed) as fn(Counts) -> usize),
            ("failed", |counts| counts.failed),
            ("unsupported", |counts| counts.unsupported),
        ] {
            let _ = write!(table, "{label:width$}");
            for host in &self.hosts {
                let _ = write!(table, "  {:<column$}", count(self.counts(host)), column = host.len());
            }
            end_line(&mut table);
        }
        table
    }

    /// Every failure in full.
    pub fn failures(&self) -> String {
        let mut text = String::new();
        for outcomes in self.files.values() {
            for (host, outcome) in outcomes {
                if let Outcome::Failed(failures) = outcome {
                    for failure in failures {
                        let _ = writeln!(text, "{host}: {failure}\n");
                    }
                }
            }
        }
        text
    }
}

/// Ends a line without trailing spaces.
fn end_line(table: &mut String) {
    table.truncate(table.trim_end().len());
    table.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports() -> serde_json::Result<()> {
        let failed = Outcome::Failed(vec!["a.slt:3: failed".to_owned()]);
        let unsupported = Outcome::Unsupported("why".to_owned());
        let results = Results {
            hosts: vec!["h1".to_owned(), "h2".to_owned()],
            files: BTreeMap::from([
                ("a.slt".to_owned(), BTreeMap::from([("h1".to_owned(), Outcome::Passed), ("h2".to_owned(), failed)])),
                (
                    "b.slt".to_owned(),
                    BTreeMap::from([("h1".to_owned(), Outcome::Passed), ("h2".to_owned(), unsupported)]),
                ),
            ]),
            called: BTreeSet::new(),
        };
        let json: serde_json::Value = serde_json::from_str(&results.json()?)?;
        assert_eq!(
            json,
            serde_json::json!({
                "hosts": {
                    "h1": {"passed": 2, "failed": 0, "unsupported": 0},
                    "h2": {"passed": 0, "failed": 1, "unsupported": 1}
                },
                "files": {
                    "a.slt": {"h1": "passed", "h2": "failed: a.slt:3: failed"},
                    "b.slt": {"h1": "passed", "h2": "unsupported: why"}
                }
            })
        );
        assert_eq!(results.total(), Counts { passed: 2, failed: 1, unsupported: 1 });
        assert_eq!(
            results.table(),
            "             h1  h2\na.slt        ok  FAIL\nb.slt        ok  -\npassed       2   0\nfailed       0   1\nunsupported  0   1\n"
        );
        assert!(results.failures().contains("h2: a.slt:3: failed"));
        Ok(())
    }
}
