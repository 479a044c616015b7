//! The interface `vtab`.

use crate::bindings::exports::sqlink::extension::vtab::{
    Argument, Batch, Conflict, Constraint, ConstraintUse, DistinctMode, Guest, IndexPlan, IndexQuery, Operator,
    TransactionStep,
};
use crate::bindings::sqlink::extension::config;
use crate::plan::{self, Question, Rows, Term};
use crate::state::{note, with};
use crate::tables::{BAD, CONFLICTS, Cursor, DECLARED, PLANNED, SINGLY, Scan, TABLE, Table};
use crate::value::{compare, list};
use crate::{ERROR, Error, Kit, Value, error};

/// `SQLITE_CONSTRAINT`
const CONSTRAINT: i32 = 19;

/// Uses a table and its rows.
fn table<T>(table: u32, run: impl FnOnce(&mut Table, &mut Rows) -> T) -> Result<T, Error> {
    with(|state| {
        let table = state.tables.get_mut(&table)?;
        let rows = state.stored.entry(table.name.clone()).or_default();
        Some(run(table, rows))
    })
    .ok_or_else(|| error(ERROR, format!("there is no table {table}")))
}

fn connect(how: &str, module: u32, id: u32, database: &str, name: &str, arguments: &[String]) -> Result<String, Error> {
    note(format!("{how} {database}.{name}({})", arguments.join("|")));
    if arguments.iter().any(|argument| argument == how) {
        return Err(error(ERROR, format!("{how} fails")));
    }
    let (table, declaration) = Table::new(module, (database.to_owned(), name.to_owned()), arguments);
    with(|state| state.tables.insert(id, table));
    Ok(declaration)
}

/// What a series does with a constraint, as a letter for `filter`.
fn letter(constraint: &Constraint) -> Option<char> {
    match (constraint.column, constraint.operator) {
        _ if !constraint.usable => None,
        (_, Operator::Limit) => Some('L'),
        (_, Operator::Offset) => Some('O'),
        (0, Operator::Eq) if constraint.in_list => Some('i'),
        (0, Operator::Eq) => Some('='),
        (0, Operator::Gt) => Some('>'),
        (0, Operator::Ge) => Some('g'),
        (0, Operator::Lt) => Some('<'),
        (0, Operator::Le) => Some('l'),
        (3, Operator::Eq) => Some('a'),
        (4, Operator::Eq) => Some('z'),
        _ => None,
    }
}

fn plan_series(query: &IndexQuery) -> IndexPlan {
    let in_order = query.order_by.iter().all(|term| term.column == 0 && !term.descending);
    // LIMIT and OFFSET may be used only if nothing behind the table drops rows or sorts them.
    let complete = in_order && query.constraints.iter().all(|constraint| letter(constraint).is_some());
    let mut name = String::new();
    let mut uses = Vec::new();
    for constraint in &query.constraints {
        let letter = letter(constraint).filter(|letter| complete || !matches!(letter, 'L' | 'O'));
        name.extend(letter);
        let argument = letter.map_or(0, |_| u32::try_from(name.len()).unwrap_or(0));
        uses.push(ConstraintUse { argument, omit: letter.is_some(), in_list: letter == Some('i') });
    }
    let unique = name.contains('=');
    IndexPlan {
        uses,
        number: i32::try_from(name.len()).unwrap_or(0),
        name,
        order_by_consumed: in_order,
        estimated_cost: if unique { 1.0 } else { 1000.0 },
        estimated_rows: if unique { 1 } else { 1000 },
        unique,
    }
}

