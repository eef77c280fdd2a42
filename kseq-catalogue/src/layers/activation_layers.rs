//! Activation layers: activations with arguments, or with weights.

use crate::layer::Operand::Value;
use crate::layer::{
    ActivationOf, Emission, Group, LayerRow, Stateless, USUAL, ValueCheck, in_place, stateless,
};
use crate::param::Kind::{Axes, In, InOrNone, Initializer};
use crate::param::{constraint, or, regularizer};
use crate::range::Range::{Finite, NotNegative};

pub(super) const GROUP: Group = Group {
    name: "Activation layers",
    layers: &[
        LayerRow {
            class: "ReLU",
            params: &[
                or("max_value", InOrNone(NotNegative), "None"),
                or("negative_slope", In(NotNegative), "0.0"),
                or("threshold", In(NotNegative), "0.0"),
            ],
            keeps_shape: true,
            emission: Emission::Activation(ActivationOf {
                ty: "ReluOf",
                takes: &[
                    ("max_value", "max_value_rule"),
                    ("negative_slope", "negative_slope_rule"),
                    ("threshold", "threshold_rule"),
                ],
            }),
            note: "also as `activation = ReLU(max_value = 6.0)`",
            ..USUAL
        },
        LayerRow {
            class: "LeakyReLU",
            params: &[or("negative_slope", In(NotNegative), "0.3")],
            former: &[("alpha", "negative_slope")],
            keeps_shape: true,
            emission: Emission::Activation(ActivationOf {
                ty: "LeakyReluOf",
                takes: &[("negative_slope", "negative_slope_rule")],
            }),
            note: "also with Keras 2's `alpha`, and as `activation = LeakyReLU(0.1)`",
            ..USUAL
        },
        LayerRow {
            class: "ELU",
            params: &[or("alpha", In(Finite), "1.0")],
            keeps_shape: true,
            emission: Emission::Activation(ActivationOf {
                ty: "EluOf",
                takes: &[("alpha", "alpha_rule")],
            }),
            note: "also as `activation = ELU(0.5)`",
            ..USUAL
        },
        LayerRow {
            class: "Softmax",
            params: &[or("axis", Axes, "-1")],
            keeps_shape: true,
            emission: Emission::Stateless(Stateless {
                rule_takes: &[Value("axis")],
                new_takes: &[Value("axis")],
                ..stateless("softmax")
            }),
            note: "also as `activation = Softmax()`. With `axis = -1` it is `Activation(\"softmax\")`, with which a loss fuses. It \
                   knows no mask",
            ..USUAL
        },
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
