//! Gradient descent whose steps have the size of recent steps.

use super::arguments::{BELOW_ONE, POSITIVE, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::rounding::{one_minus, settled};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
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
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Adadelta, Optimizer};
    /// const ADADELTA: Adadelta = Adadelta::new(1.0).rho(0.75).epsilon(1.0);
    /// let (mut p, mut a, mut b) = ([1.0], [0.0], [0.0]);
    /// // a = 12 / 4, d = -sqrt(12) sqrt(1) / sqrt(3 + 1) = -sqrt(3)
    /// let g = 12f32.sqrt();
    /// ADADELTA.update(0, &mut p, &[g], &mut [&mut a, &mut b]);
    /// assert!((a[0] - 3.0).abs() < 1e-6 && (b[0] - 0.75).abs() < 1e-6);
    /// assert!((p[0] - (1.0 - 3f32.sqrt())).abs() < 1e-6);
    /// ```
    Adadelta, "adadelta", Squares, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How much of the mean squares stays: 0 to less than 1.
    rho: f32 = 0.95,
    /// Keeps the roots from 0, and is the size of the first steps: positive.
    epsilon: f32 = 1e-7,
}

impl<C> Rule for Adadelta<C> {
    const OWN_SLOTS: &'static [Slot] = &[
        Slot::new("accumulated_grad"),
        Slot::new("accumulated_delta_var"),
    ];

    fn wrong(&self) -> Option<Note> {
        let Args { rho, epsilon } = self.args;
        first_wrong(&[BELOW_ONE.of("rho", rho), POSITIVE.of("epsilon", epsilon)])
    }
}

impl UpdateRule<0> for Args {
    fn update<Q: Magnitudes>(self, []: [bool; 0], _: Option<&Shape>, chunk: Chunk<'_, '_>) {
        let Chunk {
            lr,
            p,
            g,
            sums,
            slots,
            ..
        } = chunk;
        let Args { rho, epsilon } = self;
        if let [a, b, ..] = slots {
            pass::<Q>([lr, rho, one_minus(rho), epsilon], p, g, sums, a, b);
        }
    }
}

simd_fn! {
    /// `fresh` is 1 - rho.
    fn pass<Q: Magnitudes>(
        numbers: [f32; 4],
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        a: &mut [f32],
        b: &mut [f32],
    ) {
        let [lr, rho, fresh, epsilon] = numbers;
        for ((((p, g), s), a), b) in p.iter_mut().zip(g).zip(sums).zip(a).zip(b) {
            let square = Q::square(*g, *s);
            *a = settled(rho * *a + fresh * square);
            let ratio = math::sqrt(*b + epsilon) / math::sqrt(*a + epsilon);
            *b = settled(rho * *b + fresh * (ratio * ratio * square));
            *p -= lr * (ratio * g);
        }
    }
}
