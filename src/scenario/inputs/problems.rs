//! Everything wrong with one file, line by line.

use super::InputProblem;

/// Problems kept of one file; of the rest only the number is.
const KEPT_MAX: usize = 20;

/// All problems of a file, in its order; not empty where a reader returns it as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputProblems {
    kept: Vec<InputProblem>,
    count: u64,
}

impl InputProblems {
    /// The first problems, at most twenty.
    #[must_use]
    pub fn kept(&self) -> &[InputProblem] {
        &self.kept
    }

    /// How many there are in all.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn push(&mut self, problem: InputProblem) {
        self.count += 1;
        if self.kept.len() < KEPT_MAX {
            self.kept.push(problem);
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What to tell where only one problem can be told.
    pub(super) fn into_first(mut self) -> InputProblem {
        self.kept.swap_remove(0)
    }
}

impl From<InputProblem> for InputProblems {
    fn from(problem: InputProblem) -> Self {
        Self { kept: vec![problem], count: 1 }
    }
}
