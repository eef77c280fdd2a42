//! The layers, one file each.

pub mod activation;
pub mod activity_regularization;
pub mod average_pooling;
pub mod batch_normalization;
pub mod conv1d;
pub mod conv2d;
pub mod conv3d;
pub mod conv_transpose;
pub mod cropping;
pub mod dense;
pub mod dropout;
pub mod embedding;
pub mod flatten;
pub mod global_pooling;
pub mod gru;
pub mod lambda;
pub mod layer_normalization;
pub mod locally_connected;
pub mod lstm;
pub mod masking;
pub mod max_pooling;
pub mod permute;
pub mod prelu;
pub mod recurrent;
pub mod repeat_vector;
pub mod reshape;
pub mod residual;
mod ring;
pub mod simple_rnn;
pub mod thresholded_relu;
pub mod time_distributed;
pub mod up_sampling;
pub mod zero_padding;

mod activate;
mod axis;
mod conv;
mod frame;
mod masked_moments;
mod moments;
mod pooling;
mod rules;
mod same_memory;
#[doc(hidden)]
pub mod sink;
#[cfg(all(test, feature = "std"))]
pub(crate) mod testing;
mod volume;
mod window;

pub use activation::Activation;
pub use activity_regularization::ActivityRegularization;
pub use average_pooling::{AveragePooling1D, AveragePooling2D};
pub use batch_normalization::{
    BatchNormalization, BatchNormalizationParams, BatchNormalizationState,
};
pub use conv_transpose::{
    Conv1DTranspose, Conv1DTransposeParams, Conv2DTranspose, Conv2DTransposeParams,
    Conv3DTranspose, Conv3DTransposeParams,
};
pub use conv1d::{Conv1D, Conv1DParams};
pub use conv2d::{Conv2D, Conv2DParams};
pub use conv3d::{Conv3D, Conv3DParams};
pub use cropping::{Cropping1D, Cropping2D};
pub use dense::{Dense, DenseParams};
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingParams};
pub use flatten::Flatten;
pub use global_pooling::{
    GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalMaxPooling1D, GlobalMaxPooling2D,
};
pub use gru::{GRU, GRUParams};
pub use lambda::{Lambda, LambdaOf};
pub use layer_normalization::{LayerNormalization, LayerNormalizationParams};
pub use locally_connected::{
    LocallyConnected, LocallyConnected1D, LocallyConnected2D, LocallyConnectedParams,
};
pub use lstm::{LSTM, LSTMParams, LSTMState};
pub use masking::Masking;
pub use max_pooling::{MaxPooling1D, MaxPooling2D};
pub use permute::Permute;
pub use pooling::Windows;
pub use prelu::{PReLU, PReLUParams};
pub use repeat_vector::RepeatVector;
pub use reshape::Reshape;
pub use residual::Residual;
pub use simple_rnn::{SimpleRNN, SimpleRNNParams};
pub use thresholded_relu::ThresholdedReLU;
pub use time_distributed::TimeDistributed;
pub use up_sampling::{UpSampling1D, UpSampling2D};
pub use window::{Padding, Window, channels};
pub use zero_padding::{ZeroPadding1D, ZeroPadding2D};
