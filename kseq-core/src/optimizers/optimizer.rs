//! What an optimizer is.

use super::settings::Extras;
use crate::error::Error;
use crate::facts::Occurrences;
use crate::shape::Shape;
use crate::text::Note;

/// An update rule, applied element by element.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::Optimizer;
///
/// /// p = p - 0.1 * sign(g)
/// struct SignSGD;
/// impl Optimizer for SignSGD {
///     const SLOT_NAMES: &'static [&'static str] = &[];
///     fn update(&self, _step: u64, p: &mut [f32], g: &[f32], _slots: &mut [&mut [f32]]) {
///         for (p, g) in p.iter_mut().zip(g) {
///             *p -= 0.1 * g.signum();
///         }
///     }
/// }
/// ```
///
/// With [`Settings`](super::Settings) it also has a learning rate that callbacks may set, schedules, clipping and weight
/// decay:
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::error::Error;
/// use kseq::optimizers::{Extras, Optimizer, Settings};
///
/// // Without averages and accumulation, which need slots; with clipping, weight decay and decay.
/// struct SignSGD(Settings<f32, false, false, true>);
/// impl Optimizer for SignSGD {
///     const SLOT_NAMES: &'static [&'static str] = &[];
///     fn update(&self, step: u64, p: &mut [f32], g: &[f32], _slots: &mut [&mut [f32]]) {
///         let lr = self.0.rate_of_update(step);
///         for (p, g) in p.iter_mut().zip(g) {
///             *p -= lr * g.signum();
///         }
///     }
///     fn learning_rate(&self, step: u64) -> Option<f32> {
///         Some(self.0.rate(step))
///     }
///     fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
///         self.0.set_rate(learning_rate)
///     }
///     fn extras(&self) -> Extras {
///         self.0.extras()
///     }
/// }
/// let sign = SignSGD(Settings::new(0.1).clipnorm(1.0));
/// assert_eq!(sign.learning_rate(0), Some(0.1));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer",
    label = "expected an optimizer, such as `RMSprop::default()` or `SGD::new(0.01)`",
    note = "Keras's words go with the macro: `compile!(model, optimizer = \"adam\", loss = \"mse\", metrics = [\"accuracy\"])`"
)]
pub trait Optimizer: Send + Sync {
    /// Keras's name of the optimizer.
    const NAME: &'static str = "optimizer";

    /// The names of the values kept for each parameter (`momentum`, `velocity`), at most
    /// [`MAX_SLOTS`](super::MAX_SLOTS); they are zero in the beginning.
    const SLOT_NAMES: &'static [&'static str];

    /// The number of values kept for each parameter: that of the names, and not to be set.
    const SLOTS: usize = Self::SLOT_NAMES.len();

    /// What [`update_occurrences`](Self::update_occurrences) is given.
    const OCCURRENCES: Occurrences = Occurrences::Sum;

    /// Updates the parameters `p` from their gradients `g`. Called for chunks of the model in any
    /// order, with the same chunk of each slot; `step` counts the updates from 0.
    fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]);

    /// The same for gradients that are sums over occurrences, with the sums of their squares or sizes
    /// (as [`OCCURRENCES`](Self::OCCURRENCES) says).
    fn update_occurrences(
        &self,
        step: u64,
        p: &mut [f32],
        g: &[f32],
        _sums: &[f32],
        slots: &mut [&mut [f32]],
    ) {
        self.update(step, p, g, slots);
    }

    /// The rate of update `step`, for a rule that is `p -= rate g` and nothing else: where there is little memory such an update
    /// is made without its gradient. Else `None`, always.
    fn descent(&self, _step: u64) -> Option<f32> {
        None
    }

    /// Whether [`update_array`](Self::update_array) is called in place of the others.
    const WHOLE_ARRAYS: bool = false;

    /// For a rule that is not element by element: the update of a whole array of this shape (a kernel, a
    /// bias), on one thread. `sums` are those of [`update_occurrences`](Self::update_occurrences).
    fn update_array(
        &self,
        step: u64,
        _shape: &Shape,
        p: &mut [f32],
        g: &[f32],
        sums: Option<&[f32]>,
        slots: &mut [&mut [f32]],
    ) {
        match sums {
            Some(sums) => self.update_occurrences(step, p, g, sums, slots),
            None => self.update(step, p, g, slots),
        }
    }

    /// Whether [`update_array`](Self::update_array) is given the shape of this array of a layer; else it is a run of numbers.
    fn by_shape(&self, _layer: &str, _array: &str) -> bool {
        true
    }

    /// Whether the first slot begins as the parameters, and not as zeros.
    const BEGINS_AS_PARAMETERS: bool = false;

    /// The learning rate at batch `step`, counted from 0; `None` if the optimizer has none to tell. Where
    /// several batches make one update, that of its last batch counts.
    fn learning_rate(&self, _step: u64) -> Option<f32> {
        None
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    /// A schedule is in charge of it, or there is none.
    fn set_learning_rate(&mut self, _learning_rate: f32) -> Result<(), Error> {
        Err(Error::Argument {
            name: "learning_rate",
            why: Note::new().str("this optimizer has none that can be set"),
        })
    }

    /// Whether there may be [`extras`](Self::extras). Without them a step is the update of all parameters and nothing else.
    const EXTRAS: bool = true;

    /// Clipping, weight decay, averages and accumulation, which [`apply`](super::apply) does around the updates.
    fn extras(&self) -> Extras {
        Extras::NONE
    }

    /// What Keras calls this optimizer and its arguments; nothing for one's own.
    #[cfg(feature = "import")]
    #[doc(hidden)]
    fn said(&self) -> Option<serde_json::Value> {
        None
    }

    /// What is wrong with an argument (a negative learning rate), if anything; training asks before
    /// the first update.
    fn check(&self) -> Option<Note> {
        None
    }
}
