//! What other frameworks call it: names that Keras does not have, and what Keras has in their place.

/// What a name is among: `optimizer`, `loss`, `metric`, `layer`.
type What = &'static str;

/// Names of PyTorch, of scikit-learn, of TensorFlow's own functions, and abbreviations; and what to write for them.
#[rustfmt::skip]
const NAMES: &[(What, &[&str], &str)] = &[
    ("layer", &["Linear", "LazyLinear", "FullyConnected", "FC"], "`Dense(units)`: the number of inputs follows from the layer before"),
    ("layer", &["Sigmoid"], "`Activation(\"sigmoid\")`"),
    ("layer", &["Tanh"], "`Activation(\"tanh\")`"),
    ("layer", &["GELU"], "`Activation(\"gelu\")`"),
    ("layer", &["SiLU", "Swish"], "`Activation(\"silu\")`"),
    ("layer", &["LogSoftmax"], "`Activation(\"softmax\")`, and a crossentropy as the loss"),
    ("layer", &["BatchNorm", "BatchNorm1d", "BatchNorm2d"], "`BatchNormalization()`: the number of features follows from the layer before"),
    ("layer", &["LayerNorm"], "`LayerNormalization()`"),
    ("layer", &["MaxPool1d"], "`MaxPooling1D(pool_size)`"),
    ("layer", &["MaxPool2d"], "`MaxPooling2D(pool_size)`"),
    ("layer", &["AvgPool1d"], "`AveragePooling1D(pool_size)`"),
    ("layer", &["AvgPool2d"], "`AveragePooling2D(pool_size)`"),
    ("layer", &["AdaptiveAvgPool1d"], "`AdaptiveAveragePooling1D(output_size)`"),
    ("layer", &["AdaptiveAvgPool2d"], "`AdaptiveAveragePooling2D(output_size)`"),
    ("layer", &["AdaptiveMaxPool1d"], "`AdaptiveMaxPooling1D(output_size)`"),
    ("layer", &["AdaptiveMaxPool2d"], "`AdaptiveMaxPooling2D(output_size)`"),
    ("layer", &["Upsample"], "`UpSampling2D(size)`"),
    ("layer", &["ZeroPad2d"], "`ZeroPadding2D(padding)`"),
    ("layer", &["Unflatten", "View"], "`Reshape((a, b))`"),
    ("loss", &["CrossEntropyLoss"], "`CategoricalCrossentropy(from_logits = True)`, of numbers of classes `SparseCategoricalCrossentropy(from_logits = True)`"),
    ("loss", &["cross_entropy", "softmax_cross_entropy", "softmax_cross_entropy_with_logits"], "\"categorical_crossentropy\", of numbers of classes \"sparse_categorical_crossentropy\""),
    ("loss", &["sparse_softmax_cross_entropy", "sparse_softmax_cross_entropy_with_logits"], "`SparseCategoricalCrossentropy(from_logits = True)`"),
    ("loss", &["NLLLoss", "nll_loss", "nll"], "\"sparse_categorical_crossentropy\" behind a softmax"),
    ("loss", &["BCELoss", "bce_loss", "log_loss", "logloss"], "\"binary_crossentropy\""),
    ("loss", &["BCEWithLogitsLoss", "sigmoid_cross_entropy", "sigmoid_cross_entropy_with_logits", "binary_cross_entropy_with_logits"], "`BinaryCrossentropy(from_logits = True)`"),
    ("loss", &["MSELoss", "mse_loss", "l2", "l2_loss"], "\"mse\""),
    ("loss", &["L1Loss", "l1_loss", "l1"], "\"mae\""),
    ("loss", &["SmoothL1Loss", "HuberLoss", "smooth_l1", "smooth_l1_loss"], "`Huber()`"),
    ("loss", &["KLDivLoss", "kl_div"], "\"kl_divergence\""),
    ("loss", &["PoissonNLLLoss"], "\"poisson\""),
    ("loss", &["rmse"], "\"mse\", whose root `metrics = [\"root_mean_squared_error\"]` shows"),
    ("metric", &["rmse", "RMSE"], "\"root_mean_squared_error\""),
    ("metric", &["f1", "F1", "f1score"], "\"f1_score\""),
    ("metric", &["r2", "R2"], "\"r2_score\""),
    ("metric", &["roc_auc", "auroc", "AUROC", "roc_auc_score", "roc"], "\"auc\""),
    ("metric", &["accuracy_score"], "\"accuracy\""),
    ("metric", &["precision_score"], "\"precision\""),
    ("metric", &["recall_score", "sensitivity"], "\"recall\""),
    ("metric", &["top5", "top_5", "top_5_accuracy", "top5_accuracy"], "`TopKCategoricalAccuracy(k = 5)`"),
    ("metric", &["iou", "mean_iou", "miou", "jaccard"], "`MeanIoU(num_classes = ...)`"),
    ("metric", &["binary_iou"], "`BinaryIoU()`"),
    ("optimizer", &["momentum", "Momentum"], "`SGD(momentum = 0.9)`"),
    ("optimizer", &["gd", "GD", "GradientDescent", "gradient_descent"], "`SGD()`"),
];

/// What to write for a name of another framework.
pub fn instead(what: &str, name: &str) -> Option<&'static str> {
    let row = NAMES
        .iter()
        .find(|(of, names, _)| *of == what && names.contains(&name));
    row.map(|(_, _, here)| *here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kseq_catalogue::{LOSSES, METRICS, OPTIMIZERS, layer};

    /// Nothing that is known is called foreign, and what is advised is known.
    #[test]
    fn names_are_foreign_and_advice_is_not() {
        for (what, names, here) in NAMES {
            let known = |name: &str| match *what {
                "layer" => layer(name).is_some(),
                "loss" => LOSSES.class(name).or(LOSSES.named(name)).is_some(),
                "metric" => METRICS.class(name).or(METRICS.named(name)).is_some(),
                _ => OPTIMIZERS.class(name).or(OPTIMIZERS.named(name)).is_some(),
            };
            for name in *names {
                assert!(!known(name), "{name}");
            }
            let advised = here.split(['`', '"', '(']).nth(1);
            assert!(advised.is_some_and(known), "{here}");
        }
    }
}
