//! `ActivityRegularization`: the output is the input. The penalty is a [`Regularizer`](crate::regularizers::Regularizer),
//! which the model applies to the layer's output, as the `activity_regularizer` of any other layer. For users:
//! `docs/layers/ActivityRegularization.md`.
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
///
/// In a layer list `ActivityRegularization(..)`, whose arguments are explained in `kseq::layers::ActivityRegularization`.
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
