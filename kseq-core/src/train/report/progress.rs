//! The progress of an epoch, an evaluation or a prediction as it is printed: Keras's progress bar (verbose 1, and 3), one line
//! at the end (verbose 2), nothing (0).

use std::format;
use std::string::String;
use std::time::{Duration, Instant};

use super::logs::Logs;
use super::say::{KEEP_ON_LINE, WRAP, is_terminal, put, say};

/// The width of the bar in characters, as in Keras 3.
const BAR: usize = 20;

/// The steps of an epoch, an evaluation or a prediction, printed as they are done.
pub(in crate::train) struct Progress {
    verbose: u8,
    steps: Option<usize>,
    pub done: usize,
    started: Instant,
    bar: Option<Bar>,
}

impl Progress {
    /// Begins; of a generator the number of steps may be unknown.
    pub fn start(verbose: u8, steps: Option<usize>) -> Self {
        let started = Instant::now();
        Progress {
            verbose,
            steps,
            done: 0,
            started,
            bar: matches!(verbose, 1 | 3)
                .then(|| Bar::on_terminal(started))
                .flatten(),
        }
    }

    /// One step is done; the values are those so far.
    pub fn step(&mut self, logs: &Logs<'_>) {
        self.done += 1;
        if let Some(bar) = &mut self.bar {
            bar.show(self.done, self.steps, self.started, logs);
        }
    }

    /// All steps are done, and there are no values: the end of a prediction.
    pub fn finish(mut self) {
        self.done = self.steps.unwrap_or(0);
        self.end(&Logs::new(&[], &[]));
    }

    /// Prints the line that remains: `63/63 ━━━━━━━━━━━━━━━━━━━━ 1s 12ms/step - loss: 0.2301 - val_loss: 0.1921`.
    pub fn end(self, logs: &Logs<'_>) {
        if self.verbose > 0 {
            say(format_args!("{}", self.line(logs)));
        }
    }

    /// The line that remains, in place of the one that changes.
    pub fn line(self, logs: &Logs<'_>) -> String {
        if let Some(bar) = &self.bar {
            bar.clear();
        }
        let time = timing(self.started.elapsed(), self.done);
        let logs = describe(logs);
        // There can be more than were announced: a `Sequence` may have grown.
        let (done, steps) = (self.done, self.steps.unwrap_or(0).max(self.done));
        match self.verbose {
            1 | 3 => format!("{done}/{steps} {} {time}{logs}", "━".repeat(BAR)),
            _ => format!("{done}/{steps} - {}{logs}", time.replace(' ', " - ")),
        }
    }
}

/// The line of a terminal that changes while the steps are done.
struct Bar {
    shown: Instant,
}

impl Bar {
    const CLEAR: &str = "\r\x1b[K";

    /// None if the output is a file, a pipe, or a terminal that takes no such line back.
    fn on_terminal(shown: Instant) -> Option<Self> {
        is_terminal().then_some(Bar { shown })
    }

    /// Ten times a second at most.
    fn show(&mut self, done: usize, steps: Option<usize>, started: Instant, logs: &Logs<'_>) {
        if self.shown.elapsed() < Duration::from_millis(100) {
            return;
        }
        self.shown = Instant::now();
        let line = line(done, steps) + &timing(started.elapsed(), done) + &describe(logs);
        // A line that the terminal wraps could not be taken back.
        put(&[KEEP_ON_LINE, Self::CLEAR, &line, WRAP]);
    }

    fn clear(&self) {
        put(&[Self::CLEAR]);
    }
}

/// `12/63 ━━━───────────────── `; of an unknown number of steps `12/Unknown `, as in Keras.
fn line(done: usize, steps: Option<usize>) -> String {
    let Some(steps) = steps else {
        return format!("{done}/Unknown ");
    };
    // There can be more than were announced.
    let full = BAR * done.min(steps) / steps.max(1);
    let (full, empty) = ("━".repeat(full), "─".repeat(BAR - full));
    format!("{done}/{steps} {full}{empty} ")
}

/// `1s 12ms/step`
fn timing(elapsed: Duration, steps: usize) -> String {
    let each = elapsed.as_secs_f64() / steps.max(1) as f64;
    let each = match each {
        s if s >= 1.0 => format!("{s:.0}s"),
        s if s >= 1e-3 => format!("{:.0}ms", s * 1e3),
        s => format!("{:.0}us", s * 1e6),
    };
    format!("{:.0}s {each}/step", elapsed.as_secs_f64())
}

/// ` - loss: 0.2301 - accuracy: 0.9512`
fn describe(logs: &Logs<'_>) -> String {
    let mut line = String::new();
    for (name, value) in logs.iter() {
        line += &format!(" - {name}: {}", number(value));
    }
    line
}

/// `0.2301`, small values as `1.2000e-5`.
pub(super) fn number(value: f32) -> String {
    match value == 0.0 || value.abs() >= 1e-3 {
        true => format!("{value:.4}"),
        false => format!("{value:.4e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_terminal() {
        assert_eq!(line(0, Some(8)), format!("0/8 {} ", "─".repeat(20)));
        let half = format!("4/8 {}{} ", "━".repeat(10), "─".repeat(10));
        assert_eq!(line(4, Some(8)), half);
        assert_eq!(line(9, Some(8)), format!("9/8 {} ", "━".repeat(20)));
        assert_eq!(line(0, Some(0)), format!("0/0 {} ", "─".repeat(20)));
        assert_eq!(line(3, None), "3/Unknown ");
    }
}
