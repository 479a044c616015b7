//! Collations.

use std::cmp::Ordering;

use crate::Kit;
use crate::bindings::exports::sqlink::extension::collation::Guest;
use crate::bindings::sqlink::extension::spi;
use crate::state::note;

type Compare = fn(&str, &str) -> i32;

/// Name, and how it compares.
pub(crate) const COLLATIONS: &[(&str, Compare)] = &[
    ("kit_reverse", |left, right| number(right.cmp(left))),
    // Shorter texts first, then as usual.
    ("kit_length", |left, right| {
        number(left.chars().count().cmp(&right.chars().count()).then_with(|| left.cmp(right)))
    }),
    // Traps when one of the texts is `trap`.
    ("kit_trap", |left, right| {
        assert!(left != "trap" && right != "trap", "as asked");
        number(left.cmp(right))
    }),
    // Not an order: every text is greater than every other.
    ("kit_chaos", |left, right| if left == right { 0 } else { 1 }),
    // Not an order: a text is greater than itself.
    ("kit_self", |left, right| if left < right { -1 } else { 1 }),
    // Not an order: of the lengths 0 to 4, each is less than the next two, going around.
    ("kit_circle", |left, right| [0, 1, 1, -1, -1][(left.len() % 5 + 5 - right.len() % 5) % 5]),
    // Tries to use the connection, and notes what comes of it.
    ("kit_curious", |left, right| {
        if let Err(error) = spi::query("SELECT 1", &[]) {
            note(format!("{}: {}", error.code, error.message));
        }
        number(left.cmp(right))
    }),
];

const fn number(order: Ordering) -> i32 {
    match order {
        Ordering::Less => -1000,
        Ordering::Equal => 0,
        Ordering::Greater => 1000,
    }
}

impl Guest for Kit {
    fn compare(id: u32, left: String, right: String) -> i32 {
        match usize::try_from(id).ok().and_then(|id| COLLATIONS.get(id)) {
            Some((_, compare)) => compare(&left, &right),
            None => 0,
        }
    }
}
