//! Metrics.

use crate::class::{ClassFamily, ClassRow, USUAL};

/// The arguments that are sizes of memory, and so of the type.
pub const SIZES: &[&str] = &["num_thresholds"];

/// Keras's other metrics.
pub const METRICS_LATER: &[&str] = &["ConcordanceCorrelation", "PearsonCorrelation"];

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

/// A loss as a metric.
const fn loss(class: &'static str, names: &'static [&'static str]) -> ClassRow {
    const NOTE: &str = "the loss as a metric: `metrics::MeanAbsoluteError::default()`; with arguments \
                        `MeanMetricWrapper::new(Huber::new().delta(0.1))`";
    noted(class, names, "", NOTE)
}

/// One that counts at thresholds.
const fn counts(class: &'static str, names: &'static [&'static str]) -> ClassRow {
    const NOTE: &str = "`Precision::new().thresholds([0.3, 0.6])`; several thresholds: `values()`, and `fit` reports their \
                        mean (as Keras's progress bar)";
    let arguments = match class.as_bytes() {
        b"Precision" | b"Recall" => "thresholds, top_k, class_id",
        _ => "thresholds",
    };
    noted(class, names, arguments, NOTE)
}

/// The best of one quantity where the other is at least so much.
const fn at(
    class: &'static str,
    new: &'static [&'static str],
    arguments: &'static str,
) -> ClassRow {
    ClassRow {
        new,
        ..noted(
            class,
            &[],
            arguments,
            "the same: `PrecisionAtRecall::new(0.8)`; `num_thresholds` as of `AUC`",
        )
    }
}

/// One whose type has the number of classes.
const fn of_classes(
    class: &'static str,
    new: &'static [&'static str],
    arguments: &'static str,
) -> ClassRow {
    const NOTE: &str = "`IoU::<3>::new(&[0, 2])`; the answer is the largest output (`sparse_y_pred = False`), `num_classes` \
                        from the model. Weights are cut off to whole numbers, as in Keras";
    ClassRow {
        new,
        by_name: false,
        ..noted(class, &[], arguments, NOTE)
    }
}

/// A mean or a sum of values.
const fn of_values(class: &'static str) -> ClassRow {
    ClassRow {
        by_name: false,
        ..noted(
            class,
            &[],
            "",
            "the same, for any values: `update_state`, `result`, `reset_state`",
        )
    }
}

const SORTED: &str = "the same; `from_sorted_ids` is absent";

/// The metrics.
#[rustfmt::skip]
pub static METRICS: ClassFamily = ClassFamily {
    what: "metric",
    example: "my_function",
    module: "metrics",
    takes_reals: false,
    is_reported: true,
    rows: &[
        noted(
            "AUC",
            &["auc"],
            "num_thresholds, curve, summation_method, multi_label, label_weights, from_logits",
            "`AUC::new().num_thresholds::<50>().curve(Curve::PR)`; `.multi_label().label_weights([..])`, the number of labels \
             from the model. `thresholds` not yet",
        ),
        noted(
            "Accuracy",
            &["accuracy", "acc"],
            "",
            "the string `\"accuracy\"`: binary for one unit or with `BinaryCrossentropy`, sparse for integer targets, else \
             categorical. (Several units with `BinaryCrossentropy` are several labels, as in Keras 2; there Keras 3 takes \
             `categorical_accuracy`: name that metric to have it.) The class of Keras (equal elements) is a function: see \
             `mean_pred` below",
        ),
        noted("BinaryAccuracy", &["binary_accuracy"], "threshold", ""),
        loss("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"]),
        noted("BinaryIoU", &["binary_io_u"], "target_class_ids, threshold", "weights are cut off to whole numbers, as in Keras"),
        row("CategoricalAccuracy", &["categorical_accuracy"]),
        loss("CategoricalCrossentropy", &["categorical_crossentropy"]),
        loss("CategoricalHinge", &["categorical_hinge"]),
        loss("CosineSimilarity", &["cosine_similarity"]),
        ClassRow {
            is_generic: true,
            ..noted(
            "F1Score",
            &["f1_score"],
            "average, threshold",
            "`F1Score::new().average(Average::Weighted)`; the default is the mean of the classes, Keras's `None` is `values()`",
            )
        },
        ClassRow {
            new: &["beta"],
            ..noted("FBetaScore", &[], "beta, average, threshold", "`FBetaScore::new(2.0)`; as `F1Score`")
        },
        counts("FalseNegatives", &["false_negatives"]),
        counts("FalsePositives", &["false_positives"]),
        loss("Hinge", &["hinge"]),
        loss("KLDivergence", &["kl_divergence", "kld", "KLD"]),
        loss("LogCoshError", &["logcosh"]),
        loss("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
        loss("MeanAbsolutePercentageError", &["mean_absolute_percentage_error", "mape", "MAPE"]),
        loss("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
        loss("MeanSquaredLogarithmicError", &["mean_squared_logarithmic_error", "msle", "MSLE"]),
        loss("Poisson", &["poisson"]),
        counts("Precision", &["precision"]),
        at("PrecisionAtRecall", &["recall"], "recall, num_thresholds, class_id"),
        ClassRow { is_generic: true, ..noted("R2Score", &["r2_score"], "class_aggregation, num_regressors", "the same; `None` is `values()`") },
        counts("Recall", &["recall"]),
        at("RecallAtPrecision", &["precision"], "precision, num_thresholds, class_id"),
        at("SensitivityAtSpecificity", &["specificity"], "specificity, num_thresholds, class_id"),
        at("SpecificityAtSensitivity", &["sensitivity"], "sensitivity, num_thresholds, class_id"),
        row("RootMeanSquaredError", &["root_mean_squared_error"]),
        row("SparseCategoricalAccuracy", &["sparse_categorical_accuracy"]),
        loss("SparseCategoricalCrossentropy", &["sparse_categorical_crossentropy"]),
        noted("SparseTopKCategoricalAccuracy", &["sparse_top_k_categorical_accuracy"], "k", SORTED),
        loss("SquaredHinge", &["squared_hinge"]),
        noted("TopKCategoricalAccuracy", &["top_k_categorical_accuracy"], "k", SORTED),
        counts("TrueNegatives", &["true_negatives"]),
        counts("TruePositives", &["true_positives"]),
        of_classes("IoU", &["target_class_ids"], "num_classes, target_class_ids"),
        of_classes("MeanIoU", &[], "num_classes"),
        of_classes("OneHotIoU", &["target_class_ids"], "num_classes, target_class_ids"),
        of_classes("OneHotMeanIoU", &[], "num_classes"),
        of_values("Mean"),
        of_values("Sum"),
    ],
};
