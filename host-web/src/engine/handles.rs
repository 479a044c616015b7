//! Integer handles for what an embedder holds: a handle that was closed is never valid again.

use std::rc::Rc;

use crate::engine::error::{Error, Result};

/// Bits of a handle that say which slot it is in; the rest count how often the slot was used.
const SLOT_BITS: u32 = 20;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const LAST_GENERATION: u32 = u32::MAX >> SLOT_BITS;

struct Slot<T> {
    generation: u32,
    item: Option<Rc<T>>,
}

/// A table from handle to item. Handles are never 0 and never given out twice: a slot whose generations are used up
/// stays empty.
pub(crate) struct Handles<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Handles<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// Takes a handle, which has no item yet.
    ///
    /// # Errors
    ///
    /// A misuse if there are no handles left.
    pub(crate) fn reserve(&mut self) -> Result<u32> {
        self.free_slot().ok_or_else(|| Error::misuse("too many handles are in use"))
    }

    /// Gives a reserved handle its item.
    pub(crate) fn fill(&mut self, handle: u32, item: Rc<T>) {
        if let Some(slot) = self.slots.get_mut((handle & SLOT_MASK) as usize) {
            slot.item = Some(item);
        }
    }

    /// Gives a reserved handle back.
    pub(crate) fn cancel(&mut self, handle: u32) {
        self.free.push(handle & SLOT_MASK);
    }

    /// Takes a free slot, or adds one.
    fn free_slot(&mut self) -> Option<u32> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.slots.len()).ok().filter(|n| *n <= SLOT_MASK)?;
                // Generation 0 is left out, so that no handle is 0.
                self.slots.push(Slot { generation: 1, item: None });
                index
            }
        };
        let slot = self.slots.get(index as usize)?;
        Some(slot.generation << SLOT_BITS | index)
    }

    /// Returns the item of a handle, none if it was closed or never given out.
    #[inline]
    pub(crate) fn get(&self, handle: u32) -> Option<&Rc<T>> {
        let slot = self.slots.get((handle & SLOT_MASK) as usize)?;
        if slot.generation == handle >> SLOT_BITS { slot.item.as_ref() } else { None }
    }

    /// Takes the item out; the handle is stale from here on.
    pub(crate) fn remove(&mut self, handle: u32) -> Option<Rc<T>> {
        let index = handle & SLOT_MASK;
        let slot = self.slots.get_mut(index as usize)?;
        if slot.generation != handle >> SLOT_BITS {
            return None;
        }
        let item = slot.item.take()?;
        if slot.generation < LAST_GENERATION {
            slot.generation += 1;
            self.free.push(index);
        }
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert<T>(handles: &mut Handles<T>, item: T) -> Result<u32> {
        let handle = handles.reserve()?;
        handles.fill(handle, Rc::new(item));
        Ok(handle)
    }

    #[test]
    fn a_closed_handle_stays_closed() -> Result<()> {
        let mut handles = Handles::new();
        let first = insert(&mut handles, 'a')?;
        assert_ne!(first, 0);
        assert_eq!(handles.get(first).map(|item| **item), Some('a'));
        assert!(handles.remove(first).is_some());
        assert!(handles.get(first).is_none());
        assert!(handles.remove(first).is_none());
        let second = insert(&mut handles, 'b')?;
        assert_ne!(first, second);
        assert!(handles.get(first).is_none());
        Ok(())
    }

    #[test]
    fn a_cancelled_handle_has_no_item() -> Result<()> {
        let mut handles = Handles::<char>::new();
        let handle = handles.reserve()?;
        assert!(handles.get(handle).is_none());
        handles.cancel(handle);
        assert!(handles.remove(handle).is_none());
        assert_eq!(handles.reserve()?, handle);
        Ok(())
    }

    #[test]
    fn a_slot_is_retired_before_its_handles_repeat() -> Result<()> {
        let mut handles = Handles::new();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..=LAST_GENERATION + 10 {
            let handle = insert(&mut handles, ())?;
            assert!(seen.insert(handle));
            handles.remove(handle);
        }
        assert_eq!(handles.slots.len(), 2);
        Ok(())
    }
}
