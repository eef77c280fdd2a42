//! The layers, one file each.

pub mod activation;
pub mod activity_regularization;
pub mod average_pooling;
pub mod batch_normalization;
pub mod conv1d;
pub mod conv2d;
pub mod cropping;
pub mod dense;
pub mod dropout;
pub mod embedding;
pub mod flatten;
pub mod global_pooling;
pub mod gru;
pub mod layer_normalization;
pub mod lstm;
pub mod max_pooling;
pub mod permute;
pub mod recurrent;
pub mod repeat_vector;
pub mod reshape;
pub mod simple_rnn;
pub mod time_distributed;
pub mod up_sampling;
pub mod zero_padding;

mod axis;
mod conv;
mod frame;
mod moments;
mod pooling;
#[cfg(all(test, feature = "std"))]
mod testing;
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
pub use repeat_vector::RepeatVector;
pub use reshape::Reshape;
pub use simple_rnn::{SimpleRNN, SimpleRNNParams};
pub use time_distributed::TimeDistributed;
pub use up_sampling::{UpSampling1D, UpSampling2D};
pub use window::{Padding, Window, channels};
pub use zero_padding::{ZeroPadding1D, ZeroPadding2D};

use crate::pool::Pool;
use crate::shape::{Elem, Refusal, Shape};
use crate::text::Text;

/// Elements that one task of an elementwise loop takes: large enough to pay for a thread, which may sleep, and fixed,
/// so that no result depends on the number of threads.
pub(crate) const GRAIN: usize = 32 * 1024;

/// The length of a chunk of whole rows of `width` with about [`GRAIN`] elements.
pub(crate) const fn rows_of(width: usize) -> usize {
    let rows = GRAIN / if width == 0 { 1 } else { width };
    width * if rows == 0 { 1 } else { rows }
}

/// Implements `InPlace` for a layer that gives the same values another shape: nothing is to be done.
macro_rules! same_memory {
    ($layer:ty) => {
        $crate::layers::same_memory!($layer, $crate::layer::Mask::Drops);
    };
    ($layer:ty, $mask:expr) => {
        impl $crate::layer::InPlace for $layer {
            type Params = $crate::params::NoParams;
            type State = $crate::params::NoParams;
            const READS_OUTPUT: $crate::layer::Reads = $crate::layer::Reads::Nothing;
            const KEEPS_SIGN: bool = true;
            const MASK: $crate::layer::Mask = $mask;
            const SINGLY: $crate::layer::Singly = $crate::layer::Singly::Always;
            const POINTWISE: bool = true;

            fn infer_in_place(
                &self,
                _: &Self::Params,
                _: &Self::State,
                _: &mut [f32],
                _: usize,
                _: &$crate::layer::Ctx<'_>,
            ) {
            }

            fn forward_in_place(
                &self,
                _: &Self::Params,
                _: &mut Self::State,
                _: &mut [f32],
                _: &mut [f32],
                _: usize,
                _: &$crate::layer::Ctx<'_>,
            ) {
            }

            fn backward_in_place(
                &self,
                _: &Self::Params,
                _: $crate::layer::BackwardInPlace<'_>,
                _: &mut Self::Params,
                _: &$crate::layer::Ctx<'_>,
            ) {
            }
        }
    };
}
pub(crate) use same_memory;

/// Calls `f(index, sample)` for every sample of `len` values in `data`; tasks take as many as make about [`GRAIN`]
/// steps when one sample costs `cost`.
pub(crate) fn for_samples(
    pool: &Pool,
    data: &mut [f32],
    len: usize,
    cost: usize,
    f: impl Fn(usize, &mut [f32]) + Sync,
) {
    let (len, many) = (len.max(1), (GRAIN / cost.max(1)).max(1));
    pool.for_each_chunk(data, many * len, |chunk, data| {
        for (i, sample) in data.chunks_exact_mut(len).enumerate() {
            f(chunk * many + i, sample);
        }
    });
}

/// Refuses what is not `(steps, features)` for a layer over one axis, `(height, width, channels)` for one over two.
/// The layer's name is `family` with 1D or 2D behind it.
pub(crate) const fn expects(family: &str, input: Shape, axes: usize) -> Option<Refusal> {
    let (dimension, axis_names, other) = match axes {
        1 => ("1D", "steps, features", "2D"),
        _ => ("2D", "height, width, channels", "1D"),
    };
    let layer = Text::new().str(family).str(dimension);
    if let Elem::U32 = input.elem() {
        let found = " expects f32 features, found integer tokens ";
        return Some(Refusal::new(
            layer.str(found).text(&input.text()),
            "put an Embedding first",
        ));
    }
    if input.rank() == axes + 1 {
        return None;
    }
    let what = layer
        .str(" expects ndim=")
        .num(axes + 2)
        .str(" (batch, ")
        .str(axis_names)
        .str("), found ndim=")
        .num(input.rank() + 1)
        .str(", full shape received: ")
        .text(&with_batch(input));
    let help = match (axes, input.rank()) {
        (1, 3) | (2, 2) => Text::new()
            .str("for this input there is ")
            .str(family)
            .str(other),
        (_, 1) => Text::new()
            .str("move it before the Flatten, or put a Reshape((")
            .str(axis_names)
            .str(")) before it"),
        _ => Text::new()
            .str("put a Reshape((")
            .str(axis_names)
            .str(")) before it"),
    };
    Some(Refusal {
        what,
        help,
        then: None,
    })
}

/// The shape as Keras prints it, with the batch axis: `(None, 784)`.
pub(crate) const fn with_batch(shape: Shape) -> Text {
    let mut t = Text::new().str("(None");
    let mut i = 0;
    while i < shape.rank() {
        t = t.str(", ").num(shape.dim(i));
        i += 1;
    }
    t.str(")")
}

/// How many windows of `window` elements, `strides` apart, an axis of `size` elements has; 0 if not even one fits.
pub(crate) const fn windows_of(size: usize, window: usize, strides: usize, same: bool) -> usize {
    if strides == 0 || window == 0 {
        0
    } else if same {
        size.div_ceil(strides)
    } else if size < window {
        0
    } else {
        (size - window) / strides + 1
    }
}
