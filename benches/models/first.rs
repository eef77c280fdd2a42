//! The models of the guide.

use kseq::prelude::*;

use crate::guide::{
    Conv1dSeq, LstmImdb, MlpBinary, MlpSoftmax, MnistCnn, MnistMlp, StackedLstm, StatefulLstm,
    VggLike,
};
use crate::run::{Batch, Benchmark, classes, numbers, tokens};

sequential! {
    /// For the latency: a stateful model takes batches of one size only.
    StatefulLstmOfOne = [
        LSTM(32, return_sequences = true, stateful = true, batch_input_shape = (1, 8, 16)),
        LSTM(32, return_sequences = true, stateful = true),
        LSTM(32, stateful = true),
        Dense(10, activation = "softmax"),
    ]
}

pub const NAMES: [&str; 9] = [
    "mlp_softmax",
    "mlp_binary",
    "mnist_mlp",
    "mnist_cnn",
    "vgg_like",
    "lstm_imdb",
    "conv1d_seq",
    "stacked_lstm",
    "stateful_lstm",
];

pub fn measure(run: &Benchmark<'_>) {
    // A thousandth of the guide's learning rates.
    let sgd = || SGD::new(1e-5).momentum(0.9).nesterov(true);
    let rmsprop = || RMSprop::new(1e-6);
    let ten = CategoricalCrossentropy::default;
    let yes = BinaryCrossentropy::default;
    let of = Batch::of;
    // Of a recurrent layer only the product with the input has no gradient of it.
    let steps = |batch| of(batch).first(8 * 16 * 128);
    match run.model {
        "mlp_softmax" => run.of::<MlpSoftmax, _, _, _>(of(128), sgd(), ten(), numbers, classes),
        "mlp_binary" => run.of::<MlpBinary, _, _, _>(of(128), rmsprop(), yes(), numbers, classes),
        "mnist_mlp" => run.of::<MnistMlp, _, _, _>(of(128), rmsprop(), ten(), numbers, classes),
        "mnist_cnn" => {
            let adadelta = Adadelta::new(1e-3);
            run.of::<MnistCnn, _, _, _>(of(128), adadelta, ten(), numbers, classes);
        }
        "vgg_like" => {
            let batch = of(32).in_fit(8);
            run.of::<VggLike, _, _, _>(batch, sgd(), ten(), numbers, classes);
        }
        "lstm_imdb" => {
            let x = tokens::<[u32; 80]>(1024);
            run.of::<LstmImdb, _, _, _>(of(16), rmsprop(), yes(), x, classes);
        }
        "conv1d_seq" => run.of::<Conv1dSeq, _, _, _>(of(16), rmsprop(), yes(), numbers, classes),
        "stacked_lstm" => {
            run.of::<StackedLstm, _, _, _>(steps(64), rmsprop(), ten(), numbers, classes);
        }
        "stateful_lstm" if run.mode == "latency" => {
            run.of::<StatefulLstmOfOne, _, _, _>(steps(1), rmsprop(), ten(), numbers, classes);
        }
        "stateful_lstm" => {
            run.of::<StatefulLstm, _, _, _>(steps(32), rmsprop(), ten(), numbers, classes);
        }
        model => panic!("no model {model}"),
    }
}
