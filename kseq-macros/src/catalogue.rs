//! The vocabulary: every layer with its arguments in Keras's order, and the known functions.
//!
//! A new layer costs one entry here and one function in `expand/layers.rs`.

use crate::expand::layers::{self, Emit};

/// A built-in layer.
pub struct Layer {
    /// Keras's class.
    pub class: &'static str,
    /// The arguments in the order in which Keras takes them by position.
    pub params: &'static [Param],
    /// The argument whose activation is the last thing that the layer does: a loss may fuse with it.
    pub ends_with: Option<&'static str>,
    /// Its part of the expansion.
    pub emit: Emit,
}

/// An argument of a layer.
pub struct Param {
    /// Keras's name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Its value when it is not given, as a user would write it; `None`: it must be given.
    pub default: Option<&'static str>,
}

/// What an argument takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A positive `usize`.
    Size,
    /// So many positive `usize`s as a tuple or a list, or one for all. With the default `None` an argument that is not
    /// given is bound to nothing: the layer says what it means.
    Sizes(usize),
    /// An `f32`.
    Real,
    /// A `bool`.
    Flag,
    /// An activation function.
    Activation,
    /// An initializer.
    Initial,
    /// One of some words; the second list is known to Keras, but not implemented.
    Word(&'static [&'static str], &'static [&'static str]),
    /// Known to Keras, but not implemented: takes nothing but its default.
    Later,
}

const fn must(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        default: None,
    }
}

const fn or(name: &'static str, kind: Kind, default: &'static str) -> Param {
    Param {
        name,
        kind,
        default: Some(default),
    }
}

const fn later(name: &'static str) -> Param {
    or(name, Kind::Later, "None")
}

use Kind::{Activation, Flag, Initial, Real, Size, Sizes, Word};

/// The order of the axes.
const DATA_FORMAT: Kind = Word(&["channels_last"], &["channels_first"]);

