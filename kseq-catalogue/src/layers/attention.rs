//! Attention layers.

use crate::layer::{Group, LayerRow, USUAL};
use crate::param::Kind::{Axes, Fixed, Flag, In, Initializer, Seed, Size, SizesLike, TargetShape};
use crate::param::{Param, constraint, must, or, regularizer};
use crate::range::Range::BelowOne;

const FLASH: Param = or(
    "flash_attention",
    Fixed("there is one way in which attention is computed"),
    "None|False",
);

pub(super) const GROUP: Group = Group {
    name: "Attention layers",
    layers: &[
        LayerRow {
            class: "MultiHeadAttention",
            params: &[
                must("num_heads", Size),
                must("key_dim", Size),
                or("value_dim", SizesLike(1, "key_dim"), "None"),
                or("dropout", In(BelowOne), "0.0"),
                or("use_bias", Flag, "true"),
                or("output_shape", TargetShape, "None"),
                or("attention_axes", Axes, "None"),
                or("sliding_window", Size, "None"),
                FLASH,
                or("kernel_initializer", Initializer, "\"glorot_uniform\""),
                or("bias_initializer", Initializer, "\"zeros\""),
                regularizer("kernel_regularizer"),
                regularizer("bias_regularizer"),
                regularizer("activity_regularizer"),
                constraint("kernel_constraint"),
                constraint("bias_constraint"),
                or("use_gate", Flag, "false"),
                or("seed", Seed, "None"),
                or("use_causal_mask", Flag, "false"),
            ],
            note: "of a sample on itself: query, key and value are the input. `use_causal_mask`, in Keras an argument of the call, is \
                   one of the layer. `attention_axes` are side by side. Regularizers and constraints of the kernel are of all of them, the \
                   `activity_regularizer` is of the output (Keras: of every projection)",
            takes: &[6, 4],
            ..USUAL
        },
        LayerRow {
            class: "GroupQueryAttention",
            params: &[
                must("head_dim", Size),
                must("num_query_heads", Size),
                must("num_key_value_heads", Size),
                or("dropout", In(BelowOne), "0.0"),
                or("use_bias", Flag, "true"),
                or("sliding_window", Size, "None"),
                FLASH,
                or("kernel_initializer", Initializer, "\"glorot_uniform\""),
                or("bias_initializer", Initializer, "\"zeros\""),
                regularizer("kernel_regularizer"),
                regularizer("bias_regularizer"),
                regularizer("activity_regularizer"),
                constraint("kernel_constraint"),
                constraint("bias_constraint"),
                or("use_gate", Flag, "false"),
                or("seed", Seed, "None"),
                or("use_causal_mask", Flag, "false"),
            ],
            note: "as `MultiHeadAttention`",
            takes: &[6, 4],
            ..USUAL
        },
    ],
};
