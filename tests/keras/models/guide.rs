//! The nine models of Keras's guide to `Sequential`.

use kseq::prelude::*;

sequential! {
    pub MlpSoftmax = [
        Dense(64, activation = "relu", input_shape = (20,)),
        Dropout(0.5),
        Dense(64, activation = "relu"),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    pub MlpBinary = [
        Dense(64, activation = "relu", input_shape = (20,)),
        Dropout(0.5),
        Dense(64, activation = "relu"),
        Dropout(0.5),
        Dense(1, activation = "sigmoid"),
    ]
}

sequential! {
    pub MnistMlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(512, activation = "relu"),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    pub MnistCnn = [
        Conv2D(32, kernel_size = (3, 3), activation = "relu", input_shape = (28, 28, 1)),
        Conv2D(64, (3, 3), activation = "relu"),
        MaxPooling2D(pool_size = (2, 2)),
        Dropout(0.25),
        Flatten(),
        Dense(128, activation = "relu"),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    pub VggLike = [
        Conv2D(32, (3, 3), activation = "relu", input_shape = (100, 100, 3)),
        Conv2D(32, (3, 3), activation = "relu"),
        MaxPooling2D(pool_size = (2, 2)),
        Dropout(0.25),
        Conv2D(64, (3, 3), activation = "relu"),
        Conv2D(64, (3, 3), activation = "relu"),
        MaxPooling2D(pool_size = (2, 2)),
        Dropout(0.25),
        Flatten(),
        Dense(256, activation = "relu"),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    pub LstmImdb = [
        Embedding(1024, 256, input_length = 80),
        LSTM(128),
        Dropout(0.5),
        Dense(1, activation = "sigmoid"),
    ]
}

sequential! {
    pub Conv1dSeq = [
        Conv1D(64, 3, activation = "relu", input_shape = (64, 100)),
        Conv1D(64, 3, activation = "relu"),
        MaxPooling1D(3),
        Conv1D(128, 3, activation = "relu"),
        Conv1D(128, 3, activation = "relu"),
        GlobalAveragePooling1D(),
        Dropout(0.5),
        Dense(1, activation = "sigmoid"),
    ]
}

sequential! {
    pub StackedLstm = [
        LSTM(32, return_sequences = true, input_shape = (8, 16)),
        LSTM(32, return_sequences = true),
        LSTM(32),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    pub StatefulLstm = [
        LSTM(32, return_sequences = true, stateful = true, batch_input_shape = (32, 8, 16)),
        LSTM(32, return_sequences = true, stateful = true),
        LSTM(32, stateful = true),
        Dense(10, activation = "softmax"),
    ]
}
