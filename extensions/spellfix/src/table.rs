//! The virtual table. Its words are in the ordinary table `NAME_words` beside it.

use std::cell::RefCell;

use sqlink_guest::prelude::*;
use sqlink_guest::vtab::{ROWID, shadow};

use crate::words::{Word, Words, folded};

/// Columns; from `top` on they are hidden.
const WORD: usize = 0;
const RANK: usize = 1;
const DISTANCE: usize = 2;
const TOP: usize = 3;
const SCOPE: usize = 4;

/// Words of a search without `top`.
const DEFAULT_TOP: i64 = 20;
/// Changes of a search without `scope`: a third of the word, at least one.
const CHARACTERS_PER_CHANGE: usize = 3;
/// Longest word, in bytes.
const MAX_WORD: usize = 1000;
/// Rows that are read at once.
const ROWS: usize = 1000;

/// Ways to answer a query, as the plan's number.
const ROW: i32 = 1;
const SEARCH: i32 = 2;

/// A vocabulary.
pub struct Spellfix {
    database: String,
    name: String,
    memory: RefCell<Option<(i64, Words)>>,
}

impl Spellfix {
    fn words(&self) -> String {
        shadow(&self.database, &self.name, "words")
    }

    fn forget(&mut self) {
        *self.memory.get_mut() = None;
    }

    /// Reads the words from `first` on, at most [`ROWS`].
    fn read(&self, first: i64) -> Result<Vec<Word>, Error> {
        let sql = format!("SELECT id, word, rank FROM {} WHERE id >= ?1 ORDER BY id LIMIT {ROWS}", self.words());
        let rows = spi::query(&sql, &[first.into()])?.rows;
        rows.into_iter()
            .map(|row| match <[Value; 3]>::try_from(row) {
                Ok([Value::Integer(rowid), Value::Text(text), Value::Integer(rank)]) => Ok(Word { rowid, text, rank }),
                _ => Err(refuse("the stored words were changed by somebody else")),
            })
            .collect()
    }

    fn load(&self) -> Result<(), Error> {
        let version = integer(spi::query_value("PRAGMA data_version", &[])?);
        if self.memory.borrow().as_ref().is_some_and(|(loaded, _)| *loaded == version) {
            return Ok(());
        }
        let mut words = Words::default();
        let mut next = Some(i64::MIN);
        while let Some(first) = next {
            let some = self.read(first)?;
            next = some.last().filter(|_| some.len() == ROWS).and_then(|last| last.rowid.checked_add(1));
            some.into_iter().for_each(|word| words.add(word));
        }
        self.memory.replace(Some((version, words)));
        Ok(())
    }

    fn search(&self, scan: &Scan<'_>) -> Result<Vec<Found>, Error> {
        let wanted: &str = scan.get(0)?;
        let (prefix, wanted) = match wanted.strip_suffix('*') {
            Some(start) => (true, start),
            None => (false, wanted),
        };
        let pattern = folded(wanted);
        let usual = i64::try_from((pattern.len() / CHARACTERS_PER_CHANGE).max(1)).unwrap_or(i64::MAX);
        let (mut top, mut scope) = (DEFAULT_TOP, usual);
        for (index, letter) in (1..).zip(scan.name().chars()) {
            let value: i64 = scan.get(index)?;
            if value < 0 {
                return Err(refuse(&format!(
                    "`{}` is {value}, expected 0 or more",
                    if letter == 't' { "top" } else { "scope" }
                )));
            }
            if letter == 't' { top = value } else { scope = value }
        }
        self.load()?;
        let memory = self.memory.borrow();
        let Some((_, words)) = memory.as_ref() else { return Ok(Vec::new()) };
        let limit = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        // No two words are further apart than the longest one is long.
        let found = words.search(&pattern, limit(top), limit(scope).min(MAX_WORD), prefix);
        let found = found.into_iter().map(|found| Found {
            word: found.word.clone(),
            distance: i64::try_from(found.distance).ok(),
            top: Some(top),
            scope: Some(scope),
        });
        Ok(found.collect())
    }
}

fn integer(value: Option<Value>) -> i64 {
    match value {
        Some(Value::Integer(integer)) => integer,
        _ => 0,
    }
}

fn refuse(what: &str) -> Error {
    Error::new(Error::ERROR, format!("spellfix: {what}"))
}

/// A row.
#[derive(Debug)]
struct Found {
    word: Word,
    distance: Option<i64>,
    top: Option<i64>,
    scope: Option<i64>,
}

/// Where a scan stands.
pub struct Rows {
    found: std::vec::IntoIter<Found>,
    /// For a scan of everything: the first rowid that was not read yet.
    next: Option<i64>,
}

impl Cursor<Spellfix> for Rows {
    fn advance(&mut self, table: &Spellfix, row: &mut Row<'_>) -> Result<bool, Error> {
        if self.found.len() == 0
            && let Some(first) = self.next
        {
            let words = table.read(first)?;
            self.next = words.last().and_then(|last| last.rowid.checked_add(1));
            let found: Vec<Found> =
                words.into_iter().map(|word| Found { word, distance: None, top: None, scope: None }).collect();
            self.found = found.into_iter();
        }
        let Some(found) = self.found.next() else { return Ok(false) };
        row.set_rowid(found.word.rowid);
        row.set(WORD, found.word.text);
        row.set(RANK, found.word.rank);
        row.set(DISTANCE, found.distance);
        row.set(TOP, found.top);
        row.set(SCOPE, found.scope);
        Ok(true)
    }
}

