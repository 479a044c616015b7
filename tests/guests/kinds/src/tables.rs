//! A table function, an eponymous table, and one that is created.

use sqlink_guest::prelude::*;
use sqlink_guest::vtab::{Columns, ROWID, shadow};

use crate::note;

/// `text` so many times.
#[table_function(columns(part TEXT, place INTEGER), innocuous)]
pub fn kinds_repeat(
    text: &str,
    #[default(2)] times: i64,
) -> Result<impl Iterator<Item = Result<(&str, i64), &'static str>>, Error> {
    if times < 0 {
        return Err(Error::new(Error::RANGE, "function `kinds_repeat`: `times` is negative"));
    }
    let unlucky = (times == 13).then_some(Err("that was one row too many"));
    Ok((1..=times).map(move |place| Ok((text, place))).chain(unlucky))
}

/// The settings.
pub struct Settings;

#[table(eponymous, innocuous, name = "kinds_settings")]
impl Table for Settings {
    type Cursor = std::vec::IntoIter<(String, Option<String>)>;

    fn connect(_: &Connect<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        Schema::new(["key TEXT", "value TEXT"])
    }

    fn scan(&self, _: &Scan<'_>) -> Result<Self::Cursor, Error> {
        let settings: Vec<_> = config::keys().into_iter().map(|key| (key.clone(), config::get(&key))).collect();
        Ok(settings.into_iter())
    }
}

const TEXT: usize = 0;
const WEIGHT: usize = 1;

/// Notes in an ordinary table.
pub struct Notes {
    database: String,
    /// Names the ordinary table in SQL.
    data: String,
    tag: Option<String>,
}

impl Notes {
    fn write(&self, sql: &str, params: &[Value]) -> Result<i64, Error> {
        spi::execute(&sql.replace("DATA", &self.data), params)
    }
}

/// Rows of the ordinary table, as they are needed.
pub struct Reading {
    rows: spi::Cursor,
    columns: Columns,
}

impl Cursor<Notes> for Reading {
    fn advance(&mut self, table: &Notes, row: &mut Row<'_>) -> Result<bool, Error> {
        let Some(found) = self.rows.next() else { return Ok(false) };
        let [Value::Integer(rowid), text, weight] = <[Value; 3]>::try_from(found?).map_err(|_| "three columns")? else {
            return Err(Error::new(Error::CORRUPT, "a rowid is no integer"));
        };
        row.set_rowid(rowid);
        if row.uses(TEXT) {
            match (&table.tag, text) {
                (Some(tag), Value::Text(text)) => row.set(TEXT, format!("{tag}{text}")),
                (_, text) => row.set(TEXT, text),
            }
        }
        if self.columns.contains(WEIGHT) {
            row.set(WEIGHT, weight);
        }
        Ok(true)
    }
}

#[table(creatable, conflicts, shadow("data"), name = "kinds_notes")]
impl Table for Notes {
    type Cursor = Reading;

    fn connect(at: &Connect<'_>) -> Result<Self, Error> {
        let tag = at.option("tag").map(|tag| tag.into_owned());
        Ok(Self { database: at.database().to_owned(), data: at.shadow("data"), tag })
    }

    fn create(at: &Connect<'_>) -> Result<Self, Error> {
        let table = Self::connect(at)?;
        table.write("CREATE TABLE DATA(id INTEGER PRIMARY KEY, text TEXT, weight)", &[])?;
        note(format!("create {} {:?}", at.name(), table.tag));
        Ok(table)
    }

    fn destroy(&mut self) -> Result<(), Error> {
        note("destroy");
        self.write("DROP TABLE DATA", &[]).map(|_| ())
    }

    fn schema(&self) -> Schema {
        Schema::new(["text TEXT", "weight"])
    }

    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let mut plan = IndexPlan::scan(1000);
        if let Some(constraint) = query.find(ROWID, Operator::Eq) {
            let used = plan.take(&constraint).omit();
            if constraint.in_list {
                used.in_list();
            }
            "WHERE id IN".clone_into(&mut plan.name);
            (plan.unique, plan.estimated_cost) = (!constraint.in_list, 10.0);
        }
        if let Some(descending) = query.ordered_by(ROWID) {
            plan.order_by_consumed = true;
            plan.number = i32::from(descending);
        }
        Ok(plan)
    }

    fn scan(&self, scan: &Scan<'_>) -> Result<Reading, Error> {
        let wanted: Vec<Value> = scan.list(0).iter().map(|value| value.to_value()).collect();
        let list = match scan.name() {
            "" => String::new(),
            name => format!("{name} ({})", vec!["?"; wanted.len()].join(",")),
        };
        let order = if scan.number() == 1 { "DESC" } else { "ASC" };
        let sql = format!("SELECT id, text, weight FROM {} {list} ORDER BY id {order}", self.data);
        Ok(Reading { rows: spi::open(&sql, &wanted)?, columns: scan.columns() })
    }

    fn insert(&mut self, rowid: Option<i64>, values: Args<'_>, on_conflict: Conflict) -> Result<i64, Error> {
        let verb = if on_conflict == Conflict::Replace { "REPLACE" } else { "INSERT" };
        let params = [rowid.into_value(), values.at(TEXT).to_value(), values.at(WEIGHT).to_value()];
        self.write(&format!("{verb} INTO DATA VALUES (?, ?, ?)"), &params)?;
        spi::last_insert_rowid()
    }

    fn update(&mut self, rowid: i64, new_rowid: i64, values: Args<'_>, _: Conflict) -> Result<(), Error> {
        let params = [new_rowid.into(), values.at(TEXT).to_value(), values.at(WEIGHT).to_value(), rowid.into()];
        self.write("UPDATE DATA SET id = ?1, text = ?2, weight = ?3 WHERE id = ?4", &params).map(|_| ())
    }

    fn delete(&mut self, rowid: i64) -> Result<(), Error> {
        self.write("DELETE FROM DATA WHERE id = ?", &[rowid.into()]).map(|_| ())
    }

    fn begin(&mut self) -> Result<(), Error> {
        note("begin");
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Error> {
        note("sync");
        Ok(())
    }

    fn commit(&mut self) {
        note("commit");
    }

    fn rollback(&mut self) -> Result<(), Error> {
        note("rollback");
        Ok(())
    }

    fn savepoint(&mut self, number: i32) -> Result<(), Error> {
        note(format!("savepoint {number}"));
        Ok(())
    }

    fn release(&mut self, number: i32) -> Result<(), Error> {
        note(format!("release {number}"));
        Ok(())
    }

    fn rollback_to(&mut self, number: i32) -> Result<(), Error> {
        note(format!("rollback to {number}"));
        Ok(())
    }

    fn rename(&mut self, new_name: &str) -> Result<(), Error> {
        note(format!("rename {new_name}"));
        let to = format!("\"{}\"", format!("{new_name}_data").replace('"', "\"\""));
        self.write(&format!("ALTER TABLE DATA RENAME TO {to}"), &[])?;
        self.data = shadow(&self.database, new_name, "data");
        Ok(())
    }

    fn integrity(&self, quick: bool) -> Result<Option<String>, Error> {
        let sql = format!("SELECT count(*) FROM {} WHERE text IS NULL", self.data);
        let wrong = if quick { None } else { spi::query_value(&sql, &[])? };
        Ok(wrong.filter(|count| *count != Value::Integer(0)).map(|_| format!("{} has a note without text", self.data)))
    }
}
