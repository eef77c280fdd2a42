//! Normalization layers.

use crate::layer::{Group, LayerRow, USUAL};
use crate::param::Kind::{Axes, Axis, Dict, Flag, In, Initializer, Later, Real};
use crate::param::{constraint, or, regularizer};
use crate::range::Range::Positive;

pub(super) const GROUP: Group = Group {
    name: "Normalization layers",
    layers: &[
        LayerRow {
            class: "BatchNormalization",
            params: &[
                or("axis", Axis, "-1"),
                or("momentum", Real, "0.99"),
                or("epsilon", In(Positive), "0.001"),
                or("center", Flag, "True"),
                or("scale", Flag, "True"),
                or("beta_initializer", Initializer, "\"zeros\""),
                or("gamma_initializer", Initializer, "\"ones\""),
                or("moving_mean_initializer", Initializer, "\"zeros\""),
                or("moving_variance_initializer", Initializer, "\"ones\""),
                regularizer("beta_regularizer"),
                regularizer("gamma_regularizer"),
                constraint("beta_constraint"),
                constraint("gamma_constraint"),
                or("renorm", Flag, "False"),
                or("renorm_clipping", Dict(&["rmax", "rmin", "dmax"]), "None"),
                or("renorm_momentum", Real, "0.99"),
                or("synchronized", Flag, "False"),
            ],
            keeps_shape: true,
            note: "over any axis; epsilon is more than 0; `renorm_clipping = {\"rmax\": 3.0}` as in Python; `synchronized` changes nothing: \
                   there is one device",
            ..USUAL
        },
        LayerRow {
            class: "LayerNormalization",
            params: &[
                or("axis", Axes, "-1"),
                or("epsilon", In(Positive), "0.001"),
                or("center", Flag, "True"),
                or("scale", Flag, "True"),
                or("beta_initializer", Initializer, "\"zeros\""),
                or("gamma_initializer", Initializer, "\"ones\""),
                regularizer("beta_regularizer"),
                regularizer("gamma_regularizer"),
                constraint("beta_constraint"),
                constraint("gamma_constraint"),
                or("rms_scaling", Later, "False"),
            ],
            keeps_shape: true,
            note: "several axes must be neighbours in ascending order; epsilon is more than 0",
            ..USUAL
        },
    ],
};
