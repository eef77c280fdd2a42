//! The vocabulary: every layer with its arguments in Keras's order, and the known functions.
//!
//! A new layer costs one entry here and one function in `expand/layers.rs`.

mod params;
mod words;

pub use params::{Kind, Param};
pub use words::{
    ACTIVATIONS, ACTIVATIONS_LATER, CONSTRAINTS, DTYPES, DTYPES_LATER, Family, Function, HEADS,
    INITIALIZERS, LAYERS_LATER, REGULARIZERS,
};

use params::{data_format, later, limit, must, or, penalty};

use crate::expand::layers::{self, Emit, normalization, pooling, recurrent, reshaping, wrappers};

/// A built-in layer.
pub struct Layer {
    /// Keras's class.
    pub class: &'static str,
    /// The arguments in the order in which Keras takes them by position.
    pub params: &'static [Param],
    /// The argument whose activation (or that of the layer in it) is the last thing that the layer does: a
    /// loss may fuse with it.
    pub ends_with: Option<&'static str>,
    /// Its part of the expansion.
    pub emit: Emit,
}

/// What all layers named `MaxPooling`, `AveragePooling` take, over so many axes.
macro_rules! pooling {
    ($n:literal) => {
        &[
            or("pool_size", Sizes($n), "2"),
            or("strides", Sizes($n), "None"),
            or("padding", Word(&["valid", "same"], &[]), "\"valid\""),
            data_format(),
        ]
    };
}

const GLOBAL_POOLING: &[Param] = &[data_format(), or("keepdims", Flag, "False")];

/// A layer that does not end with an activation.
const fn layer(class: &'static str, params: &'static [Param], emit: Emit) -> Layer {
    Layer {
        class,
        params,
        ends_with: None,
        emit,
    }
}

