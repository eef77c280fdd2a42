//! Steps of one size, in the direction of the momentum's sign.

use super::arguments::{ABOVE_ZERO, BELOW_ONE, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Lion.
    ///
    /// ```text
    /// p -= lr sign(beta_1 m + (1 - beta_1) g)         sign(0) = 0
    /// m = beta_2 m + (1 - beta_2) g                   one slot
    /// ```
    ///
    /// Defaults as in Keras: learning_rate 0.001, beta_1 0.9, beta_2 0.99. Every step has the size of the
    /// learning rate, so that it is taken 3 to 10 times smaller than for Adam. (Keras 2 had no Lion.)
    ///
    /// Chen et al.: "Symbolic discovery of optimization algorithms" (2023).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Lion, Optimizer};
    /// const LION: Lion = Lion::new(0.25);
    /// let (mut p, mut m) = ([1.0, 1.0, 1.0], [0.0; 3]);
    /// LION.update(0, &mut p, &[2.0, 0.0, -1e-9], &mut [&mut m]);
    /// assert_eq!(p, [0.75, 1.0, 1.25]);
    /// assert!((m[0] - 0.02).abs() < 1e-6);
    /// ```
    Lion, "lion", Sum, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How much of the momentum is in a step: more than 0, at most 1.
    beta_1: f32 = 0.9,
    /// How much of the momentum stays: from 0 to less than 1.
    beta_2: f32 = 0.99,
}

impl<C> Rule for Lion<C> {
    const OWN_SLOTS: &'static [Slot] = &[Slot::new("momentum")];

    fn wrong(&self) -> Option<Note> {
        let Args { beta_1, beta_2 } = self.args;
        first_wrong(&[
            ABOVE_ZERO.of("beta_1", beta_1),
            BELOW_ONE.of("beta_2", beta_2),
        ])
    }
}

impl UpdateRule<0> for Args {
    fn update<Q: Magnitudes>(self, []: [bool; 0], _: Option<&Shape>, chunk: Chunk<'_, '_>) {
        let Chunk {
            lr, p, g, slots, ..
        } = chunk;
        if let [m, ..] = slots {
            pass(lr, [self.beta_1, self.beta_2], p, g, m);
        }
    }
}

simd_fn! {
    fn pass(lr: f32, beta: [f32; 2], p: &mut [f32], g: &[f32], m: &mut [f32]) {
        // As Keras, which subtracts in f32 here.
        let fresh = [1.0 - beta[0], 1.0 - beta[1]];
        for ((p, g), m) in p.iter_mut().zip(g).zip(m) {
            let direction = beta[0] * *m + fresh[0] * g;
            let sign = if direction > 0.0 {
                1.0
            } else if direction < 0.0 {
                -1.0
            } else {
                direction // 0 or NaN
            };
            *p -= lr * sign;
            *m = beta[1] * *m + fresh[1] * g;
        }
    }
}
