//! Gradient descent scaled by the size of all gradients so far.

use super::arguments::{NOT_NEGATIVE, POSITIVE, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
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
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Adagrad, Optimizer};
    /// const ADAGRAD: Adagrad = Adagrad::new(0.1).initial_accumulator_value(5.0);
    /// let (mut p, mut a) = ([1.0], [0.0]);
    /// ADAGRAD.update(0, &mut p, &[2.0], &mut [&mut a]);
    /// assert_eq!(a, [4.0]);
    /// assert!((p[0] - (1.0 - 0.1 * 2.0 / 3.0)).abs() < 1e-6);
    /// ```
    Adagrad, "adagrad", Squares, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// The sum of squares before the first gradient: finite, not negative.
    initial_accumulator_value: f32 = 0.1,
    /// Keeps the root from 0: positive.
    epsilon: f32 = 1e-7,
}

impl<C> Rule for Adagrad<C> {
    const OWN_SLOTS: &'static [Slot] = &[Slot::new("accumulator")];

    fn wrong(&self) -> Option<Note> {
        let (initial, epsilon) = (self.args.initial_accumulator_value, self.args.epsilon);
        first_wrong(&[
            NOT_NEGATIVE.of("initial_accumulator_value", initial),
            POSITIVE.of("epsilon", epsilon),
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
        let (initial, epsilon) = (self.initial_accumulator_value, self.epsilon);
        if let [a, ..] = slots {
            pass::<Q>([lr, initial, epsilon], p, g, sums, a);
        }
    }
}

simd_fn! {
    fn pass<Q: Magnitudes>(
        numbers: [f32; 3],
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        a: &mut [f32],
    ) {
        let [lr, initial, epsilon] = numbers;
        for (((p, g), s), a) in p.iter_mut().zip(g).zip(sums).zip(a) {
            *a += Q::square(*g, *s);
            *p -= lr * g / math::sqrt(initial + *a + epsilon);
        }
    }
}
