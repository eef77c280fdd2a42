//! The second set of models: layers, sizes and batches that the guide does not show.

use kseq::prelude::*;

use crate::run::{Batch, Benchmark, classes, numbers, tokens};

sequential! {
    /// A review, read by a GRU.
    GruText = [
        Embedding(10000, 64, input_length = 100),
        GRU(64),
        Dense(1, activation = "sigmoid"),
    ]
}

sequential! {
    /// The next value of a series.
    LstmPair = [
        LSTM(50, return_sequences = true, input_shape = (60, 1)),
        LSTM(50),
        Dense(1),
    ]
}

sequential! {
    /// A heartbeat of 187 values, of five kinds.
    Ecg = [
        Conv1D(64, 6, activation = "relu", input_shape = (187, 1)),
        BatchNormalization(),
        MaxPooling1D(3, strides = 2, padding = "same"),
        Conv1D(64, 6, activation = "relu"),
        BatchNormalization(),
        MaxPooling1D(3, strides = 2, padding = "same"),
        Conv1D(64, 6, activation = "relu"),
        BatchNormalization(),
        MaxPooling1D(3, strides = 2, padding = "same"),
        Flatten(),
        Dense(64, activation = "relu"),
        Dense(32, activation = "relu"),
        Dense(5, activation = "softmax"),
    ]
}

sequential! {
    /// The network that learned to play Atari's games: values of four actions.
    Dqn = [
        Conv2D(32, 8, strides = 4, activation = "relu", input_shape = (84, 84, 4)),
        Conv2D(64, 4, strides = 2, activation = "relu"),
        Conv2D(64, 3, activation = "relu"),
        Flatten(),
        Dense(512, activation = "relu"),
        Dense(4),
    ]
}

