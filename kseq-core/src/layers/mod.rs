//! The layers, one file each.

pub mod activation;
pub mod activity_regularization;
pub mod average_pooling;
pub mod batch_normalization;
pub mod conv1d;
pub mod conv2d;
pub mod cropping;
pub mod dense;
pub mod depthwise_conv;
pub mod dropout;
pub mod embedding;
pub mod flatten;
pub mod global_pooling;
pub mod gru;
pub mod layer_normalization;
pub mod lstm;
pub mod max_pooling;
pub mod permute;
pub mod prelu;
pub mod recurrent;
pub mod repeat_vector;
pub mod reshape;
mod ring;
pub mod separable_conv;
pub mod simple_rnn;
pub mod thresholded_relu;
pub mod time_distributed;
pub mod up_sampling;
pub mod zero_padding;

mod activate;
mod axis;
mod conv;
mod frame;
mod moments;
mod pooling;
mod rules;
mod same_memory;
#[doc(hidden)]
pub mod sink;
#[cfg(all(test, feature = "std"))]
pub(crate) mod testing;
mod window;

pub use activation::Activation;
pub use activity_regularization::ActivityRegularization;
pub use average_pooling::{AveragePooling1D, AveragePooling2D};
pub use batch_normalization::{
    BatchNormalization, BatchNormalizationParams, BatchNormalizationState,
};
pub use conv1d::{Conv1D, Conv1DParams};
pub use conv2d::{Conv2D, Conv2DParams};
pub use cropping::{Cropping1D, Cropping2D};
pub use dense::{Dense, DenseParams};
pub use depthwise_conv::{
    DepthwiseConv1D, DepthwiseConv1DParams, DepthwiseConv2D, DepthwiseConv2DParams,
};
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingParams};
pub use flatten::Flatten;
pub use global_pooling::{
    GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalMaxPooling1D, GlobalMaxPooling2D,
};
pub use gru::{GRU, GRUParams};
pub use layer_normalization::{LayerNormalization, LayerNormalizationParams};
pub use lstm::{LSTM, LSTMParams, LSTMState};
pub use max_pooling::{MaxPooling1D, MaxPooling2D};
pub use permute::Permute;
pub use pooling::Windows;
pub use prelu::{PReLU, PReLUParams};
pub use repeat_vector::RepeatVector;
pub use reshape::Reshape;
pub use separable_conv::{
    SeparableConv1D, SeparableConv1DParams, SeparableConv2D, SeparableConv2DParams,
};
pub use simple_rnn::{SimpleRNN, SimpleRNNParams};
pub use thresholded_relu::ThresholdedReLU;
pub use time_distributed::TimeDistributed;
pub use up_sampling::{UpSampling1D, UpSampling2D};
pub use window::{Padding, Window, channels};
pub use zero_padding::{ZeroPadding1D, ZeroPadding2D};
