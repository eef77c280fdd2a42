//! The macro that every optimizer of Keras is defined with: its struct, its arguments, and the
//! arguments that all have.

use super::settings::Extras;
use super::slots::Slot;
use crate::shape::Shape;
use crate::text::Note;

/// A chunk of the parameters of a model, or a whole array, with what its update needs.
pub(super) struct Chunk<'a, 's> {
    /// The learning rate.
    pub(super) lr: f32,
    /// The number of the update, from 0.
    pub(super) step: u64,
    pub(super) p: &'a mut [f32],
    pub(super) g: &'a [f32],
    /// What [`FromOccurrences`] reads in place of the gradients.
    pub(super) sums: &'a [f32],
    pub(super) slots: &'a mut [&'s mut [f32]],
}

/// What differs between the types of optimizers; the rest of the trait `Optimizer` is the same for all.
pub(super) trait Rule {
    /// The optimizer's own slots.
    const OWN_SLOTS: &'static [Slot];

    /// Whether the update is of whole arrays, whose shape matters.
    const WHOLE_ARRAYS: bool = false;

    /// Whether the update is `p -= lr g`.
    const DESCENT: bool = false;

    /// Whether the first slot begins as the parameters.
    const BEGINS_AS_PARAMETERS: bool = false;

    /// What is wrong with an argument of its own.
    fn wrong(&self) -> Option<Note>;

    /// Whether the shape of a whole array matters to its update.
    fn by_shape(&self, _layer: &str, _array: &str) -> bool {
        true
    }

    /// What the driver does around the update.
    fn extras(&self, extras: Extras) -> Extras {
        extras
    }
}

/// The update itself, of an optimizer's arguments and the `FLAGS` of its type. No type of the user's is in here: a debug
/// build optimises this crate, not what is generic over such a type, which is compiled with the user's crate.
pub(super) trait UpdateRule<const FLAGS: usize>: Sized {
    /// Of a chunk, or of a whole array of this shape.
    fn update<Q: Magnitudes>(
        self,
        flags: [bool; FLAGS],
        shape: Option<&Shape>,
        chunk: Chunk<'_, '_>,
    );
}

/// Where squares and sizes of gradients come from: see [`Occurrences`](super::Occurrences).
pub(super) trait Magnitudes {
    fn square(g: f32, sum: f32) -> f32;
    fn abs(g: f32, sum: f32) -> f32;
}

/// From the gradient itself.
pub(super) struct FromGradient;
/// Summed over occurrences by the caller.
pub(super) struct FromOccurrences;

impl Magnitudes for FromGradient {
    #[inline(always)]
    fn square(g: f32, _: f32) -> f32 {
        g * g
    }
    #[inline(always)]
    fn abs(g: f32, _: f32) -> f32 {
        g.abs()
    }
}

impl Magnitudes for FromOccurrences {
    #[inline(always)]
    fn square(_: f32, sum: f32) -> f32 {
        sum
    }
    #[inline(always)]
    fn abs(_: f32, sum: f32) -> f32 {
        sum
    }
}

