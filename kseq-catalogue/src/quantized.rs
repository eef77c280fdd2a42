//! Which layers the int8 twin of a model has.

/// What a layer is in a network of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantized {
    /// Nothing: outside training its output is its input.
    Same,
    /// An operator.
    Operator,
}

const SAME: &[&str] = &[
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Reshape",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
];

const OPERATORS: &[&str] = &[
    "Activation",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv1D",
    "Conv2D",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "ELU",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "LSTM",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "ReLU",
    "SeparableConv1D",
    "SeparableConv2D",
    "Softmax",
    "ZeroPadding1D",
    "ZeroPadding2D",
];

/// What the layer of this class is in a network of integers; `None` if it has no operator.
#[must_use]
pub fn quantized(class: &str) -> Option<Quantized> {
    if SAME.contains(&class) {
        return Some(Quantized::Same);
    }
    OPERATORS.contains(&class).then_some(Quantized::Operator)
}

/// The classes of layers that a network of integers may have.
pub fn quantized_classes() -> impl Iterator<Item = &'static str> {
    SAME.iter().chain(OPERATORS).copied()
}
