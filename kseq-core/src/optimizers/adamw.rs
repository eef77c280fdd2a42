//! Adam with weight decay that is not part of the gradient.

use super::adam::{self, own_slots};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::shape::Shape;
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
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{AdamW, Update, apply};
    /// use kseq::pool::Pool;
    /// const ADAMW: AdamW = AdamW::new(0.1).weight_decay(0.5);
    /// let (mut p, mut g, mut slots) = ([2.0], [3.0], [0.0; 2]);
    /// let update = Update::new(&mut p, &mut g, &mut slots);
    /// apply(&ADAMW, 0, update, &Pool::Serial);
    /// // 2 - 0.5 * 0.1 * 2, then a first step of Adam.
    /// assert!((p[0] - (2.0 - 0.1 - 0.1)).abs() < 1e-5);
    /// ```
    AdamW<AMSGRAD>, "adamw", Squares, new [S: LearningRateSchedule], learning_rate = 0.001, weight_decay = 0.004, more = true;
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
    const OWN_SLOTS: &'static [Slot] = &own_slots(AMSGRAD);

    fn wrong(&self) -> Option<Note> {
        adam::wrong([self.args.beta_1, self.args.beta_2], self.args.epsilon)
    }
}

impl UpdateRule<1> for Args {
    fn update<Q: Magnitudes>(
        self,
        [amsgrad]: [bool; 1],
        shape: Option<&Shape>,
        chunk: Chunk<'_, '_>,
    ) {
        self.of_adam().update::<Q>([amsgrad], shape, chunk);
    }
}

impl Args {
    fn of_adam(self) -> adam::Args {
        adam::Args {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
        }
    }
}
