//! What all producers of a scenario may have together: each alone has its limits, but there may be
//! a thousand of them.

use super::Context;
use crate::scenario::problem::{Code, Path, Problem, with_commas};

/// What grows with what a few words of text ask for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Good {
    /// Keys that are numbered or listed: hashed before a run, and for `kinesim check`.
    Keys,
    /// Weights that are kept, or added up, for keys that change: keys times spells or periods.
    Weights,
    /// Changes of rates that follow from a shape.
    Changes,
}

/// How much of each has been asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget([u64; 3]);

impl Good {
    const fn most(self) -> u64 {
        match self {
            Self::Keys => 10_000_000,
            Self::Weights => 50_000_000,
            Self::Changes => 5_000_000,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Weights => "keys times changes",
            Self::Changes => "changes of rates",
        }
    }
}

impl Context<'_> {
    /// Takes `amount` of what all producers share. Where there is not so much left, that is a
    /// problem at `path`; once is enough to say so.
    pub(super) fn spend(&mut self, good: Good, amount: u64, path: &Path) -> Option<()> {
        let spent = &mut self.budget.0[good as usize];
        let before = *spent;
        *spent = before.saturating_add(amount);
        if *spent <= good.most() {
            return Some(());
        }
        if before > good.most() {
            return None;
        }
        let (most, name) = (with_commas(good.most()), good.name());
        let message = format!("all producers together have more than {most} {name}");
        self.problem(Problem::new(Code::TooMany, path, message).help("write fewer, or join them"));
        None
    }
}
