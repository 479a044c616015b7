//! `vec_index`: a table of vectors that finds the nearest ones to a given vector, exactly, by looking at all of them.
//!
//! The vectors are in an ordinary table beside (`NAME_vectors`), written through `spi` in the statement's own transaction. For
//! searches they are kept in memory too, in one piece, read when the first search comes and again after anything else than
//! this connection changed them.

use sqlink_guest::prelude::*;
use sqlink_guest::vtab::{ROWID, shadow};

use crate::distance::{Metric, hamming, of_bytes, of_floats};
use crate::nearest::Nearest;
use crate::vector::{Element, Vector};

/// Columns. `distance` and `k` are hidden.
const VECTOR: usize = 0;
const DISTANCE: usize = 1;
const K: usize = 2;

/// Rows that are read from the table at once.
const ROWS: usize = 1000;
/// Most neighbours of one search.
const MAX_K: i64 = 100_000;

/// Ways to answer a query, as the plan's number.
mod plan {
    // 0: all rows.
    pub const ROW: i32 = 1;
    pub const NEAREST: i32 = 2;
}

/// A table of vectors.
pub struct VecIndex {
    database: String,
    name: String,
    element: Element,
    dimensions: usize,
    metric: Metric,
    memory: std::cell::RefCell<Option<Memory>>,
}

/// All vectors, one after the other.
struct Memory {
    /// `PRAGMA data_version` when they were read.
    version: i64,
    rowids: Vec<i64>,
    vectors: Vectors,
}

enum Vectors {
    Floats(Vec<f32>),
    Bytes(Vec<u8>),
}

impl VecIndex {
    fn read(at: &Connect<'_>) -> Result<Self, Error> {
        let (mut dimensions, mut metric, mut element) = (None, None, Element::Float32);
        for argument in at.arguments() {
            let (key, value) = argument.split_once('=').unwrap_or((argument, ""));
            let (key, value) = (key.trim(), sqlink_guest::vtab::unquote(value.trim()));
            match key.to_ascii_lowercase().as_str() {
                "dimensions" => {
                    dimensions = value.parse().ok().filter(|n| (1..=crate::vector::MAX_DIMENSIONS).contains(n));
                    if dimensions.is_none() {
                        return Err(refuse(&format!(
                            "`dimensions` is `{value}`, expected 1 to {}",
                            crate::vector::MAX_DIMENSIONS
                        )));
                    }
                }
                "metric" => {
                    metric = Some(Metric::named(&value).ok_or_else(|| {
                        refuse(&format!("`metric` is `{value}`, expected `l2`, `l1`, `cosine`, `dot` or `hamming`"))
                    })?);
                }
                "element" => {
                    element = Element::named(&value).ok_or_else(|| {
                        refuse(&format!("`element` is `{value}`, expected `float32`, `int8` or `bit`"))
                    })?;
                }
                _ => {
                    return Err(refuse(&format!(
                        "unknown argument `{key}`, expected `dimensions`, `metric` or `element`"
                    )));
                }
            }
        }
        let dimensions = dimensions.ok_or_else(|| refuse("expected `dimensions = N`"))?;
        let metric = metric.unwrap_or(if element == Element::Bit { Metric::Hamming } else { Metric::L2 });
        if !metric.takes(element) {
            return Err(refuse("`hamming` is for `bit` vectors, and the only metric for them"));
        }
        if element == Element::Bit && !dimensions.is_multiple_of(8) {
            return Err(refuse(&format!("`dimensions` is {dimensions}, expected a multiple of 8 for `bit`")));
        }
        Ok(Self {
            database: at.database().to_owned(),
            name: at.name().to_owned(),
            element,
            dimensions,
            metric,
            memory: std::cell::RefCell::new(None),
        })
    }

    fn vectors(&self) -> String {
        shadow(&self.database, &self.name, "vectors")
    }

    fn forget(&mut self) {
        *self.memory.get_mut() = None;
    }

