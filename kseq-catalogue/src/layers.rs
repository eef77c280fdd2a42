//! The layers that are implemented, and the names of those that are not.

mod convolutional;
mod core_layers;
mod normalization;
mod pooling;
mod recurrent;
mod regularization;
mod reshaping;

use crate::layer::{Group, LayerRow, Other};

/// The layers, in the groups of Keras's documentation.
pub const GROUPS: &[Group] = &[
    core_layers::GROUP,
    convolutional::GROUP,
    pooling::GROUP,
    recurrent::GROUP,
    normalization::GROUP,
    regularization::GROUP,
    reshaping::GROUP,
];

/// All layers.
pub fn layers() -> impl Iterator<Item = &'static LayerRow> {
    GROUPS.iter().flat_map(|group| group.layers)
}

/// The layer with this class, or this other name.
#[must_use]
pub fn layer(name: &str) -> Option<&'static LayerRow> {
    layers().find(|row| row.class == name || row.aliases.contains(&name))
}

/// Keras's other layers.
#[rustfmt::skip]
pub const LAYERS_LATER: &[&str] = &[
    "Add", "AdditiveAttention", "AlphaDropout", "Attention",
    "Average", "AveragePooling3D", "Bidirectional", "CategoryEncoding", "CenterCrop",
    "Concatenate", "Conv1DTranspose", "Conv2DTranspose", "Conv3D", "Conv3DTranspose",
    "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Convolution3D",
    "Cropping3D", "CuDNNGRU", "CuDNNLSTM", "DepthwiseConv1D", "DepthwiseConv2D",
    "Discretization", "Dot", "ELU", "EinsumDense", "GRUCell",
    "GaussianDropout", "GaussianNoise", "GlobalAveragePooling3D", "GlobalMaxPooling3D",
    "GroupNormalization", "GroupQueryAttention", "Hashing", "Identity", "LSTMCell",
    "Lambda", "LeakyReLU", "LocallyConnected1D", "LocallyConnected2D", "Masking", "MaxPool3D",
    "MaxPooling3D", "Maximum", "Minimum", "MultiHeadAttention", "Multiply", "Normalization",
    "PReLU", "RMSNormalization", "RNN", "RandomBrightness", "RandomContrast", "RandomCrop",
    "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "ReLU", "Rescaling",
    "Resizing", "SeparableConv1D", "SeparableConv2D", "Sequential",
    "SimpleRNNCell", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
    "SpectralNormalization", "StackedRNNCells", "StringLookup", "Subtract", "TextVectorization",
    "ThresholdedReLU", "UnitNormalization", "UpSampling3D", "ZeroPadding3D",
];

const fn other(name: &'static str, here: &'static str) -> Other {
    Other { name, here }
}

/// Layers that are not implemented, and what does the same.
pub const INSTEAD: &[Other] = &[
    other("ELU", "`Activation(\"elu\")`"),
    other("ReLU", "`Activation(\"relu\")`"),
    other("Softmax", "`Activation(\"softmax\")`"),
    other(
        "TimeDistributedDense",
        "`Dense`, which works on the last axis of any input",
    ),
];

/// What Keras 1 called an argument, and what it is called since.
pub const FORMER: &[Other] = &[
    other("atrous_rate", "dilation_rate"),
    other("border_mode", "padding"),
    other("bias", "use_bias"),
    other("dropout_U", "recurrent_dropout"),
    other("dropout_W", "dropout"),
    other("filter_length", "kernel_size"),
    other("init", "kernel_initializer"),
    other("inner_activation", "recurrent_activation"),
    other("inner_init", "recurrent_initializer"),
    other("nb_filter", "filters"),
    other("output_dim", "units"),
    other("p", "rate"),
    other("pool_length", "pool_size"),
    other("stride", "strides"),
    other("subsample", "strides"),
    other("subsample_length", "strides"),
    other("W_constraint", "kernel_constraint"),
    other("W_regularizer", "kernel_regularizer"),
    other("b_constraint", "bias_constraint"),
    other("b_regularizer", "bias_regularizer"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_one_list() {
        let names =
            layers().flat_map(|row| [row.class].into_iter().chain(row.aliases.iter().copied()));
        for name in names {
            assert!(!LAYERS_LATER.contains(&name), "{name}");
            let rows = layers().filter(|row| row.class == name || row.aliases.contains(&name));
            assert_eq!(rows.count(), 1, "{name}");
        }
        assert!(LAYERS_LATER.is_sorted());
    }

    #[test]
    fn arguments_refer_to_arguments() {
        use crate::layer::{Emission, Operand};
        use crate::param::Kind;
        for row in layers() {
            let has = |name: &str| assert!(row.param(name).is_some(), "{} {name}", row.class);
            row.ends_with.into_iter().for_each(has);
            for param in row.params {
                if let Kind::SizesLike(_, other) = param.kind {
                    has(other);
                }
            }
            let Emission::Stateless(stateless) = row.emission else {
                continue;
            };
            stateless.types.iter().copied().for_each(has);
            stateless
                .checks
                .iter()
                .for_each(|check| has(check.argument));
            for operand in stateless.rule_takes.iter().chain(stateless.new_takes) {
                match operand {
                    Operand::Value(name) | Operand::List(name) => has(name),
                    Operand::Says(name, said) => {
                        let param = row.param(name).map(|param| param.kind);
                        let Some(Kind::Word(words)) = param else {
                            panic!("{} {name} takes no words", row.class);
                        };
                        assert!(words.known.contains(said), "{} {said}", row.class);
                    }
                    Operand::Number(_) => {}
                }
            }
        }
    }
}
