//! Reads a script: the standard sqllogictest records, and the directives at its top.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use sqllogictest::{ExpectedError, QueryExpect, Record, StatementExpect};

use crate::value::Class;

/// A script, ready to run.
#[derive(Debug, Clone)]
pub struct Script {
    /// Path below the folder of scripts, with `/`: what the report calls it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// `#! load`, in order: loaded into every connection of the file, and must work.
    pub loads: Vec<Load>,
    /// `#! limit`: set on every connection of the file.
    pub limits: BTreeMap<String, u64>,
    /// `#! host`, by host name.
    pub exceptions: BTreeMap<String, Exception>,
    /// The records.
    pub records: Vec<Record<Class>>,
}

/// An extension and how it is loaded, as written after `#! load` or `.load`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// File name without `.wasm`.
    pub name: String,
    /// Granted capabilities.
    pub grants: Vec<String>,
    /// Settings.
    pub config: BTreeMap<String, String>,
    /// Files of the folder `data` beside the scripts, which the extension gets under their names; true for those it may write (a copy).
    pub files: BTreeMap<String, bool>,
    /// Goes in front of its names.
    pub prefix: String,
    /// Replaces what has its names.
    pub replace: bool,
}

/// What a host cannot do, by its nature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Why.
    pub reason: String,
    /// True for `unsupported`: the file is run all the same and must fail, so that the line goes when the host can.
    /// False for `unrunnable`: the attempt would hang or end the driver.
    pub attempted: bool,
}

impl Script {
    /// Reads the script at `path`; `folder` is where all of them are.
    ///
    /// # Errors
    /// If the file can't be read or has a malformed record or directive, or one that this runner does not allow.
    pub fn read(path: &Path, folder: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
        let relative = path.strip_prefix(folder).unwrap_or(path);
        let name = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        Self::parse(name, path.to_owned(), &text)
    }

    fn parse(name: String, path: PathBuf, text: &str) -> Result<Self> {
        let records = sqllogictest::parse_with_name(text, name.as_str()).map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut script = Self {
            name,
            path,
            loads: Vec::new(),
            limits: BTreeMap::new(),
            exceptions: BTreeMap::new(),
            records: Vec::new(),
        };
        for (number, line) in text.lines().enumerate() {
            if let Some(directive) = line.strip_prefix("#!") {
                script.directive(directive.trim()).with_context(|| format!("{}:{}", script.name, number + 1))?;
            }
        }
        for record in &records {
            check_record(record)?;
        }
        ensure!(records.iter().any(is_tested), "{}: no `statement` or `query` record", script.name);
        script.records = records;
        Ok(script)
    }

    fn directive(&mut self, directive: &str) -> Result<()> {
        let (kind, rest) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
        let rest = rest.trim();
        match kind {
            "load" => self.loads.push(Load::parse(rest)?),
            "limit" => {
                let (name, value) = rest.split_once(' ').context("expected `#! limit NAME VALUE`")?;
                let value = value.trim().replace('_', "").parse().context("a limit is a whole number")?;
                self.limits.insert(name.to_owned(), value);
            }
            "host" => {
                let form = "expected `#! host NAME[,NAME…] unsupported: REASON` or `… unrunnable: REASON`";
                let (head, reason) = rest.split_once(": ").context(form)?;
                let (hosts, kind) = head.split_once(' ').context(form)?;
                let attempted = match kind {
                    "unsupported" => true,
                    "unrunnable" => false,
                    _ => bail!(form),
                };
                for host in hosts.split(',') {
                    let exception = Exception { reason: reason.trim().to_owned(), attempted };
                    self.exceptions.insert(host.to_owned(), exception);
                }
            }
            _ => bail!("`#! {kind}` is no directive; there are load, limit and host"),
        }
        Ok(())
    }

    /// The names of every extension the file loads, at its top or in a record.
    pub fn extensions(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.loads.iter().map(|load| load.name.clone()).collect();
        for record in &self.records {
            if let Record::Statement { sql, .. } | Record::Query { sql, .. } = record
                && let Some(load) = sql.strip_prefix(".load ").and_then(|rest| Load::parse(rest).ok())
            {
                names.insert(load.name);
            }
        }
        names
    }
}

