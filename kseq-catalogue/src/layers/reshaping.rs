//! Reshaping layers: they move values, and repeat, add or drop some.

use crate::layer::Operand::{List, Value};
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, in_place, stateless};
use crate::param::Kind::{Margins, Permutation, Size, Sizes, TargetShape, Word};
use crate::param::{Words, data_format, must, or};

/// A layer with margins, whose rule is in a module.
const fn framed(module: &'static str, margins: &'static [crate::layer::Operand]) -> Emission {
    Emission::Stateless(Stateless {
        rule_takes: margins,
        new_takes: margins,
        ..stateless(module)
    })
}

/// How values between pixels come about.
pub(super) const INTERPOLATIONS: &[&str] = &[
    "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area",
];

const MARGINS: &str = "a number, a pair, a pair for each axis";

pub(super) const GROUP: Group = Group {
    name: "Reshaping layers",
    layers: &[
        LayerRow {
            class: "Reshape",
            params: &[must("target_shape", TargetShape)],
            emission: Emission::Stateless(Stateless {
                rule_takes: &[Value("target_shape")],
                ..in_place("reshape")
            }),
            ..USUAL
        },
        LayerRow {
            class: "Flatten",
            params: &[data_format()],
            emission: Emission::Stateless(in_place("flatten")),
            ..USUAL
        },
        LayerRow {
            class: "RepeatVector",
            params: &[must("n", Size)],
            emission: Emission::Stateless(Stateless {
                rule_takes: &[Value("n")],
                ..stateless("repeat_vector")
            }),
            takes: &[4],
            ..USUAL
        },
        LayerRow {
            class: "Permute",
            params: &[must("dims", Permutation)],
            emission: Emission::Stateless(Stateless {
                rule_takes: &[Value("dims")],
                new_takes: &[Value("dims")],
                ..stateless("permute")
            }),
            ..USUAL
        },
        LayerRow {
            class: "ZeroPadding1D",
            params: &[or("padding", Margins(1), "1"), data_format()],
            emission: framed("zero_padding", &[Value("padding")]),
            note: MARGINS,
            ..USUAL
        },
        LayerRow {
            class: "ZeroPadding2D",
            params: &[or("padding", Margins(2), "1"), data_format()],
            emission: framed("zero_padding", &[Value("padding")]),
            takes: &[8, 6, 3],
            note: MARGINS,
            ..USUAL
        },
        LayerRow {
            class: "ZeroPadding3D",
            params: &[or("padding", Margins(3), "1"), data_format()],
            emission: framed("zero_padding", &[Value("padding")]),
            takes: &[4, 8, 6, 3],
            note: MARGINS,
            ..USUAL
        },
        LayerRow {
            class: "Cropping1D",
            params: &[or("cropping", Margins(1), "1")],
            emission: framed("cropping", &[Value("cropping")]),
            note: MARGINS,
            ..USUAL
        },
        LayerRow {
            class: "Cropping2D",
            params: &[or("cropping", Margins(2), "0"), data_format()],
            emission: framed("cropping", &[Value("cropping")]),
            takes: &[8, 6, 3],
            note: MARGINS,
            ..USUAL
        },
        LayerRow {
            class: "Cropping3D",
            params: &[or("cropping", Margins(3), "1"), data_format()],
            emission: framed("cropping", &[Value("cropping")]),
            takes: &[4, 8, 6, 3],
            note: MARGINS,
            ..USUAL
        },
        LayerRow {
            class: "UpSampling1D",
            params: &[or("size", Size, "2")],
            emission: Emission::Stateless(Stateless {
                rule_takes: &[List("size")],
                ..stateless("up_sampling")
            }),
            ..USUAL
        },
        LayerRow {
            class: "UpSampling2D",
            params: &[
                or("size", Sizes(2), "2"),
                data_format(),
                or(
                    "interpolation",
                    Word(Words {
                        known: INTERPOLATIONS,
                        later: &["gaussian", "mitchellcubic"],
                    }),
                    "\"nearest\"",
                ),
            ],
            takes: &[8, 6, 3],
            ..USUAL
        },
        LayerRow {
            class: "UpSampling3D",
            params: &[or("size", Sizes(3), "2"), data_format()],
            emission: Emission::Stateless(Stateless {
                rule_takes: &[Value("size")],
                ..stateless("up_sampling")
            }),
            takes: &[4, 8, 6, 3],
            ..USUAL
        },
    ],
};
