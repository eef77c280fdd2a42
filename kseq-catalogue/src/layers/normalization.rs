//! Normalization layers.

use crate::layer::Operand::Value;
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, stateless};
use crate::param::Kind::{Axes, Axis, Dict, Flag, In, Initializer, Layer, Real, Size};
use crate::param::{constraint, must, or, regularizer};
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
            note: "over any axis; epsilon is more than 0; `renorm_clipping = {\"rmax\": 3.0}` as in Python; `synchronized` is for a \
                   training on several ranks (`kseq-mpi`)",
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
                or("rms_scaling", Flag, "False"),
            ],
            keeps_shape: true,
            note: "several axes must be neighbours in ascending order; epsilon is more than 0",
            ..USUAL
        },
        LayerRow {
            class: "GroupNormalization",
            params: &[
                or("groups", Axis, "32"),
                or("axis", Axis, "-1"),
                or("epsilon", In(Positive), "0.001"),
                or("center", Flag, "True"),
                or("scale", Flag, "True"),
                or("beta_initializer", Initializer, "\"zeros\""),
                or("gamma_initializer", Initializer, "\"ones\""),
                regularizer("beta_regularizer"),
                regularizer("gamma_regularizer"),
                constraint("beta_constraint"),
                constraint("gamma_constraint"),
            ],
            keeps_shape: true,
            takes: &[6, 32],
            note: "epsilon is more than 0",
            ..USUAL
        },
        LayerRow {
            class: "RMSNormalization",
            params: &[
                or("axis", Axes, "-1"),
                or("epsilon", In(Positive), "0.000001"),
            ],
            keeps_shape: true,
            note: "as there, the scale is multiplied along the last axes whatever `axis` says; epsilon is more than 0",
            ..USUAL
        },
        LayerRow {
            class: "SpectralNormalization",
            params: &[must("layer", Layer), or("power_iterations", Size, "1")],
            ends_with: Some("layer"),
            note: "around a `Dense`, a convolution or an `Embedding`; as there the kernel itself is divided, before each step of the \
                   training. Not in a `TimeDistributed`",
            ..USUAL
        },
        LayerRow {
            class: "UnitNormalization",
            params: &[or("axis", Axes, "-1")],
            keeps_shape: true,
            emission: Emission::Stateless(Stateless {
                rule_takes: &[Value("axis")],
                new_takes: &[Value("axis")],
                ..stateless("unit_normalization")
            }),
            ..USUAL
        },
    ],
};
