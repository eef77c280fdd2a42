//! What every optimizer has besides its rule: learning rate, clipping, weight decay, averages.

use super::arguments::{NOT_NEGATIVE, POSITIVE, UNIT, first_wrong};
use super::schedules::{LearningRateSchedule, Rate};
use crate::error::Error;
use crate::text::Note;

/// The arguments that every optimizer of Keras has, with its defaults. An optimizer of your own may
/// hold one too, and gets clipping, weight decay, averages and accumulation by handing it on in
/// [`Optimizer::extras`](super::Optimizer::extras).
///
/// `S` is the learning rate: a number or a [`LearningRateSchedule`]. What keeps a value for each
/// parameter is part of the type, so that the number of slots is known to the compiler: `EMA` after
/// `use_ema`, `ACCUMULATE` after `gradient_accumulation_steps`. So is whether there may be any of the others, `MORE`: a firmware
/// without clipping and decay does not hold their code.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::Settings;
/// const SETTINGS: Settings<f32, false, false, true> = Settings::new(0.1).decay(0.5);
/// assert_eq!(SETTINGS.rate(0), 0.1);
/// assert_eq!(SETTINGS.rate(2), 0.05);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings<
    S = f32,
    const EMA: bool = false,
    const ACCUMULATE: bool = false,
    const MORE: bool = false,
> {
    learning_rate: S,
    decay: f32,
    extras: Extras,
}

/// What the driver [`apply`](super::apply) does around an optimizer's update.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Extras {
    pub(super) clip: Clip,
    pub(super) weight_decay: f32,
    /// That of arrays that are no matrices to a rule for whole arrays, if it is another one.
    pub(super) weight_decay_of_others: Option<f32>,
    pub(super) excluded: &'static [&'static str],
    /// `None` without averages.
    pub(super) ema_momentum: Option<f32>,
    /// 0 is never.
    pub(super) ema_overwrite_frequency: u64,
    /// The batches of one update; 1 is without accumulation.
    pub(super) accumulation: u64,
}

/// How gradients are clipped.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Clip {
    None,
    Norm(f32),
    Value(f32),
    GlobalNorm(f32),
    /// More than one was asked for, which Keras refuses.
    Several,
}

impl Clip {
    const fn and(self, other: Clip) -> Clip {
        match (self, other) {
            (Clip::None, _)
            | (Clip::Norm(_), Clip::Norm(_))
            | (Clip::Value(_), Clip::Value(_))
            | (Clip::GlobalNorm(_), Clip::GlobalNorm(_)) => other,
            _ => Clip::Several,
        }
    }
}

impl Extras {
    /// Nothing besides the update.
    pub const NONE: Extras = Extras {
        clip: Clip::None,
        weight_decay: 0.0,
        weight_decay_of_others: None,
        excluded: &[],
        ema_momentum: None,
        ema_overwrite_frequency: 0,
        accumulation: 1,
    };

    /// The slots that the driver keeps behind the optimizer's own.
    pub(super) fn slots(&self) -> usize {
        usize::from(self.ema_momentum.is_some()) + usize::from(self.accumulation > 1)
    }
}

impl<S: LearningRateSchedule> Settings<S> {
    /// A learning rate, and nothing else.
    #[must_use]
    pub const fn new(learning_rate: S) -> Self {
        Settings {
            learning_rate,
            decay: 0.0,
            extras: Extras::NONE,
        }
    }
}