/// The layers that are implemented.
pub const LAYERS: &[Layer] = &[
    Layer {
        class: "Dense",
        params: &[
            must("units", Size),
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("bias_initializer", Initial, "\"zeros\""),
            later("kernel_regularizer"),
            later("bias_regularizer"),
            later("activity_regularizer"),
            later("kernel_constraint"),
            later("bias_constraint"),
            later("lora_rank"),
        ],
        ends_with: Some("activation"),
        emit: layers::dense,
    },
    Layer {
        class: "Activation",
        params: &[must("activation", Activation)],
        ends_with: Some("activation"),
        emit: layers::activation,
    },
    Layer {
        class: "Conv1D",
        params: &[
            must("filters", Size),
            must("kernel_size", Sizes(1)),
            or("strides", Sizes(1), "1"),
            or(
                "padding",
                Word(&["valid", "same", "causal"], &[]),
                "\"valid\"",
            ),
            or("data_format", DATA_FORMAT, "\"channels_last\""),
            or("dilation_rate", Sizes(1), "1"),
            or("groups", Size, "1"),
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("bias_initializer", Initial, "\"zeros\""),
            later("kernel_regularizer"),
            later("bias_regularizer"),
            later("activity_regularizer"),
            later("kernel_constraint"),
            later("bias_constraint"),
        ],
        ends_with: Some("activation"),
        emit: layers::conv::conv,
    },
    Layer {
        class: "Conv2D",
        params: &[
            must("filters", Size),
            must("kernel_size", Sizes(2)),
            or("strides", Sizes(2), "1"),
            or("padding", Word(&["valid", "same"], &[]), "\"valid\""),
            or("data_format", DATA_FORMAT, "\"channels_last\""),
            or("dilation_rate", Sizes(2), "1"),
            or("groups", Size, "1"),
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("bias_initializer", Initial, "\"zeros\""),
            later("kernel_regularizer"),
            later("bias_regularizer"),
            later("activity_regularizer"),
            later("kernel_constraint"),
            later("bias_constraint"),
        ],
        ends_with: Some("activation"),
        emit: layers::conv::conv,
    },
    Layer {
        class: "Dropout",
        params: &[must("rate", Real), later("noise_shape"), later("seed")],
        ends_with: None,
        emit: layers::dropout,
    },
    Layer {
        class: "Flatten",
        params: &[or("data_format", DATA_FORMAT, "\"channels_last\"")],
        ends_with: None,
        emit: layers::flatten,
    },
    Layer {
        class: "Embedding",
        params: &[
            must("input_dim", Size),
            must("output_dim", Size),
            or("embeddings_initializer", Initial, "\"uniform\""),
            later("embeddings_regularizer"),
            later("embeddings_constraint"),
            or("mask_zero", Kind::Later, "False"),
            later("weights"),
            later("lora_rank"),
            later("activity_regularizer"),
        ],
        ends_with: None,
        emit: layers::embedding,
    },
    Layer {
        class: "LSTM",
        params: &[
            must("units", Size),
            or("activation", Activation, "\"tanh\""),
            or("recurrent_activation", Activation, "\"sigmoid\""),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("recurrent_initializer", Initial, "\"orthogonal\""),
            or("bias_initializer", Initial, "\"zeros\""),
            or("unit_forget_bias", Flag, "true"),
            later("kernel_regularizer"),
            later("recurrent_regularizer"),
            later("bias_regularizer"),
            later("activity_regularizer"),
            later("kernel_constraint"),
            later("recurrent_constraint"),
            later("bias_constraint"),
            or("dropout", Real, "0.0"),
            or("recurrent_dropout", Real, "0.0"),
            later("seed"),
            or("return_sequences", Flag, "false"),
            or("return_state", Kind::Later, "False"),
            or("go_backwards", Flag, "false"),
            or("stateful", Flag, "false"),
            // Says how Keras builds its graph; no result depends on it.
            or("unroll", Flag, "false"),
            or("time_major", Kind::Later, "False"),
            or("zero_output_for_mask", Kind::Later, "False"),
        ],
        ends_with: None,
        emit: layers::lstm,
    },
    Layer {
        class: "GRU",
        params: &[
            must("units", Size),
            or("activation", Activation, "\"tanh\""),
            or("recurrent_activation", Activation, "\"sigmoid\""),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("recurrent_initializer", Initial, "\"orthogonal\""),
            or("bias_initializer", Initial, "\"zeros\""),
            later("kernel_regularizer"),
            later("recurrent_regularizer"),
            later("bias_regularizer"),
            later("activity_regularizer"),
            later("kernel_constraint"),
            later("recurrent_constraint"),
            later("bias_constraint"),
            or("dropout", Real, "0.0"),
            or("recurrent_dropout", Real, "0.0"),
            later("seed"),
            or("return_sequences", Flag, "false"),
            or("return_state", Kind::Later, "False"),
            or("go_backwards", Flag, "false"),
            or("stateful", Flag, "false"),
            or("unroll", Flag, "false"),
            or("reset_after", Flag, "true"),
            or("time_major", Kind::Later, "False"),
            or("zero_output_for_mask", Kind::Later, "False"),
        ],
        ends_with: None,
        emit: layers::gru,
    },
    Layer {
        class: "SimpleRNN",
        params: &[
            must("units", Size),
            or("activation", Activation, "\"tanh\""),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("recurrent_initializer", Initial, "\"orthogonal\""),
            or("bias_initializer", Initial, "\"zeros\""),
            later("kernel_regularizer"),
            later("recurrent_regularizer"),
            later("bias_regularizer"),
            later("activity_regularizer"),
            later("kernel_constraint"),
            later("recurrent_constraint"),
            later("bias_constraint"),
            or("dropout", Real, "0.0"),
            or("recurrent_dropout", Real, "0.0"),
            or("return_sequences", Flag, "false"),
            or("return_state", Kind::Later, "False"),
            or("go_backwards", Flag, "false"),
            or("stateful", Flag, "false"),
            or("unroll", Flag, "false"),
            later("seed"),
            or("time_major", Kind::Later, "False"),
            or("zero_output_for_mask", Kind::Later, "False"),
        ],
        ends_with: None,
        emit: layers::simple_rnn,
    },
];

