//! Metrics.

use crate::class::{ClassFamily, ClassRow, USUAL};
use crate::losses::{FROM_LOGITS, IGNORE_CLASS, SMOOTHING};
use crate::param::Kind::{Axis, Classes, Fixed, Flag, Ids, In, Reals, Several, Thresholds, Whole};
use crate::param::{DTYPE, Kind, LAST_AXIS, NAME, Param, must, or, word};
use crate::range::Range::{AboveZero, Positive, Unit};

/// What most metrics begin with.
const NAMED: &[Param] = &[NAME, DTYPE];
const NAMED_WITH_AXIS: &[Param] = &[NAME, DTYPE, or("axis", Axis, "-1")];
const THRESHOLD: Param = or("threshold", In(Unit), "0.5");
const NUM_THRESHOLDS: Param = or("num_thresholds", Thresholds, "200");
const CLASS_ID: Param = or("class_id", Whole(0), "None");
const K: Param = or("k", Whole(1), "5");
const AVERAGE: Param = or("average", word(&["macro", "micro", "weighted"]), "None");
/// `None` is: the largest output is the answer.
const OPEN_THRESHOLD: Param = or("threshold", In(AboveZero), "None");
const SORTED_IDS: Param = or("from_sorted_ids", Kind::Later, "False");
const NUM_CLASSES: Param = must("num_classes", Classes);
const TARGET_IDS: Param = must("target_class_ids", Ids);
const SPARSE_TARGETS: Param = or(
    "sparse_y_true",
    Fixed("targets are class numbers; for one-hot ones take `OneHotIoU` or `OneHotMeanIoU`"),
    "True",
);
const LARGEST: Param = or(
    "sparse_y_pred",
    Fixed("the answer is the largest output"),
    "False",
);
const COUNTS: &[Param] = &[or("thresholds", Several(Unit), "None")];
const COUNTS_OF_UNITS: &[Param] = &[
    or("thresholds", Several(Unit), "None"),
    or("top_k", Whole(1), "None"),
    CLASS_ID,
];
/// The names that no metric may have: the history, its table and its progress line have these keys themselves. The
/// last one begins the names of a validation's values.
pub const RESERVED: &[&str] = &["loss", "learning_rate", "epoch", "val_"];

