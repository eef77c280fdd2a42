//! Models with a twin in a file beside this one (`tests/baked_files.rs` writes it), and random samples.

use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

sequential! {
    /// What is in integers from end to end.
    #[quantize]
    pub Picture = [
        Conv2D(3, 3, activation = "relu", input_shape = (8, 8, 1)),
        BatchNormalization(),
        MaxPooling2D(),
        Flatten(),
        Dense(4, activation = "softmax"),
    ]
}

sequential! {
    /// What begins in `f32`, and has a layer in it between.
    #[quantize]
    pub Mixed = [
        #[float]
        Dense(12, activation = "tanh", input_shape = (6, 3)),
        Conv1D(8, 3, padding = "causal", activation = "tanh"),
        SeparableConv1D(6, 2, activation = "relu"),
        GlobalAveragePooling1D(),
        #[float]
        Dense(5, activation = "gelu"),
        Dense(1, activation = "sigmoid"),
    ]
}

sequential! {
    /// What is recurrent, and ends in `f32`.
    #[quantize]
    pub Series = [
        LSTM(8, return_sequences = true, input_shape = (10, 2)),
        LSTM(6),
        BatchNormalization(),
        Dense(4),
        LeakyReLU(0.1),
        #[float]
        Dense(2, activation = "softmax"),
    ]
}

/// Random samples.
pub fn samples<T: kseq::tensor::Tensor<Elem = f32>>(count: usize) -> Vec<T> {
    let mut rng = Rng::new(7, Purpose::Init, 0, 0);
    let mut x = vec![T::ZERO; count];
    for value in T::flat_mut(&mut x) {
        *value = 2.0 * rng.uniform() - 1.0;
    }
    x
}
