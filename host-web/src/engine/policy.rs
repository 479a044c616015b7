//! Capabilities and grants.

use crate::engine::error::{AUTH, Error, MISUSE, Part, Reason, Result};
use crate::engine::manifest::Manifest;

/// A capability this engine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capability {
    Cache,
    Clock,
    FilesRead,
    FilesWrite,
    Random,
    SpiRead,
    SpiWrite,
    State,
}

impl Capability {
    const ALL: [Self; 8] = [
        Self::Cache,
        Self::Clock,
        Self::FilesRead,
        Self::FilesWrite,
        Self::Random,
        Self::SpiRead,
        Self::SpiWrite,
        Self::State,
    ];

    /// Returns its name in manifests and grants.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Clock => "clock",
            Self::FilesRead => "files.read",
            Self::FilesWrite => "files.write",
            Self::Random => "random",
            Self::SpiRead => "spi.read",
            Self::SpiWrite => "spi.write",
            Self::State => "state",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.name() == name)
    }
}

/// The capabilities nobody has to grant.
const ALWAYS: [&str; 3] = ["config", "log", "subtype"];

fn is_always_granted(name: &str) -> bool {
    ALWAYS.contains(&name)
}

/// What an extension may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// Capabilities in force, in manifest order.
    pub(crate) granted: Vec<String>,
    /// Optional capabilities that were not granted, in manifest order.
    pub(crate) denied: Vec<String>,
}

impl Grants {
    /// Decides what an extension gets: what its manifest asks for and the embedder grants. A grant it does not ask for
    /// has no effect.
    ///
    /// # Errors
    ///
    /// `SQLITE_AUTH` (`capability-denied`) if a required capability is not granted or not known here;
    /// `SQLITE_MISUSE` for a grant that names no capability.
    pub(crate) fn decide(manifest: &Manifest, grants: &[String]) -> Result<Self> {
        if let Some(unknown) =
            grants.iter().find(|name| Capability::from_name(name).is_none() && !is_always_granted(name))
        {
            let known = Capability::ALL.map(|capability| format!("`{}`", capability.name()));
            return Err(Error::new(
                MISUSE,
                format!("there is no capability `{unknown}` to grant: there are {}", known.join(", ")),
            ));
        }
        let mut decided = Self::default();
        for capability in &manifest.required {
            let name = &capability.name;
            if is_always_granted(name) {
                continue;
            }
            let refused =
                |detail: String| Err(Error::failure(Reason::CapabilityDenied, Some(&manifest.name), None, &detail));
            if Capability::from_name(name).is_none() {
                return refused(format!("it requires `{name}`, which this version of SQLink does not offer"));
            }
            if !grants.contains(name) {
                let because =
                    if capability.reason.is_empty() { String::new() } else { format!(" ({})", capability.reason) };
                return refused(format!("it requires `{name}`{because}; {}", how_to_grant(name)));
            }
            decided.add(name);
        }
        for capability in &manifest.optional {
            let name = &capability.name;
            if is_always_granted(name) {
                continue;
            }
            if Capability::from_name(name).is_some() && grants.contains(name) {
                decided.add(name);
            } else if !decided.denied.contains(name) {
                decided.denied.push(name.clone());
            }
        }
        Ok(decided)
    }

    fn add(&mut self, name: &String) {
        if !self.granted.contains(name) {
            self.granted.push(name.clone());
        }
    }

    /// Checks that a capability is in force.
    ///
    /// # Errors
    ///
    /// `SQLITE_AUTH` (`capability-denied`), naming the extension and its part that wanted it.
    pub(crate) fn check(&self, capability: Capability, extension: &str, part: Option<Part<'_>>) -> Result<()> {
        let name = capability.name();
        if self.granted.iter().any(|granted| granted == name) {
            return Ok(());
        }
        let detail = if self.denied.iter().any(|denied| denied == name) {
            format!("it uses `{name}`, which is not granted; {}", how_to_grant(name))
        } else {
            format!("it uses `{name}`, which its manifest does not ask for")
        };
        let error = Error::failure(Reason::CapabilityDenied, Some(extension), part, &detail);
        debug_assert_eq!(error.code, AUTH);
        Err(error)
    }
}

fn how_to_grant(name: &str) -> String {
    format!("grant it with `grants: [\"{name}\"]` in JavaScript, `--grant {name}` on the command line")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::manifest;

    fn manifest(required: &[&str], optional: &[&str]) -> Manifest {
        let list = |names: &[&str]| {
            names.iter().map(|name| manifest::Capability { name: (*name).into(), reason: "to work".into() }).collect()
        };
        Manifest { name: "demo".into(), required: list(required), optional: list(optional), ..Manifest::default() }
    }

    fn decide(manifest: &Manifest, grants: &[&str]) -> Result<Grants> {
        let grants: Vec<_> = grants.iter().map(|name| (*name).to_owned()).collect();
        Grants::decide(manifest, &grants)
    }

    #[test]
    fn nothing_is_granted_by_default() -> Result<()> {
        let grants = decide(&manifest(&["log", "config"], &["random", "log", "subtype"]), &[])?;
        assert!(grants.granted.is_empty());
        assert_eq!(grants.denied, ["random"]);
        Ok(())
    }

    #[test]
    fn a_missing_required_capability_says_how_to_grant_it() {
        let error = decide(&manifest(&["spi.read"], &[]), &["random"]).expect_err("must be refused");
        assert_eq!(error.code, AUTH);
        assert_eq!(error.reason, Some(Reason::CapabilityDenied));
        assert_eq!(
            error.message,
            "capability-denied: extension `demo`: it requires `spi.read` (to work); grant it with \
             `grants: [\"spi.read\"]` in JavaScript, `--grant spi.read` on the command line"
        );
    }

    #[test]
    fn an_unknown_capability_is_fatal_only_if_required() -> Result<()> {
        assert!(decide(&manifest(&["teleport"], &[]), &[]).is_err());
        assert_eq!(decide(&manifest(&[], &["teleport"]), &[])?.denied, ["teleport"]);
        let error = decide(&manifest(&[], &[]), &["randm"]).expect_err("a typo");
        assert_eq!(error.code, MISUSE);
        Ok(())
    }

    #[test]
    fn a_grant_that_is_not_asked_for_has_no_effect() -> Result<()> {
        let grants = decide(&manifest(&["random"], &[]), &["random", "spi.write"])?;
        assert_eq!(grants.granted, ["random"]);
        assert!(grants.check(Capability::Random, "demo", None).is_ok());
        let error = grants.check(Capability::SpiWrite, "demo", Some(Part::Function("f"))).expect_err("not asked for");
        assert_eq!(
            error.message,
            "capability-denied: extension `demo`, function `f`: it uses `spi.write`, which its manifest does not ask for"
        );
        Ok(())
    }
}
