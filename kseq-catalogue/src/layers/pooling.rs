//! Pooling layers.

use crate::layer::Operand::{Number, Says, Value};
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, stateless};
use crate::param::Kind::{Flag, Sizes, SizesLike};
use crate::param::{Param, data_format, or, word};

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
                walks: true,
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
                walks: true,
                ..stateless("")
            }),
            takes: $takes,
            ..USUAL
        }
    };
}

const STEPS: &[usize] = &[6, 4];
const IMAGE: &[usize] = &[8, 6, 3];

#[rustfmt::skip]
pub(super) const GROUP: Group = Group {
    name: "Pooling layers",
    layers: &[
        windows!("MaxPooling1D", "MaxPool1D", 1, "max_pooling", STEPS),
        windows!("MaxPooling2D", "MaxPool2D", 2, "max_pooling", IMAGE),
        windows!("AveragePooling1D", "AvgPool1D", 1, "average_pooling", STEPS),
        windows!("AveragePooling2D", "AvgPool2D", 2, "average_pooling", IMAGE),
        global!("GlobalMaxPooling1D", "GlobalMaxPool1D", 1, "max_shape", STEPS),
        global!("GlobalMaxPooling2D", "GlobalMaxPool2D", 2, "max_shape", IMAGE),
        global!("GlobalAveragePooling1D", "GlobalAvgPool1D", 1, "average_shape", STEPS),
        global!("GlobalAveragePooling2D", "GlobalAvgPool2D", 2, "average_shape", IMAGE),
    ],
};
