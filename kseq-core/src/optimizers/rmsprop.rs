//! Gradient descent scaled by the mean size of recent gradients.

use super::{NOT_NEGATIVE, Optimizer, decayed, first_wrong, not_negative, one_minus};
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::text::Note;

/// RMSprop.
///
/// ```text
/// v = rho v + (1 - rho) g^2       one slot
/// p -= lr g / sqrt(v + epsilon)
/// ```
///
/// Defaults as in Keras: learning_rate 0.001, rho 0.9, epsilon 1e-7. (Keras 3 has epsilon under the root,
/// Keras 2 had it beside.)
///
/// Tieleman, Hinton: "Lecture 6.5 - RMSProp", Coursera: Neural networks for machine learning (2012).
///
/// ```
/// use kseq_core::optimizers::{Optimizer, RMSprop};
/// const RMSPROP: RMSprop = RMSprop::new(0.1).rho(0.75);
/// let (mut p, mut v) = ([1.0], [0.0]);
/// RMSPROP.update(0, &mut p, &[2.0], &mut [&mut v]);
/// assert_eq!(v, [0.25 * 4.0]);
/// assert!((p[0] - (1.0 - 0.1 * 2.0)).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RMSprop {
    learning_rate: f32,
    rho: f32,
    epsilon: f32,
    decay: f32,
}

impl RMSprop {
    /// With Keras's other defaults.
    #[must_use]
    pub const fn new(learning_rate: f32) -> Self {
        RMSprop {
            learning_rate,
            rho: 0.9,
            epsilon: 1e-7,
            decay: 0.0,
        }
    }

    /// The learning rate: finite, not negative.
    #[must_use]
    pub const fn learning_rate(mut self, learning_rate: f32) -> Self {
        self.learning_rate = learning_rate;
        self
    }

    /// How much of the mean square stays: 0 to 1.
    #[must_use]
    pub const fn rho(mut self, rho: f32) -> Self {
        self.rho = rho;
        self
    }

    /// Keeps the root from 0: positive.
    #[must_use]
    pub const fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Keras 2's decay of the learning rate: `lr / (1 + decay k)` in update k.
    #[must_use]
    pub const fn decay(mut self, decay: f32) -> Self {
        self.decay = decay;
        self
    }
}

impl Default for RMSprop {
    fn default() -> Self {
        RMSprop::new(0.001)
    }
}

impl Optimizer for RMSprop {
    const SLOTS: usize = 1;

    fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let lr = decayed(self.learning_rate, self.decay, step);
        let fresh = one_minus(self.rho) as f32;
        if let [v, ..] = slots {
            pass(lr, self.rho, fresh, self.epsilon, p, g, v);
        }
    }

    fn check(&self) -> Option<Note> {
        let (lr, rho, epsilon, decay) = (self.learning_rate, self.rho, self.epsilon, self.decay);
        first_wrong(&[
            ("learning_rate", lr, not_negative(lr), NOT_NEGATIVE),
            ("rho", rho, (0.0..=1.0).contains(&rho), "in 0 to 1"),
            (
                "epsilon",
                epsilon,
                not_negative(epsilon) && epsilon > 0.0,
                "finite and positive",
            ),
            ("decay", decay, not_negative(decay), NOT_NEGATIVE),
        ])
    }
}

simd_fn! {
    /// `fresh` is 1 - rho.
    fn pass(lr: f32, rho: f32, fresh: f32, epsilon: f32, p: &mut [f32], g: &[f32], v: &mut [f32]) {
        for ((p, g), v) in p.iter_mut().zip(g).zip(v) {
            *v = rho * *v + fresh * (g * g);
            *p -= lr * g / math::sqrt(*v + epsilon);
        }
    }
}
