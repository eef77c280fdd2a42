//! Pooling layers.

use crate::layer::Operand::{Number, Says, Value};
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, stateless};
use crate::param::Kind::{Flag, Sizes, SizesLike};
use crate::param::{Param, data_format, must, or, word};

/// A pooling of windows over so many axes, whose rule is in a module.
macro_rules! windows {
    ($class:literal, $alias:literal, $axes:literal, $module:literal, $takes:expr) => {
        LayerRow {
            class: $class,
            aliases: &[$alias],
            params: &[
                or("pool_size", Sizes($axes), "2"),
                or("strides", SizesLike($axes, "pool_size"), "None"),
                or("padding", word(&["valid", "same"]), "\"valid\""),
                data_format(),
            ],
            emission: Emission::Stateless(Stateless {
                rule_takes: &[
                    Value("pool_size"),
                    Value("strides"),
                    Says("padding", "same"),
                ],
                new_takes: &[Value("pool_size"), Value("strides")],
                walks: $axes < 3,
                ..stateless($module)
            }),
            takes: $takes,
            ..USUAL
        }
    };
}

const GLOBAL: &[Param] = &[data_format(), or("keepdims", Flag, "False")];

/// A pooling of all of so many axes.
macro_rules! global {
    ($class:literal, $alias:literal, $axes:literal, $rule:literal, $takes:expr) => {
        LayerRow {
            class: $class,
            aliases: &[$alias],
            params: GLOBAL,
            emission: Emission::Stateless(Stateless {
                rule: ["global_pooling", $rule],
                rule_takes: &[Number($axes), Value("keepdims")],
                walks: $axes < 3,
                ..stateless("")
            }),
            takes: $takes,
            ..USUAL
        }
    };
}

/// A pooling of as many parts of so many axes as are to come out.
macro_rules! adaptive {
    ($class:literal, $axes:literal, $rule:literal, $takes:expr) => {
        LayerRow {
            class: $class,
            params: &[must("output_size", Sizes($axes)), data_format()],
            emission: Emission::Stateless(Stateless {
                rule: ["adaptive_pooling", $rule],
                rule_takes: &[Value("output_size")],
                ..stateless("")
            }),
            takes: $takes,
            ..USUAL
        }
    };
}

const STEPS: &[usize] = &[6, 4];
const IMAGE: &[usize] = &[8, 6, 3];
const VOLUME: &[usize] = &[4, 8, 6, 3];

#[rustfmt::skip]
pub(super) const GROUP: Group = Group {
    name: "Pooling layers",
    layers: &[
        windows!("MaxPooling1D", "MaxPool1D", 1, "max_pooling", STEPS),
        windows!("MaxPooling2D", "MaxPool2D", 2, "max_pooling", IMAGE),
        windows!("MaxPooling3D", "MaxPool3D", 3, "max_pooling", VOLUME),
        windows!("AveragePooling1D", "AvgPool1D", 1, "average_pooling", STEPS),
        windows!("AveragePooling2D", "AvgPool2D", 2, "average_pooling", IMAGE),
        windows!("AveragePooling3D", "AvgPool3D", 3, "average_pooling", VOLUME),
        global!("GlobalMaxPooling1D", "GlobalMaxPool1D", 1, "max_shape", STEPS),
        global!("GlobalMaxPooling2D", "GlobalMaxPool2D", 2, "max_shape", IMAGE),
        global!("GlobalMaxPooling3D", "GlobalMaxPool3D", 3, "max_shape", VOLUME),
        global!("GlobalAveragePooling1D", "GlobalAvgPool1D", 1, "average_shape", STEPS),
        global!("GlobalAveragePooling2D", "GlobalAvgPool2D", 2, "average_shape", IMAGE),
        global!("GlobalAveragePooling3D", "GlobalAvgPool3D", 3, "average_shape", VOLUME),
        adaptive!("AdaptiveMaxPooling1D", 1, "max_shape", STEPS),
        adaptive!("AdaptiveMaxPooling2D", 2, "max_shape", IMAGE),
        adaptive!("AdaptiveMaxPooling3D", 3, "max_shape", VOLUME),
        adaptive!("AdaptiveAveragePooling1D", 1, "average_shape", STEPS),
        adaptive!("AdaptiveAveragePooling2D", 2, "average_shape", IMAGE),
        adaptive!("AdaptiveAveragePooling3D", 3, "average_shape", VOLUME),
    ],
};
