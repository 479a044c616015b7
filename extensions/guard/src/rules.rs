//! What the settings say, and what follows from it.

use sqlink_guest::Error;
use sqlink_guest::hooks::{Action, Request, Verdict};

/// Kinds of actions that `deny` can name.
const ACTIONS: &[(&str, &[Action])] = &[
    ("alter", &[Action::AlterTable]),
    ("analyze", &[Action::Analyze]),
    ("attach", &[Action::Attach]),
    (
        "create",
        &[
            Action::CreateIndex,
            Action::CreateTable,
            Action::CreateTempIndex,
            Action::CreateTempTable,
            Action::CreateTempTrigger,
            Action::CreateTempView,
            Action::CreateTrigger,
            Action::CreateView,
            Action::CreateVtable,
        ],
    ),
    ("delete", &[Action::Delete]),
    ("detach", &[Action::Detach]),
    (
        "drop",
        &[
            Action::DropIndex,
            Action::DropTable,
            Action::DropTempIndex,
            Action::DropTempTable,
            Action::DropTempTrigger,
            Action::DropTempView,
            Action::DropTrigger,
            Action::DropView,
            Action::DropVtable,
        ],
    ),
    ("insert", &[Action::Insert]),
    ("pragma", &[Action::Pragma]),
    ("recursive", &[Action::Recursive]),
    ("reindex", &[Action::Reindex]),
    ("savepoint", &[Action::Savepoint]),
    ("transaction", &[Action::Transaction]),
    ("update", &[Action::Update]),
];

/// The settings' names, for errors.
const SETTINGS: &str = "`read_only`, `deny_read`, `hide`, `deny_function`, `deny` or `max_changes`";

/// The rules. Names are in lower case: SQLite compares them without regard to ASCII case.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rules {
    read_only: Vec<String>,
    deny_read: Vec<Target>,
    hide: Vec<Target>,
    functions: Vec<String>,
    actions: Vec<&'static str>,
    max_changes: Option<u64>,
}

/// A table, or one of its columns.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    table: String,
    column: Option<String>,
}

impl Target {
    fn parse(name: &str) -> Self {
        match name.split_once('.') {
            Some((table, column)) => Self { table: table.to_owned(), column: Some(column.to_owned()) },
            None => Self { table: name.to_owned(), column: None },
        }
    }

    fn fits(&self, table: &str, column: &str) -> bool {
        fits(&self.table, table) && self.column.as_ref().is_none_or(|own| fits(own, column))
    }

    fn name(&self) -> String {
        self.column.as_ref().map_or_else(|| self.table.clone(), |column| format!("{}.{column}", self.table))
    }
}

/// Whether a rule's name means this one; `*` means all.
fn fits(rule: &str, name: &str) -> bool {
    rule == "*" || rule.eq_ignore_ascii_case(name)
}

/// Names between commas, semicolons or spaces.
fn names(text: &str) -> Vec<String> {
    text.split([',', ';', ' ', '\n', '\t']).filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect()
}

impl Rules {
    /// # Errors
    /// With [`Error::MISUSE`] if a setting is unknown or malformed: a rule that is misspelt must not be no rule.
    pub fn read(settings: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let refuse = |message: String| Err(Error::new(Error::MISUSE, message));
        let mut rules = Self::default();
        for (key, value) in settings {
            let names = names(&value);
            match key.as_str() {
                "read_only" => rules.read_only = names,
                "deny_read" => rules.deny_read = names.iter().map(|name| Target::parse(name)).collect(),
                "hide" => rules.hide = names.iter().map(|name| Target::parse(name)).collect(),
                "deny_function" => rules.functions = names,
                "deny" => {
                    for name in names {
                        let Some((action, _)) = ACTIONS.iter().find(|(action, _)| *action == name) else {
                            let known: Vec<&str> = ACTIONS.iter().map(|(action, _)| *action).collect();
                            return refuse(format!(
                                "setting `deny`: unknown action `{name}`, expected some of {}",
                                known.join(", ")
                            ));
                        };
                        rules.actions.push(action);
                    }
                }
                "max_changes" => match value.trim().parse() {
                    Ok(rows) => rules.max_changes = Some(rows),
                    Err(_) => return refuse(format!("setting `max_changes`: `{value}` is no number of rows")),
                },
                _ => return refuse(format!("unknown setting `{key}`, expected {SETTINGS}")),
            }
        }
        if let Some(whole) = rules.hide.iter().find(|target| target.column.is_none()) {
            let table = &whole.table;
            return refuse(format!(
                "setting `hide`: `{table}` names no column, expected `{table}.COLUMN` or `{table}.*`"
            ));
        }
        Ok(rules)
    }

    /// What becomes of an action.
    pub fn decide(&self, request: &Request<'_>) -> Verdict {
        let (first, second) = (request.first.unwrap_or_default(), request.second.unwrap_or_default());
        if self.denies(request.action) {
            return Verdict::Deny;
        }
        match request.action {
            Action::Read if self.deny_read.iter().any(|target| target.fits(first, second)) => Verdict::Deny,
            Action::Read if self.hide.iter().any(|target| target.fits(first, second)) => Verdict::Ignore,
            Action::Function if self.functions.iter().any(|name| fits(name, second)) => Verdict::Deny,
            action if written(action, first, second).is_some_and(|table| self.is_read_only(table)) => Verdict::Deny,
            _ => Verdict::Allow,
        }
    }

    fn denies(&self, action: Action) -> bool {
        let denied = |name: &str| ACTIONS.iter().any(|(known, actions)| *known == name && actions.contains(&action));
        self.actions.iter().any(|name| denied(name))
    }

    fn is_read_only(&self, table: &str) -> bool {
        self.read_only.iter().any(|name| fits(name, table))
    }

    /// Whether a transaction may change so many rows.
    ///
    /// # Errors
    /// With [`Error::CONSTRAINT`] if not.
    pub fn check_changes(&self, changed: u64) -> Result<(), Error> {
        match self.max_changes {
            Some(most) if changed > most => {
                let message = format!("the transaction changes {changed} rows, over the limit `max_changes` of {most}");
                Err(Error::new(Error::CONSTRAINT, message))
            }
            _ => Ok(()),
        }
    }

    /// All rules with their names.
    pub fn list(&self) -> Vec<(&'static str, String)> {
        let targets = |rule, targets: &[Target]| targets.iter().map(|t| (rule, t.name())).collect::<Vec<_>>();
        let names = |rule, names: &[String]| names.iter().map(|name| (rule, name.clone())).collect::<Vec<_>>();
        let mut list = names("read_only", &self.read_only);
        list.extend(targets("deny_read", &self.deny_read));
        list.extend(targets("hide", &self.hide));
        list.extend(names("deny_function", &self.functions));
        list.extend(self.actions.iter().map(|action| ("deny", (*action).to_owned())));
        list.extend(self.max_changes.map(|rows| ("max_changes", rows.to_string())));
        list
    }
}

/// The table that an action writes to or changes the definition of.
fn written<'a>(action: Action, first: &'a str, second: &'a str) -> Option<&'a str> {
    match action {
        Action::Insert
        | Action::Update
        | Action::Delete
        | Action::DropTable
        | Action::DropTempTable
        | Action::DropVtable => Some(first),
        Action::AlterTable
        | Action::CreateIndex
        | Action::CreateTempIndex
        | Action::CreateTrigger
        | Action::CreateTempTrigger
        | Action::DropIndex
        | Action::DropTempIndex
        | Action::DropTrigger
        | Action::DropTempTrigger => Some(second),
        _ => None,
    }
}
