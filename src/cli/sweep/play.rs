//! Playing the runs of a plan: progress, Ctrl-C, and the journal of what is over.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::progress::StudyMeter;
use crate::cli::sweep::args::TalkArgs;
use crate::cli::sweep::asked::{Base, in_a_line, load};
use crate::cli::terminal::Terminal;
use crate::experiment::run::Continue;
use crate::experiment::study::Pace;
use crate::experiment::study::sweep::{Done, Run, Sweep};
use crate::report::study::sweep::{Journal, JournalError, Plan};
use crate::scenario::Files;
use crate::time::Instant;

/// What is played from what.
#[derive(Clone, Copy)]
pub(super) struct Playing<'a> {
    pub plan: &'a Plan,
    pub text: &'a str,
    pub files: &'a (dyn Files + Sync),
    pub base: &'a Base,
    pub talk: &'a TalkArgs,
    pub terminal: Terminal,
}

/// How playing ended.
pub(super) enum Played {
    /// All of it.
    Whole,
    /// Ctrl-C.
    Interrupted,
}

impl Playing<'_> {
    /// Plays these runs, which are in order, and notes each in the journal.
    pub(super) fn play(&self, runs: &[Run], journal: &mut Journal) -> Result<Played, Failure> {
        if runs.is_empty() {
            return Ok(Played::Whole);
        }
        let TalkArgs { quiet, progress, jobs, .. } = *self.talk;
        let meter = Mutex::new(StudyMeter::new(progress, quiet, self.terminal));
        let on_progress = |pace: Pace| {
            if interrupt::was_asked() {
                return Continue::Stop;
            }
            // A thread that finds another at the meter has better things to do.
            if let Ok(mut meter) = meter.try_lock() {
                meter.show(pace);
            }
            Continue::Yes
        };
        let kept = Mutex::new((journal, None::<JournalError>));
        let keep = |it: Done| {
            let Ok(mut kept) = kept.lock() else { return Continue::Stop };
            let (journal, failure) = &mut *kept;
            if let Err(error) = journal.append(&it) {
                *failure = Some(error);
                return Continue::Stop;
            }
            Continue::Yes
        };
        let draws = self.base.draws.as_ref();
        let load = |run: Run| {
            let draw = draws.map(|it| it.point(run.replicate)).unwrap_or_default();
            load(self.plan, run.point, &draw, self.text, self.files)
                .map_err(|problems| in_a_line(&problems))
        };
        let sweep = Sweep {
            threads: jobs.map(NonZeroUsize::get),
            with_other_keys: self.plan.other_keys,
            until: self.plan.until_ns.map(Instant::from_ns),
            max_events: self.plan.max_events,
            measures: &self.base.measures,
            is_drawn: draws.is_some(),
            load: &load,
        };
        let played = sweep.play(runs, &keep, &on_progress);
        if let Ok(mut meter) = meter.lock() {
            meter.clear();
        }
        match (kept.into_inner().ok().and_then(|(_, failure)| failure), played) {
            (Some(failure), _) => Err(broken(&failure)),
            (None, Err(_)) => Ok(Played::Interrupted),
            (None, Ok(())) => Ok(Played::Whole),
        }
    }
}

/// What a journal that cannot be used means.
pub(super) fn broken(error: &JournalError) -> Failure {
    let (path, message) = match error {
        JournalError::OtherPlan(path) => (
            path,
            "it keeps runs of another sweep that was interrupted; give its own command again, \
             begin anew with `--fresh`, or name this one with `--name`"
                .to_owned(),
        ),
        JournalError::NotOurs(path) => {
            (path, "it was not written by kinesim and is left as it is".to_owned())
        }
        JournalError::Changed(path) => {
            (path, "it was changed while it was read; give the same command again".to_owned())
        }
        JournalError::Io(path, error) => (path, error.to_string()),
    };
    Failure::Write { label: path.display().to_string(), message }
}