sequential! {
    /// LeNet-5, as it is told today.
    Lenet5 = [
        Conv2D(6, 5, padding = "same", activation = "tanh", input_shape = (28, 28, 1)),
        AveragePooling2D(2),
        Conv2D(16, 5, activation = "tanh"),
        AveragePooling2D(2),
        Flatten(),
        Dense(120, activation = "tanh"),
        Dense(84, activation = "tanh"),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// The network of Keras's CIFAR-10 example.
    CifarCnn = [
        Conv2D(32, 3, padding = "same", activation = "relu", input_shape = (32, 32, 3)),
        Conv2D(32, 3, padding = "same", activation = "relu"),
        MaxPooling2D(2),
        Dropout(0.25),
        Conv2D(64, 3, padding = "same", activation = "relu"),
        Conv2D(64, 3, padding = "same", activation = "relu"),
        MaxPooling2D(2),
        Dropout(0.25),
        Flatten(),
        Dense(512, activation = "relu"),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// A review, read both ways.
    BilstmText = [
        Embedding(5000, 64, input_length = 80),
        Bidirectional(LSTM(64)),
        Dense(1, activation = "sigmoid"),
    ]
}

sequential! {
    /// A MobileNet for small images: convolutions channel by channel, each followed by one of single pixels.
    Mobilenet = [
        Conv2D(32, 3, strides = 2, padding = "same", use_bias = false, input_shape = (96, 96, 3)),
        BatchNormalization(),
        Activation("relu"),
        DepthwiseConv2D(3, padding = "same", use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        Conv2D(64, 1, use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        DepthwiseConv2D(3, strides = 2, padding = "same", use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        Conv2D(128, 1, use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        DepthwiseConv2D(3, padding = "same", use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        Conv2D(128, 1, use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        DepthwiseConv2D(3, strides = 2, padding = "same", use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        Conv2D(256, 1, use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        DepthwiseConv2D(3, padding = "same", use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        Conv2D(256, 1, use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        DepthwiseConv2D(3, strides = 2, padding = "same", use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        Conv2D(512, 1, use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        GlobalAveragePooling2D(),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// An image of 28x28 pixels from two numbers.
    Decoder = [
        Dense(7 * 7 * 64, activation = "relu", input_shape = (2,)),
        Reshape((7, 7, 64)),
        Conv2DTranspose(64, 3, strides = 2, padding = "same", activation = "relu"),
        Conv2DTranspose(32, 3, strides = 2, padding = "same", activation = "relu"),
        Conv2DTranspose(1, 3, padding = "same", activation = "sigmoid"),
    ]
}

sequential! {
    /// A function of ten numbers.
    TinyMlp = [
        Dense(32, activation = "relu", input_shape = (10,)),
        Dense(32, activation = "relu"),
        Dense(1),
    ]
}

sequential! {
    /// A review of any length.
    TextAny = [
        Embedding(5000, 32, input_shape = (None,)),
        Conv1D(64, 5, activation = "relu"),
        GlobalMaxPooling1D(),
        Dense(64, activation = "relu"),
        Dense(1, activation = "sigmoid"),
    ]
}

sequential! {
    /// Separable convolutions, with statistics behind some of them.
    Separable = [
        Conv2D(32, 3, strides = 2, padding = "same", activation = "relu", input_shape = (96, 96, 3)),
        SeparableConv2D(64, 3, padding = "same", use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        SeparableConv2D(128, 3, strides = 2, padding = "same", use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        SeparableConv2D(128, 3, padding = "same", activation = "relu"),
        SeparableConv2D(256, 3, strides = 2, padding = "same", activation = "relu"),
        SeparableConv2D(256, 3, padding = "same", activation = "relu"),
        SeparableConv2D(512, 3, strides = 2, padding = "same", activation = "relu"),
        GlobalAveragePooling2D(),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// An image to a code and back.
    Autoencoder = [
        Conv2D(32, 3, strides = 2, padding = "same", activation = "relu", input_shape = (64, 64, 3)),
        Conv2D(64, 3, strides = 2, padding = "same", activation = "relu"),
        Conv2D(128, 3, strides = 2, padding = "same", activation = "relu"),
        Conv2DTranspose(64, 3, strides = 2, padding = "same", activation = "relu"),
        Conv2DTranspose(32, 3, strides = 2, padding = "same", activation = "relu"),
        Conv2DTranspose(3, 3, strides = 2, padding = "same", activation = "sigmoid"),
    ]
}

pub const NAMES: [&str; 13] = [
    "gru_text",
    "lstm_pair",
    "ecg",
    "dqn",
    "lenet5",
    "cifar_cnn",
    "bilstm_text",
    "mobilenet",
    "decoder",
    "tiny_mlp",
    "text_any",
    "separable",
    "autoencoder",
];

/// The multiply-accumulates of a review of 120 tokens through [`TextAny`], whose list does not know their number.
const TEXT_ANY: usize = 116 * 5 * 32 * 64 + 64 * 64 + 64;

pub fn measure(run: &Benchmark<'_>) {
    // A thousandth of the usual learning rates.
    let (sgd, adam) = (|| SGD::new(1e-5), || Adam::new(1e-6));
    let momentum = || SGD::new(1e-5).momentum(0.9);
    let ten = CategoricalCrossentropy::default;
    let yes = BinaryCrossentropy::default;
    let squares = MeanSquaredError::default;
    let of = Batch::of;
    match run.model {
        "gru_text" => {
            let x = tokens::<[u32; 100]>(10_000);
            run.of::<GruText, _, _, _>(of(32), adam(), yes(), x, classes);
        }
        "lstm_pair" => {
            let batch = of(32).first(60 * 200);
            run.of::<LstmPair, _, _, _>(batch, adam(), squares(), numbers, numbers);
        }
        "ecg" => run.of::<Ecg, _, _, _>(of(32), adam(), ten(), numbers, classes),
        "dqn" => run.of::<Dqn, _, _, _>(of(32), adam(), Huber::default(), numbers, numbers),
        "lenet5" => run.of::<Lenet5, _, _, _>(of(128), sgd(), ten(), numbers, classes),
        "cifar_cnn" => {
            let rmsprop = RMSprop::new(1e-6);
            run.of::<CifarCnn, _, _, _>(of(32), rmsprop, ten(), numbers, classes);
        }
        "bilstm_text" => {
            let x = tokens::<[u32; 80]>(5000);
            run.of::<BilstmText, _, _, _>(of(32), adam(), yes(), x, classes);
        }
        "mobilenet" => {
            let batch = of(32).in_fit(8);
            run.of::<Mobilenet, _, _, _>(batch, momentum(), ten(), numbers, classes);
        }
        "decoder" => run.of::<Decoder, _, _, _>(of(128), adam(), yes(), numbers, classes),
        "tiny_mlp" => run.of::<TinyMlp, _, _, _>(of(32), adam(), squares(), numbers, numbers),
        "text_any" => {
            let (batch, x) = (of(32).macs(TEXT_ANY), tokens::<[u32; 120]>(5000));
            run.of::<TextAny, _, _, _>(batch, adam(), yes(), x, classes);
        }
        "separable" => {
            let batch = of(32).in_fit(8);
            run.of::<Separable, _, _, _>(batch, momentum(), ten(), numbers, classes);
        }
        "autoencoder" => {
            run.of::<Autoencoder, _, _, _>(of(32), momentum(), squares(), numbers, numbers);
        }
        model => panic!("no model {model}"),
    }
}
