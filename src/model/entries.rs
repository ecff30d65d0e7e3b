//! Records of one producer that wait in the client: linked lists in one table.

use crate::model::cohort::Cohort;

/// The records, each with the place of the next in its list.
#[derive(Clone, Debug)]
pub(super) struct Entries {
    pub(super) table: Vec<(Cohort, u32)>,
    free: u32,
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
            self.table.push((cohort, NONE));
            return (self.table.len() - 1) as u32;
        }
        let place = self.free;
        self.free = self.table[place as usize].1;
        self.table[place as usize] = (cohort, NONE);
        place
    }

    #[inline]
    pub(super) fn remove(&mut self, place: u32) {
        self.table[place as usize].1 = self.free;
        self.free = place;
    }

    pub(super) fn walk(&self, first: u32) -> impl Iterator<Item = &Cohort> {
        let mut place = first;
        std::iter::from_fn(move || {
            let (cohort, next) = self.table.get(place as usize)?;
            place = *next;
            Some(cohort)
        })
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> u64 {
        (self.table.capacity() * size_of::<(Cohort, u32)>()) as u64
    }
}
