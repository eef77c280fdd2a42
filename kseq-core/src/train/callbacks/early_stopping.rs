//! Ends a training that no longer gets better.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::callback::Callback;
use super::monitor::{Mode, Monitor};
use super::stored::{check_counts_and_best, is_f32};
use crate::error::Error;
use crate::model::Model;
use crate::params::Flat;
use crate::train::model::sequential::locked;
use crate::train::report::Logs;
use crate::train::report::say::say;
use crate::train::state::Training;

/// Stops training when a monitored value has stopped improving: Keras's `EarlyStopping`.
///
/// An epoch counts as better if the value beats the best one by more than `min_delta`. After `patience`
/// epochs that do not, training ends; the first epoch never ends it. With a `baseline`, only epochs that
/// beat it, too, begin the patience anew.
///
/// Defaults as in Keras: monitor `val_loss`, min_delta 0, patience 0, mode auto, no baseline, the weights
/// of the last epoch stay.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::EarlyStopping;
/// let stop = EarlyStopping::new().monitor("val_loss").patience(2).restore_best_weights(true);
/// assert_eq!(stop.stopped_epoch(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    monitor: Monitor,
    patience: usize,
    verbose: u8,
    baseline: Option<f32>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    wait: usize,
    stopped_epoch: usize,
    best_epoch: usize,
    /// Parameters, then state.
    best_weights: Vec<f32>,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping::new()
    }
}

impl EarlyStopping {
    /// With Keras's defaults.
    #[must_use]
    pub fn new() -> Self {
        EarlyStopping {
            monitor: Monitor::new("val_loss"),
            patience: 0,
            verbose: 0,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            wait: 0,
            stopped_epoch: 0,
            best_epoch: 0,
            best_weights: Vec::new(),
        }
    }

    /// The value to look at. Default `val_loss`.
    #[must_use]
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor.name = name.into();
        self
    }

    /// By how much a value must be better; the sign does not count. Default 0.
    #[must_use]
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta;
        self
    }

    /// The epochs without improvement after which training ends. Default 0.
    #[must_use]
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// 1: says when it stops and restores. Default 0.
    #[must_use]
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// Whether smaller or larger is better: `"min"`, `"max"` or `"auto"`, or a [`Mode`].
    #[must_use]
    pub fn mode(mut self, mode: impl Into<Mode>) -> Self {
        self.monitor.mode = mode.into();
        self
    }

    /// A value to be beaten. Default none.
    #[must_use]
    pub fn baseline(mut self, baseline: f32) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// Whether the model gets the weights of its best epoch when `fit` ends, whatever ended it.
    #[must_use]
    pub fn restore_best_weights(mut self, restore: bool) -> Self {
        self.restore_best_weights = restore;
        self
    }

    /// The epochs that are not looked at, from the beginning. Default 0.
    #[must_use]
    pub fn start_from_epoch(mut self, epochs: usize) -> Self {
        self.start_from_epoch = epochs;
        self
    }

    /// The epoch, counted from 0, after which it ended the training; 0 if it did not.
    #[must_use]
    pub fn stopped_epoch(&self) -> usize {
        self.stopped_epoch
    }

    /// The best value so far.
    #[must_use]
    pub fn best(&self) -> Option<f32> {
        self.monitor.best
    }

    /// The epoch, counted from 0, of the best value.
    #[must_use]
    pub fn best_epoch(&self) -> usize {
        self.best_epoch
    }

    fn keep<M: Model>(&mut self, t: &mut Training<'_, M>) {
        if self.restore_best_weights {
            self.best_weights.clear();
            let params = t.model.params.as_f32s();
            self.best_weights.extend_from_slice(params);
            let state = locked(&mut t.model.state).as_f32s();
            self.best_weights.extend_from_slice(state);
        }
    }
}

impl<M: Model> Callback<M> for EarlyStopping {
    fn monitor(&self) -> Option<&str> {
        Some(&self.monitor.name)
    }

    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.monitor.begin("EarlyStopping", t)?;
        self.monitor.best = None;
        self.wait = 0;
        self.stopped_epoch = 0;
        self.best_epoch = 0;
        self.best_weights.clear();
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let Some(current) = logs.get(&self.monitor.name) else {
            return Ok(()); // an epoch without validation
        };
        if epoch < self.start_from_epoch {
            return Ok(());
        }
        if self.restore_best_weights && self.best_weights.is_empty() {
            self.keep(t);
            self.best_epoch = epoch;
        }
        self.wait += 1;
        if self.monitor.improves(current, self.monitor.best) {
            self.monitor.best = Some(current);
            self.best_epoch = epoch;
            self.keep(t);
            if self.monitor.improves(current, self.baseline) {
                self.wait = 0;
            }
        } else if self.wait >= self.patience && epoch > 0 {
            self.stopped_epoch = epoch;
            t.stop_training();
        }
        Ok(())
    }

    fn on_train_end(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        if self.stopped_epoch > 0 && self.verbose > 0 {
            say(format_args!(
                "Epoch {}: early stopping",
                self.stopped_epoch + 1
            ));
        }
        let params = t.model.params.as_f32s_mut();
        let state = locked(&mut t.model.state).as_f32s_mut();
        if self.best_weights.len() == params.len() + state.len() && self.restore_best_weights {
            if self.verbose > 0 {
                let best = self.best_epoch + 1;
                say(format_args!(
                    "Restoring model weights from the end of the best epoch: {best}."
                ));
            }
            let (best_params, best_state) = self.best_weights.split_at(params.len());
            params.copy_from_slice(best_params);
            state.copy_from_slice(best_state);
        }
        Ok(())
    }

    fn state(&self) -> Vec<f64> {
        let numbers = [self.wait, self.stopped_epoch, self.best_epoch].map(|n| n as f64);
        let mut state = numbers.to_vec();
        state.extend(self.monitor.state());
        state.extend(self.best_weights.iter().copied().map(f64::from));
        state
    }

    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        let (numbers, weights) = state.split_at_checked(5).unwrap_or((state, &[]));
        check_counts_and_best::<3>(numbers)?;
        let all = <M::Params as Flat>::LEN + <M::State as Flat>::LEN;
        match weights.len() {
            0 => Ok(()),
            len if len != all => Err(format!("expected {all} weights, found {len}")),
            _ if !weights.iter().all(|w| is_f32(*w)) => Err("expected weights".into()),
            _ => Ok(()),
        }
    }

    fn set_state(&mut self, state: &[f64]) {
        if let [wait, stopped, best_epoch, some, best, weights @ ..] = state {
            self.wait = *wait as usize;
            self.stopped_epoch = *stopped as usize;
            self.best_epoch = *best_epoch as usize;
            self.monitor.set_state([*some, *best]);
            self.best_weights = weights.iter().map(|w| *w as f32).collect();
        }
    }
}
