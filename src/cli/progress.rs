//! How far a run has come, on stderr.

use std::fmt::Write as _;
use std::time::Duration;

use crate::cli::clock::Stopwatch;
use crate::cli::terminal::Terminal;
use crate::cli::values::ProgressWhen;
use crate::experiment::forecast::Effort;
use crate::experiment::run::Progress;
use crate::experiment::study::Pace;
use crate::model::plan::Resolution;
use crate::quantity::rough_count;
use crate::report::number;
use crate::time::Instant;

/// What is over sooner shows no progress.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two looks at the same line.
const PERIOD: Duration = Duration::from_millis(100);

/// Shows how far one run is.
#[derive(Debug)]
pub(super) struct Meter(Line);

/// Shows how far a study of many runs is.
#[derive(Debug)]
pub(super) struct StudyMeter(Line);

/// A line of progress in one of its forms.
#[derive(Debug)]
struct Line {
    form: Form,
    terminal: Terminal,
    watch: Stopwatch,
}

#[derive(Debug)]
enum Form {
    Hidden,
    /// One line that is written over.
    Live {
        /// When it is written next, since the start.
        due: Duration,
        /// Width of what stands there [characters].
        width: usize,
    },
    /// A line every 10 %.
    Plain {
        /// Tenths of the run that were told.
        tenths: u64,
    },
}

impl Meter {
    /// Starts now.
    pub(super) fn new(when: ProgressWhen, is_quiet: bool, terminal: Terminal) -> Self {
        Self(Line::new(when, is_quiet, terminal))
    }

    /// The run has come this far.
    pub(super) fn show(&mut self, progress: Progress) {
        let done = share(progress.now, progress.until);
        self.0.show(done, |elapsed| line(progress, elapsed));
    }

    /// The run is over: the line goes.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl StudyMeter {
    /// Starts now.
    pub(super) fn new(when: ProgressWhen, is_quiet: bool, terminal: Terminal) -> Self {
        Self(Line::new(when, is_quiet, terminal))
    }

    /// The study has come this far.
    pub(super) fn show(&mut self, pace: Pace) {
        self.0.show(pace.share, |elapsed| study_line(pace, elapsed));
    }

    /// The study is over: the line goes.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Line {
    fn new(when: ProgressWhen, is_quiet: bool, terminal: Terminal) -> Self {
        let form = match when {
            ProgressWhen::Auto if is_quiet || !terminal.is_interactive => Form::Hidden,
            ProgressWhen::Auto => Form::Live { due: PATIENCE, width: 0 },
            ProgressWhen::Always => Form::Live { due: Duration::ZERO, width: 0 },
            ProgressWhen::Plain => Form::Plain { tenths: 0 },
            ProgressWhen::Never => Form::Hidden,
        };
        Self { form, terminal, watch: Stopwatch::start() }
    }

    fn show(&mut self, share: f64, line: impl Fn(Duration) -> String) {
        match &mut self.form {
            Form::Hidden => {}
            Form::Live { due, width } => {
                let elapsed = self.watch.elapsed();
                if elapsed < *due {
                    return;
                }
                *due = elapsed + PERIOD;
                let line = line(elapsed);
                // Spaces wipe what a longer line left; no escape sequence is needed.
                self.terminal.say_raw(&format!("\r{line:<width$}", width = *width));
                *width = line.chars().count();
            }
            Form::Plain { tenths } => {
                let reached = (share * 10.0) as u64;
                if reached > *tenths {
                    *tenths = reached;
                    self.terminal.say(&line(self.watch.elapsed()));
                }
            }
        }
    }

    fn clear(&mut self) {
        if let Form::Live { width, .. } = &mut self.form
            && *width > 0
        {
            self.terminal.say_raw(&format!("\r{:width$}\r", "", width = *width));
            *width = 0;
        }
    }
}

/// Runs that take longer are announced (s).
const LONG_S: f64 = 10.0;

/// Says before a long run how long it may take, and what would take less.
pub(super) fn announce(effort: &Effort, terminal: Terminal) {
    if effort.seconds > LONG_S {
        terminal.say(&forecast(effort));
    }
}

/// `about 900 million records in 1 d: some 90 s; resolution = "20 ms" would take some 2 s`.
fn forecast(effort: &Effort) -> String {
    let mut line = format!(
        "about {} records in {}",
        rough_count(effort.records as u64),
        number::duration(effort.length.as_s())
    );
    if let Resolution::Quantum(quantum) = effort.resolution {
        let _ = write!(line, ", in quanta of {quantum}");
    }
    let _ = write!(line, ": some {}", rough_time(effort.seconds));
    if let Some((quantum, seconds)) = effort.coarser {
        let time = rough_time(seconds);
        let _ = write!(line, "; resolution = \"{quantum}\" would take some {time}");
    }
    line
}

/// One digit and a unit, at least a second: `40 s`, `2 min`, `3 h`.
fn rough_time(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];
    let fits = |unit: &&(f64, &str)| seconds >= 1.5 * unit.0;
    let (unit, name) = UNITS.iter().find(fits).unwrap_or(&UNITS[3]);
    let units = (seconds / unit).clamp(1.0, 1e15);
    let mut digit = 1.0;
    while units / digit >= 9.5 {
        digit *= 10.0;
    }
    format!("{} {name}", number::count(((units / digit).round() * digit) as u64))
}

