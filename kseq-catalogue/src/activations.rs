//! Activations.

/// An activation.
#[derive(Debug)]
pub struct ActivationRow {
    /// Keras's names for it, of which `kseq` reports the first.
    pub names: &'static [&'static str],
    /// The type in `kseq::activations`.
    pub ty: &'static str,
    /// What `KERAS.md` says of it, Markdown.
    pub note: &'static str,
}

const fn row(names: &'static [&'static str], ty: &'static str) -> ActivationRow {
    noted(names, ty, "")
}

const fn noted(
    names: &'static [&'static str],
    ty: &'static str,
    note: &'static str,
) -> ActivationRow {
    ActivationRow { names, ty, note }
}

/// The activations.
pub const ACTIVATIONS: &[ActivationRow] = &[
    row(&["linear"], "Linear"),
    row(&["relu"], "Relu"),
    row(&["relu6"], "Relu6"),
    noted(&["leaky_relu"], "LeakyRelu", "slope 0.2"),
    row(&["elu"], "Elu"),
    row(&["selu"], "Selu"),
    row(&["celu"], "Celu"),
    noted(&["gelu"], "Gelu", "exact"),
    row(&["silu", "swish"], "Silu"),
    row(&["sigmoid"], "Sigmoid"),
    row(&["hard_sigmoid"], "HardSigmoid"),
    noted(
        &["hard_sigmoid_keras2"],
        "HardSigmoidKeras2",
        "what Keras 2 calls `hard_sigmoid`: 0.2 x + 0.5",
    ),
    row(&["hard_silu", "hard_swish"], "HardSilu"),
    row(&["hard_tanh"], "HardTanh"),
    row(&["tanh"], "Tanh"),
    row(&["tanh_shrink"], "TanhShrink"),
    noted(&["hard_shrink"], "HardShrink", "threshold 0.5"),
    noted(&["soft_shrink"], "SoftShrink", "threshold 0.5"),
    row(&["softmax"], "Softmax"),
    row(&["log_softmax"], "LogSoftmax"),
    noted(
        &["sparsemax"],
        "Sparsemax",
        "as Keras 3.15 computes it, with outputs that do not always sum to 1",
    ),
    row(&["softplus"], "Softplus"),
    row(&["sparse_plus"], "SparsePlus"),
    row(&["softsign"], "Softsign"),
    row(&["sparse_sigmoid"], "SparseSigmoid"),
    row(&["log_sigmoid"], "LogSigmoid"),
    row(&["exponential"], "Exponential"),
    row(&["mish"], "Mish"),
    row(&["squareplus"], "Squareplus"),
];

/// All names of activations.
pub fn activation_names() -> impl Iterator<Item = &'static str> {
    ACTIVATIONS.iter().flat_map(|row| row.names.iter().copied())
}

/// The types of the activations that losses fuse with when they are the model's last step.
pub const HEADS: &[&str] = &["Softmax", "Sigmoid"];
