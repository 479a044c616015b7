//! Options that say which extensions are loaded, and with what.

use anyhow::{Context as _, Result, bail};
use clap::Args;
use sqlink_compose::lock::Lock;
use sqlink_host_native::{
    CachePolicy, Database, Error, HandedFile, Limits, LoadOptions, LockedExtension, inspect, read_component,
};
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// Capabilities that come with a file.
const READ: &str = "files.read";
const WRITE: &str = "files.write";

#[derive(Args, Debug)]
pub(crate) struct Loading {
    /// Loads an extension. May be repeated.
    #[arg(long, value_name = "EXT.WASM")]
    load: Vec<PathBuf>,
    /// Grants a capability (`random`, `clock`, `spi.read`, `spi.write`, `state`, `cache`) to all loaded extensions, or to the
    /// one of this name only. May be repeated.
    #[arg(long, value_name = "[NAME=]CAPABILITY")]
    grant: Vec<String>,
    /// Gives a setting to all loaded extensions, or to the one of this name only. May be repeated.
    #[arg(long, value_name = "[NAME:]KEY=VALUE")]
    config: Vec<String>,
    /// Hands a file over to all loaded extensions, under its file name, and grants `files.read`. May be repeated.
    #[arg(long, value_name = "PATH")]
    allow_read: Vec<PathBuf>,
    /// Hands a file over for writing too, made if there is none, and grants `files.read` and `files.write`. May be repeated.
    #[arg(long, value_name = "PATH")]
    allow_write: Vec<PathBuf>,
    /// Puts this in front of the names of everything that all loaded extensions, or the one of this name only, register.
    #[arg(long, value_name = "[NAME=]PREFIX")]
    prefix: Vec<String>,
    /// Lets extensions replace functions, collations and modules that are already there.
    #[arg(long)]
    replace: bool,
}

/// What an option gives to all extensions or to one.
struct Scoped<'a> {
    /// As it was given.
    option: String,
    extension: Option<&'a str>,
    value: &'a str,
    used: Cell<bool>,
}

impl<'a> Scoped<'a> {
    fn new(option: &str, argument: &'a str, scope: Option<(&'a str, &'a str)>) -> Self {
        let (extension, value) = scope.map_or((None, argument), |(extension, value)| (Some(extension), value));
        Self { option: format!("--{option} {argument}"), extension, value, used: Cell::new(false) }
    }

    /// Its value, if it is meant for the extension of these names.
    fn given_to(&self, names: &[String]) -> Option<&'a str> {
        let is_meant = self.extension.is_none_or(|extension| names.iter().any(|name| name == extension));
        self.used.set(self.used.get() || is_meant);
        is_meant.then_some(self.value)
    }
}

/// All options, ready to be given to extensions.
struct Plan<'a> {
    grants: Vec<Scoped<'a>>,
    config: Vec<Scoped<'a>>,
    prefixes: Vec<Scoped<'a>>,
    files: Vec<HandedFile>,
    replace: bool,
}

impl Plan<'_> {
    fn scoped(&self) -> impl Iterator<Item = &Scoped<'_>> {
        self.grants.iter().chain(&self.config).chain(&self.prefixes)
    }

    /// What the extension of these names is loaded with.
    fn options(&self, names: &[String], mut grants: Vec<String>) -> LoadOptions {
        let all = |options: &[Scoped<'_>]| -> Vec<String> {
            options.iter().filter_map(|option| option.given_to(names)).map(str::to_owned).collect()
        };
        grants.extend(all(&self.grants));
        if !self.files.is_empty() {
            grants.push(READ.to_owned());
        }
        if self.files.iter().any(|file| file.writable) {
            grants.push(WRITE.to_owned());
        }
        let setting = |setting: String| setting.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        LoadOptions {
            grants,
            config: all(&self.config).into_iter().filter_map(setting).collect(),
            files: self.files.clone(),
            prefix: all(&self.prefixes).pop().unwrap_or_default(),
            replace: self.replace,
        }
    }

    /// Refuses an option that went nowhere: most likely its name is misspelt.
    fn check(&self) -> Result<()> {
        match self.scoped().find(|option| !option.used.get()) {
            Some(Scoped { option, .. }) => {
                bail!("`{option}` goes to no extension: expected `--load EXT.WASM` of that name")
            }
            None => Ok(()),
        }
    }
}

