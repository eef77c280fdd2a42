//! Losses: value and gradient, side by side.
//!
//! A loss has one value for each row (last axis); [`Reduction`] says how these become one number, by
//! default their mean. Each row counts with the weight of its sample, or with its own ([`Weights`]).
//! Sums are taken in one fixed order, with totals in `f64`. Slices of unequal length are read up to the
//! shortest.
//!
//! One's own is a [`function()`] of a sample, or implements [`Loss`], as in `examples/own_loss.rs`.

mod arguments;
mod binary_crossentropy;
mod binary_focal_crossentropy;
mod categorical_crossentropy;
mod categorical_focal_crossentropy;
mod categorical_generalized_cross_entropy;
mod categorical_hinge;
mod circle;
mod cosine_similarity;
mod crossentropy;
#[cfg(feature = "std")]
mod ctc;
mod dice;
mod elementwise;
mod epsilon;
mod function;
pub(crate) mod groups;
mod hinge;
mod huber;
mod insist;
mod kl_divergence;
mod log_cosh;
mod loss;
mod mean_absolute_error;
mod mean_absolute_percentage_error;
mod mean_squared_error;
mod mean_squared_logarithmic_error;
mod normalised;
mod overlap;
mod plain;
mod poisson;
#[cfg(test)]
mod reduction_tests;
mod rowwise;
mod softmax_crossentropy;
mod sparse_categorical_crossentropy;
mod targets;
#[cfg(test)]
mod tests;
mod tversky;
mod weights;

pub use crate::base::share::InParts;
pub use binary_crossentropy::BinaryCrossentropy;
pub use binary_focal_crossentropy::BinaryFocalCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use categorical_focal_crossentropy::CategoricalFocalCrossentropy;
pub use categorical_generalized_cross_entropy::CategoricalGeneralizedCrossEntropy;
pub use categorical_hinge::CategoricalHinge;
pub use circle::Circle;
pub use cosine_similarity::CosineSimilarity;
pub use crossentropy::Crossentropy;
#[cfg(feature = "std")]
pub use ctc::CTC;
pub use dice::Dice;
pub use function::{Function, function};
pub use hinge::{Hinge, SquaredHinge};
pub use huber::Huber;
pub use insist::Insist;
pub use kl_divergence::KLDivergence;
pub use log_cosh::LogCosh;
pub use loss::{
    Accuracy, AnyUnits, AsMetric, Covers, GivesClasses, GivesLogits, GivesYesNo, Logits, Loss,
    MeantFor, OverClasses, Probabilities, SeveralUnits, YesNo,
};
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_absolute_percentage_error::MeanAbsolutePercentageError;
pub use mean_squared_error::MeanSquaredError;
pub use mean_squared_logarithmic_error::MeanSquaredLogarithmicError;
pub use poisson::Poisson;
pub use sparse_categorical_crossentropy::SparseCategoricalCrossentropy;
pub use targets::Classes;
pub use tversky::Tversky;
pub(crate) use weights::Weighed;
pub use weights::{MaskWeights, Reduction, Weights};
