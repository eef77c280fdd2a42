//! Core layers.

use crate::layer::Operand::Value;
use crate::layer::{Emission, Group, LayerRow, Stateless, USUAL, ValueCheck, in_place, stateless};
use crate::param::Kind::{
    Activation, Flag, Function, Initializer, Layers, Name, NoiseShape, Real, Size, TargetShape,
};
use crate::param::{constraint, later, must, or, regularizer};

/// What `Activation` is with the only activation that changes the shape.
pub static GLU: LayerRow = LayerRow {
    class: "Glu",
    emission: Emission::Stateless(stateless("glu")),
    ..USUAL
};

pub(super) const GROUP: Group = Group {
    name: "Core layers",
    layers: &[
        LayerRow {
            class: "Dense",
            params: &[
                must("units", Size),
                or("activation", Activation, "None"),
                or("use_bias", Flag, "true"),
                or("kernel_initializer", Initializer, "\"glorot_uniform\""),
                or("bias_initializer", Initializer, "\"zeros\""),
                regularizer("kernel_regularizer"),
                regularizer("bias_regularizer"),
                regularizer("activity_regularizer"),
                constraint("kernel_constraint"),
                constraint("bias_constraint"),
                later("lora_rank"),
                later("lora_alpha"),
                later("quantization_config"),
            ],
            ends_with: Some("activation"),
            note: "on samples of rank 1 to 4",
            ..USUAL
        },
        LayerRow {
            class: "EinsumDense",
            params: &[
                must("equation", Name),
                must("output_shape", NoiseShape),
                or("activation", Activation, "None"),
                or("bias_axes", Name, "None"),
                or("kernel_initializer", Initializer, "\"glorot_uniform\""),
                or("bias_initializer", Initializer, "\"zeros\""),
                regularizer("kernel_regularizer"),
                regularizer("bias_regularizer"),
                constraint("kernel_constraint"),
                constraint("bias_constraint"),
                later("lora_rank"),
                later("lora_alpha"),
                later("gptq_unpacked_column_size"),
                later("quantization_config"),
            ],
            ends_with: Some("activation"),
            note: "the equation is a literal; input, output and kernel have at most four axes besides that of the batch",
            ..USUAL
        },
        LayerRow {
            class: "Activation",
            params: &[must("activation", Activation)],
            ends_with: Some("activation"),
            keeps_shape: true,
            emission: Emission::Stateless(Stateless {
                types: &["activation"],
                ..in_place("activation")
            }),
            note: "`\"glu\"`, which halves the last axis, here alone",
            ..USUAL
        },
        LayerRow {
            class: "Identity",
            keeps_shape: true,
            emission: Emission::Stateless(in_place("identity")),
            ..USUAL
        },
        LayerRow {
            class: "Embedding",
            params: &[
                must("input_dim", Size),
                must("output_dim", Size),
                or("embeddings_initializer", Initializer, "\"uniform\""),
                regularizer("embeddings_regularizer"),
                constraint("embeddings_constraint"),
                or("mask_zero", Flag, "false"),
                later("weights"),
                later("lora_rank"),
                later("lora_alpha"),
                later("quantization_config"),
                regularizer("activity_regularizer"),
            ],
            on_tokens: true,
            takes: &[6],
            note: "with `input_length` too, on `[u32; T]` tokens (`T1` x `T2` too): as the first layer its input is of \
                   tokens, behind an `Input` give that `dtype = \"int32\"`. With `mask_zero = True` token 0 is padding \
                   (below). A token that is not below `input_dim` is an error before training",
            ..USUAL
        },
        LayerRow {
            class: "Lambda",
            params: &[
                must("function", Function),
                or("output_shape", TargetShape, "None"),
                later("mask"),
                later("arguments"),
                must("gradient", Function),
            ],
            note: "`Lambda(\\|x\\| x * x, gradient = \\|x\\| 2.0 * x)`, of single values; with `output_shape` of whole samples: \
                   `Lambda(sum, output_shape = (1,), gradient = back)`. Keras finds the gradient by itself, here it is given; \
                   `kseq::testing::gradients` compares it",
            ..USUAL
        },
        LayerRow {
            class: "Residual",
            params: &[must("layers", Layers)],
            keeps_shape: true,
            note: "kseq's own, for what Keras says with a functional model, `Add()([x, f(x)])`: `y = x + f(x)`, where `f` are \
                   the layers of the list; both ends must have one shape",
            ..USUAL
        },
        LayerRow {
            class: "Masking",
            params: &[or("mask_value", Real, "0.0")],
            keeps_shape: true,
            emission: Emission::Stateless(Stateless {
                new_takes: &[Value("mask_value")],
                checks: &[ValueCheck {
                    argument: "mask_value",
                    rule: ["masking", "mask_value_rule"],
                }],
                ..stateless("masking")
            }),
            note: "at any place; a second one takes the place of the first",
            ..USUAL
        },
        LayerRow {
            class: "Sequential",
            params: &[must("layers", Layers)],
            ends_with: Some("layers"),
            note: "a model as a layer: an inline list, `Sequential([Dense(8), Dense(4)])`, or the name of a model of \
                   `sequential!`, `Encoder` or `Sequential(Encoder, trainable = false)`. Each place has weights of its own, \
                   where Keras shares those of one object. It takes samples of one shape (no `None`)",
            ..USUAL
        },
    ],
};
