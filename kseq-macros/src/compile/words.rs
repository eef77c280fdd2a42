//! Keras's words for optimizers, losses and metrics.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

/// Arguments that decide a type: a builder without a value, or nothing.
pub const FLAGS: [&str; 3] = ["amsgrad", "centered", "use_ema"];

/// Arguments that are sizes of memory, and so of the type.
pub const SIZES: [&str; 1] = ["num_thresholds"];

/// The arguments of optimizers that are whole numbers; the others are real ones, for which Python takes
/// `0` too.
pub const WHOLE: [&str; 2] = ["ema_overwrite_frequency", "gradient_accumulation_steps"];

/// Metrics that need an argument, which Keras allows by position.
const NEEDS: [(&str, &str); 5] = [
    ("FBetaScore", "beta"),
    ("PrecisionAtRecall", "recall"),
    ("RecallAtPrecision", "precision"),
    ("SensitivityAtSpecificity", "specificity"),
    ("SpecificityAtSensitivity", "sensitivity"),
];

/// The words of one family.
pub struct Words {
    /// `optimizer`
    pub family: &'static str,
    /// A value of one's own.
    pub example: &'static str,
    /// The module of `kseq`.
    pub module: &'static str,
    /// The classes, with Keras's name in lower case and its other names.
    classes: &'static [(&'static str, &'static [&'static str])],
    /// The argument of all classes that may come by position.
    first: Option<&'static str>,
}

impl Words {
    /// The class that a word names.
    pub fn class_of(&self, word: &str) -> Option<&'static str> {
        let named =
            |(class, names): &&(&'static str, &[&str])| *class == word || names.contains(&word);
        self.classes.iter().find(named).map(|(class, _)| *class)
    }

    /// Whether what the word names has that name: no metric, or the first of its names.
    pub fn reports_as(&self, word: &str) -> bool {
        let mut classes = self.classes.iter();
        let other = |names: &[&str]| names.iter().skip(1).any(|name| *name == word);
        !self.is_reported() || !classes.any(|(_, names)| other(names))
    }

    /// Whether numbers without a point are real ones, too: optimizers.
    pub fn has_reals(&self) -> bool {
        self.family == OPTIMIZERS.family
    }

    /// Whether values of this family are reported under a name: metrics.
    pub fn is_reported(&self) -> bool {
        self.family == METRICS.family
    }