/// A full scan, or what goes wrong in `best-index` for `how = '…'`.
fn plan_bad(query: &IndexQuery) -> Result<IndexPlan, Error> {
    let mut plan = IndexPlan {
        uses: Vec::new(),
        number: 0,
        name: String::new(),
        order_by_consumed: false,
        estimated_cost: 10.0,
        estimated_rows: 10,
        unique: false,
    };
    let using = |argument| ConstraintUse { argument, omit: false, in_list: false };
    for constraint in &query.constraints {
        let wanted = constraint.column == 2 && constraint.usable && constraint.operator == Operator::Eq;
        plan.uses.push(using(u32::from(wanted)));
        match &constraint.constant {
            Some(Value::Text(how)) if wanted => match how.as_str() {
                "gap" => plan.uses.iter_mut().for_each(|each| each.argument *= 2),
                "unknown" => plan.uses.extend([using(2), using(3)]),
                "in" => plan.uses.iter_mut().for_each(|each| each.in_list = true),
                "cost" => plan.estimated_cost = f64::NAN,
                "no-plan" => return Err(error(CONSTRAINT, "no plan")),
                "plan-error" => return Err(error(ERROR, "best-index fails")),
                "plan-trap" => panic!("as asked"),
                _ => {}
            },
            _ => {}
        }
        if !constraint.usable && constraint.column == 1 {
            // A constraint on `b` whose other side is not known is used all the same.
            let argument = u32::try_from(plan.uses.iter().filter(|each| each.argument > 0).count()).unwrap_or(0) + 1;
            plan.uses.pop();
            plan.uses.push(using(argument));
        }
    }
    Ok(plan)
}

fn scan_series(plan: &str, args: Vec<Argument>, columns: u64, batch_rows: usize) -> Result<Scan, Error> {
    let (mut start, mut stop) = (1, 10);
    let (mut skip, mut most) = (0, usize::MAX);
    let mut tests: Vec<(char, Vec<Value>)> = Vec::new();
    for (letter, argument) in plan.chars().zip(args) {
        let values = match argument {
            Argument::Single(value) => vec![value],
            Argument::Many(values) => values,
        };
        match (letter, values.as_slice()) {
            ('a', [Value::Integer(n)]) => start = *n,
            ('z', [Value::Integer(n)]) => stop = *n,
            ('a' | 'z', [Value::Null]) => most = 0,
            ('a' | 'z', _) => return Err(error(ERROR, "start and stop must be integers")),
            ('O', [Value::Integer(n)]) => skip = usize::try_from(*n).unwrap_or(0),
            // A negative limit is none.
            ('L', [Value::Integer(n)]) => most = most.min(usize::try_from(*n).unwrap_or(usize::MAX)),
            _ => tests.push((letter, values)),
        }
    }
    let passes = move |n: &i64| {
        tests.iter().all(|(letter, values)| {
            values.iter().any(|value| {
                let order = compare(&Value::Integer(*n), &plan::numeric(value));
                *value != Value::Null
                    && match letter {
                        '>' => order.is_gt(),
                        'g' => order.is_ge(),
                        '<' => order.is_lt(),
                        'l' => order.is_le(),
                        _ => order.is_eq(),
                    }
            })
        })
    };
    let numbers = Box::new((start..=stop).filter(passes).skip(skip).take(most));
    Ok(Scan::Series { numbers, start, stop, columns, batch_rows })
}

/// The plan of `plan::plan`.
fn plan_all(query: IndexQuery) -> IndexPlan {
    let letter = |operator| match operator {
        Operator::Eq => '=',
        Operator::Gt => '>',
        Operator::Le => 'l',
        Operator::Lt => '<',
        Operator::Ge => 'g',
        Operator::Match => 'm',
        Operator::Like => 'k',
        Operator::Glob => 'b',
        Operator::Regexp => 'r',
        Operator::Ne => '!',
        Operator::IsNot => 'n',
        Operator::IsNotNull => 'T',
        Operator::IsNull => 'N',
        Operator::Is => 's',
        Operator::Limit => 'L',
        Operator::Offset => 'O',
        Operator::Other => '?',
    };
    let term = |constraint: Constraint| {
        let Constraint { column, operator, usable, in_list, collation, constant } = constraint;
        Term { column, operator: letter(operator), usable, in_list, collation, constant }
    };
    let question = Question {
        terms: query.constraints.into_iter().map(term).collect(),
        order: query.order_by.iter().map(|term| (term.column, term.descending)).collect(),
        distinct: match query.distinct {
            DistinctMode::Sorted => 0,
            DistinctMode::Grouped => 1,
            DistinctMode::Distinct => 2,
            DistinctMode::DistinctSorted => 3,
        },
        columns: query.columns_used,
    };
    note(question.shown());
    let found = plan::plan(&question);
    let usage =
        |found: &plan::Usage| ConstraintUse { argument: found.argument, omit: found.omit, in_list: found.in_list };
    IndexPlan {
        uses: found.uses.iter().map(usage).collect(),
        number: 0,
        name: found.name,
        order_by_consumed: true,
        estimated_cost: found.rows.into(),
        estimated_rows: found.rows.into(),
        unique: found.unique,
    }
}

