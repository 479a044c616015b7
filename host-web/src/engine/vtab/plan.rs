//! Whether a plan that `best-index` returned is one SQLite can use.

use crate::contract::vtab::{Constraint, ConstraintUse, IndexPlan, IndexQuery, Operator};

/// Largest number of an argument that may take an IN list at once: SQLite keeps them in 32 bits.
const MOST_LIST_ARGUMENT: u32 = 32;

/// What of a plan must reach `filter`, beside its number and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Handed {
    /// Columns the statement may read.
    pub(crate) columns: u64,
    /// Bit n is set when argument n + 1 is a whole IN list.
    pub(crate) lists: u32,
}

/// Checks a plan against what was asked.
///
/// # Errors
///
/// The mistake, as what follows the name of the module.
pub(crate) fn check(query: &IndexQuery, plan: &IndexPlan) -> Result<Handed, String> {
    let given = &query.constraints;
    if plan.uses.len() > given.len() {
        return Err(format!("the plan uses {} constraints, but {} were given", plan.uses.len(), given.len()));
    }
    let used = || given.iter().zip(&plan.uses).enumerate().filter(|(_, (_, usage))| usage.argument != 0);
    let count = u32::try_from(used().count()).unwrap_or(u32::MAX);
    let mut handed = Handed { columns: query.columns_used, lists: 0 };
    let mut taken = vec![false; plan.uses.len()];
    for (index, (constraint, usage)) in used() {
        let what = || describe(index, constraint);
        if !constraint.usable {
            return Err(format!("the plan uses {}, which is not usable", what()));
        }
        if usage.in_list {
            if !constraint.in_list {
                return Err(format!("the plan wants {} as a list, which is no IN list", what()));
            }
            if usage.argument > MOST_LIST_ARGUMENT {
                return Err(format!(
                    "the plan hands {} over as argument {}, a list must be among the first {MOST_LIST_ARGUMENT}",
                    what(),
                    usage.argument
                ));
            }
            handed.lists |= 1 << (usage.argument - 1);
        }
        let slot = usize::try_from(usage.argument - 1).ok().filter(|_| usage.argument <= count);
        match slot.and_then(|slot| taken.get_mut(slot)) {
            Some(taken) if !*taken => *taken = true,
            Some(_) => {
                return Err(format!(
                    "the plan hands {} over as argument {}, which another constraint is",
                    what(),
                    usage.argument
                ));
            }
            None => {
                return Err(format!(
                    "the plan hands {} over as argument {}, but it uses {count} constraints, and arguments have no gaps",
                    what(),
                    usage.argument
                ));
            }
        }
    }
    check_limit(given, &plan.uses)?;
    if plan.estimated_cost.is_nan() {
        return Err("the plan's estimated cost is not a number".into());
    }
    if plan.estimated_rows < 0 {
        return Err(format!("the plan estimates {} rows", plan.estimated_rows));
    }
    if plan.name.contains('\0') {
        return Err("the plan's name contains U+0000".into());
    }
    Ok(handed)
}

/// A table that stops at the LIMIT, or skips the OFFSET, must do all that drops rows before.
fn check_limit(given: &[Constraint], uses: &[ConstraintUse]) -> Result<(), String> {
    let used = || given.iter().zip(uses).enumerate().filter(|(_, (_, usage))| usage.argument != 0);
    let is_limit = |constraint: &Constraint| matches!(constraint.operator, Operator::Limit | Operator::Offset);
    let Some((index, (limit, _))) = used().find(|(_, (constraint, _))| is_limit(constraint)) else { return Ok(()) };
    // SQLite asks again without LIMIT and OFFSET when a constraint is not used at all.
    let all_used = given
        .iter()
        .enumerate()
        .all(|(index, constraint)| is_limit(constraint) || uses.get(index).is_some_and(|usage| usage.argument != 0));
    if !all_used {
        return Ok(());
    }
    let checked_again = |constraint: &Constraint, usage: &ConstraintUse| {
        !usage.omit && (!is_limit(constraint) || constraint.operator == Operator::Offset)
    };
    match used().find(|(_, (constraint, usage))| checked_again(constraint, usage)) {
        Some((other, (constraint, _))) => Err(format!(
            "the plan uses {}, but does not omit {}: rows would be dropped that the table has counted",
            describe(index, limit),
            describe(other, constraint)
        )),
        None => Ok(()),
    }
}