const fn row(class: &'static str, names: &'static [&'static str]) -> ClassRow {
    noted(class, names, NAMED, "")
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

/// A loss as a metric.
const fn loss(class: &'static str, names: &'static [&'static str]) -> ClassRow {
    const NOTE: &str = "the loss as a metric: `metrics::MeanAbsoluteError::default()`; with arguments \
                        `MeanMetricWrapper::new(Huber::new().delta(0.1))`, in `compile!` `Huber(delta = 0.1)`";
    let (loss, params): (_, &[Param]) = match class.as_bytes() {
        b"LogCoshError" => ("LogCosh", NAMED),
        b"BinaryCrossentropy" => (class, &[NAME, DTYPE, FROM_LOGITS, SMOOTHING]),
        b"CategoricalCrossentropy" => (class, &[NAME, DTYPE, FROM_LOGITS, SMOOTHING, LAST_AXIS]),
        b"SparseCategoricalCrossentropy" => {
            (class, &[NAME, DTYPE, FROM_LOGITS, IGNORE_CLASS, LAST_AXIS])
        }
        b"CosineSimilarity" => (class, NAMED_WITH_AXIS),
        _ => (class, NAMED),
    };
    ClassRow {
        loss: Some(loss),
        ..noted(class, names, params, NOTE)
    }
}

/// One that counts at thresholds.
const fn counts(class: &'static str, names: &'static [&'static str]) -> ClassRow {
    const NOTE: &str = "`Precision::new().thresholds([0.3, 0.6])`; several thresholds: `values()`, and `fit` reports their \
                        mean (as Keras's progress bar)";
    let params = match class.as_bytes() {
        b"Precision" | b"Recall" => COUNTS_OF_UNITS,
        _ => COUNTS,
    };
    noted(class, names, params, NOTE)
}

/// The best of one quantity where the other is at least so much.
const fn at(
    class: &'static str,
    new: &'static [&'static str],
    params: &'static [Param],
) -> ClassRow {
    ClassRow {
        new,
        ..noted(
            class,
            &[],
            params,
            "the same: `PrecisionAtRecall::new(0.8)`; `num_thresholds` as of `AUC`",
        )
    }
}

/// One whose type has the number of classes.
const fn of_classes(
    class: &'static str,
    new: &'static [&'static str],
    params: &'static [Param],
) -> ClassRow {
    const NOTE: &str = "`IoU::<3>::new(&[0, 2])`; the answer is the largest output (`sparse_y_pred = False`), `num_classes` \
                        must be the model's, in `compile!` `IoU(num_classes = 3, target_class_ids = [0, 2])`. Weights are cut off to whole numbers, as in Keras";
    ClassRow {
        new,
        is_generic: true,
        ..noted(class, &[], params, NOTE)
    }
}

/// A mean or a sum of values.
const fn of_values(class: &'static str) -> ClassRow {
    ClassRow {
        by_name: false,
        ..noted(
            class,
            &[],
            NAMED,
            "the same, for any values: `update_state`, `result`, `reset_state`",
        )
    }
}

const CORRELATED: &str =
    "`PearsonCorrelation::new().axis(1)`; not along the batch (axis 0), nor along one value";

const SORTED: &str = "the same; `from_sorted_ids` is absent";

/// The metrics.
#[rustfmt::skip]
pub static METRICS: ClassFamily = ClassFamily {
    what: "metric",
    example: "my_function",
    module: "metrics",
    common: &[NAME, DTYPE],
    is_reported: true,
    rows: &[
        noted(
            "AUC",
            &["auc"],
            &[
                NUM_THRESHOLDS,
                or("curve", word(&["ROC", "PR", "PRGAIN", "roc", "pr", "prgain"]), "\"ROC\""),
                or("summation_method", word(&["interpolation", "majoring", "minoring"]), "\"interpolation\""),
                NAME,
                DTYPE,
                or("thresholds", Several(Unit), "None"),
                or("multi_label", Kind::Switch, "False"),
                or("num_labels", Classes, "None"),
                or("label_weights", Reals, "None"),
                or("from_logits", Flag, "False"),
            ],
            "`AUC::new().num_thresholds::<50>().curve(Curve::PR)`; `.multi_label().label_weights([..])`, the number of labels \
             from the model. Outputs outside of 0 to 1 count as 0 and 1 (with `thresholds` in \
             unequal steps Keras leaves them out of the area)",
        ),
        noted(
            "Accuracy",
            &["accuracy", "acc"],
            NAMED,
            "the string `\"accuracy\"`: binary for one unit or with `BinaryCrossentropy`, sparse for integer targets, else \
             categorical. (Several units with `BinaryCrossentropy` are several labels, as in Keras 2; there Keras 3 takes \
             `categorical_accuracy`: name that metric to have it.) The class of Keras (equal elements) is a function: see \
             `mean_pred` below",
        ),
        noted("BinaryAccuracy", &["binary_accuracy"], &[NAME, DTYPE, THRESHOLD], ""),
        loss("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"]),
        noted("BinaryIoU", &["binary_io_u"], &[or("target_class_ids", Ids, "[0, 1]"), THRESHOLD], "weights are cut off to whole numbers, as in Keras"),
        row("CategoricalAccuracy", &["categorical_accuracy"]),
        loss("CategoricalCrossentropy", &["categorical_crossentropy"]),
        loss("CategoricalHinge", &["categorical_hinge"]),
        noted("ConcordanceCorrelation", &["concordance_correlation"], NAMED_WITH_AXIS, CORRELATED),
        loss("CosineSimilarity", &["cosine_similarity"]),
        noted(
            "Crossentropy",
            &["crossentropy", "ce"],
            NAMED,
            "the words `\"crossentropy\"` and `\"ce\"` of Keras 2: binary of one unit, categorical of several, sparse of class numbers",
        ),
        ClassRow {
            is_generic: true,
            ..noted(
            "F1Score",
            &["f1_score"],
            &[AVERAGE, OPEN_THRESHOLD],
            "`F1Score::new().average(Average::Weighted)`; the default is the mean of the classes, Keras's `None` is `values()`",
            )
        },
        ClassRow {
            new: &["beta"],
            is_generic: true,
            ..noted("FBetaScore", &["fbeta_score", "f_beta_score"], &[AVERAGE, or("beta", In(Positive), "1.0"), OPEN_THRESHOLD], "`FBetaScore::new(2.0)`; as `F1Score`")
        },
        counts("FalseNegatives", &["false_negatives"]),
        counts("FalsePositives", &["false_positives"]),
        loss("Hinge", &["hinge"]),
        loss("KLDivergence", &["kl_divergence", "kld", "KLD"]),
        loss("LogCoshError", &["logcosh", "log_cosh_error"]),
        loss("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
        loss("MeanAbsolutePercentageError", &["mean_absolute_percentage_error", "mape", "MAPE"]),
        loss("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
        loss("MeanSquaredLogarithmicError", &["mean_squared_logarithmic_error", "msle", "MSLE"]),
        noted("PearsonCorrelation", &["pearson_correlation"], NAMED_WITH_AXIS, CORRELATED),
        loss("Poisson", &["poisson"]),
        counts("Precision", &["precision"]),
        at("PrecisionAtRecall", &["recall"], &[must("recall", In(Unit)), NUM_THRESHOLDS, CLASS_ID]),
        ClassRow { is_generic: true, ..noted("R2Score", &["r2_score"], &[or("class_aggregation", word(&["uniform_average", "variance_weighted_average"]), "\"uniform_average\""), or("num_regressors", Whole(0), "0")], "the same; `None` is `values()`") },
        counts("Recall", &["recall"]),
        at("RecallAtPrecision", &["precision"], &[must("precision", In(Unit)), NUM_THRESHOLDS, CLASS_ID]),
        at("SensitivityAtSpecificity", &["specificity"], &[must("specificity", In(Unit)), NUM_THRESHOLDS, CLASS_ID]),
        at("SpecificityAtSensitivity", &["sensitivity"], &[must("sensitivity", In(Unit)), NUM_THRESHOLDS, CLASS_ID]),
        row("RootMeanSquaredError", &["root_mean_squared_error"]),
        row("SparseCategoricalAccuracy", &["sparse_categorical_accuracy"]),
        loss("SparseCategoricalCrossentropy", &["sparse_categorical_crossentropy"]),
        noted("SparseTopKCategoricalAccuracy", &["sparse_top_k_categorical_accuracy"], &[K, NAME, DTYPE, SORTED_IDS], SORTED),
        loss("SquaredHinge", &["squared_hinge"]),
        noted("TopKCategoricalAccuracy", &["top_k_categorical_accuracy"], &[K], SORTED),
        counts("TrueNegatives", &["true_negatives"]),
        counts("TruePositives", &["true_positives"]),
        of_classes("IoU", &["target_class_ids"], &[NUM_CLASSES, TARGET_IDS, NAME, DTYPE, IGNORE_CLASS, SPARSE_TARGETS, LARGEST, LAST_AXIS]),
        of_classes("MeanIoU", &[], &[NUM_CLASSES, NAME, DTYPE, IGNORE_CLASS, SPARSE_TARGETS, LARGEST, LAST_AXIS]),
        of_classes("OneHotIoU", &["target_class_ids"], &[NUM_CLASSES, TARGET_IDS, NAME, DTYPE, IGNORE_CLASS, LARGEST, LAST_AXIS]),
        of_classes("OneHotMeanIoU", &[], &[NUM_CLASSES, NAME, DTYPE, IGNORE_CLASS, LARGEST, LAST_AXIS]),
        of_values("Mean"),
        of_values("Sum"),
    ],
};
