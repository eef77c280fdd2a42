//! The layers that are implemented, and the names of those that are not.

mod activation_layers;
mod attention;
mod augmentation;
mod convolutional;
mod core_layers;
mod normalization;
mod pooling;
mod preprocessing;
mod recurrent;
mod regularization;
mod reshaping;

pub use core_layers::GLU;

use crate::layer::{Group, LayerRow, Other};

/// The layers, in the groups of Keras's documentation.
pub const GROUPS: &[Group] = &[
    core_layers::GROUP,
    activation_layers::GROUP,
    convolutional::GROUP,
    pooling::GROUP,
    recurrent::GROUP,
    normalization::GROUP,
    regularization::GROUP,
    reshaping::GROUP,
    attention::GROUP,
    preprocessing::GROUP,
    augmentation::GROUP,
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

/// The cell of an `RNN` with this class: the arguments that it shares with the layer of its name.
#[must_use]
pub fn cell(name: &str) -> Option<&'static LayerRow> {
    recurrent::CELLS.iter().find(|row| row.class == name)
}

/// The layers of `keras.layers` in Keras 3.15, and those of Keras 1 and 2 that are there no more, in the order of their
/// names. Those without a row are written otherwise (`INSTEAD`), or absent for a reason (`ABSENT`).
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "Activation", "ActivityRegularization", "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D", "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D", "Add",
    "AdditiveAttention", "AlphaDropout", "Attention", "AugMix", "AutoContrast", "Average", "AveragePooling1D",
    "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D", "AvgPool3D", "BatchNormalization",
    "Bidirectional", "CategoryEncoding", "CenterCrop", "Concatenate",
    "ContrastLimitedAdaptiveHistogramEqualization", "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose",
    "Conv3D", "Conv3DTranspose", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Convolution1D",
    "Convolution1DTranspose", "Convolution2D", "Convolution2DTranspose", "Convolution3D",
    "Convolution3DTranspose", "Cropping1D", "Cropping2D", "Cropping3D", "CuDNNGRU", "CuDNNLSTM", "CutMix",
    "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "Discretization", "Dot", "Dropout", "ELU", "EinsumDense",
    "Embedding", "Equalization", "Flatten", "GRU", "GRUCell", "GaussianDropout", "GaussianNoise",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalAvgPool1D",
    "GlobalAvgPool2D", "GlobalAvgPool3D", "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D",
    "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GroupNormalization",
    "GroupQueryAttention", "HashedCrossing", "Hashing", "Identity", "IntegerLookup", "LSTM", "LSTMCell",
    "Lambda", "LayerNormalization", "LeakyReLU", "LocallyConnected1D", "LocallyConnected2D", "Masking",
    "MaxNumBoundingBoxes", "MaxPool1D", "MaxPool2D", "MaxPool3D", "MaxPooling1D", "MaxPooling2D",
    "MaxPooling3D", "Maximum", "MelSpectrogram", "Minimum", "MixUp", "MultiHeadAttention", "Multiply",
    "Normalization", "PReLU", "Permute", "Pipeline", "RMSNormalization", "RNN", "RandAugment",
    "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop",
    "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale",
    "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomRotation",
    "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom", "ReLU",
    "RepeatVector", "Rescaling", "Reshape", "Resizing", "ReversibleEmbedding", "STFTSpectrogram",
    "SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D", "SeparableConvolution2D", "Sequential",
    "SimpleRNN", "SimpleRNNCell", "Softmax", "Solarization", "SpatialDropout1D", "SpatialDropout2D",
    "SpatialDropout3D", "SpectralNormalization", "StackedRNNCells", "StringLookup", "Subtract",
    "TextVectorization", "ThresholdedReLU", "TimeDistributed", "UnitNormalization", "UpSampling1D",
    "UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
];

/// Keras's layers that kseq does not have.
pub fn layers_missing() -> impl Iterator<Item = &'static str> {
    let is_known = |name: &&str| layer(name).is_some() || cell(name).is_some();
    let names = NAMES.iter().copied();
    names.filter(move |name| !is_known(name) && *name != "StackedRNNCells")
}

const fn other(name: &'static str, here: &'static str) -> Other {
    with(name, here, "")
}

const fn with(name: &'static str, here: &'static str, says: &'static str) -> Other {
    Other { name, here, says }
}

