//! The words: names of layers that are not there yet, activations, initializers, element types.

use super::{Kind, Param, later, or};
use Kind::{Axes, Real, Word};

/// Keras's other layers.
#[rustfmt::skip]
pub const LAYERS_LATER: &[&str] = &[
    "Add", "AdditiveAttention", "AlphaDropout", "Attention",
    "Average", "AveragePooling3D", "Bidirectional", "CategoryEncoding", "CenterCrop",
    "Concatenate", "Conv1DTranspose", "Conv2DTranspose", "Conv3D", "Conv3DTranspose",
    "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Convolution3D",
    "Cropping3D", "CuDNNGRU", "CuDNNLSTM", "DepthwiseConv1D", "DepthwiseConv2D",
    "Discretization", "Dot", "ELU", "EinsumDense", "GRUCell",
    "GaussianDropout", "GaussianNoise", "GlobalAveragePooling3D", "GlobalMaxPooling3D",
    "GroupNormalization", "GroupQueryAttention", "Hashing", "Identity", "LSTMCell",
    "Lambda", "LeakyReLU", "LocallyConnected1D", "LocallyConnected2D", "Masking", "MaxPool3D",
    "MaxPooling3D", "Maximum", "Minimum", "MultiHeadAttention", "Multiply", "Normalization",
    "PReLU", "RMSNormalization", "RNN", "RandomBrightness", "RandomContrast", "RandomCrop",
    "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "ReLU", "Rescaling",
    "Resizing", "SeparableConv1D", "SeparableConv2D", "Sequential", 
    "SimpleRNNCell", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
    "SpectralNormalization", "StackedRNNCells", "StringLookup", "Subtract", "TextVectorization",
    "ThresholdedReLU", "UnitNormalization", "UpSampling3D", "ZeroPadding3D",
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

/// Functions with arguments of one kind, which are the variants of an enum in `kseq_core`.
pub struct Family {
    /// How messages name one: `initializer`.
    pub what: &'static str,
    /// What an argument must be: `an initializer such as "glorot_uniform"`.
    pub expected: &'static str,
    /// The module in `kseq_core`.
    pub module: &'static str,
    /// The enum there.
    pub ty: &'static str,
    pub functions: &'static [Function],
}

/// One of a family.
pub struct Function {
    /// Keras's name: `random_normal`; its class, and the variant of the enum, is `RandomNormal`.
    pub name: &'static str,
    /// The constant of the enum that a name without arguments means; `None`: the variant with its
    /// default arguments.
    pub constant: Option<&'static str>,
    /// The arguments of the class, which are the fields of the variant.
    pub params: &'static [Param],
}

const fn initializer(
    name: &'static str,
    constant: &'static str,
    params: &'static [Param],
) -> Function {
    Function {
        name,
        constant: Some(constant),
        params,
    }
}

const fn function(name: &'static str, params: &'static [Param]) -> Function {
    Function {
        name,
        constant: None,
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
pub static INITIALIZERS: Family = Family {
    what: "initializer",
    expected: "an initializer such as \"glorot_uniform\"",
    module: "initializers",
    ty: "Initializer",
    functions: &[
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
    ],
};

/// The regularizers.
pub static REGULARIZERS: Family = Family {
    what: "regularizer",
    expected: "a regularizer such as L2(0.01)",
    module: "regularizers",
    ty: "Regularizer",
    functions: &[
        function("l1", &[or("l1", Real, "0.01")]),
        function("l2", &[or("l2", Real, "0.01")]),
        Function {
            name: "l1_l2",
            constant: Some("L1_L2"),
            params: &[or("l1", Real, "0.0"), or("l2", Real, "0.0")],
        },
        function(
            "orthogonal_regularizer",
            &[
                or("factor", Real, "0.01"),
                or("mode", Word(&["rows", "columns"], &[]), "\"rows\""),
            ],
        ),
    ],
};

/// The constraints.
pub static CONSTRAINTS: Family = Family {
    what: "constraint",
    expected: "a constraint such as MaxNorm(2.0)",
    module: "constraints",
    ty: "Constraint",
    functions: &[
        function(
            "max_norm",
            &[or("max_value", Real, "2.0"), or("axis", Axes, "0")],
        ),
        function("non_neg", &[]),
        function("unit_norm", &[or("axis", Axes, "0")]),
        function(
            "min_max_norm",
            &[
                or("min_value", Real, "0.0"),
                or("max_value", Real, "1.0"),
                or("rate", Real, "1.0"),
                or("axis", Axes, "0"),
            ],
        ),
    ],
};

/// The element types of samples: Keras's name, and whether it means integer tokens.
pub const DTYPES: &[(&str, bool)] = &[("float32", false), ("int32", true), ("uint32", true)];

/// Keras's other element types.
pub const DTYPES_LATER: &[&str] = &[
    "float16", "float64", "bfloat16", "int8", "int16", "int64", "uint8", "uint16", "uint64",
    "bool", "string",
];