impl Loading {
    fn plan(&self) -> Result<Plan<'_>> {
        let file = |path: &PathBuf, writable| -> Result<HandedFile> {
            let name = path.file_name().with_context(|| format!("`{}` has no file name", path.display()))?;
            let name = name.to_str().with_context(|| format!("the name of `{}` is not UTF-8", path.display()))?;
            Ok(HandedFile { name: name.to_owned(), path: path.clone(), writable })
        };
        let config = self.config.iter().map(|one| Ok(Scoped::new("config", one, scope_of_setting(one)?)));
        let read = self.allow_read.iter().map(|path| file(path, false));
        let write = self.allow_write.iter().map(|path| file(path, true));
        Ok(Plan {
            grants: self.grant.iter().map(|one| Scoped::new("grant", one, one.split_once('='))).collect(),
            config: config.collect::<Result<_>>()?,
            prefixes: self.prefix.iter().map(|one| Scoped::new("prefix", one, one.split_once('='))).collect(),
            files: read.chain(write).collect::<Result<_>>()?,
            replace: self.replace,
        })
    }

    /// Loads every `--load`.
    pub(crate) fn load_all(&self, database: &Database, limits: &Limits, cache: &CachePolicy) -> Result<()> {
        let plan = self.plan()?;
        let by_name = plan.scoped().any(|option| option.extension.is_some());
        let mut loads = Vec::new();
        for path in &self.load {
            let file = path.display().to_string();
            let bytes = read_component(path)?;
            if Lock::of_component(&bytes).is_some() {
                bail!("`{file}` is a composition, expected an extension: use it with `--engine {file}`");
            }
            let mut names = vec![stem(path)];
            if by_name {
                // The name an extension has for itself counts as well as its file's.
                names.push(inspect(&file, &bytes, limits, cache)?.manifest.name);
            }
            let options = plan.options(&names, Vec::new());
            loads.push((file, bytes, options));
        }
        plan.check()?;
        for (file, bytes, options) in loads {
            let loaded = database.load(&file, &bytes, &options);
            loaded.map_err(|error| match error {
                // All others name the file themselves.
                Error::Sql(_) => anyhow::Error::new(error).context(format!("`{file}` can't be loaded")),
                other => other.into(),
            })?;
        }
        Ok(())
    }

    /// Loads what is inside a composition, with the grants it was made with.
    pub(crate) fn load_inside(&self, database: &Database, inside: &[LockedExtension]) -> Result<()> {
        if !self.load.is_empty() || !self.grant.is_empty() {
            bail!(
                "the engine is a composition: its extensions and their grants are inside, drop `--load` and `--grant`"
            );
        }
        let plan = self.plan()?;
        let options = |one: &LockedExtension| plan.options(std::slice::from_ref(&one.name), one.grants.clone());
        let loads: Vec<_> = inside.iter().map(|one| (&one.name, options(one))).collect();
        plan.check()?;
        for (name, options) in loads {
            let loaded = database.load_composed(name, Some(&options));
            loaded.with_context(|| format!("`{name}` of the composition can't be loaded"))?;
        }
        Ok(())
    }
}

/// Splits `NAME:KEY=VALUE` after its name; `None` for `KEY=VALUE`.
fn scope_of_setting(argument: &str) -> Result<Option<(&str, &str)>> {
    let Some((key, _)) = argument.split_once('=') else {
        bail!("`--config {argument}` has no value, expected `--config KEY=VALUE`")
    };
    // A colon after the `=` is part of the value.
    Ok(argument.split_once(':').filter(|(name, _)| name.len() < key.len()))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        loading: Loading,
    }

    fn options(arguments: &[&str], names: &[&str]) -> Result<(LoadOptions, bool)> {
        let program = Program::try_parse_from([&["x"], arguments].concat())?;
        let plan = program.loading.plan()?;
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let options = plan.options(&names, Vec::new());
        Ok((options, plan.check().is_ok()))
    }

    #[test]
    fn options_go_to_all_or_to_one() -> Result<()> {
        let arguments = [
            "--grant=clock",
            "--grant=a=random",
            "--config=k=v",
            "--config=a:x=y:z=1",
            "--config=url=http://h",
            "--prefix=a=p_",
            "--allow-write=/tmp/out.csv",
            "--replace",
        ];
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let (of_a, complete) = options(&arguments, &["a"])?;
        assert!(complete);
        assert_eq!(of_a.grants, ["clock", "random", "files.read", "files.write"]);
        assert_eq!(of_a.config, [pair("k", "v"), pair("x", "y:z=1"), pair("url", "http://h")]);
        assert_eq!((of_a.prefix.as_str(), of_a.replace), ("p_", true));
        assert_eq!((of_a.files[0].name.as_str(), of_a.files[0].writable), ("out.csv", true));
        let (of_b, complete) = options(&arguments, &["b"])?;
        assert!(!complete, "options for `a` were taken for `b`");
        assert_eq!(of_b.config, [pair("k", "v"), pair("url", "http://h")]);
        assert_eq!(of_b.prefix, "");
        assert!(options(&["--config=novalue"], &["a"]).is_err());
        Ok(())
    }
}