use Kind::{Activation, Axes, Axis, Dims, Flag, Initial, Margins, Real, Size, Sizes, Target, Word};

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
            penalty("kernel_regularizer"),
            penalty("bias_regularizer"),
            penalty("activity_regularizer"),
            limit("kernel_constraint"),
            limit("bias_constraint"),
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
    layer(
        "ActivityRegularization",
        &[or("l1", Real, "0.0"), or("l2", Real, "0.0")],
        layers::activity_regularization,
    ),
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
            data_format(),
            or("dilation_rate", Sizes(1), "1"),
            or("groups", Size, "1"),
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("bias_initializer", Initial, "\"zeros\""),
            penalty("kernel_regularizer"),
            penalty("bias_regularizer"),
            penalty("activity_regularizer"),
            limit("kernel_constraint"),
            limit("bias_constraint"),
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
            data_format(),
            or("dilation_rate", Sizes(2), "1"),
            or("groups", Size, "1"),
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("bias_initializer", Initial, "\"zeros\""),
            penalty("kernel_regularizer"),
            penalty("bias_regularizer"),
            penalty("activity_regularizer"),
            limit("kernel_constraint"),
            limit("bias_constraint"),
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
        params: &[data_format()],
        ends_with: None,
        emit: layers::flatten,
    },
    layer(
        "Embedding",
        &[
            must("input_dim", Size),
            must("output_dim", Size),
            or("embeddings_initializer", Initial, "\"uniform\""),
            penalty("embeddings_regularizer"),
            limit("embeddings_constraint"),
            or("mask_zero", Flag, "false"),
            later("weights"),
            later("lora_rank"),
            penalty("activity_regularizer"),
        ],
        recurrent::embedding,
    ),
    layer(
        "LSTM",
        &[
            must("units", Size),
            or("activation", Activation, "\"tanh\""),
            or("recurrent_activation", Activation, "\"sigmoid\""),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("recurrent_initializer", Initial, "\"orthogonal\""),
            or("bias_initializer", Initial, "\"zeros\""),
            or("unit_forget_bias", Flag, "true"),
            penalty("kernel_regularizer"),
            penalty("recurrent_regularizer"),
            penalty("bias_regularizer"),
            penalty("activity_regularizer"),
            limit("kernel_constraint"),
            limit("recurrent_constraint"),
            limit("bias_constraint"),
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
        recurrent::lstm,
    ),
    layer(
        "GRU",
        &[
            must("units", Size),
            or("activation", Activation, "\"tanh\""),
            or("recurrent_activation", Activation, "\"sigmoid\""),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("recurrent_initializer", Initial, "\"orthogonal\""),
            or("bias_initializer", Initial, "\"zeros\""),
            penalty("kernel_regularizer"),
            penalty("recurrent_regularizer"),
            penalty("bias_regularizer"),
            penalty("activity_regularizer"),
            limit("kernel_constraint"),
            limit("recurrent_constraint"),
            limit("bias_constraint"),
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
        recurrent::gru,
    ),
    layer(
        "SimpleRNN",
        &[
            must("units", Size),
            or("activation", Activation, "\"tanh\""),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initial, "\"glorot_uniform\""),
            or("recurrent_initializer", Initial, "\"orthogonal\""),
            or("bias_initializer", Initial, "\"zeros\""),
            penalty("kernel_regularizer"),
            penalty("recurrent_regularizer"),
            penalty("bias_regularizer"),
            penalty("activity_regularizer"),
            limit("kernel_constraint"),
            limit("recurrent_constraint"),
            limit("bias_constraint"),
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
        recurrent::simple_rnn,
    ),
    layer("MaxPooling1D", pooling!(1), pooling::max_1d),
    layer("MaxPooling2D", pooling!(2), pooling::max_2d),
    layer("AveragePooling1D", pooling!(1), pooling::average_1d),
    layer("AveragePooling2D", pooling!(2), pooling::average_2d),
    layer("GlobalMaxPooling1D", GLOBAL_POOLING, pooling::global_max_1d),
    layer("GlobalMaxPooling2D", GLOBAL_POOLING, pooling::global_max_2d),
    layer(
        "GlobalAveragePooling1D",
        GLOBAL_POOLING,
        pooling::global_average_1d,
    ),
    layer(
        "GlobalAveragePooling2D",
        GLOBAL_POOLING,
        pooling::global_average_2d,
    ),
    layer(
        "Reshape",
        &[must("target_shape", Target)],
        reshaping::reshape,
    ),
    layer("Permute", &[must("dims", Dims)], reshaping::permute),
    layer("RepeatVector", &[must("n", Size)], reshaping::repeat_vector),
    layer(
        "ZeroPadding1D",
        &[or("padding", Margins(1), "1"), data_format()],
        reshaping::zero_padding_1d,
    ),
    layer(
        "ZeroPadding2D",
        &[or("padding", Margins(2), "1"), data_format()],
        reshaping::zero_padding_2d,
    ),
    layer(
        "Cropping1D",
        &[or("cropping", Margins(1), "1")],
        reshaping::cropping_1d,
    ),
    layer(
        "Cropping2D",
        &[or("cropping", Margins(2), "0"), data_format()],
        reshaping::cropping_2d,
    ),
    layer(
        "UpSampling1D",
        &[or("size", Size, "2")],
        reshaping::up_sampling_1d,
    ),
    layer(
        "UpSampling2D",
        &[
            or("size", Sizes(2), "2"),
            data_format(),
            or(
                "interpolation",
                Word(
                    &["nearest", "bilinear"],
                    &[
                        "area",
                        "bicubic",
                        "gaussian",
                        "lanczos3",
                        "lanczos5",
                        "mitchellcubic",
                    ],
                ),
                "\"nearest\"",
            ),
        ],
        reshaping::up_sampling_2d,
    ),
    layer(
        "BatchNormalization",
        &[
            or("axis", Axis, "-1"),
            or("momentum", Real, "0.99"),
            or("epsilon", Real, "0.001"),
            or("center", Flag, "True"),
            or("scale", Flag, "True"),
            or("beta_initializer", Initial, "\"zeros\""),
            or("gamma_initializer", Initial, "\"ones\""),
            or("moving_mean_initializer", Initial, "\"zeros\""),
            or("moving_variance_initializer", Initial, "\"ones\""),
            penalty("beta_regularizer"),
            penalty("gamma_regularizer"),
            limit("beta_constraint"),
            limit("gamma_constraint"),
            or("synchronized", Kind::Later, "False"),
            or("renorm", Kind::Later, "False"),
            later("renorm_clipping"),
            or("renorm_momentum", Kind::Later, "0.99"),
        ],
        normalization::batch_normalization,
    ),
    layer(
        "LayerNormalization",
        &[
            or("axis", Axes, "-1"),
            or("epsilon", Real, "0.001"),
            or("center", Flag, "True"),
            or("scale", Flag, "True"),
            or("beta_initializer", Initial, "\"zeros\""),
            or("gamma_initializer", Initial, "\"ones\""),
            penalty("beta_regularizer"),
            penalty("gamma_regularizer"),
            limit("beta_constraint"),
            limit("gamma_constraint"),
            or("rms_scaling", Kind::Later, "False"),
        ],
        normalization::layer_normalization,
    ),
    Layer {
        class: "TimeDistributed",
        params: &[must("layer", Kind::Layer)],
        ends_with: Some("layer"),
        emit: wrappers::time_distributed,
    },
];

/// Keras's other names of layers.
pub const ALIASES: &[(&str, &str)] = &[
    ("AvgPool1D", "AveragePooling1D"),
    ("Convolution1D", "Conv1D"),
    ("Convolution2D", "Conv2D"),
    ("AvgPool2D", "AveragePooling2D"),
    ("GlobalAvgPool1D", "GlobalAveragePooling1D"),
    ("GlobalAvgPool2D", "GlobalAveragePooling2D"),
    ("GlobalMaxPool1D", "GlobalMaxPooling1D"),
    ("GlobalMaxPool2D", "GlobalMaxPooling2D"),
    ("MaxPool1D", "MaxPooling1D"),
    ("MaxPool2D", "MaxPooling2D"),
];

/// What Keras 1 called an argument, and what it is called since.
pub const FORMER: &[(&str, &str)] = &[
    ("atrous_rate", "dilation_rate"),
    ("border_mode", "padding"),
    ("bias", "use_bias"),
    ("dropout_U", "recurrent_dropout"),
    ("dropout_W", "dropout"),
    ("filter_length", "kernel_size"),
    ("init", "kernel_initializer"),
    ("inner_activation", "recurrent_activation"),
    ("inner_init", "recurrent_initializer"),
    ("nb_filter", "filters"),
    ("output_dim", "units"),
    ("p", "rate"),
    ("pool_length", "pool_size"),
    ("stride", "strides"),
    ("subsample", "strides"),
    ("subsample_length", "strides"),
    ("W_constraint", "kernel_constraint"),
    ("W_regularizer", "kernel_regularizer"),
    ("b_constraint", "bias_constraint"),
    ("b_regularizer", "bias_regularizer"),
];

/// Layers that are not implemented, and what does the same.
pub const INSTEAD: &[(&str, &str)] = &[
    ("ELU", "`Activation(\"elu\")`"),
    ("ReLU", "`Activation(\"relu\")`"),
    ("Softmax", "`Activation(\"softmax\")`"),
    (
        "TimeDistributedDense",
        "`Dense`, which works on the last axis of any input",
    ),
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
    "trainable",
    "activity_regularizer",
];

/// The argument of [`COMMON`] that some layers take by position too.
pub const ACTIVITY: Param = penalty("activity_regularizer");

/// The further arguments that every layer takes in Keras.
pub const COMMON_LATER: &[Param] = &[later("weights")];

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
        for (alias, class) in ALIASES {
            assert!(!LAYERS_LATER.contains(alias), "{alias}");
            assert!(LAYERS.iter().any(|layer| layer.class == *class), "{class}");
        }
        assert!(LAYERS_LATER.is_sorted());
    }
}
