//! Metrics: what training reports besides the loss.
//!
//! One's own is a [`function()`] of a sample, or implements [`Metric`], as in `examples/own_loss.rs`.

mod accuracy;
mod alone;
mod arguments;
mod auc;
mod binary_accuracy;
mod categorical_accuracy;
mod confusion;
mod correlation;
mod crossentropy;
mod element_weights;
mod f_score;
mod function;
mod histogram;
mod iou;
mod mean;
mod mean_metric_wrapper;
mod metric;
#[cfg(feature = "std")]
pub(crate) mod names;
mod precision;
mod r2_score;
mod root_mean_squared_error;
mod sensitivity_at_specificity;
#[cfg(test)]
mod tests;
mod top_k_categorical_accuracy;
mod true_positives;
mod wrappers;

pub use accuracy::{Accuracy, AccuracyTarget};
pub use auc::{AUC, Curve, MultiLabelAUC, SummationMethod};
pub use binary_accuracy::BinaryAccuracy;
#[cfg(feature = "std")]
pub(crate) use categorical_accuracy::argmax;
pub use categorical_accuracy::{CategoricalAccuracy, SparseCategoricalAccuracy};
pub use correlation::{ConcordanceCorrelation, PearsonCorrelation};
pub use crossentropy::{Crossentropy, CrossentropyTarget};
pub use f_score::{Average, F1Score, FBetaScore};
pub use function::{Function, function};
pub use iou::{BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU};
pub use mean::{Mean, Sum};
pub use mean_metric_wrapper::*;
pub use metric::{MAX_METRICS, Metric, Metrics, TakesMetrics};
pub use precision::{Precision, Recall};
pub use r2_score::{ClassAggregation, R2Score};
pub use root_mean_squared_error::RootMeanSquaredError;
pub use sensitivity_at_specificity::{
    PrecisionAtRecall, RecallAtPrecision, SensitivityAtSpecificity, SpecificityAtSensitivity,
};
pub use top_k_categorical_accuracy::{SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy};
pub use true_positives::{FalseNegatives, FalsePositives, TrueNegatives, TruePositives};
pub use wrappers::{Named, Weighted};

pub use crate::base::direction::Direction;
