//! Attention layers.

use crate::layer::{Group, LayerRow, USUAL};
use crate::param::Kind::{Flag, In, Initializer, Later, Size, SizesLike, TargetShape};
use crate::param::{constraint, later, must, or, regularizer};
use crate::range::Range::BelowOne;

pub(super) const GROUP: Group = Group {
    name: "Attention layers",
    layers: &[LayerRow {
        class: "MultiHeadAttention",
        params: &[
            must("num_heads", Size),
            must("key_dim", Size),
            or("value_dim", SizesLike(1, "key_dim"), "None"),
            or("dropout", In(BelowOne), "0.0"),
            or("use_bias", Flag, "true"),
            or("output_shape", TargetShape, "None"),
            or("attention_axes", Later, "None|[1]|1"),
            later("sliding_window"),
            or("flash_attention", Later, "None|False"),
            or("kernel_initializer", Initializer, "\"glorot_uniform\""),
            or("bias_initializer", Initializer, "\"zeros\""),
            regularizer("kernel_regularizer"),
            regularizer("bias_regularizer"),
            regularizer("activity_regularizer"),
            constraint("kernel_constraint"),
            constraint("bias_constraint"),
            or("use_gate", Later, "False"),
            later("seed"),
            or("use_causal_mask", Flag, "false"),
        ],
        note: "of a sequence on itself: query, key and value are the input. `use_causal_mask`, in Keras an argument of the call, is \
               one of the layer. Regularizers and constraints of the kernel are of all four, the `activity_regularizer` is of the output \
               (Keras: of every projection)",
        takes: &[6, 4],
        ..USUAL
    }],
};