/// Writes a constraint as errors name it: `constraint 0 (column 2, eq)`.
fn describe(index: usize, constraint: &Constraint) -> String {
    let operator = match constraint.operator {
        Operator::Eq => "eq",
        Operator::Gt => "gt",
        Operator::Le => "le",
        Operator::Lt => "lt",
        Operator::Ge => "ge",
        Operator::Match => "match",
        Operator::Like => "like",
        Operator::Glob => "glob",
        Operator::Regexp => "regexp",
        Operator::Ne => "ne",
        Operator::IsNot => "is-not",
        Operator::IsNotNull => "is-not-null",
        Operator::IsNull => "is-null",
        Operator::Is => "is",
        Operator::Limit => return format!("constraint {index} (limit)"),
        Operator::Offset => return format!("constraint {index} (offset)"),
        Operator::Other => "other",
    };
    format!("constraint {index} (column {}, {operator})", constraint.column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::vtab::DistinctMode;

    fn constraint(column: i32, operator: Operator) -> Constraint {
        Constraint { column, operator, usable: true, in_list: false, collation: "BINARY".into(), constant: None }
    }

    fn query(constraints: Vec<Constraint>) -> IndexQuery {
        IndexQuery { constraints, order_by: Vec::new(), distinct: DistinctMode::Sorted, columns_used: 5 }
    }

    fn uses(arguments: &[u32]) -> IndexPlan {
        IndexPlan {
            uses: arguments.iter().map(|&argument| ConstraintUse { argument, omit: true, in_list: false }).collect(),
            number: 0,
            name: String::new(),
            order_by_consumed: false,
            estimated_cost: 1.0,
            estimated_rows: 1,
            unique: false,
        }
    }

    #[test]
    fn a_good_plan_passes() {
        let mut asked =
            query(vec![constraint(0, Operator::Eq), constraint(1, Operator::Lt), constraint(2, Operator::Eq)]);
        asked.constraints[2].in_list = true;
        assert_eq!(check(&asked, &uses(&[])), Ok(Handed { columns: 5, lists: 0 }));
        let mut plan = uses(&[2, 0, 1]);
        plan.uses[2].in_list = true;
        assert_eq!(check(&asked, &plan), Ok(Handed { columns: 5, lists: 1 }));
    }

    #[test]
    fn mistakes_are_named() {
        let mut asked = query(vec![constraint(0, Operator::Eq), constraint(-1, Operator::Ge)]);
        let fails = |asked: &IndexQuery, plan: &IndexPlan| check(asked, plan).expect_err("must be refused");
        assert_eq!(fails(&asked, &uses(&[1, 2, 3])), "the plan uses 3 constraints, but 2 were given");
        assert_eq!(
            fails(&asked, &uses(&[0, 2])),
            "the plan hands constraint 1 (column -1, ge) over as argument 2, but it uses 1 constraints, and arguments have no gaps"
        );
        assert_eq!(
            fails(&asked, &uses(&[1, 1])),
            "the plan hands constraint 1 (column -1, ge) over as argument 1, which another constraint is"
        );
        let mut plan = uses(&[1]);
        plan.uses[0].in_list = true;
        assert_eq!(fails(&asked, &plan), "the plan wants constraint 0 (column 0, eq) as a list, which is no IN list");
        for cost in [f64::NAN, -f64::NAN] {
            assert_eq!(
                fails(&asked, &IndexPlan { estimated_cost: cost, ..uses(&[]) }),
                "the plan's estimated cost is not a number"
            );
        }
        assert_eq!(fails(&asked, &IndexPlan { estimated_rows: -1, ..uses(&[]) }), "the plan estimates -1 rows");
        assert_eq!(fails(&asked, &IndexPlan { name: "a\0".into(), ..uses(&[]) }), "the plan's name contains U+0000");
        asked.constraints[0].usable = false;
        assert_eq!(fails(&asked, &uses(&[1])), "the plan uses constraint 0 (column 0, eq), which is not usable");
    }

    #[test]
    fn limit_and_offset_demand_that_all_else_is_omitted() {
        let asked =
            query(vec![constraint(0, Operator::Eq), constraint(0, Operator::Offset), constraint(0, Operator::Limit)]);
        assert!(check(&asked, &uses(&[1, 2, 3])).is_ok());
        let mut plan = uses(&[1, 2, 3]);
        plan.uses[2].omit = false;
        assert!(check(&asked, &plan).is_ok(), "SQLite's own LIMIT does no harm");
        plan.uses[1].omit = false;
        assert_eq!(
            check(&asked, &plan).expect_err("must be refused"),
            "the plan uses constraint 1 (offset), but does not omit constraint 1 (offset): rows would be dropped that the table has counted"
        );
        let mut plan = uses(&[1, 2, 3]);
        plan.uses[0].omit = false;
        assert_eq!(
            check(&asked, &plan).expect_err("must be refused"),
            "the plan uses constraint 1 (offset), but does not omit constraint 0 (column 0, eq): rows would be dropped that the table has counted"
        );
        assert!(check(&asked, &uses(&[0, 1, 2])).is_ok(), "SQLite asks again");
    }
}
