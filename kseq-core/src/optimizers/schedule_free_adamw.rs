//! Adam without a schedule: an average of the steps in place of a falling learning rate.

use super::arguments::{ABOVE_ZERO, BELOW_ONE, POSITIVE, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::rounding::{correction, one_minus, settled};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Schedule-free AdamW.
    ///
    /// ```text
    /// lr = lr min(t / warmup_steps, 1)                t = step + 1
    /// v += (1 - beta_2) (g^2 - v)
    /// z -= lr g / (sqrt(v / (1 - beta_2^t)) + epsilon)        z begins as p; two slots, z is `momentum`
    /// x = (1 - 1 / t) (p - (1 - beta_1) z) / beta_1 + z / t
    /// p = (1 - beta_1) z + beta_1 x
    /// ```
    ///
    /// x is the average of all z, and the parameters lie between both: no learning rate has to fall for it. (As Keras 3.15
    /// computes it on TensorFlow: by its own words x would be found by the z before the step.)
    ///
    /// Defaults as in Keras: learning_rate 0.0025, beta_1 0.9, beta_2 0.999, epsilon 1e-8, no warmup, no weight decay: for
    /// it call `weight_decay`.
    ///
    /// Defazio et al.: "The road less scheduled" (2024).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{ScheduleFreeAdamW, Update, apply};
    /// use kseq::pool::Pool;
    /// const FREE: ScheduleFreeAdamW = ScheduleFreeAdamW::new(0.1);
    /// let (mut p, mut g, mut slots) = ([1.0, 1.0], [2.0, -0.5], [0.0; 4]);
    /// apply(&FREE, 0, Update::new(&mut p, &mut g, &mut slots), &Pool::Serial);
    /// // The first average is the first z.
    /// assert!((p[0] - 0.9).abs() < 1e-5 && (p[1] - 1.1).abs() < 1e-5);
    /// assert!((slots[0] - 0.9).abs() < 1e-5);
    /// ```
    ScheduleFreeAdamW, "schedule_free_adamw", Squares, new [S: LearningRateSchedule], learning_rate = 0.0025;
    /// How much of the average is in the parameters: more than 0, at most 1.
    beta_1: f32 = 0.9,
    /// How much of the mean square stays: from 0 to less than 1.
    beta_2: f32 = 0.999,
    /// Keeps the root from 0: positive.
    epsilon: f32 = 1e-8,
    /// The updates in which the learning rate grows from 0.
    warmup_steps: u32 = 0,
}

impl<C> Rule for ScheduleFreeAdamW<C> {
    const OWN_SLOTS: &'static [Slot] = &[Slot::new("momentum"), Slot::new("velocity")];
    const BEGINS_AS_PARAMETERS: bool = true;

    fn wrong(&self) -> Option<Note> {
        first_wrong(&[
            ABOVE_ZERO.of("beta_1", self.args.beta_1),
            BELOW_ONE.of("beta_2", self.args.beta_2),
            POSITIVE.of("epsilon", self.args.epsilon),
        ])
    }
}

impl UpdateRule<0> for Args {
    fn update<Q: Magnitudes>(self, []: [bool; 0], _: Option<&Shape>, chunk: Chunk<'_, '_>) {
        let Chunk {
            mut lr,
            step,
            p,
            g,
            sums,
            slots,
        } = chunk;
        let t = (step + 1) as f32;
        if self.warmup_steps > 0 {
            lr *= (t / self.warmup_steps as f32).min(1.0);
        }
        if let [z, v, ..] = slots {
            let fresh = [one_minus(self.beta_1), one_minus(self.beta_2)];
            let numbers = [lr, 1.0 / t, self.epsilon, correction(self.beta_2, step)];
            pass::<Q>(fresh, numbers, self.beta_1, p, g, sums, z, v);
        }
    }
}

simd_fn! {
    /// `fresh` is 1 - beta_1, 1 - beta_2.
    #[allow(clippy::too_many_arguments)]
    fn pass<Q: Magnitudes>(
        fresh: [f32; 2],
        numbers: [f32; 4],
        beta_1: f32,
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        z: &mut [f32],
        v: &mut [f32],
    ) {
        let [lr, share, epsilon, correction] = numbers;
        for ((((p, g), s), z), v) in p.iter_mut().zip(g).zip(sums).zip(z).zip(v) {
            *v = settled(*v + fresh[1] * (Q::square(*g, *s) - *v));
            *z -= lr * g / (math::sqrt(*v / correction) + epsilon);
            let x = (*p - fresh[0] * *z) / beta_1;
            let x = (1.0 - share) * x + share * *z;
            *p = fresh[0] * *z + beta_1 * x;
        }
    }
}