impl Load {
    /// Parses `NAME`, then any of `grants=A,B`, `config=KEY:VALUE,…`, `files=A,B:write`, `prefix=TEXT` and `replace`.
    ///
    /// # Errors
    /// If the text has another form.
    pub fn parse(text: &str) -> Result<Self> {
        let mut words = text.split_whitespace();
        let name = words.next().context("expected an extension's name")?.to_owned();
        let mut load = Self { name, ..Self::default() };
        for word in words {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let items = || value.split(',').filter(|item| !item.is_empty());
            match key {
                "grants" => load.grants = items().map(str::to_owned).collect(),
                "config" => {
                    for item in items() {
                        let (key, value) =
                            item.split_once(':').with_context(|| format!("`{item}`: expected KEY:VALUE"))?;
                        load.config.insert(key.to_owned(), value.to_owned());
                    }
                }
                "files" => {
                    load.files = items()
                        .map(|item| match item.strip_suffix(":write") {
                            Some(name) => (name.to_owned(), true),
                            None => (item.to_owned(), false),
                        })
                        .collect();
                }
                "prefix" => value.clone_into(&mut load.prefix),
                "replace" if value.is_empty() => load.replace = true,
                _ => bail!("`{word}`: expected `grants=`, `config=`, `files=`, `prefix=` or `replace`"),
            }
        }
        Ok(load)
    }
}

/// True for the records that test something.
fn is_tested(record: &Record<Class>) -> bool {
    matches!(record, Record::Statement { .. } | Record::Query { .. })
}

/// Refuses records that would make a script less than exact, or that reach outside the database.
fn check_record(record: &Record<Class>) -> Result<()> {
    match record {
        Record::Statement { loc, expected: StatementExpect::Error(ExpectedError::Empty), .. }
        | Record::Query { loc, expected: QueryExpect::Error(ExpectedError::Empty), .. } => {
            bail!("{loc}: an expected error needs a pattern for its code and message")
        }
        Record::System { loc, .. } => bail!("{loc}: `system` is not for these scripts"),
        Record::Sleep { loc, .. } => bail!("{loc}: `sleep` is not for these scripts"),
        Record::Halt { loc } => bail!("{loc}: `halt` is for debugging only"),
        Record::Include { loc, .. } => bail!("{loc}: a script stands for itself, without `include`"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Script> {
        Script::parse("x.slt".to_owned(), "x.slt".into(), text)
    }

    const OK: &str = "\nstatement ok\nSELECT 1\n";

    #[test]
    fn reads_directives() -> Result<()> {
        let script = parse(&format!(
            "#! load uuid grants=random,clock\n#! load regexp\n#! limit call-depth 1_0\n\
             #! host workerd,chromium unrunnable: it hangs: forever\n#! host native-composed unsupported: no\n{OK}\n\
             statement ok\n.load hashes\n"
        ))?;
        assert_eq!(script.loads[0].grants, ["random", "clock"]);
        assert_eq!(script.loads[1], Load { name: "regexp".to_owned(), ..Load::default() });
        let load = Load::parse("csv grants=files.read config=a:b,c:d:e files=x.csv,y.csv:write prefix=p_ replace")?;
        assert_eq!(load.config["c"], "d:e");
        assert_eq!(
            load.files.iter().map(|(name, writable)| (name.as_str(), *writable)).collect::<Vec<_>>(),
            [("x.csv", false), ("y.csv", true),]
        );
        assert!(load.replace && load.prefix == "p_" && load.grants == ["files.read"]);
        assert_eq!(script.limits["call-depth"], 10);
        assert_eq!(
            script.exceptions["chromium"],
            Exception { reason: "it hangs: forever".to_owned(), attempted: false }
        );
        assert!(script.exceptions["native-composed"].attempted);
        assert_eq!(script.extensions().into_iter().collect::<Vec<_>>(), ["hashes", "regexp", "uuid"]);
        Ok(())
    }

    #[test]
    fn refuses_what_is_not_exact() {
        for text in [
            "#! lod regexp\n",
            "#! load\n",
            "#! load regexp random\n",
            "#! limit depth\n",
            "#! host workerd: no\n",
            "#! host workerd broken: no\n",
        ] {
            assert!(parse(&format!("{text}{OK}")).is_err(), "{text}");
        }
        for text in ["", "statement error\nSELECT 1\n", "query error\nSELECT 1\n", "system ok\ntrue\n", "sleep 1s\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(OK).is_ok());
    }
}
