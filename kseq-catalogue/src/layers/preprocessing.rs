//! Preprocessing layers.

use super::reshaping::INTERPOLATIONS;
use crate::layer::Operand::{OneOf, Value};
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, in_place, stateless};
use crate::param::Kind::{AxesOrNone, Flag, Later, Real, Several, Size, Whole, Wholes};
use crate::param::{Param, data_format, later, must, or, word};
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
            emission: Emission::Stateless(Stateless {
                rule: ["encoding", "category_shape"],
                rule_takes: &[Value("num_tokens"), OneOf("output_mode", "OutputMode")],
                new_takes: &[Value("num_tokens"), OneOf("output_mode", "OutputMode")],
                ..stateless("")
            }),
            takes: &[4],
            ..USUAL
        },
        LayerRow {
            class: "Discretization",
            params: &[
                several("bin_boundaries", "None"),
                or("num_bins", Size, "None"),
                or("epsilon", Real, "0.01"),
                or(
                    "output_mode",
                    word(&["int", "one_hot", "multi_hot", "count"]),
                    "\"int\"",
                ),
                or("sparse", Later, "False"),
            ],
            takes: &[4],
            note: "numbers come out, which are tokens for an `Embedding` behind it. `bin_boundaries` or \
                   `num_bins`; `layer.adapt(x)` is `model.state_mut().discretization_1.adapt(&x)`",
            ..USUAL
        },
        LayerRow {
            class: "IntegerLookup",
            params: &[
                or("max_tokens", Size, "None"),
                or("num_oov_indices", Whole(0), "1"),
                or("mask_token", Wholes, "None"),
                or("oov_token", Wholes, "-1"),
                or("vocabulary", Wholes, "None"),
                or("vocabulary_dtype", word(&["int64"]), "\"int64\""),
                several("idf_weights", "None"),
                or("invert", Flag, "False"),
                or(
                    "output_mode",
                    word(&["int", "one_hot", "multi_hot", "count", "tf_idf"]),
                    "\"int\"",
                ),
                or("sparse", Later, "False"),
                or("pad_to_max_tokens", Flag, "False"),
                or("oov_method", Later, "\"floormod\""),
                later("salt"),
            ],
            on_tokens: true,
            takes: &[4],
            note: "as `Discretization`; `vocabulary`, or `max_tokens` and `adapt`, and then with as many places as for `pad_to_max_tokens`",
            ..USUAL
        },
    ],
};
