//! Virtual tables: what they hold, and how it is scanned.

use std::collections::BTreeMap;

use crate::bindings::exports::sqlink::extension::metadata::ModuleFlags;
use crate::bindings::exports::sqlink::extension::vtab::Batch;
use crate::plan::Rows;
use crate::{ERROR, Error, Value, error};

/// A table in the kit's memory, with the columns that its arguments name.
pub(crate) const TABLE: u32 = 3;
/// As `TABLE`; sees to ON CONFLICT itself.
pub(crate) const CONFLICTS: u32 = 4;
/// A table whose declaration is what its arguments say.
pub(crate) const DECLARED: u32 = 5;
/// Goes wrong as its hidden column says.
pub(crate) const BAD: u32 = 6;
/// As the series, one row a batch.
pub(crate) const SINGLY: u32 = 7;
/// As `CONFLICTS`; uses whatever it can of a query.
pub(crate) const PLANNED: u32 = 8;

const STORED: ModuleFlags = ModuleFlags::CREATABLE
    .union(ModuleFlags::WRITABLE)
    .union(ModuleFlags::TRANSACTIONAL)
    .union(ModuleFlags::SAVEPOINTS)
    .union(ModuleFlags::RENAMABLE)
    .union(ModuleFlags::INTEGRITY);

/// Name and flags, by id. The first three are the numbers from `start` to `stop`, in three columns.
pub(crate) const MODULES: &[(&str, ModuleFlags)] = &[
    ("kit_series", ModuleFlags::EPONYMOUS),
    ("kit_direct_series", ModuleFlags::EPONYMOUS.union(ModuleFlags::DIRECT_ONLY)),
    ("kit_safe_series", ModuleFlags::EPONYMOUS.union(ModuleFlags::INNOCUOUS)),
    ("kit_table", STORED),
    ("kit_conflicts", STORED.union(ModuleFlags::CONFLICTS)),
    ("kit_declared", ModuleFlags::CREATABLE),
    ("kit_bad", ModuleFlags::EPONYMOUS),
    ("kit_singly", ModuleFlags::EPONYMOUS),
    ("kit_planned", STORED.union(ModuleFlags::CONFLICTS)),
];

/// A virtual table, as one connection knows it. Its rows are at its name: SQLite connects a table again whenever the schema
/// changes.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) module: u32,
    /// Database and name.
    pub(crate) name: (String, String),
    /// What was there when the transaction began.
    pub(crate) begun: Rows,
    /// What was there at each savepoint.
    pub(crate) savepoints: BTreeMap<i32, Rows>,
}

impl Table {
    /// Makes a table with its declaration.
    pub(crate) fn new(module: u32, name: (String, String), arguments: &[String]) -> (Self, String) {
        let declaration = match module {
            TABLE | CONFLICTS | PLANNED if arguments.is_empty() => "CREATE TABLE x(a)".to_owned(),
            TABLE | CONFLICTS | PLANNED => format!("CREATE TABLE x({})", arguments.join(",")),
            DECLARED => arguments.join(","),
            BAD => "CREATE TABLE x(a, b, how HIDDEN)".to_owned(),
            _ => "CREATE TABLE x(n INTEGER, r REAL, s TEXT, start HIDDEN, stop HIDDEN)".to_owned(),
        };
        (Self { module, name, ..Self::default() }, declaration)
    }
}

/// A scan.
pub(crate) struct Cursor {
    pub(crate) table: u32,
    /// What is left of it.
    pub(crate) scan: Scan,
}

/// What is left of a scan.
pub(crate) enum Scan {
    None,
    /// Numbers, of which `start` and `stop` are columns too.
    Series {
        numbers: Box<dyn Iterator<Item = i64>>,
        start: i64,
        stop: i64,
        columns: u64,
        /// Most rows of a batch.
        batch_rows: usize,
    },
    /// Rows that were there when it began.
    Rows {
        rows: std::vec::IntoIter<(i64, Vec<Value>)>,
        columns: u64,
    },
    /// What goes wrong.
    Bad {
        how: String,
        batches: u32,
        columns: u64,
    },
}

/// Whether a column is wanted.
fn wants(columns: u64, column: usize) -> bool {
    columns >> column.min(63) & 1 == 1
}

fn pick(row: impl IntoIterator<Item = Value>, columns: u64) -> impl Iterator<Item = Value> {
    row.into_iter().enumerate().filter(move |(column, _)| wants(columns, *column)).map(|(_, value)| value)
}

impl Scan {
    /// The next rows.
    pub(crate) fn next(&mut self, max_rows: u32) -> Result<Batch, Error> {
        let most = usize::try_from(max_rows).unwrap_or(usize::MAX);
        let mut batch = Batch { rowids: Vec::new(), values: Vec::new(), last: false };
        match self {
            Self::None => return Err(error(ERROR, "the cursor was not filtered")),
            Self::Series { numbers, start, stop, columns, batch_rows } => {
                for n in numbers.by_ref().take(most.min(*batch_rows)) {
                    #[allow(clippy::cast_precision_loss, reason = "tests use small numbers")]
                    let half = n as f64 / 2.0;
                    let row = [
                        Value::Integer(n),
                        Value::Real(half),
                        Value::Text(format!("row number {n:05}")),
                        Value::Integer(*start),
                        Value::Integer(*stop),
                    ];
                    batch.rowids.push(n);
                    batch.values.extend(pick(row, *columns));
                }
            }
            Self::Rows { rows, columns } => {
                for (rowid, row) in rows.by_ref().take(most) {
                    batch.rowids.push(rowid);
                    batch.values.extend(pick(row, *columns));
                }
                batch.last = rows.len() == 0;
            }
            Self::Bad { how, batches, columns } => {
                *batches += 1;
                batch.rowids = vec![i64::from(*batches)];
                let row = [Value::Integer(1), Value::Integer(2), Value::Text(how.clone())];
                batch.values = pick(row, *columns).collect();
                match how.as_str() {
                    "few" => drop(batch.values.pop()),
                    "many" => batch.values.push(Value::Null),
                    "rows" => batch.rowids = (0..=i64::from(max_rows)).collect(),
                    "large" => batch.values[0] = Value::Blob(vec![0; 70 << 20]),
                    "late" if *batches == 2 => return Err(error(ERROR, "the second batch fails")),
                    "late-trap" if *batches == 2 => panic!("as asked"),
                    "late" | "late-trap" => {}
                    _ => batch.last = true,
                }
            }
        }
        Ok(batch)
    }
}
