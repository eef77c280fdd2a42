//! Adam's mean squares, of rows and columns instead of single parameters.

use super::arguments::{NOT_NEGATIVE, NOT_POSITIVE, POSITIVE, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::math::{self, larger};
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Adafactor.
    ///
    /// ```text
    /// b = 1 - t^beta_2_decay                                          t = step + 1
    /// r = b r + (1 - b) mean of g^2 + epsilon_1 over the last axis    (of an array of two axes or more)
    /// c = b c + (1 - b) mean of g^2 + epsilon_1 over the axis before
    /// v = r c / (mean of r)                                           v_ij from r_i and c_j
    /// v = b v + (1 - b) (g^2 + epsilon_1)                             (of a bias)
    /// u = g / sqrt(v)
    /// p -= max(epsilon_2, rms(p)) min(lr, 1 / sqrt(t)) u / max(1, rms(u) / clip_threshold)
    /// ```
    ///
    /// One slot, `factors`: of each block of the last two axes `r` and `c`, of a bias `v`. (A matrix with
    /// one row or column is treated as a bias: its `v` is the same either way.) Arrays are updated whole,
    /// each on one thread.
    ///
    /// Defaults as in Keras: learning_rate 0.001, beta_2_decay -0.8, epsilon_1 1e-30, epsilon_2 0.001,
    /// clip_threshold 1. Keras's `relative_step` is not here, since nothing depends on it: the step is at
    /// most `1 / sqrt(t)` in any case. (Keras 2 had no Adafactor.)
    ///
    /// Shazeer, Stern: "Adafactor: adaptive learning rates with sublinear memory cost" (2018).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Adafactor, Optimizer};
    /// const ADAFACTOR: Adafactor = Adafactor::new(0.5);
    /// let (mut p, mut v) = ([3.0, 4.0], [0.0; 2]);
    /// ADAFACTOR.update(0, &mut p, &[2.0, -1.0], &mut [&mut v]);
    /// // First v = g^2, so u = (1, -1), of rms 1; the step is 0.5 times the rms of p.
    /// let step = 0.5 * 12.5f32.sqrt();
    /// assert_eq!(v, [4.0, 1.0]);
    /// assert!((p[0] - (3.0 - step)).abs() < 1e-6 && (p[1] - (4.0 + step)).abs() < 1e-6);
    /// ```
    Adafactor, "adafactor", Squares, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How fast the mean squares become slow: finite, at most 0.
    beta_2_decay: f32 = -0.8,
    /// Keeps the mean squares from 0: positive.
    epsilon_1: f32 = 1e-30,
    /// The least size that an array is taken for: finite, not negative.
    epsilon_2: f32 = 0.001,
    /// The largest root mean square of an update: positive.
    clip_threshold: f32 = 1.0,
}

impl<C> Rule for Adafactor<C> {
    const OWN_SLOTS: &'static [Slot] = &[Slot::new("factors")];
    const WHOLE_ARRAYS: bool = true;

    fn wrong(&self) -> Option<Note> {
        let Args {
            beta_2_decay,
            epsilon_1,
            epsilon_2,
            clip_threshold,
        } = self.args;
        first_wrong(&[
            NOT_POSITIVE.of("beta_2_decay", beta_2_decay),
            POSITIVE.of("epsilon_1", epsilon_1),
            NOT_NEGATIVE.of("epsilon_2", epsilon_2),
            POSITIVE.of("clip_threshold", clip_threshold),
        ])
    }
}