/// Inserts a row at a rowid, and sees to one that is there already.
fn insert(module: u32, rows: &mut Rows, rowid: i64, values: Vec<Value>, on_conflict: Conflict) -> Result<(), Error> {
    let replaces = matches!(module, CONFLICTS | PLANNED) && on_conflict == Conflict::Replace;
    if rows.contains_key(&rowid) && !replaces {
        return Err(error(CONSTRAINT, format!("row {rowid} is there already")));
    }
    rows.insert(rowid, values);
    Ok(())
}

impl Guest for Kit {
    fn create(
        module: u32,
        table: u32,
        database: String,
        name: String,
        arguments: Vec<String>,
    ) -> Result<String, Error> {
        connect("create", module, table, &database, &name, &arguments)
    }

    fn connect(
        module: u32,
        table: u32,
        database: String,
        name: String,
        arguments: Vec<String>,
    ) -> Result<String, Error> {
        connect("connect", module, table, &database, &name, &arguments)
    }

    fn disconnect(table: u32) {
        note("disconnect");
        with(|state| state.tables.remove(&table));
    }

    fn destroy(table: u32) -> Result<(), Error> {
        note("destroy");
        if config::get("keep").is_some() {
            return Err(error(ERROR, "destroy fails"));
        }
        with(|state| state.tables.remove(&table).map(|table| state.stored.remove(&table.name)));
        Ok(())
    }

    fn best_index(id: u32, query: IndexQuery) -> Result<IndexPlan, Error> {
        match table(id, |table, _| table.module)? {
            BAD => plan_bad(&query),
            PLANNED => Ok(plan_all(query)),
            TABLE | CONFLICTS | DECLARED => Ok(IndexPlan {
                order_by_consumed: false,
                ..plan_series(&IndexQuery { constraints: Vec::new(), ..query })
            }),
            _ => {
                // Without an argument that another table gives, this would be another series.
                let unknown = |each: &Constraint| !each.usable && matches!(each.column, 3 | 4);
                if query.constraints.iter().any(unknown) {
                    return Err(error(CONSTRAINT, "an argument is not known"));
                }
                Ok(plan_series(&query))
            }
        }
    }

    fn open(table: u32, cursor: u32) -> Result<(), Error> {
        with(|state| state.cursors.insert(cursor, Cursor { table, scan: Scan::None }));
        Ok(())
    }

    fn filter(id: u32, _number: i32, name: String, args: Vec<Argument>, columns: u64) -> Result<(), Error> {
        let on = with(|state| state.cursors.get(&id).map(|cursor| cursor.table))
            .ok_or_else(|| error(ERROR, format!("there is no cursor {id}")))?;
        let (module, rows) = table(on, |table, rows| (table.module, rows.clone()))?;
        let scan = match module {
            TABLE | CONFLICTS | DECLARED => {
                Scan::Rows { rows: rows.into_iter().collect::<Vec<_>>().into_iter(), columns }
            }
            PLANNED => {
                let args: Vec<Vec<Value>> = args
                    .into_iter()
                    .map(|argument| match argument {
                        Argument::Single(value) => vec![value],
                        Argument::Many(values) => values,
                    })
                    .collect();
                let shown = args.iter().map(|values| format!("({})", list(values))).collect::<String>();
                note(format!("scan {name:?} {shown}"));
                Scan::Rows { rows: plan::scan(&rows, &name, &args).into_iter(), columns }
            }
            BAD => {
                let how = match args.into_iter().next() {
                    Some(Argument::Single(Value::Text(how))) => how,
                    _ => String::new(),
                };
                match how.as_str() {
                    "filter-error" => return Err(error(ERROR, "filter fails")),
                    "filter-trap" => panic!("as asked"),
                    _ => Scan::Bad { how, batches: 0, columns },
                }
            }
            SINGLY => scan_series(&name, args, columns, 1)?,
            _ => scan_series(&name, args, columns, usize::MAX)?,
        };
        with(|state| {
            if let Some(cursor) = state.cursors.get_mut(&id) {
                cursor.scan = scan;
            }
        });
        Ok(())
    }

