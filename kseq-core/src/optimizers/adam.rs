//! Adaptive moment estimation.

use super::{NOT_NEGATIVE, Optimizer, decayed, first_wrong, not_negative, one_minus};
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::text::Note;

/// Adam.
///
/// ```text
/// a = lr sqrt(1 - beta_2^t) / (1 - beta_1^t)      t = step + 1
/// m += (1 - beta_1) (g - m)                       two slots
/// v += (1 - beta_2) (g^2 - v)
/// p -= a m / (sqrt(v) + epsilon)
/// ```
///
/// Defaults as in Keras: learning_rate 0.001, beta_1 0.9, beta_2 0.999, epsilon 1e-7.
///
/// Kingma, Ba: "Adam: a method for stochastic optimization" (2014), with the epsilon of its section 2.
///
/// ```
/// use kseq_core::optimizers::{Adam, Optimizer};
/// const ADAM: Adam = Adam::new(0.1);
/// let (mut p, mut m, mut v) = ([1.0, 1.0], [0.0; 2], [0.0; 2]);
/// ADAM.update(0, &mut p, &[2.0, -0.5], &mut [&mut m, &mut v]);
/// // The first step has the size of the learning rate, whatever the gradient.
/// assert!((p[0] - 0.9).abs() < 1e-5 && (p[1] - 1.1).abs() < 1e-5);
/// assert!((m[0] - 0.2).abs() < 1e-6 && (v[0] - 0.004).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Adam {
    learning_rate: f32,
    beta_1: f32,
    beta_2: f32,
    epsilon: f32,
    decay: f32,
}

impl Adam {
    /// With Keras's other defaults.
    #[must_use]
    pub const fn new(learning_rate: f32) -> Self {
        Adam {
            learning_rate,
            beta_1: 0.9,
            beta_2: 0.999,
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

    /// How much of the mean gradient stays: from 0 to less than 1.
    #[must_use]
    pub const fn beta_1(mut self, beta_1: f32) -> Self {
        self.beta_1 = beta_1;
        self
    }

    /// How much of the mean square stays: from 0 to less than 1.
    #[must_use]
    pub const fn beta_2(mut self, beta_2: f32) -> Self {
        self.beta_2 = beta_2;
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

impl Default for Adam {
    fn default() -> Self {
        Adam::new(0.001)
    }
}

impl Optimizer for Adam {
    const SLOTS: usize = 2;

    fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let lr = decayed(self.learning_rate, self.decay, step);
        let t = step as f64 + 1.0;
        // Rounded where Keras rounds: 1 - beta_2^t is small at first, so the steps would differ.
        let corrections =
            [self.beta_1, self.beta_2].map(|beta| 1.0 - libm::pow(f64::from(beta), t) as f32);
        let a = lr * math::sqrt(corrections[1]) / corrections[0];
        let fresh = [self.beta_1, self.beta_2].map(|beta| one_minus(beta) as f32);
        if let [m, v, ..] = slots {
            pass(a, fresh, self.epsilon, p, g, m, v);
        }
    }

    fn check(&self) -> Option<Note> {
        let (lr, epsilon, decay) = (self.learning_rate, self.epsilon, self.decay);
        let (beta_1, beta_2) = (self.beta_1, self.beta_2);
        let range = "at least 0 and less than 1";
        first_wrong(&[
            ("learning_rate", lr, not_negative(lr), NOT_NEGATIVE),
            ("beta_1", beta_1, (0.0..1.0).contains(&beta_1), range),
            ("beta_2", beta_2, (0.0..1.0).contains(&beta_2), range),
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
    /// `fresh` is 1 - beta_1, 1 - beta_2.
    fn pass(
        a: f32,
        fresh: [f32; 2],
        epsilon: f32,
        p: &mut [f32],
        g: &[f32],
        m: &mut [f32],
        v: &mut [f32],
    ) {
        for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            *m += fresh[0] * (g - *m);
            *v += fresh[1] * (g * g - *v);
            *p -= a * *m / (math::sqrt(*v) + epsilon);
        }
    }
}