impl UpdateRule<0> for Args {
    fn update<Q: Magnitudes>(self, []: [bool; 0], shape: Option<&Shape>, chunk: Chunk<'_, '_>) {
        let Chunk {
            lr,
            step,
            p,
            g,
            sums,
            slots,
        } = chunk;
        let [factors, ..] = slots else { return };
        let args = self;
        let t = step as f64 + 1.0;
        let fresh = libm::pow(t, f64::from(args.beta_2_decay)) as f32;
        let means = [fresh, args.epsilon_1];
        let (rows, columns) = match shape {
            Some(shape) if shape.rank() >= 2 => (shape.dim(shape.rank() - 2), shape.last()),
            _ => (1, p.len()),
        };
        let size = rows * columns;
        let factored = rows > 1 && columns > 1;
        if size == 0 {
            return;
        }
        // The sum of u^2 first, since the step depends on it.
        let mut sum = 0.0;
        let blocks = g.chunks(size).zip(sums.chunks(size));
        for ((g, sums), factors) in blocks.zip(factors.chunks_mut(size)) {
            sum += if factored {
                let (r, c) = factors.split_at_mut(rows.min(factors.len()));
                mean_squares::<Q>(means, columns, g, sums, r, c)
            } else {
                squares::<Q>(means, g, sums, factors)
            };
        }
        let len = p.len() as f64;
        let rms = |sum: f64| libm::sqrt(sum / len) as f32;
        let size_of_p = larger(rms(sum_of_squares(p)), args.epsilon_2);
        let slower = larger(rms(sum) / args.clip_threshold, 1.0);
        let a = size_of_p * lr.min(1.0 / libm::sqrt(t) as f32) / slower;
        let blocks = p.chunks_mut(size).zip(g.chunks(size));
        for ((p, g), factors) in blocks.zip(factors.chunks(size)) {
            if factored {
                let (r, c) = factors.split_at(rows.min(factors.len()));
                let mean = mean(r);
                for ((p, g), r) in p.chunks_mut(columns).zip(g.chunks(columns)).zip(r) {
                    go(a, r / mean, p, g, c);
                }
            } else {
                go(a, 1.0, p, g, factors);
            }
        }
    }
}

fn mean(x: &[f32]) -> f32 {
    let sum: f64 = x.iter().map(|x| f64::from(*x)).sum();
    (sum / x.len().max(1) as f64) as f32
}

fn sum_of_squares(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum()
}

simd_fn! {
    /// Moves the mean squares of a block's rows and columns; returns the sum of u^2.
    fn mean_squares<Q: Magnitudes>(
        means: [f32; 2],
        columns: usize,
        g: &[f32],
        sums: &[f32],
        r: &mut [f32],
        c: &mut [f32],
    ) -> f64 {
        let [fresh, epsilon] = means;
        let rows = r.len().max(1) as f32;
        c.iter_mut().for_each(|c| *c *= 1.0 - fresh);
        let lines = g.chunks(columns).zip(sums.chunks(columns));
        for ((g, sums), r) in lines.clone().zip(r.iter_mut()) {
            let mut sum = 0.0;
            for ((g, s), c) in g.iter().zip(sums).zip(c.iter_mut()) {
                let square = Q::square(*g, *s) + epsilon;
                sum += square;
                *c += fresh * square / rows;
            }
            *r = (1.0 - fresh) * *r + fresh * (sum / columns as f32);
        }
        let mean = mean(r);
        let mut all = 0.0;
        for ((g, sums), r) in lines.zip(r) {
            let of_row = *r / mean;
            let mut sum = 0.0;
            for ((g, s), c) in g.iter().zip(sums).zip(c.iter()) {
                sum += Q::square(*g, *s) / (of_row * *c);
            }
            all += f64::from(sum);
        }
        all
    }
}

simd_fn! {
    /// Moves the mean squares of single parameters; returns the sum of u^2.
    fn squares<Q: Magnitudes>(
        means: [f32; 2],
        g: &[f32],
        sums: &[f32],
        v: &mut [f32],
    ) -> f64 {
        let [fresh, epsilon] = means;
        let mut sum = 0.0;
        for ((g, s), v) in g.iter().zip(sums).zip(v) {
            let square = Q::square(*g, *s);
            *v = (1.0 - fresh) * *v + fresh * (square + epsilon);
            sum += f64::from(square / *v);
        }
        sum
    }
}

simd_fn! {
    /// p -= a g / sqrt(r v)
    fn go(a: f32, r: f32, p: &mut [f32], g: &[f32], v: &[f32]) {
        for ((p, g), v) in p.iter_mut().zip(g).zip(v) {
            *p -= a * (g / math::sqrt(r * v));
        }
    }
}