    /// The argument of a class that may come by position, or that its `new` takes.
    pub fn first_of(&self, class: &str) -> Option<&'static str> {
        let needs = NEEDS.iter().find(|(name, _)| *name == class);
        needs.map(|(_, argument)| *argument).or(self.first)
    }

    /// Whether there is such a class.
    pub fn is_class(&self, name: &str) -> bool {
        self.classes.iter().any(|(class, _)| *class == name)
    }

    /// The classes, for a suggestion.
    pub fn class_names(&self) -> impl Iterator<Item = &'static str> {
        self.classes.iter().map(|(class, _)| *class)
    }

    /// The words, for a suggestion.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.classes
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
    }

    /// `::kseq::losses::Huber`
    pub fn path(&self, class: &Ident) -> TokenStream {
        let module = Ident::new(self.module, Span::mixed_site());
        quote_spanned!(class.span()=> ::kseq::#module::#class)
    }

    /// The class with its defaults.
    pub fn value(&self, class: &str, span: Span) -> TokenStream {
        let path = self.path(&Ident::new(class, span));
        quote_spanned!(span=> <#path as ::core::default::Default>::default())
    }
}

pub const OPTIMIZERS: Words = Words {
    family: "optimizer",
    example: "SGD::new(0.01)",
    module: "optimizers",
    classes: &[
        ("Adadelta", &["adadelta"]),
        ("Adafactor", &["adafactor"]),
        ("Adagrad", &["adagrad"]),
        ("Adam", &["adam"]),
        ("AdamW", &["adamw"]),
        ("Adamax", &["adamax"]),
        ("Ftrl", &["ftrl"]),
        ("Lion", &["lion"]),
        ("Nadam", &["nadam"]),
        ("RMSprop", &["rmsprop"]),
        ("SGD", &["sgd"]),
    ],
    first: Some("learning_rate"),
};

pub const LOSSES: Words = Words {
    family: "loss",
    example: "Huber::new().delta(2.0)",
    module: "losses",
    classes: &[
        ("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"]),
        ("BinaryFocalCrossentropy", &["binary_focal_crossentropy"]),
        ("CategoricalCrossentropy", &["categorical_crossentropy"]),
        (
            "CategoricalFocalCrossentropy",
            &["categorical_focal_crossentropy"],
        ),
        ("CategoricalHinge", &["categorical_hinge"]),
        ("CosineSimilarity", &["cosine_similarity"]),
        ("Hinge", &["hinge"]),
        ("Huber", &["huber", "huber_loss"]),
        (
            "KLDivergence",
            &["kl_divergence", "kld", "KLD", "kullback_leibler_divergence"],
        ),
        ("LogCosh", &["log_cosh", "logcosh"]),
        ("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
        (
            "MeanAbsolutePercentageError",
            &["mean_absolute_percentage_error", "mape", "MAPE"],
        ),
        ("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
        (
            "MeanSquaredLogarithmicError",
            &["mean_squared_logarithmic_error", "msle", "MSLE"],
        ),
        ("Poisson", &["poisson"]),
        (
            "SparseCategoricalCrossentropy",
            &["sparse_categorical_crossentropy"],
        ),
        ("SquaredHinge", &["squared_hinge"]),
    ],
    first: None,
};

pub const METRICS: Words = Words {
    family: "metric",
    example: "my_function",
    module: "metrics",
    classes: &[
        ("AUC", &["auc"]),
        ("Accuracy", &["accuracy", "acc"]),
        ("BinaryAccuracy", &["binary_accuracy"]),
        ("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"]),
        ("BinaryIoU", &["binary_io_u"]),
        ("CategoricalAccuracy", &["categorical_accuracy"]),
        ("CategoricalCrossentropy", &["categorical_crossentropy"]),
        ("CategoricalHinge", &["categorical_hinge"]),
        ("CosineSimilarity", &["cosine_similarity"]),
        ("F1Score", &["f1_score"]),
        ("FBetaScore", &[]),
        ("FalseNegatives", &["false_negatives"]),
        ("FalsePositives", &["false_positives"]),
        ("Hinge", &["hinge"]),
        ("KLDivergence", &["kl_divergence", "kld", "KLD"]),
        ("LogCoshError", &["logcosh"]),
        ("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
        (
            "MeanAbsolutePercentageError",
            &["mean_absolute_percentage_error", "mape", "MAPE"],
        ),
        ("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
        (
            "MeanSquaredLogarithmicError",
            &["mean_squared_logarithmic_error", "msle", "MSLE"],
        ),
        ("Poisson", &["poisson"]),
        ("Precision", &["precision"]),
        ("PrecisionAtRecall", &[]),
        ("R2Score", &["r2_score"]),
        ("Recall", &["recall"]),
        ("RecallAtPrecision", &[]),
        ("SensitivityAtSpecificity", &[]),
        ("SpecificityAtSensitivity", &[]),
        ("RootMeanSquaredError", &["root_mean_squared_error"]),
        (
            "SparseCategoricalAccuracy",
            &["sparse_categorical_accuracy"],
        ),
        (
            "SparseCategoricalCrossentropy",
            &["sparse_categorical_crossentropy"],
        ),
        (
            "SparseTopKCategoricalAccuracy",
            &["sparse_top_k_categorical_accuracy"],
        ),
        ("SquaredHinge", &["squared_hinge"]),
        ("TopKCategoricalAccuracy", &["top_k_categorical_accuracy"]),
        ("TrueNegatives", &["true_negatives"]),
        ("TruePositives", &["true_positives"]),
    ],
    first: None,
};