/// The layers whose samples are integer tokens unless the input says otherwise.
pub const ON_TOKENS: &[&str] = &["Embedding"];

/// The arguments that every layer takes, only by name.
pub const COMMON: &[&str] = &[
    "name",
    "input_shape",
    "input_dim",
    "input_length",
    "batch_input_shape",
    "batch_size",
    "dtype",
];

/// The further arguments that every layer takes in Keras.
pub const COMMON_LATER: &[Param] = &[or("trainable", Kind::Later, "True"), later("weights")];

/// The classes that declare the input.
pub const INPUTS: &[&str] = &["Input", "InputLayer"];

/// The arguments of [`INPUTS`].
pub const INPUT_PARAMS: &[&str] = &[
    "shape",
    "batch_size",
    "dtype",
    "name",
    "batch_shape",
    "input_shape",
    "batch_input_shape",
];

/// Keras's other layers.
#[rustfmt::skip]
pub const LAYERS_LATER: &[&str] = &[
    "ActivityRegularization", "Add", "AdditiveAttention", "AlphaDropout", "Attention", "Average",
    "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "BatchNormalization",
    "Bidirectional", "CategoryEncoding", "CenterCrop", "Concatenate", "Conv1DTranspose", "Conv2DTranspose", "Conv3D", "Conv3DTranspose", "ConvLSTM1D", "ConvLSTM2D",
    "ConvLSTM3D", "Convolution1D", "Convolution2D", "Convolution3D", "Cropping1D", "Cropping2D",
    "Cropping3D", "CuDNNGRU", "CuDNNLSTM", "DepthwiseConv1D", "DepthwiseConv2D", "Discretization",
    "Dot", "ELU", "EinsumDense", "GRUCell", "GaussianDropout", "GaussianNoise",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D",
    "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GroupNormalization",
    "GroupQueryAttention", "Hashing", "Identity", "LSTMCell", "Lambda",
    "LayerNormalization", "LeakyReLU", "LocallyConnected1D", "LocallyConnected2D", "Masking",
    "MaxPool1D", "MaxPool2D", "MaxPool3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D",
    "Maximum", "Minimum", "MultiHeadAttention", "Multiply", "Normalization", "PReLU", "Permute",
    "RMSNormalization", "RNN", "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip",
    "RandomRotation", "RandomTranslation", "RandomZoom", "ReLU", "RepeatVector", "Rescaling",
    "Reshape", "Resizing", "SeparableConv1D", "SeparableConv2D", "Sequential",
    "SimpleRNNCell", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
    "SpectralNormalization", "StackedRNNCells", "StringLookup", "Subtract", "TextVectorization",
    "ThresholdedReLU", "TimeDistributed", "UnitNormalization", "UpSampling1D", "UpSampling2D",
    "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
];

/// The activations: Keras's name, and the type in `kseq_core::activations`.
pub const ACTIVATIONS: &[(&str, &str)] = &[
    ("linear", "Linear"),
    ("relu", "Relu"),
    ("relu6", "Relu6"),
    ("leaky_relu", "LeakyRelu"),
    ("elu", "Elu"),
    ("selu", "Selu"),
    ("celu", "Celu"),
    ("gelu", "Gelu"),
    ("silu", "Silu"),
    ("swish", "Silu"),
    ("sigmoid", "Sigmoid"),
    ("hard_sigmoid", "HardSigmoid"),
    ("hard_silu", "HardSilu"),
    ("hard_swish", "HardSilu"),
    ("hard_tanh", "HardTanh"),
    ("tanh", "Tanh"),
    ("tanh_shrink", "TanhShrink"),
    ("softmax", "Softmax"),
    ("log_softmax", "LogSoftmax"),
    ("softplus", "Softplus"),
    ("softsign", "Softsign"),
    ("log_sigmoid", "LogSigmoid"),
    ("exponential", "Exponential"),
    ("mish", "Mish"),
    ("squareplus", "Squareplus"),
];

/// Keras's other activations.
pub const ACTIVATIONS_LATER: &[&str] = &[
    "glu",
    "hard_shrink",
    "soft_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "threshold",
];

