//! Optimizers: one fused pass over parameters, gradients and slots, in chunks on several threads.
//!
//! Update rules, defaults and names are those of Keras 3.15; `decay` is Keras 2's: the learning rate of
//! update k, counted from 0, is `learning_rate / (1 + decay k)`.

mod adadelta;
mod adagrad;
mod adam;
mod apply;
mod rmsprop;
mod sgd;
#[cfg(test)]
mod tests;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use apply::apply;
pub use rmsprop::RMSprop;
pub use sgd::SGD;

use crate::text::Note;

/// The most slots an optimizer may have.
pub const MAX_SLOTS: usize = 4;

/// An update rule, applied element by element.
///
/// ```
/// use kseq_core::optimizers::Optimizer;
///
/// /// p = p - 0.1 * sign(g)
/// struct SignSGD;
/// impl Optimizer for SignSGD {
///     const SLOTS: usize = 0;
///     fn update(&self, _step: u64, p: &mut [f32], g: &[f32], _slots: &mut [&mut [f32]]) {
///         for (p, g) in p.iter_mut().zip(g) {
///             *p -= 0.1 * g.signum();
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer",
    label = "expected an optimizer, such as `RMSprop::default()` or `SGD::new(0.01)`"
)]
pub trait Optimizer: Send + Sync {
    /// The number of values kept for each parameter (momentum, moving averages), at most
    /// [`MAX_SLOTS`]; they are zero in the beginning.
    const SLOTS: usize;

    /// Updates the parameters `p` from their gradients `g`. Called for chunks of the model in any
    /// order, with the same chunk of each slot; `step` counts the updates from 0.
    fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]);

    /// The learning rate of update `step`; `None` if the optimizer has none to tell.
    fn learning_rate(&self, _step: u64) -> Option<f32> {
        None
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    /// A schedule is in charge of it, or there is none.
    fn set_learning_rate(&mut self, _learning_rate: f32) -> Result<(), crate::error::Error> {
        Ok(())
    }

    /// What is wrong with an argument (a negative learning rate), if anything; training asks before
    /// the first update.
    fn check(&self) -> Option<Note> {
        None
    }
}

/// The learning rate of update `step`.
fn decayed(learning_rate: f32, decay: f32, step: u64) -> f32 {
    if decay == 0.0 {
        return learning_rate;
    }
    (f64::from(learning_rate) / (1.0 + f64::from(decay) * step as f64)) as f32
}

/// 1 - beta, of the decimal that was typed: 0.999, and not the `f32` next to it, from which it would
/// differ in the fifth digit.
fn one_minus(beta: f32) -> f64 {
    1.0 - libm::round(f64::from(beta) * 1e7) / 1e7
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

fn not_negative(x: f32) -> bool {
    x.is_finite() && x >= 0.0
}
