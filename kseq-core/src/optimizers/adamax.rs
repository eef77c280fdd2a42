//! Adam with the largest recent gradient in place of a mean square.

use super::adam;
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::rounding::{correction, one_minus, settled};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Adamax.
    ///
    /// ```text
    /// m += (1 - beta_1) (g - m)                       two slots
    /// u = max(beta_2 u, |g|)
    /// p -= lr m / ((1 - beta_1^t) (u + epsilon))      t = step + 1
    /// ```
    ///
    /// Defaults as in Keras: learning_rate 0.001 (Keras 2: 0.002), beta_1 0.9, beta_2 0.999, epsilon 1e-7.
    ///
    /// Kingma, Ba: "Adam: a method for stochastic optimization" (2014), section 7.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Adamax, Optimizer};
    /// const ADAMAX: Adamax = Adamax::new(0.1);
    /// let (mut p, mut m, mut u) = ([1.0], [0.0], [4.0]);
    /// ADAMAX.update(0, &mut p, &[-2.0], &mut [&mut m, &mut u]);
    /// assert!((m[0] + 0.2).abs() < 1e-6 && (u[0] - 3.996).abs() < 1e-6);
    /// assert!((p[0] - (1.0 + 0.1 * 2.0 / 3.996)).abs() < 1e-6);
    /// ```
    Adamax, "adamax", Sizes, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How much of the mean gradient stays: from 0 to less than 1.
    beta_1: f32 = 0.9,
    /// How much of the largest gradient stays: from 0 to less than 1.
    beta_2: f32 = 0.999,
    /// Keeps the largest gradient from 0: positive.
    epsilon: f32 = 1e-7,
}

impl<C> Rule for Adamax<C> {
    const OWN_SLOTS: &'static [Slot] = &[Slot::new("momentum"), Slot::new("norm")];

    fn wrong(&self) -> Option<Note> {
        let Args {
            beta_1,
            beta_2,
            epsilon,
        } = self.args;
        adam::wrong([beta_1, beta_2], epsilon)
    }
}

impl UpdateRule<0> for Args {
    fn update<Q: Magnitudes>(self, []: [bool; 0], _: Option<&Shape>, chunk: Chunk<'_, '_>) {
        let Chunk {
            lr,
            step,
            p,
            g,
            sums,
            slots,
        } = chunk;
        let Args {
            beta_1,
            beta_2,
            epsilon,
        } = self;
        let rest = correction(beta_1, step);
        let fresh = one_minus(beta_1);
        if let [m, u, ..] = slots {
            pass::<Q>([lr, rest, fresh, beta_2, epsilon], p, g, sums, m, u);
        }
    }
}

simd_fn! {
    /// `rest` is 1 - beta_1^t, `fresh` is 1 - beta_1.
    fn pass<Q: Magnitudes>(
        numbers: [f32; 5],
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        m: &mut [f32],
        u: &mut [f32],
    ) {
        let [lr, rest, fresh, beta_2, epsilon] = numbers;
        for ((((p, g), s), m), u) in p.iter_mut().zip(g).zip(sums).zip(m).zip(u) {
            *m = settled(*m + fresh * (g - *m));
            let (old, new) = (beta_2 * *u, Q::abs(*g, *s));
            *u = settled(if old > new { old } else { new });
            *p -= lr * *m / (rest * (*u + epsilon));
        }
    }
}
