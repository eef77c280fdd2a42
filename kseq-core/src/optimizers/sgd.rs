//! Gradient descent, with or without momentum.

use super::{NOT_NEGATIVE, Optimizer, decayed, first_wrong, not_negative};
use crate::kernels::dispatch::simd_fn;
use crate::text::Note;

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
/// use kseq_core::optimizers::{Optimizer, SGD};
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
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SGD<const MOMENTUM: bool = false> {
    learning_rate: f32,
    momentum: f32,
    nesterov: bool,
    decay: f32,
}

impl SGD {
    /// Without momentum.
    #[must_use]
    pub const fn new(learning_rate: f32) -> Self {
        SGD {
            learning_rate,
            momentum: 0.0,
            nesterov: false,
            decay: 0.0,
        }
    }
}

impl Default for SGD {
    fn default() -> Self {
        SGD::new(0.01)
    }
}

impl<const MOMENTUM: bool> SGD<MOMENTUM> {
    /// The learning rate: finite, not negative.
    #[must_use]
    pub const fn learning_rate(mut self, learning_rate: f32) -> Self {
        self.learning_rate = learning_rate;
        self
    }

    /// How much of the last step goes into the next: 0 to 1.
    #[must_use]
    pub const fn momentum(self, momentum: f32) -> SGD<true> {
        SGD {
            learning_rate: self.learning_rate,
            momentum,
            nesterov: self.nesterov,
            decay: self.decay,
        }
    }

    /// Whether to step from where the momentum leads; nothing without momentum.
    #[must_use]
    pub const fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }

    /// Keras 2's decay of the learning rate: `lr / (1 + decay k)` in update k.
    #[must_use]
    pub const fn decay(mut self, decay: f32) -> Self {
        self.decay = decay;
        self
    }

    fn wrong(&self) -> Option<Note> {
        let (lr, momentum, decay) = (self.learning_rate, self.momentum, self.decay);
        first_wrong(&[
            ("learning_rate", lr, not_negative(lr), NOT_NEGATIVE),
            (
                "momentum",
                momentum,
                (0.0..=1.0).contains(&momentum),
                "in 0 to 1",
            ),
            ("decay", decay, not_negative(decay), NOT_NEGATIVE),
        ])
    }
}

impl Optimizer for SGD<false> {
    const SLOTS: usize = 0;

    fn update(&self, step: u64, p: &mut [f32], g: &[f32], _slots: &mut [&mut [f32]]) {
        plain(decayed(self.learning_rate, self.decay, step), p, g);
    }

    fn check(&self) -> Option<Note> {
        self.wrong()
    }
}

impl Optimizer for SGD<true> {
    const SLOTS: usize = 1;

    fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let lr = decayed(self.learning_rate, self.decay, step);
        if let [v, ..] = slots {
            if self.nesterov {
                nesterov(lr, self.momentum, p, g, v);
            } else {
                momentum(lr, self.momentum, p, g, v);
            }
        }
    }

    fn check(&self) -> Option<Note> {
        self.wrong()
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
            *v = momentum * *v - lr * g;
            *p += *v;
        }
    }
}

simd_fn! {
    fn nesterov(lr: f32, momentum: f32, p: &mut [f32], g: &[f32], v: &mut [f32]) {
        for ((p, g), v) in p.iter_mut().zip(g).zip(v) {
            let step = lr * g;
            *v = momentum * *v - step;
            *p += momentum * *v - step;
        }
    }
}
