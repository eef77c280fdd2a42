//! Losses.

use crate::class::{ClassFamily, ClassRow, USUAL};

/// Keras's other losses.
pub const LOSSES_LATER: &[&str] = &["CTC", "Circle", "Dice", "Tversky"];

const fn row(class: &'static str, names: &'static [&'static str]) -> ClassRow {
    noted(class, names, "", "")
}

const fn noted(
    class: &'static str,
    names: &'static [&'static str],
    arguments: &'static str,
    note: &'static str,
) -> ClassRow {
    ClassRow {
        class,
        names,
        arguments,
        note,
        ..USUAL
    }
}

const LAST_AXIS: &str = "the same; `axis` is the last";

/// The losses.
#[rustfmt::skip]
pub static LOSSES: ClassFamily = ClassFamily {
    what: "loss",
    example: "Huber::new().delta(2.0)",
    module: "losses",
    takes_reals: false,
    is_reported: false,
    rows: &[
        noted("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"], "from_logits, label_smoothing", LAST_AXIS),
        noted(
            "BinaryFocalCrossentropy",
            &["binary_focal_crossentropy"],
            "apply_class_balancing, alpha, gamma, from_logits, label_smoothing",
            LAST_AXIS,
        ),
        noted("CategoricalCrossentropy", &["categorical_crossentropy"], "from_logits, label_smoothing", LAST_AXIS),
        noted(
            "CategoricalFocalCrossentropy",
            &["categorical_focal_crossentropy"],
            "alpha, gamma, from_logits, label_smoothing",
            LAST_AXIS,
        ),
        row("CategoricalHinge", &["categorical_hinge"]),
        noted("CosineSimilarity", &["cosine_similarity"], "axis", "`CosineSimilarity::new().axis(1)`; not over the batch (axis 0)"),
        row("Hinge", &["hinge"]),
        noted("Huber", &["huber", "huber_loss"], "delta", "`Huber::new().delta(d)`"),
        row("KLDivergence", &["kl_divergence", "kld", "KLD", "kullback_leibler_divergence"]),
        row("LogCosh", &["log_cosh", "logcosh"]),
        row("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
        row("MeanAbsolutePercentageError", &["mean_absolute_percentage_error", "mape", "MAPE"]),
        row("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
        row("MeanSquaredLogarithmicError", &["mean_squared_logarithmic_error", "msle", "MSLE"]),
        row("Poisson", &["poisson"]),
        noted(
            "SparseCategoricalCrossentropy",
            &["sparse_categorical_crossentropy"],
            "from_logits, ignore_class",
            "the same; targets are `u32`, so `ignore_class = -1` is another number (255). As a metric ignored rows do not \
             count; Keras without weights counts them as 0",
        ),
        row("SquaredHinge", &["squared_hinge"]),
    ],
};