/// Layers that there are not, and what does exactly the same with the same arguments; or why it is that.
#[rustfmt::skip]
pub const INSTEAD: &[Other] = &[
    other("AtrousConvolution1D", "`Conv1D` with `dilation_rate`"),
    other("AtrousConvolution2D", "`Conv2D` with `dilation_rate`"),
    other("CuDNNGRU", "`GRU`"),
    other("CuDNNLSTM", "`LSTM`"),
    other("Pipeline", "its layers in the list, one after the other"),
    with("StringLookup", "`kseq::preprocessing::text::StringLookup` before the model", ": words are no samples of a model whose shapes are known, their numbers are"),
    with("TextVectorization", "`kseq::preprocessing::text::TextVectorization` before the model", ": a text is no sample of a model whose shapes are known, its numbers are"),
    other("TimeDistributedDense", "`Dense`, which works on the last axis of any input"),
];

/// What Keras 1 called an argument, and what it is called since.
#[rustfmt::skip]
pub const FORMER: &[Other] = &[
    other("atrous_rate", "dilation_rate"),
    other("beta_init", "beta_initializer"),
    other("border_mode", "padding"),
    other("bias", "use_bias"),
    with("consume_less", "implementation", "leave it out: it says how Keras computes, and changes no result"),
    with("dim_ordering", "data_format", "leave it out: channels come last here"),
    other("dropout_U", "recurrent_dropout"),
    other("dropout_W", "dropout"),
    other("filter_length", "kernel_size"),
    with("forget_bias_init", "unit_forget_bias", "leave it out: ones are the default"),
    other("gamma_init", "gamma_initializer"),
    other("init", "embeddings_initializer"),
    other("init", "kernel_initializer"),
    other("input_dtype", "dtype"),
    other("inner_activation", "recurrent_activation"),
    other("inner_init", "recurrent_initializer"),
    with("nb_col", "kernel_size", "write `kernel_size = (rows, columns)`"),
    other("length", "size"),
    other("nb_filter", "filters"),
    with("nb_row", "kernel_size", "write `kernel_size = (rows, columns)`"),
    other("output_dim", "units"),
    other("p", "rate"),
    other("pool_length", "pool_size"),
    other("stride", "strides"),
    other("subsample", "strides"),
    other("subsample_length", "strides"),
    other("U_constraint", "recurrent_constraint"),
    other("U_regularizer", "recurrent_regularizer"),
    other("W_constraint", "kernel_constraint"),
    other("W_regularizer", "kernel_regularizer"),
    other("b_constraint", "bias_constraint"),
    other("b_regularizer", "bias_regularizer"),
];

/// Layers that are not in `keras.layers`: `keras.Sequential`, and what Keras says with functional models.
#[cfg(test)]
const BESIDE: &[&str] = &["Residual", "Sequential"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_a_name_of_keras() {
        let names =
            layers().flat_map(|row| [row.class].into_iter().chain(row.aliases.iter().copied()));
        for name in names {
            let is_known = NAMES.contains(&name) || BESIDE.contains(&name);
            assert!(is_known, "Keras has no layer {name}");
            let rows = layers().filter(|row| row.class == name || row.aliases.contains(&name));
            assert_eq!(rows.count(), 1, "{name}");
        }
        assert!(NAMES.is_sorted());
        for other in INSTEAD {
            assert!(layer(other.name).is_none(), "{} has a row", other.name);
        }
        for name in layers_missing() {
            let instead = INSTEAD.iter().filter(|other| other.name == name).count();
            let absent = usize::from(crate::absent("layers", name).is_some());
            assert_eq!(instead + absent, 1, "{name} has no answer, or two");
        }
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
            row.former.iter().for_each(|(_, here)| has(here));
            let stateless = match row.emission {
                Emission::Stateless(stateless) => stateless,
                Emission::Activation(of) => {
                    of.takes.iter().for_each(|(name, _)| has(name));
                    continue;
                }
                Emission::Coded => continue,
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
                    Operand::OneOf(name, _) => {
                        let param = row.param(name).map(|param| param.kind);
                        assert!(matches!(param, Some(Kind::Word(_))), "{} {name}", row.class);
                    }
                    Operand::Text(_) | Operand::Number(_) => {}
                }
            }
        }
    }
}
