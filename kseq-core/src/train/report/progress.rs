//! The progress of an epoch, an evaluation or a prediction as it is printed: Keras's progress bar (verbose 1), one line
//! at the end (verbose 2), nothing (0).

use std::format;
use std::string::String;
use std::time::{Duration, Instant};

use super::logs::Logs;
use super::say::say;

/// The width of the bar in characters, as in Keras 3.
const BAR: usize = 20;

/// The steps of an epoch, an evaluation or a prediction, printed as they are done.
pub(in crate::train) struct Progress {
    verbose: u8,
    steps: Option<usize>,
    pub done: usize,
    started: Instant,
    #[cfg(feature = "progress")]
    bar: Option<Bar>,
}

#[cfg(feature = "progress")]
struct Bar {
    bar: indicatif::ProgressBar,
    shown: Instant,
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
            #[cfg(feature = "progress")]
            bar: (verbose == 1).then(|| Bar::new(steps, started)),
        }
    }

    /// One step is done; the values are those so far.
    pub fn step(&mut self, logs: &Logs<'_>) {
        self.done += 1;
        #[cfg(feature = "progress")]
        if let Some(bar) = &mut self.bar {
            bar.show(self.done, self.started, logs);
        }
        #[cfg(not(feature = "progress"))]
        let _ = logs;
    }

    /// All steps are done, and there are no values: the end of a prediction.
    pub fn finish(mut self) {
        self.done = self.steps.unwrap_or(0);
        self.end(&Logs::new(&[], &[]));
    }

    /// Prints the line that remains: `63/63 ━━━━━━━━━━━━━━━━━━━━ 1s 12ms/step - loss: 0.2301 - val_loss: 0.1921`.
    pub fn end(self, logs: &Logs<'_>) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.bar.finish_and_clear();
        }
        let time = timing(self.started.elapsed(), self.done);
        let logs = describe(logs);
        // There can be more than were announced: a `Sequence` may have grown.
        let (done, steps) = (self.done, self.steps.unwrap_or(0).max(self.done));
        match self.verbose {
            0 => {}
            1 => say(format_args!(
                "{done}/{steps} {} {time}{logs}",
                "━".repeat(BAR)
            )),
            _ => say(format_args!(
                "{done}/{steps} - {}{logs}",
                time.replace(' ', " - ")
            )),
        }
    }
}

#[cfg(feature = "progress")]
impl Bar {
    fn new(steps: Option<usize>, shown: Instant) -> Self {
        use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
        let steps = steps.map(|steps| steps as u64);
        let bar = ProgressBar::with_draw_target(steps, ProgressDrawTarget::stdout());
        let template = format!("{{pos}}/{{len}} {{bar:{BAR}}} {{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("━━─"));
        }
        Bar { bar, shown }
    }

    /// Ten times a second at most, and only on a terminal.
    fn show(&mut self, done: usize, started: Instant, logs: &Logs<'_>) {
        if self.bar.is_hidden() || self.shown.elapsed() < Duration::from_millis(100) {
            return;
        }
        self.shown = Instant::now();
        let message = timing(started.elapsed(), done) + &describe(logs);
        self.bar.set_position(done as u64);
        self.bar.set_message(message);
    }
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

/// ` - loss: 0.2301 - accuracy: 0.9512`, small values as `1.2e-05`.
fn describe(logs: &Logs<'_>) -> String {
    let mut line = String::new();
    for (name, value) in logs.iter() {
        line += &if value == 0.0 || value.abs() >= 1e-3 {
            format!(" - {name}: {value:.4}")
        } else {
            format!(" - {name}: {value:.4e}")
        };
    }
    line
}
