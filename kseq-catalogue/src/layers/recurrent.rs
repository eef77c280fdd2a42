//! Recurrent layers, and the wrapper around the layer of a step.

use crate::layer::{Group, LayerRow, USUAL};
use crate::param::Kind::{
    Activation, Fixed, Flag, In, Initializer, Later, Layer, Layers, OneOf, Seed, Size, Sizes,
};
use crate::param::{Param, constraint, data_format, must, or, regularizer, word};
use crate::range::Range::BelowOne;

const COMPUTING: &str = "`unroll` and `use_cudnn` say how Keras computes: they are taken and change nothing. `return_state` is \
                         refused: a layer of a Sequential has one output, in Keras as well";

/// Why a layer does not give its state.
const ONE_OUTPUT: &str = "a layer of a Sequential has one output; Keras refuses it there, too";

/// What Keras 2 had for samples behind the steps.
const BATCH_FIRST: &str = "a batch is samples, each of them steps";

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
            or("return_state", Fixed(ONE_OUTPUT), "False"),
            or("go_backwards", Flag, "false"),
            or("stateful", Flag, "false"),
            // Says how Keras builds its graph; no result depends on it.
            or("unroll", Flag, "false"),
            $($unrolled,)?
            or("time_major", Fixed(BATCH_FIRST), "False"),
            or("zero_output_for_mask", Flag, "false"),
            $($computed,)*
        ]
    };
}

/// The arguments of a convolutional LSTM over so many axes.
macro_rules! convolutional {
    ($axes:literal) => {
        &[
            must("filters", Size),
            must("kernel_size", Sizes($axes)),
            or("strides", Sizes($axes), "1"),
            or("padding", word(&["valid", "same"]), "\"valid\""),
            data_format(),
            or("dilation_rate", Sizes($axes), "1"),
            or("activation", Activation, "\"tanh\""),
            RECURRENT_ACTIVATION,
            or("use_bias", Flag, "true"),
            or("kernel_initializer", Initializer, "\"glorot_uniform\""),
            or("recurrent_initializer", Initializer, "\"orthogonal\""),
            or("bias_initializer", Initializer, "\"zeros\""),
            or("unit_forget_bias", Flag, "true"),
            regularizer("kernel_regularizer"),
            regularizer("recurrent_regularizer"),
            regularizer("bias_regularizer"),
            regularizer("activity_regularizer"),
            constraint("kernel_constraint"),
            constraint("recurrent_constraint"),
            constraint("bias_constraint"),
            or("dropout", In(BelowOne), "0.0"),
            or("recurrent_dropout", In(BelowOne), "0.0"),
            SEED,
            or("return_sequences", Flag, "false"),
            or("return_state", Fixed(ONE_OUTPUT), "False"),
            or("go_backwards", Flag, "false"),
            or("stateful", Flag, "false"),
            // Says how Keras builds its graph; no result depends on it.
            or("unroll", Flag, "false"),
            or("zero_output_for_mask", Flag, "false"),
        ]
    };
}

/// The arguments of a cell, as those of a layer.
macro_rules! of_cell {
    ([$($gates:expr)?], [$($forget:expr)?], [$($more:expr),*]) => {
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
            constraint("kernel_constraint"),
            constraint("recurrent_constraint"),
            constraint("bias_constraint"),
            or("dropout", In(BelowOne), "0.0"),
            or("recurrent_dropout", In(BelowOne), "0.0"),
            $($more,)*
        ]
    };
}

/// The cells of an `RNN`.
pub(super) const CELLS: &[LayerRow] = &[
    LayerRow {
        class: "GRUCell",
        params: of_cell!(
            [RECURRENT_ACTIVATION],
            [],
            [or("reset_after", Flag, "true"), SEED, IMPLEMENTATION]
        ),
        ..USUAL
    },
    LayerRow {
        class: "LSTMCell",
        params: of_cell!(
            [RECURRENT_ACTIVATION],
            [or("unit_forget_bias", Flag, "true")],
            [SEED, IMPLEMENTATION]
        ),
        ..USUAL
    },
    LayerRow {
        class: "SimpleRNNCell",
        params: of_cell!([], [], [SEED]),
        ..USUAL
    },
    LayerRow {
        class: "StackedRNNCells",
        params: &[must("cells", Layers)],
        ..USUAL
    },
];

const CONVOLVED: &str = "each gate has a dropout mask of its own. `return_state` is refused: a layer of a Sequential has one \
                         output, in Keras as well";

/// Of the random numbers of dropout.
const SEED: Param = or("seed", Seed, "None");

/// Whether each gate has a dropout mask of its own.
const IMPLEMENTATION: Param = or("implementation", OneOf(&["2", "1", "0"]), "2");

/// How Keras computes it; no result depends on it.
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
                [SEED],
                [],
                [USE_CUDNN, IMPLEMENTATION]
            ),
            note: COMPUTING,
            ..USUAL
        },
        LayerRow {
            class: "GRU",
            params: arguments!(
                [RECURRENT_ACTIVATION],
                [],
                [SEED],
                [or("reset_after", Flag, "true")],
                [USE_CUDNN, IMPLEMENTATION]
            ),
            note: COMPUTING,
            ..USUAL
        },
        LayerRow {
            class: "SimpleRNN",
            params: arguments!([], [], [], [SEED], [or("implementation", Later, "1|2|0")]),
            note: COMPUTING,
            ..USUAL
        },
        LayerRow {
            class: "ConvLSTM1D",
            params: convolutional!(1),
            takes: &[4, 6, 3],
            note: CONVOLVED,
            ..USUAL
        },
        LayerRow {
            class: "ConvLSTM2D",
            params: convolutional!(2),
            takes: &[3, 6, 5, 2],
            note: CONVOLVED,
            ..USUAL
        },
        LayerRow {
            class: "Bidirectional",
            params: &[
                must("layer", Layer),
                or(
                    "merge_mode",
                    word(&["concat", "sum", "mul", "ave"]),
                    "\"concat\"",
                ),
                or("weights", Fixed("set the arrays of the model"), "None"),
                or("backward_layer", Layer, "None"),
            ],
            note: "around `LSTM`, `GRU` and `SimpleRNN`. The arrays are `forward_layer.kernel`, `backward_layer.kernel` and so \
                   on, in Keras's order. `merge_mode = None`, which gives two outputs, is refused, as are two directions with \
                   different `units` (Keras's shapes are wrong then)",
            ..USUAL
        },
        LayerRow {
            class: "RNN",
            params: &[
                must("cell", Layer),
                or("return_sequences", Flag, "false"),
                or("return_state", Fixed(ONE_OUTPUT), "False"),
                or("go_backwards", Flag, "false"),
                or("stateful", Flag, "false"),
                // Says how Keras builds its graph; no result depends on it.
                or("unroll", Flag, "false"),
                or("time_major", Fixed(BATCH_FIRST), "False"),
                or("zero_output_for_mask", Flag, "false"),
            ],
            note: "`RNN(LSTMCell(8))` is `LSTM(8)`, and so with `GRUCell` and `SimpleRNNCell`. A list of cells, or \
                   `StackedRNNCells([..])`, are layers one behind the other: a model in the model, whose arrays are \
                   `lstm_1.kernel` and so on; `go_backwards` is refused there. A cell of your own is a layer of your own",
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