    fn next_batch(cursor: u32, max_rows: u32) -> Result<Batch, Error> {
        with(|state| match state.cursors.get_mut(&cursor) {
            Some(cursor) => cursor.scan.next(max_rows),
            None => Err(error(ERROR, format!("there is no cursor {cursor}"))),
        })
    }

    fn close(cursor: u32) {
        with(|state| state.cursors.remove(&cursor));
    }

    fn insert(id: u32, rowid: Option<i64>, values: Vec<Value>, on_conflict: Conflict) -> Result<i64, Error> {
        table(id, |table, rows| {
            let rowid = rowid.unwrap_or_else(|| rows.last_key_value().map_or(1, |(last, _)| last.wrapping_add(1)));
            insert(table.module, rows, rowid, values, on_conflict).map(|()| rowid)
        })?
    }

    fn update(id: u32, rowid: i64, new_rowid: i64, values: Vec<Value>, on_conflict: Conflict) -> Result<(), Error> {
        table(id, |table, rows| {
            let old = rows.remove(&rowid);
            insert(table.module, rows, new_rowid, values, on_conflict)
                .inspect_err(|_| rows.extend(old.map(|old| (rowid, old))))
        })?
    }

    fn delete(id: u32, rowid: i64) -> Result<(), Error> {
        table(id, |_, rows| drop(rows.remove(&rowid)))
    }

    fn transaction(id: u32, step: TransactionStep) -> Result<(), Error> {
        note(format!("{step:?}").replace("TransactionStep::", "").to_lowercase());
        if let TransactionStep::Sync = step
            && config::get("fail").as_deref() == Some("sync")
        {
            return Err(error(ERROR, "sync fails"));
        }
        table(id, |table, rows| match step {
            TransactionStep::Begin => table.begun = rows.clone(),
            TransactionStep::Sync => {}
            TransactionStep::Commit => table.savepoints.clear(),
            TransactionStep::Rollback => {
                table.savepoints.clear();
                *rows = std::mem::take(&mut table.begun);
            }
            TransactionStep::Savepoint(n) => drop(table.savepoints.insert(n, rows.clone())),
            TransactionStep::Release(n) => drop(table.savepoints.split_off(&n)),
            TransactionStep::RollbackTo(n) => {
                if let Some(saved) = table.savepoints.get(&n) {
                    rows.clone_from(saved);
                }
                drop(table.savepoints.split_off(&n.saturating_add(1)));
            }
        })
    }

    fn rename(id: u32, new_name: String) -> Result<(), Error> {
        note(format!("rename {new_name}"));
        if new_name == "refused" {
            return Err(error(ERROR, "rename fails"));
        }
        with(|state| {
            if let Some(table) = state.tables.get_mut(&id) {
                let rows = state.stored.remove(&table.name).unwrap_or_default();
                table.name.1 = new_name;
                state.stored.insert(table.name.clone(), rows);
            }
        });
        Ok(())
    }

    fn integrity(_table: u32, quick: bool) -> Result<Option<String>, Error> {
        Ok(match config::get("broken") {
            Some(_) if quick => Some("broken, at a glance".into()),
            Some(how) => Some(how),
            None => None,
        })
    }
}
