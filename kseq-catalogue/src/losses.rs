//! Losses.

use crate::class::{ClassFamily, ClassRow, USUAL};
use crate::param::Kind::{Axes, Axis, Flag, In, Whole};
use crate::param::{DTYPE, Kind, LAST_AXIS, NAME, Param, Words, or};
use crate::range::Range::{Between, NotNegative, Positive, Unit};

const fn row(class: &'static str, names: &'static [&'static str]) -> ClassRow {
    noted(class, names, &[REDUCTION], "")
}

const fn noted(
    class: &'static str,
    names: &'static [&'static str],
    params: &'static [Param],
    note: &'static str,
) -> ClassRow {
    ClassRow {
        class,
        names,
        params,
        note,
        ..USUAL
    }
}

const SAME: &str = "the same; `axis` is the last";

/// How the losses of the rows become one number.
pub(crate) const REDUCTION: Param = or(
    "reduction",
    Kind::Word(Words {
        known: &["sum_over_batch_size", "sum", "mean_with_sample_weight"],
        later: &["mean", "none"],
    }),
    "\"sum_over_batch_size\"",
);
pub(crate) const FROM_LOGITS: Param = or("from_logits", Flag, "False");
pub(crate) const SMOOTHING: Param = or("label_smoothing", In(Unit), "0.0");
pub(crate) const IGNORE_CLASS: Param = or("ignore_class", Whole(0), "None");
const ALPHA: Param = or("alpha", In(NotNegative), "0.25");
const GAMMA: Param = or("gamma", In(NotNegative), "2.0");
const SUMMED: Param = or("axis", Axes, "None");

/// The losses.
#[rustfmt::skip]
pub static LOSSES: ClassFamily = ClassFamily {
    what: "loss",
    example: "Huber::new().delta(2.0)",
    module: "losses",
    common: &[NAME, DTYPE],
    is_reported: false,
    rows: &[
        noted("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"], &[FROM_LOGITS, SMOOTHING, LAST_AXIS, REDUCTION], SAME),
        noted(
            "BinaryFocalCrossentropy",
            &["binary_focal_crossentropy"],
            &[or("apply_class_balancing", Flag, "False"), ALPHA, GAMMA, FROM_LOGITS, SMOOTHING, LAST_AXIS, REDUCTION],
            SAME,
        ),
        noted("CategoricalCrossentropy", &["categorical_crossentropy"], &[FROM_LOGITS, SMOOTHING, LAST_AXIS, REDUCTION], SAME),
        noted(
            "CategoricalFocalCrossentropy",
            &["categorical_focal_crossentropy"],
            &[ALPHA, GAMMA, FROM_LOGITS, SMOOTHING, LAST_AXIS, REDUCTION],
            SAME,
        ),
        noted(
            "CategoricalGeneralizedCrossEntropy",
            &["categorical_generalized_cross_entropy"],
            &[or("q", In(Between), "0.5"), REDUCTION],
            "`CategoricalGeneralizedCrossEntropy::new().q(q)`; targets are `u32`",
        ),
        row("CategoricalHinge", &["categorical_hinge"]),
        noted(
            "Circle",
            &["circle"],
            &[
                or("gamma", In(Positive), "80.0"),
                or("margin", In(Unit), "0.4"),
                or("remove_diagonal", Flag, "True"),
                REDUCTION,
            ],
            "the same; targets are `u32`, outputs of length 1; `ref_labels` and `ref_embeddings` of the function are absent",
        ),
        noted("CosineSimilarity", &["cosine_similarity"], &[or("axis", Axis, "-1"), REDUCTION], "`CosineSimilarity::new().axis(1)`; not over the batch (axis 0)"),
        noted(
            "CTC",
            &["ctc"],
            &[REDUCTION],
            "the same; targets are `[u32; T]` for an output of T steps, zeros behind the labels. Labels that do not fit into the \
             steps are an error (Keras: an infinite loss). With std only",
        ),
        noted(
            "Crossentropy",
            &["crossentropy", "ce"],
            &[],
            "the words `\"crossentropy\"` and `\"ce\"`: binary of one unit, categorical of several. For class numbers name \
             `sparse_categorical_crossentropy` (Keras looks at the targets)",
        ),
        noted(
            "Dice",
            &["dice"],
            &[REDUCTION, NAME, SUMMED],
            "`Dice::new().axis(&[1, 2, 3])`; not for outputs of any length. A loss over the whole batch counts with the mean of the \
             weights",
        ),
        row("Hinge", &["hinge"]),
        noted("Huber", &["huber", "huber_loss"], &[or("delta", In(Positive), "1.0"), REDUCTION], "`Huber::new().delta(d)`"),
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
            &[FROM_LOGITS, IGNORE_CLASS, REDUCTION, LAST_AXIS],
            "the same; targets are `u32`, so `ignore_class = -1` is another number (255). As a metric ignored rows do not \
             count; Keras without weights counts them as 0",
        ),
        row("SquaredHinge", &["squared_hinge"]),
        noted(
            "Tversky",
            &["tversky"],
            &[or("alpha", In(NotNegative), "0.5"), or("beta", In(NotNegative), "0.5"), REDUCTION, NAME, SUMMED],
            "as `Dice`; `alpha` is of what is missed, as Keras computes it (its documentation says the contrary)",
        ),
    ],
};
