//! Ends a training whose loss is no number.

use core::fmt;
use std::format;
use std::vec::Vec;

use super::callback::{Callback, callback_error};
use crate::error::Error;
use crate::kernels::elementwise::first_not_finite;
use crate::model::Model;
use crate::params::Flat;
use crate::train::model::weights::{ArrayLocation, array_locations};
use crate::train::report::Logs;
use crate::train::report::say::say;
use crate::train::state::Training;

/// Ends training when the loss is NaN or infinite, and says where a value that is not finite came up first:
/// Keras's `TerminateOnNaN`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::TerminateOnNaN;
/// let nan = TerminateOnNaN::new();
/// assert!(nan.found().is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct TerminateOnNaN {
    raise_error: bool,
    found: Option<NonFinite>,
}

/// The first value that was NaN or infinite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonFinite {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The batch, from 0.
    pub batch: usize,
    /// Where.
    pub place: Where,
}

/// Where a value was NaN or infinite.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Where {
    /// In the output of a layer, or of one that works in the same memory (an activation behind it).
    Output(Vec<&'static str>),
    /// In the loss, although all outputs were finite.
    Loss,
    /// In the gradient of an array of a layer: the last such layer, since gradients go backward.
    Gradient(&'static str, &'static str),
    /// In an array of a layer after the update, although its gradient was finite.
    Weights(&'static str, &'static str),
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (epoch, batch) = (self.epoch + 1, self.batch);
        match &self.place {
            Where::Output(layers) => write!(f, "the output of {}", layers.join(" or "))?,
            Where::Loss => write!(f, "the loss, from finite outputs,")?,
            Where::Gradient(layer, array) => write!(f, "the gradient of {layer}.{array}")?,
            Where::Weights(layer, array) => write!(f, "{layer}.{array}, after the update,")?,
        }
        write!(
            f,
            " was the first to be NaN or infinite, in batch {batch} of epoch {epoch}"
        )
    }
}

impl TerminateOnNaN {
    /// Ends the training as if it had come to its end.
    #[must_use]
    pub const fn new() -> Self {
        TerminateOnNaN {
            raise_error: false,
            found: None,
        }
    }

    /// Whether `fit` returns an error, and `on_train_end` is not called. Default false.
    #[must_use]
    pub const fn raise_error(mut self, raise_error: bool) -> Self {
        self.raise_error = raise_error;
        self
    }

    /// Where a value that is not finite came up first, if there was one: perhaps a batch before the loss
    /// was not.
    #[must_use]
    pub const fn found(&self) -> Option<&NonFinite> {
        self.found.as_ref()
    }
}

/// Whether all values are finite.
fn finite(values: &[f32]) -> bool {
    first_not_finite(values).is_none()
}

/// Where the first value is that is not finite, after an update with this loss.
fn first<M: Model>(loss: f32, t: &Training<'_, M>) -> Option<Where> {
    let (gradients, params) = (t.workspace.gradients.as_f32s(), t.model.params.as_f32s());
    if loss.is_finite() && finite(gradients) && finite(params) {
        return None;
    }
    let (batch, planned) = (t.workspace.batch, t.workspace.planned());
    let placements = planned.map_or(M::PLACEMENTS, |planned| planned.placements);
    let scratch = planned.map_or(0, |planned| planned.sizes.scratch);
    let tape = t.workspace.work().get(scratch * batch..);
    let output = |i: usize| {
        let slot = placements.get(i)?;
        tape?.get(slot.y * batch..(slot.y + slot.len) * batch)
    };
    let wrong = |i: &usize| output(*i).is_some_and(|values| !finite(values));
    if let Some(i) = (0..placements.len()).find(wrong) {
        // The layers behind it that work in its memory have overwritten its own output.
        let behind = placements.iter().skip(i + 1);
        let behind = behind.take_while(|slot| slot.aliased).count();
        let layers = M::LAYERS.iter().skip(i).take(behind + 1);
        return Some(Where::Output(layers.map(|l| l.name).collect()));
    }
    if !loss.is_finite() {
        return Some(Where::Loss);
    }
    let trained = |i: usize| t.model.frozen.get(i) != Some(&true);
    let locations = array_locations(M::LAYERS);
    let arrays = || locations.iter().filter(|p| !p.state && trained(p.index));
    let name = |p: &ArrayLocation| (p.layer.name, p.spec.name);
    let gradient = arrays().rev().find(|p| !finite(p.of(gradients, &[])));
    if let Some((layer, array)) = gradient.map(name) {
        return Some(Where::Gradient(layer, array));
    }
    let weights = arrays().find(|p| !finite(p.of(params, &[]))).map(name);
    weights.map(|(layer, array)| Where::Weights(layer, array))
}

impl<M: Model> Callback<M> for TerminateOnNaN {
    fn on_train_begin(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.found = None;
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let loss = logs.get("loss").unwrap_or_default();
        if self.found.is_none() {
            let epoch = t.position().epoch;
            self.found = first(loss, t).map(|place| NonFinite {
                epoch,
                batch,
                place,
            });
        }
        if loss.is_finite() {
            return Ok(());
        }
        let place = self.found.as_ref().map(|found| format!("{found}"));
        let place = place.unwrap_or_default();
        if self.raise_error {
            let why = format!("the loss is {loss} in batch {batch}; {place}");
            return Err(callback_error("TerminateOnNaN", why));
        }
        say(format_args!(
            "Batch {batch}: Invalid loss, terminating training: {place}"
        ));
        t.stop_training();
        Ok(())
    }
}
