//! Hooks. Settings say what they do, see the crate's own page.

use crate::bindings::exports::sqlink::extension::hooks::{Action, Guest, Operation, RowChange, Verdict};
use crate::bindings::sqlink::extension::{config, spi};
use crate::state::note;
use crate::value::list;
use crate::{ERROR, Error, Kit, error};

/// Fails or traps if the settings say so for this hook.
pub(crate) fn check(hook: &str) -> Result<(), Error> {
    if config::get("fail").as_deref() == Some(hook) {
        return Err(error(ERROR, format!("{hook} fails")));
    }
    assert_ne!(config::get("trap").as_deref(), Some(hook), "as asked");
    if config::get("query").as_deref() == Some(hook) {
        query()?;
    }
    Ok(())
}

/// Uses everything of `spi`, and notes the codes of what fails.
fn query() -> Result<(), Error> {
    let results = [
        spi::query("SELECT 1", &[]).map(drop),
        spi::execute("SELECT 1", &[]).map(drop),
        spi::batch("SELECT 1"),
        spi::open("SELECT 1", &[]).map(drop),
        spi::changes().map(drop),
        spi::last_insert_rowid().map(drop),
    ];
    let codes = results.iter().filter_map(|result| result.as_ref().err()).map(|error| error.code.to_string());
    note(format!("spi {}", codes.collect::<Vec<_>>().join(",")));
    results.into_iter().collect()
}

/// `Action::DropTable` as `drop-table`.
fn kebab(debug: &str) -> String {
    let mut out = String::new();
    for letter in debug.rsplit("::").next().unwrap_or_default().chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

impl Guest for Kit {
    fn authorize(
        action: Action,
        first: Option<String>,
        second: Option<String>,
        database: Option<String>,
        trigger: Option<String>,
    ) -> Result<Verdict, Error> {
        let name = kebab(&format!("{action:?}"));
        let show = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let asked = [&first, &second, &database, &trigger].map(show).join(" ");
        if config::get("note").as_deref() == Some("authorize") {
            note(format!("{name} {asked}"));
        }
        check("authorize")?;
        let wanted = |setting| config::get(setting).as_deref() == Some(name.as_str());
        Ok(if wanted("deny") {
            Verdict::Deny
        } else if wanted("ignore") {
            Verdict::Ignore
        } else {
            Verdict::Allow
        })
    }

    fn update(operation: Operation, database: String, table: String, rowid: i64) -> Result<(), Error> {
        note(format!("{} {database}.{table} {rowid}", kebab(&format!("{operation:?}"))));
        check("update")
    }

    fn preupdate(change: RowChange) -> Result<(), Error> {
        let RowChange { operation, database, table, depth, old_rowid, new_rowid, old_values, new_values } = change;
        note(format!(
            "pre-{} {database}.{table} {depth} {old_rowid}({}) {new_rowid}({})",
            kebab(&format!("{operation:?}")),
            list(&old_values),
            list(&new_values)
        ));
        check("preupdate")
    }

    fn commit() -> Result<bool, Error> {
        note("commit");
        check("commit")?;
        Ok(config::get("veto").is_none())
    }

    fn rollback() {
        note("rollback");
        // It can't fail: an error is as good as none.
        drop(check("rollback"));
    }
}
