//! Models whose weights are in files beside this one, and how these weights are made.

use kseq::params::Flat;
use kseq::prelude::*;

sequential! {
    /// What has moving averages.
    pub Digits = [
        Conv2D(3, 3, activation = "relu", input_shape = (8, 8, 1)),
        BatchNormalization(),
        MaxPooling2D(),
        Flatten(),
        Dense(4, activation = "softmax"),
    ];
    /// What takes tokens, and goes step by step.
    pub Words = [
        Embedding(10, 3, input_length = 5),
        LSTM(4, return_sequences = true),
        BatchNormalization(),
        LSTM(2),
        Dense(1, activation = "sigmoid"),
    ];
    /// That of the rejected programs (`ui-tests/weights`).
    pub Net = [
        Dense(3, activation = "relu", input_shape = (4,)),
        BatchNormalization(),
        Dense(2),
    ];
    /// What carries a state from sample to sample.
    pub Steps = [
        LSTM(3, return_sequences = true, stateful = true, batch_input_shape = (1, 3, 2)),
        BatchNormalization(),
        GRU(2, stateful = true),
    ];
    /// The one of them among the rejected programs.
    pub Carries = [LSTM(3, batch_input_shape = (1, 4, 2), stateful = true)];
    /// The one whose int8 twin is among them.
    #[quantize]
    pub Twin = [Dense(3, activation = "relu", input_shape = (4,)), Dense(2)]
}

/// A model with weights that no initializer gives.
pub fn model<M: Model>() -> Sequential<M> {
    let mut model = Sequential::<M>::new(0);
    let params = (*model).as_f32s_mut();
    for (i, weight) in params.iter_mut().enumerate() {
        *weight = ((i * 37) % 101) as f32 / 64.0 - 0.75;
    }
    // Variances are positive.
    for (i, value) in model.state_mut().as_f32s_mut().iter_mut().enumerate() {
        *value = (i % 7 + 1) as f32 / 8.0;
    }
    model
}
