//! `ActivityRegularization`: adds `l1 sum(abs(x)) + l2 sum(square(x))`, divided by the samples of the batch,
//! to the loss; the output is the input.
//!
//! # Shapes
//! - input and output: the same, rank 1 to 4
//!
//! Follows `keras.layers.ActivityRegularization` (Keras 3.15): it is an identity with an
//! `activity_regularizer`, which every other layer takes too. The penalty itself is a
//! [`Regularizer`](crate::regularizers::Regularizer), which the model applies to the layer's output.
//!
//! ```
//! use kseq_core::layer::{Ctx, InPlace};
//! use kseq_core::layers::ActivityRegularization;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [1.0, -2.0];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! ActivityRegularization::new().infer_in_place(&NoParams, &NoParams, &mut y, 2, &cx);
//! assert_eq!(y, [1.0, -2.0]);
//! ```

use super::rules::same;
use super::same_memory::same_memory;
use crate::layer::Mask;
use crate::shape::{Rule, Shape};

/// The identity with a penalty on its output.
pub struct ActivityRegularization;

impl ActivityRegularization {
    /// The layer; its penalty is the model's.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "as every layer")]
    pub const fn new() -> Self {
        ActivityRegularization
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    same(input, "ActivityRegularization")
}

same_memory!(ActivityRegularization, Mask::Keeps);