/// `  42 %  2 h 31 min of 6 h   1,900x real time   31 M attempts   ~4 s left`.
fn line(progress: Progress, elapsed: Duration) -> String {
    let Progress { now, until, attempts, .. } = progress;
    let share = share(now, until);
    let real = elapsed.as_secs_f64().max(1e-3);
    let speed = now.as_s() / real;
    let speed = if speed < 10.0 { format!("{speed:.1}") } else { number::count(speed as u64) };
    let mut line = format!(
        "{:>4.0} %  {} of {}   {speed}x real time   {} attempts",
        (share * 100.0).floor(),
        number::duration(now.as_s()),
        number::duration(until.as_s()),
        rough(attempts),
    );
    line.push_str(&left(share, real));
    line
}

/// `  42 %  84 of 200 runs   ~12 s left`.
fn study_line(pace: Pace, elapsed: Duration) -> String {
    let real = elapsed.as_secs_f64().max(1e-3);
    format!(
        "{:>4.0} %  {} of {} runs{}",
        (pace.share * 100.0).floor(),
        number::count(pace.done),
        number::count(pace.runs),
        left(pace.share, real)
    )
}

/// `   ~12 s left`, where the part that is done took so many seconds.
fn left(share: f64, real: f64) -> String {
    if share > 0.0 && share < 1.0 {
        let left = (real / share - real).max(0.0);
        return format!("   ~{} left", number::duration(left.ceil()));
    }
    String::new()
}

fn share(now: Instant, until: Instant) -> f64 {
    if until == Instant::ZERO { 1.0 } else { now.as_s() / until.as_s() }
}

/// A count to its thousands or millions: `812`, `31 k`, `4.9 M`, `1,204 M`.
fn rough(count: u64) -> String {
    match count {
        0..10_000 => number::count(count),
        10_000..1_000_000 => format!("{} k", count / 1_000),
        1_000_000..10_000_000 => format!("{:.1} M", (count / 100_000) as f64 / 10.0),
        _ => format!("{} M", number::count(count / 1_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    #[test]
    fn a_line_says_share_time_speed_work_and_rest() {
        // 2 h 31 min of 6 h are 41.94 %; 9,060 s in 4.5 s are 2,013 times; 6.23 s are left.
        let progress = Progress {
            now: Instant::from_s(9_060),
            until: Instant::from_s(21_600),
            wakes: 1,
            attempts: 31_400_000,
        };
        assert_eq!(
            line(progress, Duration::from_millis(4_500)),
            "  41 %  2 h 31 min of 6 h   2,013x real time   31 M attempts   ~7 s left"
        );
    }

    #[test]
    fn a_study_says_its_runs_and_its_rest() {
        // A quarter took 3 s, so three quarters take 9 s.
        let pace = Pace { done: 2, runs: 10, share: 0.25 };
        assert_eq!(study_line(pace, Duration::from_secs(3)), "  25 %  2 of 10 runs   ~9 s left");
        let over = Pace { done: 10, runs: 10, share: 1.0 };
        assert_eq!(study_line(over, Duration::from_secs(3)), " 100 %  10 of 10 runs");
    }

    #[test]
    fn counts_are_cut_not_rounded() {
        let cut = [(812, "812"), (9_999, "9,999"), (31_999, "31 k"), (4_990_000, "4.9 M")];
        for (count, text) in cut.into_iter().chain([(1_204_999_999, "1,204 M")]) {
            assert_eq!(rough(count), text);
        }
    }

    #[test]
    fn a_forecast_has_one_digit_and_names_what_would_take_less() {
        let day = Effort {
            records: 864e6,
            length: Span::from_s(86_400),
            resolution: Resolution::Exact,
            seconds: 86.4,
            coarser: Some((Span::from_s(1), 0.2)),
        };
        assert_eq!(
            forecast(&day),
            "about 864 million records in 1 d: some 90 s; resolution = \"1 s\" would take some 1 s"
        );
        let resolution = Resolution::Quantum(Span::from_ms(100));
        let day = Effort { resolution, seconds: 6_000.0, coarser: None, ..day };
        assert_eq!(
            forecast(&day),
            "about 864 million records in 1 d, in quanta of 100 ms: some 2 h"
        );
        for (seconds, text) in [
            (0.0, "1 s"),
            (9.4, "9 s"),
            (14.9, "10 s"),
            (89.0, "90 s"),
            (90.0, "2 min"),
            (2_220.0, "40 min"),
        ] {
            assert_eq!(rough_time(seconds), text);
        }
        assert_eq!(rough_time(f64::MAX), rough_time(1e30));
    }

    #[test]
    fn nothing_divides_by_zero() {
        let progress = Progress { now: Instant::ZERO, until: Instant::ZERO, wakes: 0, attempts: 0 };
        assert!(line(progress, Duration::ZERO).starts_with(" 100 %"));
        let progress = Progress { until: Instant::from_s(1), ..progress };
        assert_eq!(
            line(progress, Duration::ZERO),
            "   0 %  0 s of 1 s   0.0x real time   0 attempts"
        );
    }
}
