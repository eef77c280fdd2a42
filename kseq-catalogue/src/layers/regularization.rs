//! Regularization layers.

use crate::layer::{Group, LayerRow, USUAL};
use crate::param::Kind::{In, NoiseShape, Real, Seed};
use crate::param::{data_format, must, or};
use crate::range::Range::{BelowOne, Unit};

const SEED: &str = "without a `seed` of its own the model's seed counts";

pub(super) const GROUP: Group = Group {
    name: "Regularization layers",
    layers: &[
        LayerRow {
            class: "Dropout",
            params: &[
                must("rate", In(BelowOne)),
                or("noise_shape", NoiseShape, "None"),
                or("seed", Seed, "None"),
            ],
            keeps_shape: true,
            note: "without a `seed` of its own the model's seed counts; `rate` is less than 1",
            ..USUAL
        },
        LayerRow {
            class: "SpatialDropout1D",
            params: &[must("rate", In(BelowOne)), or("seed", Seed, "None")],
            keeps_shape: true,
            note: SEED,
            ..USUAL
        },
        LayerRow {
            class: "SpatialDropout2D",
            params: &[
                must("rate", In(BelowOne)),
                data_format(),
                or("seed", Seed, "None"),
            ],
            keeps_shape: true,
            takes: &[6, 4, 3],
            note: SEED,
            ..USUAL
        },
        LayerRow {
            class: "SpatialDropout3D",
            params: &[
                must("rate", In(BelowOne)),
                data_format(),
                or("seed", Seed, "None"),
            ],
            keeps_shape: true,
            takes: &[3, 4, 2, 3],
            note: SEED,
            ..USUAL
        },
        LayerRow {
            class: "GaussianNoise",
            params: &[must("stddev", In(Unit)), or("seed", Seed, "None")],
            keeps_shape: true,
            note: SEED,
            ..USUAL
        },
        LayerRow {
            class: "GaussianDropout",
            params: &[must("rate", In(BelowOne)), or("seed", Seed, "None")],
            keeps_shape: true,
            note: SEED,
            ..USUAL
        },
        LayerRow {
            class: "AlphaDropout",
            params: &[
                must("rate", In(BelowOne)),
                or("noise_shape", NoiseShape, "None"),
                or("seed", Seed, "None"),
            ],
            keeps_shape: true,
            note: SEED,
            ..USUAL
        },
        // Coded: the layer itself computes nothing, its expansion is a penalty on the output.
        LayerRow {
            class: "ActivityRegularization",
            params: &[or("l1", Real, "0.0"), or("l2", Real, "0.0")],
            keeps_shape: true,
            ..USUAL
        },
    ],
};
