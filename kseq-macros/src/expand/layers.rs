//! What each layer adds to the expansion: by its row in the catalogue, or by a function in this folder.

mod activity_regularization;
mod bidirectional;
mod builtin;
mod conv;
mod conv_lstm;
mod dense;
mod einsum_dense;
mod embedding;
mod encoding;
mod lambda;
mod locally_connected;
mod multi_head_attention;
mod noise;
mod normalization;
mod prelu;
mod recurrent;
mod resizing;
pub(super) mod sequential;
mod spectral_normalization;
mod stateless;
mod time_distributed;
mod user;

use kseq_catalogue::Emission;
use proc_macro2::TokenStream;

use super::emitted::Emitted;
use super::names::Names;
use crate::ir::{Kind, Model};
use builtin::Builtin;

pub use user::held;

/// What a layer emits.
type Emit = fn(&Builtin<'_>) -> Emitted;

/// What a wrapper emits around what the layer in it does.
type Wrap = fn(&Builtin<'_>, Emitted) -> Emitted;

/// The layers that the catalogue leaves to a function, and those functions.
const CODED: &[(&str, Emit)] = &[
    (
        "ActivityRegularization",
        activity_regularization::activity_regularization,
    ),
    ("AlphaDropout", noise::alpha_dropout),
    ("BatchNormalization", normalization::batch_normalization),
    ("CenterCrop", resizing::center_crop),
    ("Conv1D", conv::conv),
    ("Conv1DTranspose", conv::transposed),
    ("Conv2D", conv::conv),
    ("Conv2DTranspose", conv::transposed),
    ("Conv3D", conv::conv),
    ("Conv3DTranspose", conv::transposed),
    ("ConvLSTM1D", conv_lstm::conv_lstm),
    ("ConvLSTM2D", conv_lstm::conv_lstm),
    ("Dense", dense::dense),
    ("DepthwiseConv1D", conv::depthwise),
    ("DepthwiseConv2D", conv::depthwise),
    ("Discretization", encoding::discretization),
    ("Dropout", noise::dropout),
    ("EinsumDense", einsum_dense::einsum_dense),
    ("Embedding", embedding::embedding),
    ("GRU", recurrent::gru),
    ("GaussianDropout", noise::gaussian_dropout),
    ("GaussianNoise", noise::gaussian_noise),
    ("GroupNormalization", normalization::group_normalization),
    (
        "GroupQueryAttention",
        multi_head_attention::group_query_attention,
    ),
    ("IntegerLookup", encoding::integer_lookup),
    ("LSTM", recurrent::lstm),
    ("Lambda", lambda::lambda),
    ("LayerNormalization", normalization::layer_normalization),
    ("LocallyConnected1D", locally_connected::locally_connected),
    ("LocallyConnected2D", locally_connected::locally_connected),
    (
        "MultiHeadAttention",
        multi_head_attention::multi_head_attention,
    ),
    ("Normalization", normalization::normalization),
    ("PReLU", prelu::prelu),
    ("RMSNormalization", normalization::rms_normalization),
    ("Residual", sequential::residual),
    ("Resizing", resizing::resizing),
    ("SeparableConv1D", conv::separable),
    ("SeparableConv2D", conv::separable),
    ("Sequential", sequential::sequential),
    ("SimpleRNN", recurrent::simple_rnn),
    ("SpatialDropout1D", noise::spatial_dropout),
    ("SpatialDropout2D", noise::spatial_dropout),
    ("SpatialDropout3D", noise::spatial_dropout),
    ("UpSampling2D", resizing::up_sampling_2d),
];

/// The same of wrappers.
const WRAPPERS: &[(&str, Wrap)] = &[
    ("Bidirectional", bidirectional::bidirectional),
    // It becomes the layer of its cell when it is read.
    ("RNN", |_, layer| layer),
    ("TimeDistributed", time_distributed::time_distributed),
    (
        "SpectralNormalization",
        spectral_normalization::spectral_normalization,
    ),
];

/// What the layers emit, as far as they are understood; one that is a model, the items of a `submodel`.
pub fn emitted(
    names: &Names,
    model: &Model,
    submodel: fn(&Names, &Model) -> TokenStream,
) -> Vec<Option<Emitted>> {
    let layers = model.layers.iter().enumerate();
    let emitted = layers.map(|(index, layer)| {
        let (before, _) = model.layers.split_at(index);
        match &layer.kind {
            Kind::Builtin { row, args } => of_row(&Builtin {
                names,
                layer,
                row,
                args,
                before,
                fixes_batch: names.fixes_batch,
                is_step: false,
                emit: of_row,
                submodel,
            }),
            Kind::User { path, args } => Some(user::user(names, layer, path, args)),
            Kind::Unknown => None,
        }
    });
    emitted.collect()
}

/// What a built-in layer emits.
fn of_row(layer: &Builtin<'_>) -> Option<Emitted> {
    match &layer.row.emission {
        Emission::Stateless(stateless) => return Some(stateless::stateless(layer, stateless)),
        // It is the row of an `Activation` by now.
        Emission::Activation(_) => return None,
        Emission::Coded => {}
    }
    let class = layer.row.class;
    match layer.held("layer") {
        Some(inner) => {
            let (_, emit) = WRAPPERS.iter().find(|(known, _)| *known == class)?;
            Some(emit(layer, of_row(&inner)?))
        }
        None => {
            let (_, emit) = CODED.iter().find(|(known, _)| *known == class)?;
            Some(emit(layer))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows that are left to a function, and the functions that there are.
    #[test]
    fn each_row_has_one_emission() {
        let coded =
            || kseq_catalogue::layers().filter(|row| matches!(row.emission, Emission::Coded));
        let mut rows: Vec<&str> = coded().map(|row| row.class).collect();
        let wrappers = WRAPPERS.iter().map(|(class, _)| *class);
        let mut functions: Vec<&str> = CODED.iter().map(|(class, _)| *class).collect();
        assert!(functions.is_sorted());
        functions.extend(wrappers.clone());
        rows.sort_unstable();
        functions.sort_unstable();
        assert_eq!(rows, functions);
        let wrapping = coded().filter(|row| row.is_wrapper()).map(|row| row.class);
        assert!(wrapping.eq(wrappers));
    }
}
