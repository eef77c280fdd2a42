//! Gradient descent whose steps have the size of recent steps.

use super::{NOT_NEGATIVE, Optimizer, decayed, first_wrong, not_negative, one_minus};
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::text::Note;

/// Adadelta.
///
/// ```text
/// a = rho a + (1 - rho) g^2                        two slots
/// d = -g sqrt(b + epsilon) / sqrt(a + epsilon)
/// b = rho b + (1 - rho) d^2
/// p += lr d
/// ```
///
/// Defaults as in Keras: learning_rate 0.001, rho 0.95, epsilon 1e-7. The paper, and Keras 2, have a
/// learning rate of 1: use `Adadelta::new(1.0)`, since with 0.001 almost nothing moves.
///
/// Zeiler: "ADADELTA: an adaptive learning rate method" (2012).
///
/// ```
/// use kseq_core::optimizers::{Adadelta, Optimizer};
/// const ADADELTA: Adadelta = Adadelta::new(1.0).rho(0.75).epsilon(1.0);
/// let (mut p, mut a, mut b) = ([1.0], [0.0], [0.0]);
/// // a = 12 / 4, d = -sqrt(12) sqrt(1) / sqrt(3 + 1) = -sqrt(3)
/// let g = 12f32.sqrt();
/// ADADELTA.update(0, &mut p, &[g], &mut [&mut a, &mut b]);
/// assert!((a[0] - 3.0).abs() < 1e-6 && (b[0] - 0.75).abs() < 1e-6);
/// assert!((p[0] - (1.0 - 3f32.sqrt())).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Adadelta {
    learning_rate: f32,
    rho: f32,
    epsilon: f32,
    decay: f32,
}

impl Adadelta {
    /// With Keras's other defaults.
    #[must_use]
    pub const fn new(learning_rate: f32) -> Self {
        Adadelta {
            learning_rate,
            rho: 0.95,
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

    /// How much of the mean squares stays: 0 to 1.
    #[must_use]
    pub const fn rho(mut self, rho: f32) -> Self {
        self.rho = rho;
        self
    }

    /// Keeps the roots from 0, and is the size of the first steps: positive.
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

impl Default for Adadelta {
    fn default() -> Self {
        Adadelta::new(0.001)
    }
}

impl Optimizer for Adadelta {
    const SLOTS: usize = 2;

    fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let lr = decayed(self.learning_rate, self.decay, step);
        let rho = [self.rho, one_minus(self.rho) as f32];
        if let [a, b, ..] = slots {
            pass(lr, rho, self.epsilon, p, g, a, b);
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
    /// `rho` is rho, 1 - rho.
    fn pass(
        lr: f32,
        rho: [f32; 2],
        epsilon: f32,
        p: &mut [f32],
        g: &[f32],
        a: &mut [f32],
        b: &mut [f32],
    ) {
        for (((p, g), a), b) in p.iter_mut().zip(g).zip(a).zip(b) {
            *a = rho[0] * *a + rho[1] * (g * g);
            let d = -math::sqrt(*b + epsilon) * g / math::sqrt(*a + epsilon);
            *b = rho[0] * *b + rho[1] * (d * d);
            *p += lr * d;
        }
    }
}
