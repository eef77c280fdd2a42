//! Lowers the learning rate of a training that no longer gets better.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::callback::{Callback, callback_error};
use super::monitor::{Mode, Monitor};
use super::stored::check_counts_and_best;
use crate::error::Error;
use crate::model::Model;
use crate::train::report::Logs;
use crate::train::report::say::say;
use crate::train::state::Training;

/// Multiplies the learning rate with `factor` when a monitored value has stopped improving for
/// `patience` epochs, but not below `min_lr`: Keras's `ReduceLROnPlateau`. After that it waits for
/// `cooldown` epochs. The learning rate is in the history as `learning_rate`.
///
/// Defaults as in Keras: monitor `val_loss`, factor 0.1, patience 10, mode auto, min_delta 0.0001, cooldown
/// 0, min_lr 0.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::ReduceLROnPlateau;
/// let reduce_lr = ReduceLROnPlateau::new().factor(0.2).patience(5).min_lr(0.001);
/// assert_eq!(reduce_lr.best(), None);
/// ```
#[derive(Clone, Debug)]
pub struct ReduceLROnPlateau {
    monitor: Monitor,
    factor: f64,
    patience: usize,
    verbose: u8,
    cooldown: usize,
    min_lr: f64,
    wait: usize,
    cooldown_counter: usize,
}

impl Default for ReduceLROnPlateau {
    fn default() -> Self {
        ReduceLROnPlateau::new()
    }
}

impl ReduceLROnPlateau {
    /// With Keras's defaults.
    #[must_use]
    pub fn new() -> Self {
        ReduceLROnPlateau {
            monitor: Monitor {
                min_delta: 1e-4,
                ..Monitor::new("val_loss")
            },
            factor: 0.1,
            patience: 10,
            verbose: 0,
            cooldown: 0,
            min_lr: 0.0,
            wait: 0,
            cooldown_counter: 0,
        }
    }

    /// The value to look at. Default `val_loss`.
    #[must_use]
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor.name = name.into();
        self
    }

    /// What the learning rate is multiplied with: at least 0, less than 1. Default 0.1.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// The epochs without improvement after which the learning rate falls. Default 10.
    #[must_use]
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// 1: says when it lowers the learning rate. Default 0.
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

    /// By how much a value must be better. Default 0.0001.
    #[must_use]
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta;
        self
    }

    /// The epochs that do not count after the learning rate fell. Default 0.
    #[must_use]
    pub fn cooldown(mut self, cooldown: usize) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// The least learning rate. Default 0.
    #[must_use]
    pub fn min_lr(mut self, min_lr: f64) -> Self {
        self.min_lr = min_lr;
        self
    }

    /// The best value so far.
    #[must_use]
    pub fn best(&self) -> Option<f32> {
        self.monitor.best
    }
}

impl<M: Model> Callback<M> for ReduceLROnPlateau {
    fn monitor(&self) -> Option<&str> {
        Some(&self.monitor.name)
    }

    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        let refused = |why| Err(callback_error("ReduceLROnPlateau", why));
        if !(0.0..1.0).contains(&self.factor) {
            let found = self.factor;
            return refused(format!(
                "factor: expected at least 0 and less than 1, found {found}"
            ));
        }
        if !(self.min_lr.is_finite() && self.min_lr >= 0.0) {
            let found = self.min_lr;
            return refused(format!("min_lr: expected a number from 0, found {found}"));
        }
        // An optimizer whose learning rate cannot be set says so now, not after many epochs.
        t.set_learning_rate(t.base_learning_rate("ReduceLROnPlateau")?)?;
        self.monitor.begin("ReduceLROnPlateau", t)?;
        self.monitor.best = None;
        self.wait = 0;
        self.cooldown_counter = 0;
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if let Some(learning_rate) = t.learning_rate() {
            t.log("learning_rate", learning_rate);
        }
        let Some(current) = logs.get(&self.monitor.name) else {
            return Ok(()); // an epoch without validation
        };
        if self.cooldown_counter > 0 {
            self.cooldown_counter -= 1;
            self.wait = 0;
        }
        if self.monitor.improves(current, self.monitor.best) {
            self.monitor.best = Some(current);
            self.wait = 0;
        } else if self.cooldown_counter == 0 {
            self.wait += 1;
            let old = t.base_learning_rate("ReduceLROnPlateau")?;
            if self.wait >= self.patience && old > self.min_lr as f32 {
                let new = (f64::from(old) * self.factor).max(self.min_lr) as f32;
                t.set_learning_rate(new)?;
                if self.verbose > 0 {
                    let epoch = epoch + 1;
                    say(format_args!(
                        "\nEpoch {epoch}: ReduceLROnPlateau reducing learning rate to {new}."
                    ));
                }
                self.cooldown_counter = self.cooldown;
                self.wait = 0;
            }
        }
        Ok(())
    }

    fn state(&self) -> Vec<f64> {
        let [some, best] = self.monitor.state();
        std::vec![self.wait as f64, self.cooldown_counter as f64, some, best]
    }

    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        check_counts_and_best::<2>(state)
    }

    fn set_state(&mut self, state: &[f64]) {
        if let [wait, cooldown, some, best] = *state {
            self.wait = wait as usize;
            self.cooldown_counter = cooldown as usize;
            self.monitor.set_state([some, best]);
        }
    }
}
