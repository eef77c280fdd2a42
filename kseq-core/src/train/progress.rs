//! What `fit` prints: Keras's progress bar (verbose 1), one line an epoch (verbose 2), nothing (0).

use std::format;
use std::println;
use std::string::String;
use std::time::{Duration, Instant};

use super::callback::{Callback, Logs, Training};
use crate::error::Error;
use crate::model::Model;

/// The width of the bar in characters, as in Keras 3.
const BAR: usize = 20;

/// Prints how `fit` and `evaluate` go on: what their argument `verbose` asks for. 0: nothing; 1: a
/// progress bar; 2: one line an epoch.
#[derive(Default)]
pub struct ProgbarLogger {
    verbose: u8,
    /// The epoch, or the evaluation, under way.
    progress: Option<Progress>,
    training: bool,
}

impl ProgbarLogger {
    /// The logger of this verbosity.
    #[must_use]
    pub const fn new(verbose: u8) -> Self {
        ProgbarLogger {
            verbose,
            progress: None,
            training: false,
        }
    }

    /// A prediction of so many batches begins.
    pub(super) fn begin(&mut self, steps: usize) {
        self.progress = Some(Progress::start(self.verbose, Some(steps)));
    }

    /// It has ended.
    pub(super) fn finish(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.done = progress.steps.unwrap_or(0);
        }
        self.end(&Logs::new(&[], &[]));
    }

    fn step(&mut self, logs: &Logs<'_>) {
        if let Some(progress) = &mut self.progress {
            progress.step(logs);
        }
    }

    fn end(&mut self, logs: &Logs<'_>) {
        if let Some(progress) = self.progress.take() {
            progress.end(logs);
        }
    }
}

impl<M: Model> Callback<M> for ProgbarLogger {
    fn on_train_begin(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.training = true;
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        if self.verbose > 0 {
            println!("Epoch {}/{}", epoch + 1, t.epochs());
        }
        let mut progress = Progress::start(self.verbose, t.steps());
        progress.done = t.position().batch;
        self.progress = Some(progress);
        Ok(())
    }

    fn on_train_batch_begin(&mut self, _: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        if self.progress.is_none() {
            // A training that goes on in the middle of an epoch.
            let epoch = t.position().epoch;
            Callback::<M>::on_epoch_begin(self, epoch, t)?;
        }
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _: usize,
        logs: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.step(logs);
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        _: usize,
        logs: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.end(logs);
        Ok(())
    }

    fn on_test_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        if !self.training {
            self.progress = Some(Progress::start(self.verbose, t.steps()));
        }
        Ok(())
    }

    fn on_test_batch_end(
        &mut self,
        _: usize,
        logs: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if !self.training {
            self.step(logs);
        }
        Ok(())
    }

    fn on_test_end(&mut self, logs: &Logs<'_>, _: &mut Training<'_, M>) -> Result<(), Error> {
        if !self.training {
            self.end(logs);
        }
        Ok(())
    }
}

/// The output of one epoch.
struct Progress {
    verbose: u8,
    steps: Option<usize>,
    done: usize,
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
    fn start(verbose: u8, steps: Option<usize>) -> Self {
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
    fn step(&mut self, logs: &Logs<'_>) {
        self.done += 1;
        #[cfg(feature = "progress")]
        if let Some(bar) = &mut self.bar {
            bar.show(self.done, self.started, logs);
        }
        #[cfg(not(feature = "progress"))]
        let _ = logs;
    }

    /// The line that stays: `63/63 ━━━━━━━━━━━━━━━━━━━━ 1s 12ms/step - loss: 0.2301 - val_loss: 0.1921`.
    fn end(self, logs: &Logs<'_>) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.bar.finish_and_clear();
        }
        let time = timing(self.started.elapsed(), self.done);
        let logs = describe(logs);
        let (done, steps) = (self.done, self.steps.unwrap_or(self.done));
        match self.verbose {
            0 => {}
            1 => println!("{done}/{steps} {} {time}{logs}", "━".repeat(BAR)),
            _ => println!("{done}/{steps} - {}{logs}", time.replace(' ', " - ")),
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
