//! Gradient descent scaled by the mean size of recent gradients.

use super::arguments::{BELOW_ONE, POSITIVE, UNIT, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::rounding::{one_minus, settled};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// RMSprop.
    ///
    /// ```text
    /// v = rho v + (1 - rho) g^2       one slot
    /// a = rho a + (1 - rho) g         with centered: a slot more; without it, a = 0
    /// d = lr g / sqrt(v - a^2 + epsilon)
    /// m = momentum m + d              with momentum: a slot more; without it, m = d
    /// p -= m
    /// ```
    ///
    /// Defaults as in Keras: learning_rate 0.001, rho 0.9, momentum 0, epsilon 1e-7, not centered. Momentum
    /// and `centered` are part of the type (`RMSprop<MOMENTUM, CENTERED>`). (Keras 3 has epsilon under the
    /// root, Keras 2 had it beside.) With `centered`, `g^2` is that of the whole gradient also where others take
    /// [`Occurrences`](crate::optimizers::Occurrences) (Keras 3.15 on TensorFlow ends with an error there, if a token repeats),
    /// and the variance `v - a^2` is at least 0, whatever rounding makes of it.
    ///
    /// Tieleman, Hinton: "Lecture 6.5 - RMSProp", Coursera: Neural networks for machine learning (2012);
    /// centered: Graves: "Generating sequences with recurrent neural networks" (2013).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Optimizer, RMSprop};
    /// const RMSPROP: RMSprop = RMSprop::new(0.1).rho(0.75);
    /// let (mut p, mut v) = ([1.0], [0.0]);
    /// RMSPROP.update(0, &mut p, &[2.0], &mut [&mut v]);
    /// assert_eq!(v, [0.25 * 4.0]);
    /// assert!((p[0] - (1.0 - 0.1 * 2.0)).abs() < 1e-6);
    ///
    /// let centered = RMSPROP.centered();
    /// let (mut p, mut v, mut a) = ([1.0], [0.0], [0.0]);
    /// centered.update(0, &mut p, &[2.0], &mut [&mut v, &mut a]);
    /// assert_eq!(a, [0.25 * 2.0]);
    /// assert!((p[0] - (1.0 - 0.1 * 2.0 / (1.0f32 - 0.25).sqrt())).abs() < 1e-6);
    /// ```
    RMSprop<MOMENTUM, CENTERED>, "rmsprop", Squares, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How much of the mean square stays: 0 to less than 1.
    rho: f32 = 0.9,
    /// Keeps the root from 0: positive.
    epsilon: f32 = 1e-7,
    [momentum: f32 = 0.0]
}

impl<const MOMENTUM: bool, const CENTERED: bool, C: Copy> RMSprop<MOMENTUM, CENTERED, C> {
    /// How much of the last step goes into the next: 0 to 1.
    #[must_use]
    pub const fn momentum(self, momentum: f32) -> RMSprop<true, CENTERED, C> {
        let mut args = self.args;
        args.momentum = momentum;
        RMSprop {
            args,
            settings: self.settings,
        }
    }

    /// Divides by the deviation from the mean gradient, not by its size.
    #[must_use]
    pub const fn centered(self) -> RMSprop<MOMENTUM, true, C> {
        RMSprop {
            args: self.args,
            settings: self.settings,
        }
    }
}

impl<const MOMENTUM: bool, const CENTERED: bool, C> Rule for RMSprop<MOMENTUM, CENTERED, C> {
    const OWN_SLOTS: &'static [Slot] = &[
        Slot::new("velocity"),
        Slot::kept_if(MOMENTUM, "momentum"),
        Slot::kept_if(CENTERED, "average_gradient"),
    ];

    fn wrong(&self) -> Option<Note> {
        let Args {
            rho,
            epsilon,
            momentum,
        } = self.args;
        first_wrong(&[
            BELOW_ONE.of("rho", rho),
            POSITIVE.of("epsilon", epsilon),
            UNIT.of("momentum", momentum),
        ])
    }
}

impl UpdateRule<2> for Args {
    fn update<Q: Magnitudes>(
        self,
        [has_momentum, is_centered]: [bool; 2],
        _: Option<&Shape>,
        chunk: Chunk<'_, '_>,
    ) {
        let Chunk {
            lr,
            p,
            g,
            sums,
            slots,
            ..
        } = chunk;
        let Args {
            rho,
            epsilon,
            momentum,
        } = self;
        let n = [lr, rho, one_minus(rho), epsilon, momentum];
        match slots {
            [v, m, a, ..] if has_momentum && is_centered => {
                centered_with_momentum(n, p, g, v, m, a);
            }
            [v, m, ..] if has_momentum => with_momentum::<Q>(n, p, g, sums, v, m),
            [v, a, ..] if is_centered => centered(n, p, g, v, a),
            [v, ..] => plain::<Q>(n, p, g, sums, v),
            [] => {}
        }
    }
}

/// The root of a variance, which rounding may leave below 0: equal gradients of 1,000 have one of -0.06.
#[inline(always)]
fn deviation(v: f32, a: f32, epsilon: f32) -> f32 {
    math::sqrt((v - a * a).max(0.0) + epsilon)
}

// The numbers are lr, rho, 1 - rho, epsilon, momentum. A variance is of whole gradients: a sum of squares over occurrences can be less
// than the square of their sum.

simd_fn! {
    fn plain<Q: Magnitudes>(n: [f32; 5], p: &mut [f32], g: &[f32], sums: &[f32], v: &mut [f32]) {
        let [lr, rho, fresh, epsilon, _] = n;
        for (((p, g), s), v) in p.iter_mut().zip(g).zip(sums).zip(v) {
            *v = settled(rho * *v + fresh * Q::square(*g, *s));
            *p -= lr * g / math::sqrt(*v + epsilon);
        }
    }
}

simd_fn! {
    fn with_momentum<Q: Magnitudes>(
        n: [f32; 5],
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        v: &mut [f32],
        m: &mut [f32],
    ) {
        let [lr, rho, fresh, epsilon, momentum] = n;
        for ((((p, g), s), v), m) in p.iter_mut().zip(g).zip(sums).zip(v).zip(m) {
            *v = settled(rho * *v + fresh * Q::square(*g, *s));
            *m = settled(momentum * *m + lr * g / math::sqrt(*v + epsilon));
            *p -= *m;
        }
    }
}

simd_fn! {
    fn centered(
        n: [f32; 5],
        p: &mut [f32],
        g: &[f32],
        v: &mut [f32],
        a: &mut [f32],
    ) {
        let [lr, rho, fresh, epsilon, _] = n;
        for (((p, g), v), a) in p.iter_mut().zip(g).zip(v).zip(a) {
            *v = settled(rho * *v + fresh * (g * g));
            *a = settled(rho * *a + fresh * g);
            *p -= lr * g / deviation(*v, *a, epsilon);
        }
    }
}

simd_fn! {
    fn centered_with_momentum(
        n: [f32; 5],
        p: &mut [f32],
        g: &[f32],
        v: &mut [f32],
        m: &mut [f32],
        a: &mut [f32],
    ) {
        let [lr, rho, fresh, epsilon, momentum] = n;
        let slots = v.iter_mut().zip(m).zip(a);
        for ((p, g), ((v, m), a)) in p.iter_mut().zip(g).zip(slots) {
            *v = settled(rho * *v + fresh * (g * g));
            *a = settled(rho * *a + fresh * g);
            *m = settled(momentum * *m + lr * g / deviation(*v, *a, epsilon));
            *p -= *m;
        }
    }
}
