//! The prediction of a twin that has nearly every operator, and layers in `f32` between: that none of them links a panic.
#![no_std]
#![no_main]

measure::predict_int8!(
    Net = [
        ZeroPadding2D(1, input_shape = (16, 12, 1)),
        Conv2D(4, 3, strides = 2, activation = "relu6"),
        DepthwiseConv2D(
            3,
            depth_multiplier = 2,
            padding = "same",
            activation = "tanh"
        ),
        MaxPooling2D(2, strides = 1),
        SeparableConv2D(6, 2, padding = "same", activation = "elu"),
        AveragePooling2D(2),
        Reshape((6, 6)),
        LSTM(6, return_sequences = true),
        LSTM(5),
        #[float]
        Dense(7, activation = "gelu"),
        Dense(5, activation = "hard_swish"),
        LeakyReLU(0.1),
        Dense(3, activation = "softmax"),
    ]
);
