//! Activation layers: activations with arguments, or with weights.

use crate::layer::Operand::Value;
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, ValueCheck, in_place};
use crate::param::Kind::{Axes, In, Initializer};
use crate::param::{constraint, or, regularizer};
use crate::range::Range::NotNegative;

pub(super) const GROUP: Group = Group {
    name: "Activation layers",
    layers: &[
        LayerRow {
            class: "PReLU",
            params: &[
                or("alpha_initializer", Initializer, "\"zeros\""),
                regularizer("alpha_regularizer"),
                constraint("alpha_constraint"),
                or("shared_axes", Axes, "None"),
            ],
            keeps_shape: true,
            ..USUAL
        },
        LayerRow {
            class: "ThresholdedReLU",
            params: &[or("theta", In(NotNegative), "1.0")],
            keeps_shape: true,
            emission: Emission::Stateless(Stateless {
                new_takes: &[Value("theta")],
                checks: &[ValueCheck {
                    argument: "theta",
                    rule: ["thresholded_relu", "theta_rule"],
                }],
                ..in_place("thresholded_relu")
            }),
            note: "as in Keras 2",
            ..USUAL
        },
    ],
};
