//! What there is on a host only, by its name: so that the compiler says what to write in its place on a microcontroller.
//!
//! Each is a function with a bound that nothing fulfils: the bound has the words.

use crate::losses::MeantFor;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::trainer::Trainer;

/// A `Trainer` has a loop of the caller's in place of `fit`.
#[diagnostic::on_unimplemented(
    message = "a `Trainer` has no `fit`: the loop over epochs and batches is yours",
    label = "written as a loop",
    note = "`for _ in 0..epochs {{ for (x, y) in x.chunks(8).zip(y.chunks(8)) {{ trainer.train_on_batch(x, y)?; }} }}`; `fit` with its arguments is a method of what `compile!` gives on a host, with kseq's feature `std`"
)]
#[cfg(feature = "std")]
pub trait HasFit<'w> {}

/// A `Trainer` has its table as a constant.
#[diagnostic::on_unimplemented(
    message = "a `Trainer` has no `summary`: the table is a constant of the model",
    label = "it is `Net::SUMMARY`",
    note = "so are its numbers: `Net::PARAMS`, `FLASH_BYTES`, `INFER_RAM`, `TRAIN_RAM`, `MACS`"
)]
pub trait HasSummary<'w> {}

/// A `Trainer` has no files.
#[diagnostic::on_unimplemented(
    message = "a `Trainer` has no files: weights come into a firmware by `include_weights!`",
    label = "there are no files here",
    note = "`static NET: Baked<Net> = include_weights!(Net, \"net.safetensors\");` are weights in flash; parameters that were learned here are `trainer.params().as_f32s()`"
)]
pub trait HasFiles<'w> {}

#[doc(hidden)]
#[allow(clippy::unused_self, clippy::needless_pass_by_ref_mut)]
impl<M, O, L> Trainer<'_, M, O, L>
where
    M: Model,
    O: Optimizer,
    L: MeantFor<M::Output, M::Units>,
{
    #[cfg(feature = "std")]
    pub fn fit<X: ?Sized, Y: ?Sized, F>(&mut self, _: &X, _: &Y, _: F)
    where
        for<'w> M: HasFit<'w>,
    {
    }

    /// The words are those of `Fit`.
    #[cfg(not(feature = "std"))]
    pub fn fit<X: ?Sized, Y: ?Sized>(&mut self, _: &X, _: &Y, _: Fit) {}

    pub fn summary(&self)
    where
        for<'w> M: HasSummary<'w>,
    {
    }

    pub fn load_weights<P>(&mut self, _: P)
    where
        for<'w> M: HasFiles<'w>,
    {
    }

    pub fn save_weights<P>(&self, _: P)
    where
        for<'w> M: HasFiles<'w>,
    {
    }
}

#[cfg(not(feature = "std"))]
pub use without_std::{Evaluate, Fit};

#[cfg(not(feature = "std"))]
mod without_std {
    /// The arguments of `fit` and `evaluate`.
    #[diagnostic::on_unimplemented(
        message = "there is no `fit` and no `evaluate` without kseq's feature `std`: the loop over epochs and batches is yours",
        label = "an argument of `fit` on a host",
        note = "`for _ in 0..epochs {{ for (x, y) in x.chunks(8).zip(y.chunks(8)) {{ trainer.train_on_batch(x, y)?; }} }}`"
    )]
    pub trait HasArguments<'w> {}

    macro_rules! arguments {
        ($($name:ident: $($argument:ident)*;)*) => {
            $(
                #[doc(hidden)]
                #[allow(missing_debug_implementations)]
                pub struct $name;

                #[allow(clippy::new_without_default, reason = "nobody gets one")]
                impl $name {
                    pub fn new() -> Self
                    where
                        for<'w> Self: HasArguments<'w>,
                    {
                        $name
                    }

                    // So that one mistake is one error.
                    $(
                        #[must_use]
                        pub fn $argument<T>(self, _: T) -> Self {
                            self
                        }
                    )*
                }
            )*
        };
    }
    arguments! {
        Fit: batch_size epochs initial_epoch verbose callbacks validation_split validation_data validation_sample_weight validation_generator validation_batch_size validation_steps validation_freq shuffle steps_per_epoch class_weight sample_weight;
        Evaluate: batch_size verbose steps callbacks sample_weight;
    }
}
