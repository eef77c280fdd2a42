//! Regularization layers.

use crate::layer::Operand::Value;
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, ValueCheck, in_place};
use crate::param::Kind::{In, Real};
use crate::param::{later, must, or};
use crate::range::Range::BelowOne;

pub(super) const GROUP: Group = Group {
    name: "Regularization layers",
    layers: &[
        LayerRow {
            class: "Dropout",
            params: &[
                must("rate", In(BelowOne)),
                later("noise_shape"),
                later("seed"),
            ],
            keeps_shape: true,
            emission: Emission::Stateless(Stateless {
                new_takes: &[Value("rate")],
                checks: &[ValueCheck {
                    argument: "rate",
                    rule: ["dropout", "rate_rule"],
                }],
                ..in_place("dropout")
            }),
            note: "the model's seed counts",
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