    /// The vector of a value, of this table's kind.
    fn vector<'a>(&self, value: ValueRef<'a>) -> Result<Vector<'a>, Error> {
        let vector = match value {
            ValueRef::Text(json) => Vector::parse(self.element, json),
            ValueRef::Blob(bytes) => Vector::stored(self.element, bytes),
            other => Err(format!("expected a vector (a JSON array or a blob), found {}", other.type_name())),
        };
        let vector = vector.map_err(|what| refuse(&what))?;
        if vector.dimensions() != self.dimensions {
            return Err(refuse(&format!(
                "the vector has {} elements, the table's have {}",
                vector.dimensions(),
                self.dimensions
            )));
        }
        Ok(vector)
    }

    /// Reads all vectors, if they are not in memory as they are now.
    fn load(&self) -> Result<(), Error> {
        let version = integer(spi::query_value("PRAGMA data_version", &[])?);
        if self.memory.borrow().as_ref().is_some_and(|memory| memory.version == version) {
            return Ok(());
        }
        let mut rowids = Vec::new();
        let (mut floats, mut bytes) = (Vec::new(), Vec::new());
        let sql = format!("SELECT id, vector FROM {} WHERE id >= ?1 ORDER BY id LIMIT {ROWS}", self.vectors());
        let mut next = i64::MIN;
        loop {
            let found = spi::query(&sql, &[next.into()])?.rows;
            let count = found.len();
            for row in found {
                let (Some(Value::Integer(rowid)), Some(Value::Blob(vector))) = (row.first(), row.get(1)) else {
                    return Err(refuse("the stored vectors were changed by somebody else"));
                };
                let vector = self.vector(ValueRef::Blob(vector))?;
                match self.element {
                    Element::Float32 => floats.extend(vector.floats()),
                    Element::Int8 | Element::Bit => bytes.extend_from_slice(&vector.bytes),
                }
                rowids.push(*rowid);
            }
            match rowids.last().and_then(|last| last.checked_add(1)) {
                Some(after) if count == ROWS => next = after,
                _ => break,
            }
        }
        let vectors = if self.element == Element::Float32 { Vectors::Floats(floats) } else { Vectors::Bytes(bytes) };
        self.memory.replace(Some(Memory { version, rowids, vectors }));
        Ok(())
    }

    fn nearest(&self, wanted: &Vector<'_>, k: usize) -> Vec<Found> {
        let memory = self.memory.borrow();
        let Some(memory) = memory.as_ref() else { return Vec::new() };
        let mut nearest = Nearest::new(k);
        match &memory.vectors {
            Vectors::Floats(all) => {
                let wanted = wanted.floats();
                for (rowid, vector) in memory.rowids.iter().zip(all.chunks_exact(self.dimensions)) {
                    nearest.add(of_floats(self.metric, &wanted, vector), *rowid);
                }
            }
            Vectors::Bytes(all) => {
                for (rowid, vector) in memory.rowids.iter().zip(all.chunks_exact(wanted.bytes.len())) {
                    let distance = match self.metric {
                        Metric::Hamming => hamming(&wanted.bytes, vector),
                        metric => of_bytes(metric, &wanted.bytes, vector),
                    };
                    nearest.add(distance, *rowid);
                }
            }
        }
        nearest
            .sorted()
            .into_iter()
            .map(|(distance, rowid)| Found { rowid, vector: None, distance: Some(distance) })
            .collect()
    }

    fn stored(&self, rowid: i64) -> Result<Option<Value>, Error> {
        let sql = format!("SELECT vector FROM {} WHERE id = ?1", self.vectors());
        let mut rows = spi::query(&sql, &[rowid.into()])?.rows;
        Ok(rows.pop().and_then(|mut row| row.pop()))
    }
}

fn integer(value: Option<Value>) -> i64 {
    match value {
        Some(Value::Integer(integer)) => integer,
        _ => 0,
    }
}

fn refuse(what: &str) -> Error {
    Error::new(Error::ERROR, format!("vec_index: {what}"))
}

/// A row that was found.
struct Found {
    rowid: i64,
    vector: Option<Value>,
    distance: Option<f64>,
}

/// Where a scan stands.
pub struct Rows {
    found: std::vec::IntoIter<Found>,
    /// For a scan of everything: the first rowid that was not read yet.
    next: Option<i64>,
    k: Option<i64>,
}

impl Cursor<VecIndex> for Rows {
    fn advance(&mut self, table: &VecIndex, row: &mut Row<'_>) -> Result<bool, Error> {
        let found = match self.found.next() {
            Some(found) => found,
            None => {
                let Some(next) = self.next else { return Ok(false) };
                let sql = format!("SELECT id, vector FROM {} WHERE id >= ?1 ORDER BY id LIMIT {ROWS}", table.vectors());
                let rows = spi::query(&sql, &[next.into()])?.rows;
                let found: Vec<Found> = rows
                    .into_iter()
                    .filter_map(|mut row| {
                        let vector = row.pop();
                        let Some(Value::Integer(rowid)) = row.pop() else { return None };
                        Some(Found { rowid, vector, distance: None })
                    })
                    .collect();
                self.next = found.last().and_then(|last| last.rowid.checked_add(1));
                self.found = found.into_iter();
                let Some(found) = self.found.next() else { return Ok(false) };
                found
            }
        };
        row.set_rowid(found.rowid);
        if row.uses(VECTOR) {
            match found.vector {
                Some(vector) => row.set(VECTOR, vector),
                None => row.set(VECTOR, table.stored(found.rowid)?),
            }
        }
        row.set(DISTANCE, found.distance);
        row.set(K, self.k);
        Ok(true)
    }
}

#[table(creatable, shadow("vectors"), name = "vec_index")]
impl Table for VecIndex {
    type Cursor = Rows;

    fn connect(at: &Connect<'_>) -> Result<Self, Error> {
        Self::read(at)
    }

    fn create(at: &Connect<'_>) -> Result<Self, Error> {
        let table = Self::read(at)?;
        let sql = format!("CREATE TABLE {}(id INTEGER PRIMARY KEY, vector BLOB NOT NULL)", table.vectors());
        spi::execute(&sql, &[])?;
        Ok(table)
    }

