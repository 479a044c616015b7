//! Arguments of `vtab` and `hooks` as the host writes them: records, lists, options and variants of the canonical ABI, whose layout on
//! wasm32 is that of these `repr(C)` structures.

use core::marker::PhantomData;
use core::mem::MaybeUninit;

use super::{Args, RawValue, list};
use crate::ValueRef;
use crate::vtab::{Constraint, OrderTerm, operator};

/// `list<T>`.
#[repr(C)]
pub(crate) struct RawList<'a, T> {
    start: *const T,
    len: usize,
    elements: PhantomData<&'a [T]>,
}

impl<T> Clone for RawList<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RawList<'_, T> {}

impl<'a, T> RawList<'a, T> {
    /// The elements stay where they are.
    pub(crate) const fn borrow(elements: &'a [T]) -> Self {
        Self { start: elements.as_ptr(), len: elements.len(), elements: PhantomData }
    }

    /// The elements.
    pub(crate) fn get(&self) -> &'a [T] {
        // SAFETY: made from a slice, or written by the host.
        unsafe { list(self.start, self.len) }
    }
}

/// `string`. Invariant: UTF-8.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct RawText<'a>(RawList<'a, u8>);

impl<'a> RawText<'a> {
    /// The text stays where it is.
    pub(crate) const fn borrow(text: &'a str) -> Self {
        Self(RawList::borrow(text.as_bytes()))
    }

    /// The text.
    pub(crate) fn get(&self) -> &'a str {
        // SAFETY: made from text, or written by the host as such.
        unsafe { core::str::from_utf8_unchecked(self.0.get()) }
    }
}

/// `option<T>`. Invariant: `value` is set if `some` is not 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct RawOption<T: Copy> {
    some: u8,
    value: MaybeUninit<T>,
}

impl<T: Copy> RawOption<T> {
    pub(crate) fn new(value: Option<T>) -> Self {
        match value {
            Some(value) => Self { some: 1, value: MaybeUninit::new(value) },
            None => Self { some: 0, value: MaybeUninit::uninit() },
        }
    }

    pub(crate) fn get(&self) -> Option<T> {
        // SAFETY: the invariant.
        (self.some != 0).then(|| unsafe { self.value.assume_init() })
    }
}

/// `constraint`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct RawConstraint<'a> {
    column: i32,
    operator: u8,
    usable: u8,
    in_list: u8,
    collation: RawText<'a>,
    constant: RawOption<RawValue<'a>>,
}

impl<'a> RawConstraint<'a> {
    pub(crate) fn borrow(constraint: &Constraint<'a>) -> Self {
        Self {
            column: narrow(constraint.column),
            operator: constraint.operator as u8,
            usable: constraint.usable.into(),
            in_list: constraint.in_list.into(),
            collation: RawText::borrow(constraint.collation),
            constant: RawOption::new(constraint.constant.map(RawValue::borrow)),
        }
    }

    /// * `place` - its place in the query
    pub(crate) fn get(&self, place: usize) -> Constraint<'a> {
        Constraint {
            place,
            column: widen(self.column),
            operator: operator(self.operator),
            usable: self.usable != 0,
            in_list: self.in_list != 0,
            collation: self.collation.get(),
            constant: self.constant.get().map(|value| value.get()),
        }
    }
}

/// `order-term`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct RawOrderTerm {
    column: i32,
    descending: u8,
}

impl RawOrderTerm {
    pub(crate) fn new(term: OrderTerm) -> Self {
        Self { column: narrow(term.column), descending: term.descending.into() }
    }

    pub(crate) fn get(self) -> OrderTerm {
        OrderTerm { column: widen(self.column), descending: self.descending != 0 }
    }
}

/// `argument`. Invariant: `payload` holds what `tag` says.
#[repr(C)]
pub(crate) struct RawArgument<'a> {
    tag: u8,
    payload: ArgumentPayload<'a>,
}

#[repr(C)]
#[derive(Clone, Copy)]
union ArgumentPayload<'a> {
    single: RawValue<'a>,
    many: RawList<'a, RawValue<'a>>,
}

impl<'a> RawArgument<'a> {
    pub(crate) fn single(value: ValueRef<'a>) -> Self {
        Self { tag: 0, payload: ArgumentPayload { single: RawValue::borrow(value) } }
    }

    pub(crate) fn many(values: &'a [RawValue<'a>]) -> Self {
        Self { tag: 1, payload: ArgumentPayload { many: RawList::borrow(values) } }
    }

    /// The value or the values.
    pub(crate) fn get(&'a self) -> Args<'a> {
        // SAFETY: the invariant.
        unsafe {
            match self.tag {
                0 => Args(core::slice::from_ref(&self.payload.single)),
                _ => Args(self.payload.many.get()),
            }
        }
    }
}

/// A column in the contract's form; -1 is the rowid.
fn narrow(column: usize) -> i32 {
    i32::try_from(column).unwrap_or(-1)
}

fn widen(column: i32) -> usize {
    usize::try_from(column).unwrap_or(crate::vtab::ROWID)
}

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<RawConstraint<'_>>() == 40 && align_of::<RawConstraint<'_>>() == 8);
    assert!(size_of::<RawOrderTerm>() == 8 && size_of::<RawArgument<'_>>() == 24);
};