/// The builders: their documentation is at each optimizer, where the macro `optimizer!` repeats them.
#[allow(missing_docs)]
impl<S: Rate, const EMA: bool, const ACCUMULATE: bool, const MORE: bool>
    Settings<S, EMA, ACCUMULATE, MORE>
{
    #[must_use]
    pub const fn decay(self, decay: f32) -> Settings<S, EMA, ACCUMULATE, true> {
        let mut settings = self.with(self.extras);
        settings.decay = decay;
        settings
    }

    #[must_use]
    pub const fn clipnorm(self, clipnorm: f32) -> Settings<S, EMA, ACCUMULATE, true> {
        let mut extras = self.extras;
        extras.clip = extras.clip.and(Clip::Norm(clipnorm));
        self.with(extras)
    }

    #[must_use]
    pub const fn clipvalue(self, clipvalue: f32) -> Settings<S, EMA, ACCUMULATE, true> {
        let mut extras = self.extras;
        extras.clip = extras.clip.and(Clip::Value(clipvalue));
        self.with(extras)
    }

    #[must_use]
    pub const fn global_clipnorm(self, global_clipnorm: f32) -> Settings<S, EMA, ACCUMULATE, true> {
        let mut extras = self.extras;
        extras.clip = extras.clip.and(Clip::GlobalNorm(global_clipnorm));
        self.with(extras)
    }

    #[must_use]
    pub const fn weight_decay(self, weight_decay: f32) -> Settings<S, EMA, ACCUMULATE, true> {
        let mut extras = self.extras;
        extras.weight_decay = weight_decay;
        self.with(extras)
    }

    #[must_use]
    pub const fn exclude_from_weight_decay(mut self, names: &'static [&'static str]) -> Self {
        self.extras.excluded = names;
        self
    }

    #[must_use]
    pub const fn use_ema(self) -> Settings<S, true, ACCUMULATE, MORE> {
        let mut extras = self.extras;
        extras.ema_momentum = Some(0.99);
        self.with(extras)
    }

    #[must_use]
    pub const fn gradient_accumulation_steps(self, steps: u32) -> Settings<S, EMA, true, MORE> {
        let mut extras = self.extras;
        extras.accumulation = steps as u64;
        self.with(extras)
    }

    /// The same of another type.
    const fn with<const E: bool, const A: bool, const M: bool>(
        self,
        extras: Extras,
    ) -> Settings<S, E, A, M> {
        Settings {
            learning_rate: self.learning_rate,
            decay: self.decay,
            extras,
        }
    }

    /// The learning rate at batch `step`, counted from 0. As in Keras 3 a schedule looks at batches, also where
    /// several make one update; `decay` looks at updates, Keras 2's `iterations`.
    pub fn rate(&self, step: u64) -> f32 {
        let lr = self.learning_rate.rate_at(step);
        if !MORE || self.decay == 0.0 {
            return lr;
        }
        let updates = step / self.accumulation();
        (f64::from(lr) / (1.0 + f64::from(self.decay) * updates as f64)) as f32
    }

    /// The learning rate of an update, counted from 0: that at the last of its batches. What an optimizer's
    /// `update` asks for.
    pub fn rate_of_update(&self, update: u64) -> f32 {
        let batches = self.accumulation();
        self.rate(update.saturating_mul(batches).saturating_add(batches - 1))
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    /// A schedule is in charge of it; or it is negative or not finite.
    pub fn set_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        let name = "learning_rate";
        if let Some(why) = first_wrong(&[NOT_NEGATIVE.of(name, learning_rate)]) {
            return Err(Error::Argument { name, why });
        }
        if self.learning_rate.set_rate(learning_rate) {
            return Ok(());
        }
        let why = Note::new().str("a schedule is in charge; give the optimizer a number to set it");
        Err(Error::Argument { name, why })
    }

    /// The part that the driver does.
    pub fn extras(&self) -> Extras {
        self.extras
    }

    /// Adds the arguments to those of an optimizer of Keras; `None` if one is not Keras's.
    #[cfg(feature = "import")]
    pub(super) fn say(
        &self,
        optimizer: &str,
        config: &mut serde_json::Map<std::string::String, serde_json::Value>,
    ) -> Option<()> {
        use crate::base::said::Said;

        let Extras {
            clip, weight_decay, ..
        } = self.extras;
        // Keras 3 has `InverseTimeDecay` for it.
        if self.decay != 0.0 {
            return None;
        }
        let mut say = |name: &str, value| config.insert(name.into(), value);
        say("learning_rate", self.learning_rate.rate_said()?);
        let has_default = matches!(optimizer, "adamw" | "muon" | "schedule_free_adamw");
        if weight_decay != 0.0 || has_default {
            say("weight_decay", weight_decay.json());
        }
        match clip {
            Clip::None => {}
            Clip::Norm(clip) => _ = say("clipnorm", clip.json()),
            Clip::Value(clip) => _ = say("clipvalue", clip.json()),
            Clip::GlobalNorm(clip) => _ = say("global_clipnorm", clip.json()),
            Clip::Several => return None,
        }
        if let Some(momentum) = self.extras.ema_momentum {
            say("use_ema", true.into());
            say("ema_momentum", momentum.json());
            let frequency = self.extras.ema_overwrite_frequency;
            if frequency > 0 {
                say("ema_overwrite_frequency", frequency.into());
            }
        }
        if self.extras.accumulation > 1 {
            let steps = self.extras.accumulation;
            say("gradient_accumulation_steps", steps.into());
        }
        Some(())
    }

    /// The batches of one update.
    pub(super) fn accumulation(&self) -> u64 {
        if ACCUMULATE {
            self.extras.accumulation.max(1)
        } else {
            1
        }
    }

    /// What is wrong with an argument, if anything.
    pub fn check(&self) -> Option<Note> {
        let extras = &self.extras;
        if let Some(why) = self.learning_rate.check_rate() {
            return Some(why);
        }
        if !(EMA || ACCUMULATE || MORE) {
            return None;
        }
        if ACCUMULATE && extras.accumulation < 2 {
            let why = Note::new().str("gradient_accumulation_steps = ");
            let why = why.num(extras.accumulation as usize);
            return Some(why.str(", but it must be at least 2"));
        }
        let (name, clip) = match extras.clip {
            Clip::None => ("clipnorm", 1.0),
            Clip::Norm(clip) => ("clipnorm", clip),
            Clip::Value(clip) => ("clipvalue", clip),
            Clip::GlobalNorm(clip) => ("global_clipnorm", clip),
            Clip::Several => {
                let why = "set only one of clipnorm, clipvalue and global_clipnorm";
                return Some(Note::new().str(why));
            }
        };
        let (decay, wd) = (self.decay, extras.weight_decay);
        let ema = extras.ema_momentum.unwrap_or(0.0);
        first_wrong(&[
            NOT_NEGATIVE.of("decay", decay),
            POSITIVE.of(name, clip),
            NOT_NEGATIVE.of("weight_decay", wd),
            UNIT.of("ema_momentum", ema),
        ])
    }
}

#[allow(missing_docs)]
impl<S: Rate, const ACCUMULATE: bool, const MORE: bool> Settings<S, true, ACCUMULATE, MORE> {
    #[must_use]
    pub const fn ema_momentum(mut self, ema_momentum: f32) -> Self {
        self.extras.ema_momentum = Some(ema_momentum);
        self
    }

    #[must_use]
    pub const fn ema_overwrite_frequency(mut self, updates: u32) -> Self {
        self.extras.ema_overwrite_frequency = updates as u64;
        self
    }
}
