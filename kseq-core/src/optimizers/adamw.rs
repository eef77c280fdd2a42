//! Adam with weight decay that is not part of the gradient.

use super::adam::{adam, own, wrong};
use super::define::{PerOccurrence, Rule, optimizer};
use crate::text::Note;

optimizer! {
    /// AdamW: [`Adam`](super::Adam) with weight decay.
    ///
    /// ```text
    /// p -= weight_decay lr p          then as Adam; two slots, three with amsgrad
    /// ```
    ///
    /// Defaults as in Keras: learning_rate 0.001, weight_decay 0.004, beta_1 0.9, beta_2 0.999,
    /// epsilon 1e-7, no amsgrad. `exclude_from_weight_decay(&["bias"])` leaves arrays out.
    ///
    /// Loshchilov, Hutter: "Decoupled weight decay regularization" (2019).
    ///
    /// ```
    /// use kseq_core::optimizers::{AdamW, Update, apply};
    /// use kseq_core::pool::Pool;
    /// const ADAMW: AdamW = AdamW::new(0.1).weight_decay(0.5);
    /// let (mut p, mut g, mut slots) = ([2.0], [3.0], [0.0; 2]);
    /// let update = Update::new(&mut p, &mut g, &mut slots);
    /// apply(&ADAMW, 0, update, &Pool::Serial);
    /// // 2 - 0.5 * 0.1 * 2, then a first step of Adam.
    /// assert!((p[0] - (2.0 - 0.1 - 0.1)).abs() < 1e-5);
    /// ```
    AdamW<AMSGRAD>, "adamw", Squares, learning_rate = 0.001, weight_decay = 0.004;
    /// How much of the mean gradient stays: from 0 to less than 1.
    beta_1: f32 = 0.9,
    /// How much of the mean square stays: from 0 to less than 1.
    beta_2: f32 = 0.999,
    /// Keeps the root from 0: positive.
    epsilon: f32 = 1e-7,
}

impl<const AMSGRAD: bool, C: Copy> AdamW<AMSGRAD, C> {
    /// Divides by the largest mean square so far, which is a slot more.
    #[must_use]
    pub const fn amsgrad(self) -> AdamW<true, C> {
        AdamW {
            args: self.args,
            settings: self.settings,
        }
    }
}

impl<const AMSGRAD: bool, C> Rule for AdamW<AMSGRAD, C> {
    const OWN: &'static [(&'static str, bool)] = &own(AMSGRAD);

    fn rule<Q: PerOccurrence>(
        &self,
        lr: f32,
        step: u64,
        p: &mut [f32],
        g: (&[f32], &[f32]),
        slots: &mut [&mut [f32]],
    ) {
        let args = [self.args.beta_1, self.args.beta_2, self.args.epsilon];
        adam::<Q>(args, AMSGRAD, lr, step, p, g, slots);
    }

    fn wrong(&self) -> Option<Note> {
        wrong([self.args.beta_1, self.args.beta_2, self.args.epsilon])
    }
}
