//! Adam with steps as large as the arrays.

use super::adam::{self, own_slots};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::rounding::{correction, one_minus, settled};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Lamb.
    ///
    /// ```text
    /// m += (1 - beta_1) (g - m)                       two slots
    /// v += (1 - beta_2) (g^2 - v)
    /// u = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon)       t = step + 1
    /// p -= lr |p| / |u| u                             of a whole array; 1 in place of a quotient with 0
    /// ```
    ///
    /// Each array (kernel, bias) moves by the same share of its length, which large batches are trained with. Arrays are
    /// updated whole, each on one thread.
    ///
    /// Defaults as in Keras: learning_rate 0.001, beta_1 0.9, beta_2 0.999, epsilon 1e-7. (Keras 2 had no Lamb.)
    ///
    /// You et al.: "Large batch optimization for deep learning" (2019).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Lamb, Optimizer};
    /// const LAMB: Lamb = Lamb::new(0.1);
    /// let (mut p, mut m, mut v) = ([3.0, 4.0], [0.0; 2], [0.0; 2]);
    /// LAMB.update(0, &mut p, &[2.0, -0.5], &mut [&mut m, &mut v]);
    /// // The first u is (1, -1); the step has a tenth of the length 5.
    /// let step = 0.5 / 2f32.sqrt();
    /// assert!((p[0] - (3.0 - step)).abs() < 1e-5 && (p[1] - (4.0 + step)).abs() < 1e-5);
    /// ```
    Lamb, "lamb", Squares, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How much of the mean gradient stays: from 0 to less than 1.
    beta_1: f32 = 0.9,
    /// How much of the mean square stays: from 0 to less than 1.
    beta_2: f32 = 0.999,
    /// Keeps the root from 0: positive.
    epsilon: f32 = 1e-7,
}

impl<C> Rule for Lamb<C> {
    const OWN_SLOTS: &'static [Slot] = &own_slots(false);
    const WHOLE_ARRAYS: bool = true;

    fn wrong(&self) -> Option<Note> {
        adam::wrong([self.args.beta_1, self.args.beta_2], self.args.epsilon)
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
        let [m, v, ..] = slots else { return };
        let corrections = [correction(self.beta_1, step), correction(self.beta_2, step)];
        let fresh = [one_minus(self.beta_1), one_minus(self.beta_2)];
        let squares = moments::<Q>(fresh, corrections, self.epsilon, p, g, sums, m, v);
        let [of_p, of_u] = squares.map(|sum| libm::sqrt(sum) as f32);
        // A NaN goes on.
        let ratio = if of_p == 0.0 || of_u == 0.0 {
            1.0
        } else {
            of_p / of_u
        };
        go(ratio * lr, corrections, self.epsilon, p, m, v);
    }
}

/// An element of the update.
#[inline(always)]
fn direction(corrections: [f32; 2], epsilon: f32, m: f32, v: f32) -> f32 {
    m / corrections[0] / (math::sqrt(v / corrections[1]) + epsilon)
}

simd_fn! {
    /// Moves the means; the sums of the squares of p and of the update.
    #[allow(clippy::too_many_arguments)]
    fn moments<Q: Magnitudes>(
        fresh: [f32; 2],
        corrections: [f32; 2],
        epsilon: f32,
        p: &[f32],
        g: &[f32],
        sums: &[f32],
        m: &mut [f32],
        v: &mut [f32],
    ) -> [f64; 2] {
        let (mut of_p, mut of_u) = (0.0, 0.0);
        for ((((p, g), s), m), v) in p.iter().zip(g).zip(sums).zip(m).zip(v) {
            *m = settled(*m + fresh[0] * (g - *m));
            *v = settled(*v + fresh[1] * (Q::square(*g, *s) - *v));
            let u = direction(corrections, epsilon, *m, *v);
            of_p += f64::from(p * p);
            of_u += f64::from(u * u);
        }
        [of_p, of_u]
    }
}

simd_fn! {
    fn go(a: f32, corrections: [f32; 2], epsilon: f32, p: &mut [f32], m: &[f32], v: &[f32]) {
        for ((p, m), v) in p.iter_mut().zip(m).zip(v) {
            *p -= a * direction(corrections, epsilon, *m, *v);
        }
    }
}
