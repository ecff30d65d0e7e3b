//! Records of one producer that wait in the client: linked lists in one table.

use crate::model::cohort::Cohort;

/// The records.
#[derive(Clone, Debug)]
pub(super) struct Entries {
    pub(super) table: Vec<Entry>,
    free: u32,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) cohort: Cohort,
    /// The place of the next in its list.
    pub(super) next: u32,
    /// Whether its last attempt failed within the service.
    pub(super) failed: bool,
}

/// The place after the last of a list.
pub(super) const NONE: u32 = u32::MAX;

impl Entries {
    pub(super) fn new() -> Self {
        Self { table: Vec::new(), free: NONE }
    }

    #[inline]
    pub(super) fn insert(&mut self, cohort: Cohort) -> u32 {
        if self.free == NONE {
            self.table.push(Entry { cohort, next: NONE, failed: false });
            return (self.table.len() - 1) as u32;
        }
        let place = self.free;
        self.free = self.table[place as usize].next;
        self.table[place as usize] = Entry { cohort, next: NONE, failed: false };
        place
    }

    #[inline]
    pub(super) fn remove(&mut self, place: u32) {
        self.table[place as usize].next = self.free;
        self.free = place;
    }

    pub(super) fn walk(&self, first: u32) -> impl Iterator<Item = &Cohort> {
        let mut place = first;
        std::iter::from_fn(move || {
            let entry = self.table.get(place as usize)?;
            place = entry.next;
            Some(&entry.cohort)
        })
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> u64 {
        (self.table.capacity() * size_of::<Entry>()) as u64
    }
}