/// Defines an optimizer: the struct with its arguments and their builders, `new`, `Default`, the
/// builders of [`Settings`](super::Settings), and `Optimizer` by way of [`Rule`] and
/// [`UpdateRule`].
macro_rules! optimizer {
    (
        $(#[$doc:meta])*
        $name:ident $(<$($flag:ident),+>)?,
        $keras:literal, $occurrences:ident, $new:ident [$($schedule:tt)+], learning_rate = $lr:literal
        $(, $setting:ident = $value:literal, more = $more:literal)?;
        $($(#[$arg_doc:meta])* $arg:ident: $ty:ty = $default:expr,)*
        $([$hidden:ident: $hidden_ty:ty = $hidden_default:literal])?
    ) => {
        /// The arguments of its own.
        #[derive(Clone, Copy, PartialEq, Debug)]
        pub(super) struct Args {
            $(pub(super) $arg: $ty,)*
            $(pub(super) $hidden: $hidden_ty,)?
        }

        impl Args {
            /// The update, compiled here for all types that there are; `occurrences` says what `sums` are.
            #[inline(never)]
            fn run(
                self,
                flags: [bool; { [$($(stringify!($flag),)+)? ""].len() - 1 }],
                shape: Option<&$crate::shape::Shape>,
                occurrences: bool,
                chunk: $crate::optimizers::define::Chunk<'_, '_>,
            ) {
                use $crate::optimizers::define::{FromGradient, FromOccurrences, UpdateRule};
                if occurrences {
                    self.update::<FromOccurrences>(flags, shape, chunk);
                } else {
                    self.update::<FromGradient>(flags, shape, chunk);
                }
            }
        }

        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Debug)]
        pub struct $name<
            $($(const $flag: bool = false,)+)?
            C = $crate::optimizers::Settings<f32 $(, false, false, $more)?>,
        > {
            args: Args,
            settings: C,
        }

        // The bound is written where the macro is called: the compiler shows it to whoever gives no learning rate.
        impl<$($schedule)+>
            $name<
                $($({ $crate::optimizers::define::off!($flag) },)+)?
                $crate::optimizers::Settings<S $(, false, false, $more)?>,
            >
        {
            /// With Keras's other defaults. The learning rate is a number, finite and not negative, or a
            /// [schedule](crate::optimizers::schedules).
            #[must_use]
            pub const fn $new(learning_rate: S) -> Self {
                $name {
                    args: Args {
                        $($arg: $default,)*
                        $($hidden: $hidden_default,)?
                    },
                    settings: $crate::optimizers::Settings::new(learning_rate)$(.$setting($value))?,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                $name::new($lr)
            }
        }

        impl<
            $($(const $flag: bool,)+)?
            C: Copy,
        > $name<$($($flag,)+)? C> {
            $(
                $(#[$arg_doc])*
                #[must_use]
                pub const fn $arg(mut self, $arg: $ty) -> Self {
                    self.args.$arg = $arg;
                    self
                }
            )*
        }

        $crate::optimizers::define::settings! {
            [$($(const $flag: bool,)+)?]
            [$($($flag,)+)?]
            $name
        }

        #[diagnostic::do_not_recommend]
        impl<
            $($(const $flag: bool,)+)?
            S: $crate::optimizers::schedules::Rate,
            const EMA: bool,
            const ACCUMULATE: bool,
            const MORE: bool,
        > $crate::optimizers::Optimizer
            for $name<
                $($($flag,)+)?
                $crate::optimizers::Settings<S, EMA, ACCUMULATE, MORE>,
            >
        {
            const NAME: &'static str = $keras;
            const SLOT_NAMES: &'static [&'static str] = {
                const fn names<R: $crate::optimizers::define::Rule>(
                    ema: bool,
                    accumulate: bool,
                ) -> $crate::optimizers::slots::SlotNames {
                    $crate::optimizers::slots::SlotNames::new(R::OWN_SLOTS, ema, accumulate)
                }
                const { &names::<Self>(EMA, ACCUMULATE) }.get()
            };
            const EXTRAS: bool = EMA || ACCUMULATE || MORE;
            const OCCURRENCES: $crate::optimizers::Occurrences =
                $crate::optimizers::Occurrences::$occurrences;

            fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
                use $crate::optimizers::define::Chunk;
                let lr = self.settings.rate_of_update(step);
                let chunk = Chunk { lr, step, p, g, sums: g, slots };
                self.args.run([$($($flag),+)?], None, false, chunk);
            }

            fn update_occurrences(
                &self,
                step: u64,
                p: &mut [f32],
                g: &[f32],
                sums: &[f32],
                slots: &mut [&mut [f32]],
            ) {
                use $crate::optimizers::define::Chunk;
                let lr = self.settings.rate_of_update(step);
                let chunk = Chunk { lr, step, p, g, sums, slots };
                self.args.run([$($($flag),+)?], None, true, chunk);
            }

            fn descent(&self, step: u64) -> Option<f32> {
                use $crate::optimizers::define::Rule;
                Self::DESCENT.then(|| self.settings.rate_of_update(step))
            }

            const WHOLE_ARRAYS: bool = <Self as $crate::optimizers::define::Rule>::WHOLE_ARRAYS;

            fn update_array(
                &self,
                step: u64,
                shape: &$crate::shape::Shape,
                p: &mut [f32],
                g: &[f32],
                sums: Option<&[f32]>,
                slots: &mut [&mut [f32]],
            ) {
                use $crate::optimizers::define::Chunk;
                let lr = self.settings.rate_of_update(step);
                let occurrences = sums.is_some();
                let sums = sums.unwrap_or(g);
                let chunk = Chunk { lr, step, p, g, sums, slots };
                self.args.run([$($($flag),+)?], Some(shape), occurrences, chunk);
            }

            fn learning_rate(&self, step: u64) -> Option<f32> {
                Some(self.settings.rate(step))
            }

            #[cfg(feature = "import")]
            fn said(&self) -> Option<serde_json::Value> {
                use $crate::base::said::{Said, object};
                let mut said = object(
                    stringify!($name),
                    &[
                        $((stringify!($arg), &self.args.$arg as &dyn Said),)*
                        $((stringify!($hidden), &self.args.$hidden),)?
                    ],
                );
                let config = said.get_mut("config")?.as_object_mut()?;
                // `SGD`'s says whether it keeps a momentum, which is an argument itself.
                $($(
                    let name = stringify!($flag).to_lowercase();
                    config.entry(name).or_insert($flag.into());
                )+)?
                self.settings.say(Self::NAME, config)?;
                Some(said)
            }

            fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), $crate::error::Error> {
                self.settings.set_rate(learning_rate)
            }

            fn extras(&self) -> $crate::optimizers::Extras {
                use $crate::optimizers::define::Rule;
                Rule::extras(self, self.settings.extras())
            }

            const BEGINS_AS_PARAMETERS: bool =
                <Self as $crate::optimizers::define::Rule>::BEGINS_AS_PARAMETERS;

            fn by_shape(&self, layer: &str, array: &str) -> bool {
                use $crate::optimizers::define::Rule;
                Rule::by_shape(self, layer, array)
            }

            fn check(&self) -> Option<$crate::text::Note> {
                use $crate::optimizers::define::Rule;
                self.settings.check().or_else(|| self.wrong())
            }
        }
    };
}
pub(super) use optimizer;

