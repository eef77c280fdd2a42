//! Recurrent layers, and the wrapper around the layer of a step.

use crate::layer::{Group, LayerRow, USUAL};
use crate::param::Kind::{Activation, Flag, In, Initializer, Later, Layer, Size};
use crate::param::{Param, constraint, later, must, or, regularizer};
use crate::range::Range::BelowOne;

const ACTIVATIONS: &str = "activations whose derivative needs the input (gelu, silu, mish ...) are refused. `unroll`, \
                           `implementation` and `use_cudnn` say how Keras computes: they are taken and change nothing";

/// The arguments of a recurrent layer in Keras's order; in brackets what only some have: behind `activation`, behind
/// `bias_initializer`, behind `recurrent_dropout`, behind `unroll`, at
/// the end.
macro_rules! arguments {
    ([$($gates:expr)?], [$($forget:expr)?], [$($dropped:expr)?], [$($unrolled:expr)?], [$($computed:expr),*]) => {
        &[
            must("units", Size),
            or("activation", Activation, "\"tanh\""),
            $($gates,)?
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initializer, "\"glorot_uniform\""),
            or("recurrent_initializer", Initializer, "\"orthogonal\""),
            or("bias_initializer", Initializer, "\"zeros\""),
            $($forget,)?
            regularizer("kernel_regularizer"),
            regularizer("recurrent_regularizer"),
            regularizer("bias_regularizer"),
            regularizer("activity_regularizer"),
            constraint("kernel_constraint"),
            constraint("recurrent_constraint"),
            constraint("bias_constraint"),
            or("dropout", In(BelowOne), "0.0"),
            or("recurrent_dropout", In(BelowOne), "0.0"),
            $($dropped,)?
            or("return_sequences", Flag, "false"),
            or("return_state", Later, "False"),
            or("go_backwards", Flag, "false"),
            or("stateful", Flag, "false"),
            // Says how Keras builds its graph; no result depends on it.
            or("unroll", Flag, "false"),
            $($unrolled,)?
            or("time_major", Later, "False"),
            or("zero_output_for_mask", Later, "False"),
            $($computed,)*
        ]
    };
}

/// How Keras computes it; no result depends on it, nor on `implementation`.
const USE_CUDNN: Param = or("use_cudnn", Later, "\"auto\"|True|False");

/// Of the gates.
const RECURRENT_ACTIVATION: Param = or("recurrent_activation", Activation, "\"sigmoid\"");

pub(super) const GROUP: Group = Group {
    name: "Recurrent layers",
    layers: &[
        LayerRow {
            class: "LSTM",
            params: arguments!(
                [RECURRENT_ACTIVATION],
                [or("unit_forget_bias", Flag, "true")],
                [later("seed")],
                [],
                [USE_CUDNN, or("implementation", Later, "2|1|0")]
            ),
            note: ACTIVATIONS,
            ..USUAL
        },
        LayerRow {
            class: "GRU",
            params: arguments!(
                [RECURRENT_ACTIVATION],
                [],
                [later("seed")],
                [or("reset_after", Flag, "true")],
                [USE_CUDNN, or("implementation", Later, "2|1|0")]
            ),
            note: ACTIVATIONS,
            ..USUAL
        },
        LayerRow {
            class: "SimpleRNN",
            params: arguments!(
                [],
                [],
                [],
                [later("seed")],
                [or("implementation", Later, "1|2|0")]
            ),
            note: ACTIVATIONS,
            ..USUAL
        },
        LayerRow {
            class: "TimeDistributed",
            params: &[must("layer", Layer)],
            ends_with: Some("layer"),
            note: "around any built-in layer, `TimeDistributed(Conv2D(8, 3))`; all steps of a batch go through the layer \
                   together, so a `BatchNormalization` inside takes its statistics over all steps, as in Keras 2 (Keras 3: \
                   step by step). A stateful layer inside is refused, and an `activity_regularizer` of the layer inside, \
                   which Keras ignores",
            ..USUAL
        },
    ],
};