    fn destroy(&mut self) -> Result<(), Error> {
        spi::execute(&format!("DROP TABLE {}", self.vectors()), &[]).map(drop)
    }

    fn schema(&self) -> Schema {
        Schema::new(["vector BLOB", "distance REAL HIDDEN", "k INTEGER HIDDEN"])
    }

    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let mut plan = IndexPlan::scan(100_000);
        if let Some(constraint) = query.find(ROWID, Operator::Eq) {
            plan.take(&constraint).omit();
            plan.number = plan::ROW;
            (plan.estimated_cost, plan.estimated_rows, plan.unique) = (10.0, 1, true);
            return Ok(plan);
        }
        let Some(wanted) = query.find(VECTOR, Operator::Match) else { return Ok(plan) };
        plan.take(&wanted).omit();
        plan.number = plan::NEAREST;
        (plan.estimated_cost, plan.estimated_rows) = (1000.0, 10);
        let sorted = query.ordered_by(DISTANCE) == Some(false);
        if let Some(k) = query.find(K, Operator::Eq) {
            plan.take(&k).omit();
        } else {
            let only = query.constraints().all(|c| {
                c.column == VECTOR && c.operator == Operator::Match
                    || matches!(c.operator, Operator::Limit | Operator::Offset)
            });
            match query.limit() {
                // The rows of an OFFSET are among the nearest ones: SQLite skips them.
                Some(limit) if sorted && only && query.offset().is_none() => drop(plan.take(&limit)),
                _ => {
                    return Err(refuse(
                        "a search says how many rows it wants: `AND k = N`, or `ORDER BY distance LIMIT N` and no other condition",
                    ));
                }
            }
        }
        plan.order_by_consumed = sorted;
        Ok(plan)
    }

    fn scan(&self, scan: &Scan<'_>) -> Result<Rows, Error> {
        let rows = |found: Vec<Found>, next, k| Rows { found: found.into_iter(), next, k };
        match scan.number() {
            plan::ROW => {
                let Some(rowid) = i64::from_value(scan.value(0)) else { return Ok(rows(Vec::new(), None, None)) };
                let vector = self.stored(rowid)?;
                let found = vector.map(|vector| Found { rowid, vector: Some(vector), distance: None });
                Ok(rows(found.into_iter().collect(), None, None))
            }
            plan::NEAREST => {
                let wanted = self.vector(scan.value(0))?;
                let k: i64 = scan.get(1)?;
                if !(0..=MAX_K).contains(&k) {
                    return Err(refuse(&format!("k is {k}, expected 0 to {MAX_K}")));
                }
                self.load()?;
                Ok(rows(self.nearest(&wanted, usize::try_from(k).unwrap_or(0)), None, Some(k)))
            }
            _ => Ok(rows(Vec::new(), Some(i64::MIN), None)),
        }
    }

    fn insert(&mut self, rowid: Option<i64>, values: Args<'_>, _: Conflict) -> Result<i64, Error> {
        let vector = self.vector(values.at(VECTOR))?.bytes.into_owned();
        let id = rowid.map_or(Value::Null, Value::Integer);
        spi::execute(&format!("INSERT INTO {} VALUES (?1, ?2)", self.vectors()), &[id, Value::Blob(vector)])?;
        self.forget();
        match rowid {
            Some(rowid) => Ok(rowid),
            None => spi::last_insert_rowid(),
        }
    }

    fn update(&mut self, rowid: i64, new_rowid: i64, values: Args<'_>, _: Conflict) -> Result<(), Error> {
        let vector = self.vector(values.at(VECTOR))?.bytes.into_owned();
        let sql = format!("UPDATE {} SET id = ?2, vector = ?3 WHERE id = ?1", self.vectors());
        spi::execute(&sql, &[rowid.into(), new_rowid.into(), Value::Blob(vector)])?;
        self.forget();
        Ok(())
    }

    fn delete(&mut self, rowid: i64) -> Result<(), Error> {
        spi::execute(&format!("DELETE FROM {} WHERE id = ?1", self.vectors()), &[rowid.into()])?;
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

    fn rename(&mut self, new_name: &str) -> Result<(), Error> {
        let new = shadow(&self.database, new_name, "vectors");
        // The new name is in the same database: it stands without it.
        let new = new.rsplit_once('.').map_or(new.as_str(), |(_, name)| name);
        spi::execute(&format!("ALTER TABLE {} RENAME TO {new}", self.vectors()), &[])?;
        new_name.clone_into(&mut self.name);
        Ok(())
    }

    fn integrity(&self, _: bool) -> Result<Option<String>, Error> {
        let bytes = match self.element {
            Element::Float32 => self.dimensions * 4,
            Element::Int8 => self.dimensions,
            Element::Bit => self.dimensions / 8,
        };
        let sql = format!(
            "SELECT count(*) FROM {} WHERE typeof(vector) <> 'blob' OR length(vector) <> {bytes}",
            self.vectors()
        );
        let wrong = integer(spi::query_value(&sql, &[])?);
        Ok((wrong > 0).then(|| format!("{wrong} of the stored vectors have another size")))
    }
}
