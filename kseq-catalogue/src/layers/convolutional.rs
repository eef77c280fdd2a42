//! Convolution layers.

use crate::layer::{Group, LayerRow, USUAL};
use crate::param::Kind::{Activation, Extra, Flag, Initializer, OneOf, Size, Sizes};
use crate::param::{Param, constraint, data_format, must, or, regularizer, word};

/// What the layers take, which differ in their first arguments: behind them stand activation and bias, what kernels with these
/// names have, and then perhaps more.
macro_rules! with_kernels {
    ([$($first:expr),+ $(,)?], [$($kernel:literal),+] $(, $last:expr)?) => {
        &[
            $($first,)+
            or("activation", Activation, "None"),
            or("use_bias", Flag, "true"),
            $(or(concat!($kernel, "_initializer"), Initializer, "\"glorot_uniform\""),)+
            or("bias_initializer", Initializer, "\"zeros\""),
            $(regularizer(concat!($kernel, "_regularizer")),)+
            regularizer("bias_regularizer"),
            regularizer("activity_regularizer"),
            $(constraint(concat!($kernel, "_constraint")),)+
            constraint("bias_constraint"),
            $($last,)?
        ]
    };
}

/// What a convolution over so many axes takes, which pads in one of these ways.
macro_rules! convolution {
    ($axes:literal, $paddings:expr) => {
        with_kernels!(
            [
                FILTERS,
                must("kernel_size", Sizes($axes)),
                or("strides", Sizes($axes), "1"),
                or("padding", word($paddings), "\"valid\""),
                data_format(),
                or("dilation_rate", Sizes($axes), "1"),
                or("groups", Size, "1"),
            ],
            ["kernel"]
        )
    };
}

/// What a transposed convolution over so many axes takes. (Over three axes Keras has two of them the other way round.)
macro_rules! transposed {
    ($axes:literal, [$first:expr, $second:expr]) => {
        with_kernels!(
            [
                FILTERS,
                must("kernel_size", Sizes($axes)),
                or("strides", Sizes($axes), "1"),
                or("padding", word(&["valid", "same"]), "\"valid\""),
                $first,
                $second,
                or("dilation_rate", Sizes($axes), "1"),
            ],
            ["kernel"]
        )
    };
}

/// What a layer takes with a kernel for each place.
macro_rules! local {
    ($axes:literal) => {
        with_kernels!(
            [
                FILTERS,
                must("kernel_size", Sizes($axes)),
                or("strides", Sizes($axes), "1"),
                or("padding", word(&["valid", "same"]), "\"valid\""),
                data_format(),
            ],
            ["kernel"],
            or("implementation", OneOf(&["1", "2", "3"]), "1")
        )
    };
}

/// The same of a convolution of each channel by itself.
macro_rules! depthwise {
    ($axes:literal) => {
        with_kernels!(
            [
                must("kernel_size", Sizes($axes)),
                or("strides", Sizes($axes), "1"),
                or("padding", word(&["valid", "same"]), "\"valid\""),
                DEPTH_MULTIPLIER,
                data_format(),
                or("dilation_rate", Sizes($axes), "1"),
            ],
            ["depthwise"]
        )
    };
}

/// The same of one whose channels are mixed then.
macro_rules! separable {
    ($axes:literal, $paddings:expr) => {
        with_kernels!(
            [
                FILTERS,
                must("kernel_size", Sizes($axes)),
                or("strides", Sizes($axes), "1"),
                or("padding", word($paddings), "\"valid\""),
                data_format(),
                or("dilation_rate", Sizes($axes), "1"),
                DEPTH_MULTIPLIER,
            ],
            ["depthwise", "pointwise"]
        )
    };
}

const FILTERS: Param = must("filters", Size);
const DEPTH_MULTIPLIER: Param = or("depth_multiplier", Size, "1");

const fn output_padding(axes: usize) -> Param {
    or("output_padding", Extra(axes), "None")
}

const NOTE: &str = "a size is a number, a tuple or a list";
const TRANSPOSED: &str = "a size is a number, a tuple or a list; `output_padding = 0` with `padding = \"same\"` and an even \
                          window is refused, as TensorFlow does";
const LOCAL: &str = "of Keras 2; the kernel is that of its `implementation = 1` with all of them, which give the same outputs";

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
        LayerRow {
            class: "Conv3D",
            aliases: &["Convolution3D"],
            params: convolution!(3, &["valid", "same"]),
            ends_with: Some("activation"),
            takes: &[4, 5, 6, 2],
            note: NOTE,
            ..USUAL
        },
        LayerRow {
            class: "Conv1DTranspose",
            aliases: &["Convolution1DTranspose"],
            params: transposed!(1, [output_padding(1), data_format()]),
            ends_with: Some("activation"),
            note: TRANSPOSED,
            ..USUAL
        },
        LayerRow {
            class: "Conv2DTranspose",
            aliases: &["Convolution2DTranspose"],
            params: transposed!(2, [output_padding(2), data_format()]),
            ends_with: Some("activation"),
            takes: &[4, 3, 2],
            note: TRANSPOSED,
            ..USUAL
        },
        LayerRow {
            class: "Conv3DTranspose",
            aliases: &["Convolution3DTranspose"],
            params: transposed!(3, [data_format(), output_padding(3)]),
            ends_with: Some("activation"),
            takes: &[2, 3, 4, 2],
            note: TRANSPOSED,
            ..USUAL
        },
        LayerRow {
            class: "LocallyConnected1D",
            params: local!(1),
            ends_with: Some("activation"),
            note: LOCAL,
            ..USUAL
        },
        LayerRow {
            class: "LocallyConnected2D",
            params: local!(2),
            ends_with: Some("activation"),
            takes: &[4, 5, 2],
            note: LOCAL,
            ..USUAL
        },
    ],
};