/// `false`, for each flag of a type.
macro_rules! off {
    ($flag:ident) => {
        false
    };
}
pub(super) use off;

/// The builders of [`Settings`](super::Settings), for an optimizer that holds one in `settings`.
macro_rules! settings {
    ([$($flags:tt)*] [$($flag:ident,)*] $name:ident) => {
        impl<
            $($flags)*
            S: $crate::optimizers::schedules::Rate,
            const EMA: bool,
            const ACCUMULATE: bool,
            const MORE: bool,
        > $name<$($flag,)* $crate::optimizers::Settings<S, EMA, ACCUMULATE, MORE>> {
            /// Keras 2's decay of the learning rate: `lr / (1 + decay k)` in update k.
            #[must_use]
            pub const fn decay(
                self,
                decay: f32,
            ) -> $name<$($flag,)* $crate::optimizers::Settings<S, EMA, ACCUMULATE, true>> {
                $name {
                    args: self.args,
                    settings: self.settings.decay(decay),
                }
            }

            /// Scales the gradient of each array (kernel, bias) whose Euclidean norm is larger than this
            /// down to it. Only one of the three kinds of clipping.
            #[must_use]
            pub const fn clipnorm(
                self,
                clipnorm: f32,
            ) -> $name<$($flag,)* $crate::optimizers::Settings<S, EMA, ACCUMULATE, true>> {
                $name {
                    args: self.args,
                    settings: self.settings.clipnorm(clipnorm),
                }
            }

            /// Clips each number of the gradient to `-clipvalue..=clipvalue`. Only one of the three
            /// kinds of clipping.
            #[must_use]
            pub const fn clipvalue(
                self,
                clipvalue: f32,
            ) -> $name<$($flag,)* $crate::optimizers::Settings<S, EMA, ACCUMULATE, true>> {
                $name {
                    args: self.args,
                    settings: self.settings.clipvalue(clipvalue),
                }
            }

            /// Scales all gradients down if their Euclidean norm, over the whole model, is larger than
            /// this. Only one of the three kinds of clipping.
            #[must_use]
            pub const fn global_clipnorm(
                self,
                global_clipnorm: f32,
            ) -> $name<$($flag,)* $crate::optimizers::Settings<S, EMA, ACCUMULATE, true>> {
                $name {
                    args: self.args,
                    settings: self.settings.global_clipnorm(global_clipnorm),
                }
            }

            /// Decoupled weight decay: `p -= weight_decay lr p` before each update.
            #[must_use]
            pub const fn weight_decay(
                self,
                weight_decay: f32,
            ) -> $name<$($flag,)* $crate::optimizers::Settings<S, EMA, ACCUMULATE, true>> {
                $name {
                    args: self.args,
                    settings: self.settings.weight_decay(weight_decay),
                }
            }

            /// No weight decay for arrays whose name contains one of these: `&["bias"]`.
            #[must_use]
            pub const fn exclude_from_weight_decay(
                mut self,
                var_names: &'static [&'static str],
            ) -> Self {
                self.settings = self.settings.exclude_from_weight_decay(var_names);
                self
            }

            /// Keeps an exponential moving average of each parameter (one slot more, `average`), which
            /// replaces the parameters when `fit` ends.
            #[must_use]
            pub const fn use_ema(
                self,
            ) -> $name<$($flag,)* $crate::optimizers::Settings<S, true, ACCUMULATE, MORE>> {
                $name {
                    args: self.args,
                    settings: self.settings.use_ema(),
                }
            }

            /// Sums the gradients of so many batches (at least 2) and updates once, from their mean: one
            /// slot more, `gradient_accumulator`. A schedule of the learning rate counts the batches, as in
            /// Keras 3.
            #[must_use]
            pub const fn gradient_accumulation_steps(
                self,
                gradient_accumulation_steps: u32,
            ) -> $name<$($flag,)* $crate::optimizers::Settings<S, EMA, true, MORE>> {
                let steps = gradient_accumulation_steps;
                $name {
                    args: self.args,
                    settings: self.settings.gradient_accumulation_steps(steps),
                }
            }
        }

        impl<
            $($flags)*
            S: $crate::optimizers::schedules::Rate,
            const ACCUMULATE: bool,
            const MORE: bool,
        > $name<$($flag,)* $crate::optimizers::Settings<S, true, ACCUMULATE, MORE>> {
            /// How much of the average stays in a step, 0 to 1. Default 0.99.
            #[must_use]
            pub const fn ema_momentum(mut self, ema_momentum: f32) -> Self {
                self.settings = self.settings.ema_momentum(ema_momentum);
                self
            }

            /// Replaces the parameters by their averages after every so many updates, too.
            #[must_use]
            pub const fn ema_overwrite_frequency(mut self, ema_overwrite_frequency: u32) -> Self {
                self.settings = self.settings.ema_overwrite_frequency(ema_overwrite_frequency);
                self
            }
        }
    };
}
pub(super) use settings;
