//! Preprocessing layers.

use super::reshaping::INTERPOLATIONS;
use crate::layer::Operand::{OneOf, Value};
use crate::layer::{Emission, Group, LayerRow, Operand, Stateless, USUAL, in_place, stateless};
use crate::param::Kind::{AxesOrNone, Flag, Later, Real, Several, Size, Whole, Wholes};
use crate::param::{Param, data_format, later, must, or, word};
use crate::range::Range::Finite;

const MODES: &[&str] = &["int", "one_hot", "multi_hot", "count"];
const MODE: Operand = OneOf("output_mode", "OutputMode");

/// A layer that counts values, whose rule and `new` take the same.
const fn encoding(rule: &'static str, takes: &'static [Operand]) -> Emission {
    Emission::Stateless(Stateless {
        rule: ["encoding", rule],
        rule_takes: takes,
        new_takes: takes,
        ..stateless("")
    })
}

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
        LayerRow {
            class: "CategoryEncoding",
            params: &[
                must("num_tokens", Size),
                or(
                    "output_mode",
                    word(&["one_hot", "multi_hot", "count"]),
                    "\"multi_hot\"",
                ),
                or("sparse", Later, "False"),
            ],
            on_tokens: true,
            emission: encoding("category_shape", &[Value("num_tokens"), MODE]),
            takes: &[4],
            ..USUAL
        },
        LayerRow {
            class: "Discretization",
            params: &[
                must("bin_boundaries", Several(Finite)),
                later("num_bins"),
                or("epsilon", Later, "0.01"),
                or("output_mode", word(MODES), "\"int\""),
                or("sparse", Later, "False"),
            ],
            emission: encoding("discretization_shape", &[Value("bin_boundaries"), MODE]),
            takes: &[4],
            note: "numbers come out, not tokens, also with `output_mode = \"int\"`: an `Embedding` takes the model's tokens alone",
            ..USUAL
        },
        LayerRow {
            class: "IntegerLookup",
            params: &[
                later("max_tokens"),
                or("num_oov_indices", Whole(0), "1"),
                or("mask_token", Wholes, "None"),
                or("oov_token", Later, "-1"),
                must("vocabulary", Wholes),
                or("vocabulary_dtype", word(&["int64"]), "\"int64\""),
                later("idf_weights"),
                or("invert", Later, "False"),
                or("output_mode", word(MODES), "\"int\""),
                or("sparse", Later, "False"),
                or("pad_to_max_tokens", Later, "False"),
                or("oov_method", Later, "\"floormod\""),
                later("salt"),
            ],
            on_tokens: true,
            emission: encoding(
                "lookup_shape",
                &[
                    Value("num_oov_indices"),
                    Value("mask_token"),
                    Value("vocabulary"),
                    MODE,
                ],
            ),
            takes: &[4],
            note: "as `Discretization`",
            ..USUAL
        },
    ],
};
