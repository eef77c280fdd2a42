//! Convolution layers.

use crate::layer::{Group, LayerRow, USUAL};
use crate::param::Kind::{Activation, Flag, Initializer, Size, Sizes};
use crate::param::{constraint, data_format, must, or, regularizer, word};

/// What a convolution over so many axes takes, which pads in one of these ways.
macro_rules! convolution {
    ($axes:literal, $paddings:expr) => {
        &[
            must("filters", Size),
            must("kernel_size", Sizes($axes)),
            or("strides", Sizes($axes), "1"),
            or("padding", word($paddings), "\"valid\""),
            data_format(),
            or("dilation_rate", Sizes($axes), "1"),
            or("groups", Size, "1"),
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initializer, "\"glorot_uniform\""),
            or("bias_initializer", Initializer, "\"zeros\""),
            regularizer("kernel_regularizer"),
            regularizer("bias_regularizer"),
            regularizer("activity_regularizer"),
            constraint("kernel_constraint"),
            constraint("bias_constraint"),
        ]
    };
}

/// The same of a convolution of each channel by itself.
macro_rules! depthwise {
    ($axes:literal) => {
        &[
            must("kernel_size", Sizes($axes)),
            or("strides", Sizes($axes), "1"),
            or("padding", word(&["valid", "same"]), "\"valid\""),
            or("depth_multiplier", Size, "1"),
            data_format(),
            or("dilation_rate", Sizes($axes), "1"),
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            or("depthwise_initializer", Initializer, "\"glorot_uniform\""),
            or("bias_initializer", Initializer, "\"zeros\""),
            regularizer("depthwise_regularizer"),
            regularizer("bias_regularizer"),
            regularizer("activity_regularizer"),
            constraint("depthwise_constraint"),
            constraint("bias_constraint"),
        ]
    };
}

/// The same of one whose channels are mixed then.
macro_rules! separable {
    ($axes:literal, $paddings:expr) => {
        &[
            must("filters", Size),
            must("kernel_size", Sizes($axes)),
            or("strides", Sizes($axes), "1"),
            or("padding", word($paddings), "\"valid\""),
            data_format(),
            or("dilation_rate", Sizes($axes), "1"),
            or("depth_multiplier", Size, "1"),
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            or("depthwise_initializer", Initializer, "\"glorot_uniform\""),
            or("pointwise_initializer", Initializer, "\"glorot_uniform\""),
            or("bias_initializer", Initializer, "\"zeros\""),
            regularizer("depthwise_regularizer"),
            regularizer("pointwise_regularizer"),
            regularizer("bias_regularizer"),
            regularizer("activity_regularizer"),
            constraint("depthwise_constraint"),
            constraint("pointwise_constraint"),
            constraint("bias_constraint"),
        ]
    };
}

const NOTE: &str = "a size is a number, a tuple or a list";

pub(super) const GROUP: Group = Group {
    name: "Convolution layers",
    layers: &[
        LayerRow {
            class: "Conv1D",
            aliases: &["Convolution1D"],
            params: convolution!(1, &["valid", "same", "causal"]),
            ends_with: Some("activation"),
            note: NOTE,
            ..USUAL
        },
        LayerRow {
            class: "Conv2D",
            aliases: &["Convolution2D"],
            params: convolution!(2, &["valid", "same"]),
            ends_with: Some("activation"),
            takes: &[8, 6, 3],
            note: NOTE,
            ..USUAL
        },
        LayerRow {
            class: "DepthwiseConv1D",
            params: depthwise!(1),
            ends_with: Some("activation"),
            note: NOTE,
            ..USUAL
        },
        LayerRow {
            class: "DepthwiseConv2D",
            params: depthwise!(2),
            ends_with: Some("activation"),
            takes: &[8, 6, 3],
            note: NOTE,
            ..USUAL
        },
        LayerRow {
            class: "SeparableConv1D",
            aliases: &["SeparableConvolution1D"],
            params: separable!(1, &["valid", "same", "causal"]),
            ends_with: Some("activation"),
            note: "a size is a number, a tuple or a list; `padding = \"causal\"` as in Keras 2",
            ..USUAL
        },
        LayerRow {
            class: "SeparableConv2D",
            aliases: &["SeparableConvolution2D"],
            params: separable!(2, &["valid", "same"]),
            ends_with: Some("activation"),
            takes: &[8, 6, 3],
            note: NOTE,
            ..USUAL
        },
    ],
};
