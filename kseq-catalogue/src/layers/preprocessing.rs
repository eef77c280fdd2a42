//! Preprocessing layers.

use super::reshaping::INTERPOLATIONS;
use crate::layer::Operand::Value;
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, in_place};
use crate::param::Kind::{AxesOrNone, Flag, Real, Several, Size};
use crate::param::{Param, data_format, must, or, word};
use crate::range::Range::Finite;

const IMAGE: &[usize] = &[8, 6, 3];

/// One number, or one for each of the last axis.
const fn several(name: &'static str, default: &'static str) -> Param {
    or(name, Several(Finite), default)
}

pub(super) const GROUP: Group = Group {
    name: "Preprocessing layers",
    layers: &[
        LayerRow {
            class: "Rescaling",
            params: &[must("scale", Several(Finite)), several("offset", "0.0")],
            keeps_shape: true,
            emission: Emission::Stateless(Stateless {
                rule_takes: &[Value("scale"), Value("offset")],
                new_takes: &[Value("scale"), Value("offset")],
                ..in_place("rescaling")
            }),
            note: "`scale` and `offset`: a number, or one for each of the last axis",
            ..USUAL
        },
        LayerRow {
            class: "Normalization",
            params: &[
                or("axis", AxesOrNone, "-1"),
                several("mean", "None"),
                several("variance", "None"),
                or("invert", Flag, "False"),
            ],
            keeps_shape: true,
            note: "`layer.adapt(x)` is `model.state_mut().normalization_1.adapt(&x)`",
            ..USUAL
        },
        LayerRow {
            class: "Resizing",
            params: &[
                must("height", Size),
                must("width", Size),
                or("interpolation", word(INTERPOLATIONS), "\"bilinear\""),
                or("crop_to_aspect_ratio", Flag, "False"),
                or("pad_to_aspect_ratio", Flag, "False"),
                or("fill_mode", word(&["constant"]), "\"constant\""),
                or("fill_value", Real, "0.0"),
                or("antialias", Flag, "False"),
                data_format(),
            ],
            takes: IMAGE,
            ..USUAL
        },
        LayerRow {
            class: "CenterCrop",
            params: &[must("height", Size), must("width", Size), data_format()],
            takes: IMAGE,
            ..USUAL
        },
    ],
};
