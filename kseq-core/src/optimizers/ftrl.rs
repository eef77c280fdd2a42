//! Follow the regularized leader.

use super::arguments::{NOT_POSITIVE, Range, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Ftrl: "follow the regularized leader", for large sparse linear models.
    ///
    /// ```text
    /// A = initial_accumulator_value + a                          q = -learning_rate_power
    /// a += g^2,  B = initial_accumulator_value + a               two slots: a, z
    /// z += g + 2 l2_shrinkage p - (B^q - A^q) / lr p
    /// p = (clip(z, -l1, l1) - z) / (B^q / lr + 2 (l2 + beta / (2 lr)))
    /// ```
    ///
    /// with l1, l2 for `l1_regularization_strength`, `l2_regularization_strength`, and l2_shrinkage for
    /// `l2_shrinkage_regularization_strength`. The parameters are forgotten and follow from `a` and `z`: a
    /// small learning rate pulls them to 0 at first.
    ///
    /// Defaults as in Keras: learning_rate 0.001, learning_rate_power -0.5, initial_accumulator_value 0.1,
    /// all strengths and beta 0. (Keras 2 had no Ftrl.) The slot is what came to the accumulator.
    ///
    /// McMahan et al.: "Ad click prediction: a view from the trenches" (2013).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Ftrl, Optimizer};
    /// const FTRL: Ftrl = Ftrl::new(0.5).initial_accumulator_value(1.0);
    /// let (mut p, mut a, mut z) = ([0.0], [0.0], [0.0]);
    /// let g = 3f32.sqrt();
    /// FTRL.update(0, &mut p, &[g], &mut [&mut a, &mut z]);
    /// // z = g, B = 1 + 3, p = -g / (sqrt(4) / 0.5)
    /// assert!((a[0] - 3.0).abs() < 1e-6 && z[0] == g);
    /// assert!((p[0] + g / 4.0).abs() < 1e-6);
    /// ```
    Ftrl, "ftrl", Squares, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How the learning rate falls with the accumulator: 0 (it does not) or less.
    learning_rate_power: f32 = -0.5,
    /// The sum of squares before the first gradient: finite, not negative.
    initial_accumulator_value: f32 = 0.1,
    /// Pulls parameters to exactly 0: finite, not negative.
    l1_regularization_strength: f32 = 0.0,
    /// Keeps parameters small: finite, not negative.
    l2_regularization_strength: f32 = 0.0,
    /// Keeps parameters small as a part of the gradient: finite, not negative.
    l2_shrinkage_regularization_strength: f32 = 0.0,
    /// Makes the learning rate smaller: finite, not negative.
    beta: f32 = 0.0,
}

impl<C> Rule for Ftrl<C> {
    const OWN_SLOTS: &'static [Slot] = &[Slot::new("accumulator"), Slot::new("linear")];

    fn wrong(&self) -> Option<Note> {
        let args = self.args;
        let power = args.learning_rate_power;
        // A `Note` is short, and these names are long.
        let range = Range::new(|x| x.is_finite() && x >= 0.0, "0 or more");
        first_wrong(&[
            NOT_POSITIVE.of("learning_rate_power", power),
            range.of("initial_accumulator_value", args.initial_accumulator_value),
            range.of(
                "l1_regularization_strength",
                args.l1_regularization_strength,
            ),
            range.of(
                "l2_regularization_strength",
                args.l2_regularization_strength,
            ),
            range.of(
                "l2_shrinkage_regularization_strength",
                args.l2_shrinkage_regularization_strength,
            ),
            range.of("beta", args.beta),
        ])
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
        let args = self;
        let l2 = args.l2_regularization_strength + args.beta / (2.0 * lr);
        let numbers = [
            lr,
            args.initial_accumulator_value,
            args.l1_regularization_strength,
            2.0 * l2,
            2.0 * args.l2_shrinkage_regularization_strength,
        ];
        match slots {
            [a, z, ..] if args.learning_rate_power == -0.5 => {
                roots::<Q>(numbers, p, g, sums, a, z);
            }
            [a, z, ..] => {
                let power = -args.learning_rate_power;
                pass::<Q>(numbers, |x| libm::powf(x, power), p, g, sums, a, z);
            }
            _ => {}
        }
    }
}

simd_fn! {
    /// The usual power.
    fn roots<Q: Magnitudes>(
        numbers: [f32; 5],
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        a: &mut [f32],
        z: &mut [f32],
    ) {
        pass::<Q>(numbers, math::sqrt, p, g, sums, a, z);
    }
}

/// `power` is x^q.
#[inline(always)]
fn pass<Q: Magnitudes>(
    [lr, initial, l1, l2, shrinkage]: [f32; 5],
    power: impl Fn(f32) -> f32,
    p: &mut [f32],
    g: &[f32],
    sums: &[f32],
    a: &mut [f32],
    z: &mut [f32],
) {
    for ((((p, g), s), a), z) in p.iter_mut().zip(g).zip(sums).zip(a).zip(z) {
        let old = power(initial + *a);
        *a += Q::square(*g, *s);
        let new = power(initial + *a);
        *z += (g + shrinkage * *p) - (new - old) / lr * *p;
        let clipped = if *z < -l1 {
            -l1
        } else if *z > l1 {
            l1
        } else {
            *z
        };
        *p = (clipped - *z) / (new / lr + l2);
    }
}