/// Word and rank of a row that is written; the rank is 1 if it is not given.
fn fields(values: Args<'_>) -> Result<[Value; 2], Error> {
    let word = match values.at(WORD) {
        ValueRef::Text(word) if (1..=MAX_WORD).contains(&word.len()) => word,
        ValueRef::Text(word) => {
            return Err(refuse(&format!("a word has 1 to {MAX_WORD} bytes, found {}", word.len())));
        }
        other => {
            return Err(Error::new(
                Error::MISMATCH,
                format!("spellfix: `word` must be text, found {}", other.type_name()),
            ));
        }
    };
    let rank = match values.at(RANK) {
        ValueRef::Null => 1,
        ValueRef::Integer(rank) => rank,
        other => {
            return Err(Error::new(
                Error::MISMATCH,
                format!("spellfix: `rank` must be an integer, found {}", other.type_name()),
            ));
        }
    };
    Ok([word.into(), rank.into()])
}

#[table(creatable, shadow("words"))]
impl Table for Spellfix {
    type Cursor = Rows;

    fn connect(at: &Connect<'_>) -> Result<Self, Error> {
        if let Some(argument) = at.arguments().next() {
            return Err(refuse(&format!("there are no arguments, found `{argument}`")));
        }
        Ok(Self { database: at.database().to_owned(), name: at.name().to_owned(), memory: RefCell::new(None) })
    }

    fn create(at: &Connect<'_>) -> Result<Self, Error> {
        let table = Self::connect(at)?;
        let sql = format!(
            "CREATE TABLE {}(id INTEGER PRIMARY KEY, word TEXT NOT NULL, rank INTEGER NOT NULL)",
            table.words()
        );
        spi::execute(&sql, &[])?;
        Ok(table)
    }

    fn destroy(&mut self) -> Result<(), Error> {
        spi::execute(&format!("DROP TABLE {}", self.words()), &[]).map(drop)
    }

    fn schema(&self) -> Schema {
        Schema::new(["word TEXT", "rank INTEGER", "distance INTEGER", "top HIDDEN", "scope HIDDEN"])
    }

    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let mut plan = IndexPlan::scan(100_000);
        if let Some(rowid) = query.find(ROWID, Operator::Eq) {
            plan.take(&rowid).omit();
            plan.number = ROW;
            (plan.estimated_cost, plan.estimated_rows, plan.unique) = (10.0, 1, true);
            return Ok(plan);
        }
        let Some(word) = query.find(WORD, Operator::Match) else { return Ok(plan) };
        plan.take(&word).omit();
        plan.number = SEARCH;
        (plan.estimated_cost, plan.estimated_rows) = (1000.0, DEFAULT_TOP);
        for (column, letter) in [(TOP, 't'), (SCOPE, 's')] {
            if let Some(constraint) = query.find(column, Operator::Eq) {
                plan.take(&constraint).omit();
                plan.name.push(letter);
            } else if query.constraints().any(|c| c.column == column && c.operator == Operator::Eq) {
                return Err(sqlink_guest::vtab::no_plan());
            }
        }
        plan.order_by_consumed = query.ordered_by(DISTANCE) == Some(false);
        Ok(plan)
    }

    fn scan(&self, scan: &Scan<'_>) -> Result<Rows, Error> {
        let found = match scan.number() {
            ROW => {
                let Some(rowid) = i64::from_value(scan.value(0)) else {
                    return Ok(Rows { found: Vec::new().into_iter(), next: None });
                };
                let words = self.read(rowid)?;
                let found = words.into_iter().filter(|word| word.rowid == rowid);
                found.map(|word| Found { word, distance: None, top: None, scope: None }).collect()
            }
            SEARCH => self.search(scan)?,
            _ => return Ok(Rows { found: Vec::new().into_iter(), next: Some(i64::MIN) }),
        };
        Ok(Rows { found: found.into_iter(), next: None })
    }

    fn insert(&mut self, rowid: Option<i64>, values: Args<'_>, _: Conflict) -> Result<i64, Error> {
        let [word, rank] = fields(values)?;
        let id = rowid.map_or(Value::Null, Value::Integer);
        spi::execute(&format!("INSERT INTO {} VALUES (?1, ?2, ?3)", self.words()), &[id, word, rank])?;
        self.forget();
        match rowid {
            Some(rowid) => Ok(rowid),
            None => spi::last_insert_rowid(),
        }
    }

    fn update(&mut self, rowid: i64, new_rowid: i64, values: Args<'_>, _: Conflict) -> Result<(), Error> {
        let [word, rank] = fields(values)?;
        let sql = format!("UPDATE {} SET id = ?2, word = ?3, rank = ?4 WHERE id = ?1", self.words());
        spi::execute(&sql, &[rowid.into(), new_rowid.into(), word, rank])?;
        self.forget();
        Ok(())
    }

    fn delete(&mut self, rowid: i64) -> Result<(), Error> {
        spi::execute(&format!("DELETE FROM {} WHERE id = ?1", self.words()), &[rowid.into()])?;
        self.forget();
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), Error> {
        self.forget();
        Ok(())
    }

    fn rollback_to(&mut self, _: i32) -> Result<(), Error> {
        self.forget();
        Ok(())
    }
}
