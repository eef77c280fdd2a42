//! Adaptive moment estimation.

use super::arguments::{BELOW_ONE, POSITIVE, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::rounding::{correction, one_minus, settled};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::{DEVICE, simd_fn};
use crate::math;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Adam.
    ///
    /// ```text
    /// a = lr sqrt(1 - beta_2^t) / (1 - beta_1^t)      t = step + 1
    /// m += (1 - beta_1) (g - m)                       two slots
    /// v += (1 - beta_2) (g^2 - v)
    /// p -= a m / (sqrt(v) + epsilon)                  with amsgrad: the largest v so far, a third slot
    /// ```
    ///
    /// Defaults as in Keras: learning_rate 0.001, beta_1 0.9, beta_2 0.999, epsilon 1e-7, no amsgrad, which
    /// is part of the type (`Adam<true>`).
    ///
    /// Kingma, Ba: "Adam: a method for stochastic optimization" (2014), with the epsilon of its section 2;
    /// Reddi, Kale, Kumar: "On the convergence of Adam and beyond" (2018).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Adam, Optimizer};
    /// const ADAM: Adam = Adam::new(0.1);
    /// let (mut p, mut m, mut v) = ([1.0, 1.0], [0.0; 2], [0.0; 2]);
    /// ADAM.update(0, &mut p, &[2.0, -0.5], &mut [&mut m, &mut v]);
    /// // The first step has the size of the learning rate, whatever the gradient.
    /// assert!((p[0] - 0.9).abs() < 1e-5 && (p[1] - 1.1).abs() < 1e-5);
    /// assert!((m[0] - 0.2).abs() < 1e-6 && (v[0] - 0.004).abs() < 1e-6);
    /// ```
    Adam<AMSGRAD>, "adam", Squares, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How much of the mean gradient stays: from 0 to less than 1.
    beta_1: f32 = 0.9,
    /// How much of the mean square stays: from 0 to less than 1.
    beta_2: f32 = 0.999,
    /// Keeps the root from 0: positive.
    epsilon: f32 = 1e-7,
}

impl<const AMSGRAD: bool, C: Copy> Adam<AMSGRAD, C> {
    /// Divides by the largest mean square so far, which is a slot more.
    #[must_use]
    pub const fn amsgrad(self) -> Adam<true, C> {
        Adam {
            args: self.args,
            settings: self.settings,
        }
    }
}

impl<const AMSGRAD: bool, C> Rule for Adam<AMSGRAD, C> {
    const OWN_SLOTS: &'static [Slot] = &own_slots(AMSGRAD);

    fn wrong(&self) -> Option<Note> {
        wrong([self.args.beta_1, self.args.beta_2], self.args.epsilon)
    }
}

impl UpdateRule<1> for Args {
    fn update<Q: Magnitudes>(self, [amsgrad]: [bool; 1], _: Option<&Shape>, chunk: Chunk<'_, '_>) {
        let Args {
            beta_1,
            beta_2,
            epsilon,
        } = self;
        let Chunk {
            lr,
            step,
            p,
            g,
            sums,
            slots,
        } = chunk;
        let a = lr * math::sqrt(correction(beta_2, step)) / correction(beta_1, step);
        let fresh = [one_minus(beta_1), one_minus(beta_2)];
        match slots {
            [m, v, largest, ..] if amsgrad => {
                largest_pass::<Q>(a, fresh, epsilon, p, g, sums, m, v, largest);
            }
            [m, v, ..] => pass::<Q>(a, fresh, epsilon, p, g, sums, m, v),
            _ => {}
        }
    }
}

/// The slots of Adam and AdamW.
pub(super) const fn own_slots(amsgrad: bool) -> [Slot; 3] {
    [
        Slot::new("momentum"),
        Slot::new("velocity"),
        Slot::kept_if(amsgrad, "velocity_hat"),
    ]
}

/// What is wrong with the arguments of Adam and its relatives.
pub(super) fn wrong([beta_1, beta_2]: [f32; 2], epsilon: f32) -> Option<Note> {
    first_wrong(&[
        BELOW_ONE.of("beta_1", beta_1),
        BELOW_ONE.of("beta_2", beta_2),
        POSITIVE.of("epsilon", epsilon),
    ])
}

simd_fn! {
    /// `fresh` is 1 - beta_1, 1 - beta_2.
    #[allow(clippy::too_many_arguments)]
    fn pass<Q: Magnitudes>(
        a: f32,
        fresh: [f32; 2],
        epsilon: f32,
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        m: &mut [f32],
        v: &mut [f32],
    ) {
        let (mut p, mut g, mut sums, mut m, mut v) = (p, g, sums, m, v);
        if DEVICE {
            // Two at a time: a quarter of the instructions would be those of the loop.
            let (p2, g2, s2, m2, v2);
            (p2, p) = p.as_chunks_mut();
            (g2, g) = g.as_chunks();
            (s2, sums) = sums.as_chunks();
            (m2, m) = m.as_chunks_mut();
            (v2, v) = v.as_chunks_mut();
            for ((((p, g), s), m), v) in p2.iter_mut().zip(g2).zip(s2).zip(m2).zip(v2) {
                let ([p, p2], [g, g2], [s, s2], [m, m2], [v, v2]) = (p, g, s, m, v);
                update::<Q>(a, fresh, epsilon, (p, *g, *s, m, v));
                update::<Q>(a, fresh, epsilon, (p2, *g2, *s2, m2, v2));
            }
        }
        for ((((p, g), s), m), v) in p.iter_mut().zip(g).zip(sums).zip(m).zip(v) {
            update::<Q>(a, fresh, epsilon, (p, *g, *s, m, v));
        }
    }
}

/// The update of one parameter.
#[inline(always)]
fn update<Q: Magnitudes>(
    a: f32,
    fresh: [f32; 2],
    epsilon: f32,
    (p, g, s, m, v): (&mut f32, f32, f32, &mut f32, &mut f32),
) {
    *m = settled(*m + fresh[0] * (g - *m));
    *v = settled(*v + fresh[1] * (Q::square(g, s) - *v));
    *p -= a * *m / (math::sqrt_of(v) + epsilon);
}

simd_fn! {
    /// The same with amsgrad.
    #[allow(clippy::too_many_arguments)]
    fn largest_pass<Q: Magnitudes>(
        a: f32,
        fresh: [f32; 2],
        epsilon: f32,
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        m: &mut [f32],
        v: &mut [f32],
        largest: &mut [f32],
    ) {
        let slots = m.iter_mut().zip(v).zip(largest);
        for (((p, g), s), ((m, v), largest)) in p.iter_mut().zip(g).zip(sums).zip(slots) {
            *m = settled(*m + fresh[0] * (g - *m));
            *v = settled(*v + fresh[1] * (Q::square(*g, *s) - *v));
            *largest = if *v > *largest { *v } else { *largest };
            *p -= a * *m / (math::sqrt(*largest) + epsilon);
        }
    }
}
