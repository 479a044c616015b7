//! The attributes inside an author's own macro, and how an extension of everything is put together.

use std::cmp::Ordering;

use sqlink_guest::prelude::*;
use sqlink_guest::testing::{aggregate, call, compare, table_function};

macro_rules! all {
    ($scalar:ident, $state:ident, $order:ident, $rows:ident, $ty:ty, $body:expr) => {
        #[scalar(deterministic)]
        fn $scalar(x: $ty) -> $ty {
            $body(x)
        }

        #[derive(Default)]
        struct $state($ty);

        #[aggregate(deterministic)]
        impl $state {
            fn step(&mut self, x: $ty) {
                self.0 += x;
            }

            fn inverse(&mut self, x: $ty) {
                self.0 -= x;
            }

            fn current(&self) -> $ty {
                $body(self.0)
            }
        }

        #[collation]
        fn $order(a: &str, b: &str) -> Ordering {
            b.cmp(a)
        }

        #[table_function(columns(n))]
        fn $rows(n: $ty, #[default(2)] times: u32) -> Result<impl Iterator<Item = $ty>, Error> {
            Ok((0..times).map(move |_| $body(n)))
        }
    };
}

fn twice(x: i64) -> i64 {
    2 * x
}

all!(double, DoubleSum, backwards, doubled, i64, twice);

extension! {
    name: "everything",
    description: "One of each.",
    functions: [double],
    aggregates: [DoubleSum],
    collations: [backwards],
    tables: [doubled],
}

#[test]
fn attributes_work_in_macros() {
    assert_eq!(call::<double>(&[2.into()]), Ok(Value::Integer(4)));
    assert_eq!(aggregate::<DoubleSum>([[2.into()], [3.into()]]), Ok(Value::Integer(10)));
    assert_eq!(compare::<backwards>("a", "b"), Ordering::Greater);
    assert_eq!(table_function::<doubled>(&[4.into()]), Ok(vec![vec![Value::Integer(8)]; 2]));
}
