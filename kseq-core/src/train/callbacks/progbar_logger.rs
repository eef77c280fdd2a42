//! `ProgbarLogger`: what `fit` and `evaluate` print.

use std::borrow::ToOwned;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::callback::Callback;
use crate::error::Error;
use crate::model::Model;
use crate::train::report::Logs;
use crate::train::report::curves::{Live, curves};
use crate::train::report::progress::Progress;
use crate::train::report::say::{is_terminal, say};
use crate::train::state::Training;

/// Prints the progress of `fit` and `evaluate`: what their argument `verbose` asks for. 0: nothing; 1: a
/// progress bar; 2: one line an epoch; 3: a progress bar below the curves of loss and metrics.
#[derive(Default)]
pub struct ProgbarLogger {
    verbose: u8,
    /// The epoch, or the evaluation, under way.
    progress: Option<Progress>,
    training: bool,
    /// The curves, where they can be drawn anew; and what stands below them in the end.
    live: Option<Live>,
    last: [String; 2],
}

impl ProgbarLogger {
    /// The logger of this verbosity.
    #[must_use]
    pub const fn new(verbose: u8) -> Self {
        ProgbarLogger {
            verbose,
            progress: None,
            training: false,
            live: None,
            last: [const { String::new() }; 2],
        }
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
    fn writes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.training = true;
        self.live = (self.verbose == 3 && is_terminal()).then(Live::default);
        Ok(())
    }

    fn on_train_end(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        match self.live.take() {
            Some(mut live) => {
                let [epoch, line] = &self.last;
                // Of no epochs there is nothing to draw.
                if !epoch.is_empty() {
                    live.draw(t.history(), epoch);
                    say(format_args!("{line}"));
                }
            }
            None if self.verbose == 3 => {
                let lines = curves(t.history());
                lines.iter().for_each(|line| say(format_args!("{line}")));
            }
            None => {}
        }
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        let line = format!("Epoch {}/{}", epoch + 1, t.epochs());
        match &mut self.live {
            Some(live) => live.show(t.history(), &line),
            None if self.verbose > 0 => say(format_args!("{line}")),
            None => {}
        }
        self.last = [line, String::new()];
        let mut progress = Progress::start(self.verbose, t.steps());
        progress.done = t.position().batch;
        self.progress = Some(progress);
        Ok(())
    }

    fn on_train_batch_begin(&mut self, _: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        if self.progress.is_none() {
            // A training that continues in the middle of an epoch.
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
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        // With what other callbacks have logged: `learning_rate`.
        let logged = t.logged().iter().map(|&(name, value)| (name, value));
        let (names, values): (Vec<String>, Vec<f32>) = logs
            .iter()
            .chain(logged)
            .map(|(name, value)| (name.to_owned(), value))
            .unzip();
        let logs = Logs::new(&names, &values);
        match self.progress.take() {
            // The curves say it; behind the last epoch it remains.
            Some(progress) if self.live.is_some() => {
                let [_, line] = &mut self.last;
                *line = progress.line(&logs);
            }
            Some(progress) => progress.end(&logs),
            None => {}
        }
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