/// The activations that losses fuse with when they are the model's last step.
pub const HEADS: &[&str] = &["Softmax", "Sigmoid"];

/// An initializer.
pub struct Initializer {
    /// Keras's name: `random_normal`; its class is `RandomNormal`.
    pub name: &'static str,
    /// The constant of `kseq_core::initializers::Initializer` with Keras's defaults.
    pub constant: &'static str,
    /// The arguments of the class, which are the fields of the variant.
    pub params: &'static [Param],
}

const fn initializer(
    name: &'static str,
    constant: &'static str,
    params: &'static [Param],
) -> Initializer {
    Initializer {
        name,
        constant,
        params,
    }
}

const NORMAL: &[Param] = &[
    or("mean", Real, "0.0"),
    or("stddev", Real, "0.05"),
    later("seed"),
];
const UNIFORM: &[Param] = &[
    or("minval", Real, "-0.05"),
    or("maxval", Real, "0.05"),
    later("seed"),
];
const SCALING: &[Param] = &[
    or("scale", Real, "1.0"),
    or(
        "mode",
        Word(&["fan_in", "fan_out", "fan_avg"], &[]),
        "\"fan_in\"",
    ),
    or(
        "distribution",
        Word(DISTRIBUTIONS, &[]),
        "\"truncated_normal\"",
    ),
    later("seed"),
];
const DISTRIBUTIONS: &[&str] = &["truncated_normal", "untruncated_normal", "uniform"];

/// The initializers, and at the end Keras's other names for some.
pub const INITIALIZERS: &[Initializer] = &[
    initializer("glorot_uniform", "GLOROT_UNIFORM", &[later("seed")]),
    initializer("glorot_normal", "GLOROT_NORMAL", &[later("seed")]),
    initializer("he_normal", "HE_NORMAL", &[later("seed")]),
    initializer("he_uniform", "HE_UNIFORM", &[later("seed")]),
    initializer("lecun_normal", "LECUN_NORMAL", &[later("seed")]),
    initializer("lecun_uniform", "LECUN_UNIFORM", &[later("seed")]),
    initializer("zeros", "ZEROS", &[]),
    initializer("ones", "ONES", &[]),
    initializer("constant", "ZEROS", &[or("value", Real, "0.0")]),
    initializer("random_normal", "RANDOM_NORMAL", NORMAL),
    initializer("random_uniform", "RANDOM_UNIFORM", UNIFORM),
    initializer("truncated_normal", "TRUNCATED_NORMAL", NORMAL),
    initializer("variance_scaling", "VARIANCE_SCALING", SCALING),
    initializer(
        "orthogonal",
        "ORTHOGONAL",
        &[or("gain", Real, "1.0"), later("seed")],
    ),
    initializer("identity", "IDENTITY", &[or("gain", Real, "1.0")]),
    initializer("zero", "ZEROS", &[]),
    initializer("one", "ONES", &[]),
    initializer("normal", "RANDOM_NORMAL", &[]),
    initializer("uniform", "RANDOM_UNIFORM", &[]),
];

/// The element types of samples: Keras's name, and whether it means integer tokens.
pub const DTYPES: &[(&str, bool)] = &[("float32", false), ("int32", true), ("uint32", true)];

/// Keras's other element types.
pub const DTYPES_LATER: &[&str] = &[
    "float16", "float64", "bfloat16", "int8", "int16", "int64", "uint8", "uint16", "uint64",
    "bool", "string",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_expressions() {
        for layer in LAYERS {
            for param in layer.params.iter().chain(COMMON_LATER) {
                if let Some(default) = param.default {
                    let parsed = syn::parse_str::<syn::Expr>(default);
                    assert!(parsed.is_ok(), "{} {}", layer.class, param.name);
                }
            }
        }
    }

    #[test]
    fn a_layer_is_in_one_list() {
        for layer in LAYERS {
            assert!(!LAYERS_LATER.contains(&layer.class), "{}", layer.class);
        }
        assert!(LAYERS_LATER.is_sorted());
    }
}
