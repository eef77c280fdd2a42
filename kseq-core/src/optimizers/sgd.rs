//! Gradient descent, with or without momentum.

use super::arguments::{UNIT, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::rounding::settled;
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Stochastic gradient descent.
    ///
    /// ```text
    /// p -= lr g                       without momentum: no slot
    /// v = momentum v - lr g           with momentum: one slot
    /// p += v                          or, with nesterov: p += momentum v - lr g
    /// ```
    ///
    /// Defaults as in Keras: learning_rate 0.01, momentum 0, nesterov false. Asking for momentum changes the
    /// type (to `SGD<true>`), so that without it nothing is kept for a parameter.
    ///
    /// Polyak: "Some methods of speeding up the convergence of iteration methods" (1964); Sutskever, Martens,
    /// Dahl, Hinton: "On the importance of initialization and momentum in deep learning" (2013).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Optimizer, SGD};
    /// const PLAIN: SGD = SGD::new(0.1);
    /// let mut p = [1.0];
    /// PLAIN.update(0, &mut p, &[2.0], &mut []);
    /// assert_eq!(p, [0.8]);
    ///
    /// let nesterov = SGD::new(0.5).momentum(0.5).nesterov(true);
    /// let (mut p, mut v) = ([1.0], [0.0]);
    /// nesterov.update(0, &mut p, &[1.0], &mut [&mut v]);
    /// assert_eq!((p, v), ([1.0 - 0.25 - 0.5], [-0.5]));
    /// ```
    SGD<MOMENTUM>, "sgd", Sum, new [S: LearningRateSchedule], learning_rate = 0.01;
    /// Whether to step from where the momentum leads; nothing without momentum.
    nesterov: bool = false,
    [momentum: f32 = 0.0]
}

impl<const MOMENTUM: bool, C: Copy> SGD<MOMENTUM, C> {
    /// How much of the last step goes into the next: 0 to 1.
    #[must_use]
    pub const fn momentum(self, momentum: f32) -> SGD<true, C> {
        let mut args = self.args;
        args.momentum = momentum;
        SGD {
            args,
            settings: self.settings,
        }
    }
}

impl<const MOMENTUM: bool, C> Rule for SGD<MOMENTUM, C> {
    const OWN_SLOTS: &'static [Slot] = &[Slot::kept_if(MOMENTUM, "momentum")];

    const DESCENT: bool = !MOMENTUM;

    fn wrong(&self) -> Option<Note> {
        let momentum = self.args.momentum;
        first_wrong(&[UNIT.of("momentum", momentum)])
    }
}

impl UpdateRule<1> for Args {
    fn update<Q: Magnitudes>(
        self,
        [has_momentum]: [bool; 1],
        _: Option<&Shape>,
        chunk: Chunk<'_, '_>,
    ) {
        let Chunk {
            lr, p, g, slots, ..
        } = chunk;
        if !has_momentum {
            return plain(lr, p, g);
        }
        if let [v, ..] = slots {
            if self.nesterov {
                nesterov(lr, self.momentum, p, g, v);
            } else {
                momentum(lr, self.momentum, p, g, v);
            }
        }
    }
}

simd_fn! {
    fn plain(lr: f32, p: &mut [f32], g: &[f32]) {
        for (p, g) in p.iter_mut().zip(g) {
            *p -= lr * g;
        }
    }
}

simd_fn! {
    fn momentum(lr: f32, momentum: f32, p: &mut [f32], g: &[f32], v: &mut [f32]) {
        for ((p, g), v) in p.iter_mut().zip(g).zip(v) {
            *v = settled(momentum * *v - lr * g);
            *p += *v;
        }
    }
}

simd_fn! {
    fn nesterov(lr: f32, momentum: f32, p: &mut [f32], g: &[f32], v: &mut [f32]) {
        for ((p, g), v) in p.iter_mut().zip(g).zip(v) {
            let step = lr * g;
            *v = settled(momentum * *v - step);
            *p += momentum * *v - step;
        }
    }
}
