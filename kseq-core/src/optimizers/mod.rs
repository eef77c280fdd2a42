//! Optimizers: one fused pass over parameters, gradients and slots, in chunks on several threads.
//!
//! Update rules, defaults and names are those of Keras 3.15; `decay` is Keras 2's: the learning rate of
//! update k, counted from 0, is `learning_rate / (1 + decay k)`. The learning rate is a number or one of
//! the [`schedules`]:
//!
//! ```
//! use kseq_core::optimizers::{Adam, Optimizer, SGD, schedules::ExponentialDecay};
//! let adam = Adam::new(0.01).clipnorm(1.0).weight_decay(0.001);
//! assert_eq!(adam.learning_rate(7), Some(0.01));
//! let sgd = SGD::new(ExponentialDecay::new(0.1, 1000, 0.5)).momentum(0.9);
//! assert_eq!(sgd.learning_rate(2000), Some(0.025));
//! ```

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod apply;
mod chunks;
mod clip;
mod define;
mod ftrl;
mod lion;
mod nadam;
mod rmsprop;
pub mod schedules;
mod settings;
mod sgd;
#[cfg(test)]
mod tests;
mod variables;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use apply::{Update, apply, finalize};
pub use ftrl::Ftrl;
pub use lion::Lion;
pub use nadam::Nadam;
pub use rmsprop::RMSprop;
pub use settings::{Extras, Settings};
pub use sgd::SGD;
pub use variables::{Variable, variables};

pub use crate::facts::Occurrences;

use crate::error::Error;
use crate::shape::Shape;
use crate::text::Note;

/// The most slots an optimizer may have.
pub const MAX_SLOTS: usize = 6;

/// An update rule, applied element by element.
///
/// ```
/// use kseq_core::optimizers::Optimizer;
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
/// With [`Settings`] it also has a learning rate that callbacks may set, schedules, clipping and weight
/// decay:
///
/// ```
/// use kseq_core::error::Error;
/// use kseq_core::optimizers::{Extras, Optimizer, Settings};
///
/// struct SignSGD(Settings);
/// impl Optimizer for SignSGD {
///     const SLOT_NAMES: &'static [&'static str] = &[];
///     fn update(&self, step: u64, p: &mut [f32], g: &[f32], _slots: &mut [&mut [f32]]) {
///         let lr = self.0.rate(step);
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
    label = "expected an optimizer, such as `RMSprop::default()` or `SGD::new(0.01)`"
)]
pub trait Optimizer: Send + Sync {
    /// Keras's name of the optimizer.
    const NAME: &'static str = "optimizer";

    /// The names of the values kept for each parameter (`momentum`, `velocity`), at most
    /// [`MAX_SLOTS`]; they are zero in the beginning.
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
        _given: &[f32],
        slots: &mut [&mut [f32]],
    ) {
        self.update(step, p, g, slots);
    }

    /// Whether [`update_array`](Self::update_array) is called in place of the others.
    const WHOLE_ARRAYS: bool = false;

    /// For a rule that is not element by element: the update of a whole array of this shape (a kernel, a
    /// bias), on one thread. `given` is as in [`update_occurrences`](Self::update_occurrences).
    fn update_array(
        &self,
        step: u64,
        _shape: &Shape,
        p: &mut [f32],
        g: &[f32],
        given: Option<&[f32]>,
        slots: &mut [&mut [f32]],
    ) {
        match given {
            Some(given) => self.update_occurrences(step, p, g, given, slots),
            None => self.update(step, p, g, slots),
        }
    }

    /// The learning rate of the update that batch `step`, counted from 0, leads to; `None` if the
    /// optimizer has none to tell.
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

    /// Clipping, weight decay, averages and accumulation, which [`apply`] does around the updates.
    fn extras(&self) -> Extras {
        Extras::NONE
    }

    /// What is wrong with an argument (a negative learning rate), if anything; training asks before
    /// the first update.
    fn check(&self) -> Option<Note> {
        None
    }
}

/// 1 - beta, of the decimal that was typed: 0.999, and not the `f32` next to it, from which it would
/// differ in the fifth digit.
fn one_minus(beta: f32) -> f32 {
    (1.0 - libm::round(f64::from(beta) * 1e7) / 1e7) as f32
}

/// 1 - beta^(step + 1), rounded where Keras rounds: it is small at first, so the steps would differ.
fn correction(beta: f32, step: u64) -> f32 {
    1.0 - libm::pow(f64::from(beta), step as f64 + 1.0) as f32
}

/// The first argument that is out of its range: (name, value, whether it is in range, the range).
fn first_wrong(arguments: &[(&str, f32, bool, &str)]) -> Option<Note> {
    struct Writer(Note);
    impl core::fmt::Write for Writer {
        fn write_str(&mut self, s: &str) -> core::fmt::Result {
            self.0 = self.0.str(s);
            Ok(())
        }
    }
    let (name, value, _, range) = arguments.iter().find(|(_, _, right, _)| !right)?;
    let mut text = Writer(Note::new());
    // Writing into a `Note` does not fail.
    let _ = core::fmt::write(
        &mut text,
        format_args!("{name} = {value}, but it must be {range}"),
    );
    Some(text.0)
}

/// The range of learning rates and decays.
const NOT_NEGATIVE: &str = "finite and not negative";
/// The range of epsilons and norms.
const POSITIVE: &str = "finite and positive";
/// The range of betas.
const BELOW_ONE: &str = "at least 0 and less than 1";
/// The range of momentum and rho.
const UNIT: &str = "in 0 to 1";

fn not_negative(x: f32) -> bool {
    x.is_finite() && x >= 0.0
}

fn positive(x: f32) -> bool {
    x.is_finite() && x > 0.0
}

fn below_one(x: f32) -> bool {
    (0.0..1.0).contains(&x)
}

fn unit(x: f32) -> bool {
    (0.0..=1.0).contains(&x)
}
