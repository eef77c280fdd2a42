//! Gradient descent scaled by the size of all gradients so far.

use super::{NOT_NEGATIVE, Optimizer, decayed, first_wrong, not_negative};
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::text::Note;

/// Adagrad.
///
/// ```text
/// a += g^2                                                        one slot
/// p -= lr g / sqrt(initial_accumulator_value + a + epsilon)
/// ```
///
/// Defaults as in Keras: learning_rate 0.001 (Keras 2: 0.01), initial_accumulator_value 0.1,
/// epsilon 1e-7. Keras's accumulator begins with the initial value; the slot here is what came to it.
///
/// Duchi, Hazan, Singer: "Adaptive subgradient methods for online learning and stochastic
/// optimization", JMLR 12 (2011).
///
/// ```
/// use kseq_core::optimizers::{Adagrad, Optimizer};
/// const ADAGRAD: Adagrad = Adagrad::new(0.1).initial_accumulator_value(5.0);
/// let (mut p, mut a) = ([1.0], [0.0]);
/// ADAGRAD.update(0, &mut p, &[2.0], &mut [&mut a]);
/// assert_eq!(a, [4.0]);
/// assert!((p[0] - (1.0 - 0.1 * 2.0 / 3.0)).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Adagrad {
    learning_rate: f32,
    initial_accumulator_value: f32,
    epsilon: f32,
    decay: f32,
}

impl Adagrad {
    /// With Keras's other defaults.
    #[must_use]
    pub const fn new(learning_rate: f32) -> Self {
        Adagrad {
            learning_rate,
            initial_accumulator_value: 0.1,
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

    /// The sum of squares before the first gradient: finite, not negative.
    #[must_use]
    pub const fn initial_accumulator_value(mut self, initial_accumulator_value: f32) -> Self {
        self.initial_accumulator_value = initial_accumulator_value;
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

impl Default for Adagrad {
    fn default() -> Self {
        Adagrad::new(0.001)
    }
}

impl Optimizer for Adagrad {
    const SLOTS: usize = 1;

    fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let lr = decayed(self.learning_rate, self.decay, step);
        if let [a, ..] = slots {
            pass(lr, self.initial_accumulator_value, self.epsilon, p, g, a);
        }
    }

    fn check(&self) -> Option<Note> {
        let (lr, epsilon, decay) = (self.learning_rate, self.epsilon, self.decay);
        let initial = self.initial_accumulator_value;
        first_wrong(&[
            ("learning_rate", lr, not_negative(lr), NOT_NEGATIVE),
            (
                "initial_accumulator_value",
                initial,
                not_negative(initial),
                NOT_NEGATIVE,
            ),
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
    fn pass(lr: f32, initial: f32, epsilon: f32, p: &mut [f32], g: &[f32], a: &mut [f32]) {
        for ((p, g), a) in p.iter_mut().zip(g).zip(a) {
            *a += g * g;
            *p -= lr * g / math::sqrt(initial + *a + epsilon);
        }
    }
}
