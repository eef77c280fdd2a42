//! The layers, one file each.

pub mod activation;
pub mod activity_regularization;
pub mod adaptive_pooling;
pub mod alpha_dropout;
pub mod augment;
pub mod average_pooling;
pub mod batch_normalization;
pub mod bidirectional;
pub mod conv1d;
pub mod conv2d;
pub mod conv3d;
pub mod conv_lstm;
pub mod conv_transpose;
pub mod cropping;
pub mod dense;
pub mod depthwise_conv;
pub mod discretization;
pub mod dropout;
pub mod einsum_dense;
pub mod embedding;
pub mod encoding;
pub mod flatten;
pub mod gaussian_dropout;
pub mod gaussian_noise;
pub mod global_pooling;
pub mod glu;
pub mod group_normalization;
pub mod gru;
pub mod identity;
pub mod integer_lookup;
pub mod lambda;
pub mod layer_normalization;
pub mod locally_connected;
pub mod lstm;
pub mod masking;
pub mod max_pooling;
pub mod multi_head_attention;
pub mod normalization;
pub mod permute;
pub mod prelu;
pub mod random_crop;
pub mod recurrent;
pub mod repeat_vector;
pub mod rescaling;
pub mod reshape;
pub mod residual;
pub mod resizing;
mod ring;
pub mod rms_normalization;
pub mod separable_conv;
pub mod shared_dropout;
pub mod simple_rnn;
pub mod softmax;
pub mod spectral_normalization;
pub mod thresholded_relu;
pub mod time_distributed;
pub mod unit_normalization;
pub mod up_sampling;
pub mod zero_padding;

mod activate;
mod attention;
mod axis;
mod conv;
mod frame;
mod masked_moments;
mod moments;
pub mod noise;
mod pooling;
mod resample;
mod rules;
mod same_memory;
#[doc(hidden)]
pub mod sink;
mod spread;
mod sums;
#[cfg(all(test, feature = "std"))]
pub(crate) mod testing;
mod tiles;
mod volume;
mod window;

pub use activation::{Activation, ELU, LeakyReLU, ReLU};
pub use activity_regularization::ActivityRegularization;
pub use adaptive_pooling::{
    AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D,
};
pub use alpha_dropout::AlphaDropout;
pub use augment::{
    AutoContrast, FillMode, FlipMode, RandomBrightness, RandomColorDegeneration, RandomColorJitter,
    RandomContrast, RandomErasing, RandomFlip, RandomGaussianBlur, RandomGrayscale, RandomHue,
    RandomInvert, RandomPerspective, RandomPosterization, RandomRotation, RandomSaturation,
    RandomSharpness, RandomShear, RandomTranslation, RandomZoom, Solarization,
};
pub use average_pooling::{AveragePooling1D, AveragePooling2D, AveragePooling3D};
pub use batch_normalization::{
    BatchNormalization, BatchNormalizationParams, BatchNormalizationState,
};
pub use bidirectional::Bidirectional;
pub use conv_lstm::{
    ConvLSTM1D, ConvLSTM1DParams, ConvLSTM1DState, ConvLSTM2D, ConvLSTM2DParams, ConvLSTM2DState,
};
pub use conv_transpose::{
    Conv1DTranspose, Conv1DTransposeParams, Conv2DTranspose, Conv2DTransposeParams,
    Conv3DTranspose, Conv3DTransposeParams,
};
pub use conv1d::{Conv1D, Conv1DParams};
pub use conv2d::{Conv2D, Conv2DParams};
pub use conv3d::{Conv3D, Conv3DParams};
pub use cropping::{Cropping1D, Cropping2D, Cropping3D};
pub use dense::{Dense, DenseParams};
pub use depthwise_conv::{
    DepthwiseConv1D, DepthwiseConv1DParams, DepthwiseConv2D, DepthwiseConv2DParams,
};
pub use discretization::{Discretization, DiscretizationState};
pub use dropout::Dropout;
pub use einsum_dense::{EinsumDense, EinsumDenseParams};
pub use embedding::{Embedding, EmbeddingParams};
pub use encoding::{CategoryEncoding, OutputMode};
pub use flatten::Flatten;
pub use gaussian_dropout::GaussianDropout;
pub use gaussian_noise::GaussianNoise;
pub use global_pooling::{
    GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D,
    GlobalMaxPooling2D, GlobalMaxPooling3D,
};
pub use glu::Glu;
pub use group_normalization::{GroupNormalization, GroupNormalizationParams};
pub use gru::{GRU, GRUParams};
pub use identity::Identity;
pub use integer_lookup::{IntegerLookup, IntegerLookupState};
pub use lambda::{Lambda, LambdaOf};
pub use layer_normalization::{LayerNormalization, LayerNormalizationParams};
pub use locally_connected::{
    LocallyConnected, LocallyConnected1D, LocallyConnected2D, LocallyConnectedParams,
};
pub use lstm::{LSTM, LSTMParams, LSTMState};
pub use masking::Masking;
pub use max_pooling::{MaxPooling1D, MaxPooling2D, MaxPooling3D};
pub use multi_head_attention::{GroupQueryAttention, MultiHeadAttention, MultiHeadAttentionParams};
pub use normalization::{Normalization, NormalizationState};
pub use permute::Permute;
pub use pooling::Windows;
pub use prelu::{PReLU, PReLUParams};
pub use random_crop::RandomCrop;
pub use recurrent::RNN;
pub use repeat_vector::RepeatVector;
pub use rescaling::Rescaling;
pub use reshape::Reshape;
pub use residual::Residual;
pub use resizing::{CenterCrop, Fit, Interpolation, Resizing};
pub use rms_normalization::{RMSNormalization, RMSNormalizationParams};
pub use separable_conv::{
    SeparableConv1D, SeparableConv1DParams, SeparableConv2D, SeparableConv2DParams,
};
pub use shared_dropout::{SharedDropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D};
pub use simple_rnn::{SimpleRNN, SimpleRNNParams};
pub use softmax::Softmax;
pub use spectral_normalization::{Normalised, SpectralNormalization, SpectralNormalizationState};
#[cfg(feature = "std")]
pub(crate) use spread::Undo;
pub use thresholded_relu::ThresholdedReLU;
pub use time_distributed::TimeDistributed;
pub use unit_normalization::UnitNormalization;
pub use up_sampling::{UpSampling1D, UpSampling2D, UpSampling3D};
pub use window::{Padding, Window, channels};
pub use zero_padding::{ZeroPadding1D, ZeroPadding2D, ZeroPadding3D};
