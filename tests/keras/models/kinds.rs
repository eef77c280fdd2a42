//! Layers of all kinds, with arguments of all kinds.

use kseq::constraints::Constraint;
use kseq::prelude::*;

const FILTERS: usize = 4;
const SLOPE: f32 = 0.125;
const NORM: Constraint = Constraint::MaxNorm {
    max_value: 3.5,
    axis: &[0, 1, 2],
};

sequential! {
    pub Images = [
        ZeroPadding2D(((1, 2), (0, 1)), input_shape = (9, 8, 2)),
        Conv2D(FILTERS, (3, 2), strides = (2, 1), padding = "same", activation = "relu", kernel_constraint = NORM),
        BatchNormalization(momentum = 0.9),
        DepthwiseConv2D(2, depth_multiplier = 2),
        LeakyReLU(SLOPE),
        SeparableConv2D(3, 2, use_bias = false),
        PReLU(shared_axes = (1, 2)),
        UpSampling2D((2, 1), interpolation = "bilinear"),
        AveragePooling2D((2, 2), padding = "same"),
        Cropping2D(((0, 1), (1, 0))),
        SpatialDropout2D(0.25),
        Conv2DTranspose(2, 3, strides = 2, dilation_rate = 1),
        GlobalMaxPooling2D(keepdims = true),
        Flatten(),
        Dense(3, trainable = false),
        Dense(2, activation = "softmax"),
    ]
}

sequential! {
    pub Recurrent = [
        Masking(mask_value = 0.0, input_shape = (6, 3)),
        LSTM(4, return_sequences = true, dropout = 0.1, recurrent_dropout = 0.2, unit_forget_bias = false),
        GRU(3, return_sequences = true, reset_after = false),
        SimpleRNN(4, return_sequences = true, activation = "relu", go_backwards = true),
        Bidirectional(LSTM(3, return_sequences = true), merge_mode = "ave"),
        TimeDistributed(Dense(2, activation = "tanh")),
        RNN(GRUCell(3), return_sequences = true),
        RNN([LSTMCell(3), SimpleRNNCell(2)], return_sequences = true),
        Bidirectional(GRU(2), backward_layer = LSTM(2, go_backwards = true)),
        RepeatVector(2),
        Bidirectional(SimpleRNN(2), merge_mode = "sum"),
        Softmax(),
    ]
}

sequential! { pub Encoder = [Dense(4, activation = "relu", input_shape = (5,)), BatchNormalization(trainable = false), Dense(4)] }
sequential! {
    pub Outer = [
        Sequential(Encoder, name = "encoder"),
        Sequential([Dense(6), LayerNormalization(), Dense(4, trainable = false), Reshape((2, -1))]),
        TimeDistributed([Dense(3), BatchNormalization(), Dense(2)]),
        Permute((2, 1)),
        Flatten(),
        Sequential([Dense(3), Dense(1, activation = "sigmoid")]),
    ]
}

sequential! {
    pub Words = [
        Embedding(7, 4, mask_zero = false, input_length = 5),
        Conv1D(3, 2, padding = "causal", dilation_rate = 2),
        GlobalAveragePooling1D(),
        ActivityRegularization(l1 = 0.5),
        Dense(1, activation = "sigmoid", kernel_regularizer = "l2"),
    ]
}

sequential! {
    pub Arguments = [
        Dense(
            6,
            input_shape = (4,),
            activation = "gelu",
            kernel_initializer = RandomNormal(mean = 0.0, stddev = 0.3, seed = 5),
            bias_initializer = "ones",
            kernel_regularizer = L1L2(0.25, 0.5),
            bias_regularizer = L1(0.1),
            activity_regularizer = L2(0.001),
            kernel_constraint = MinMaxNorm(0.5, 2.0, rate = 0.75),
            bias_constraint = "non_neg",
        ),
        Dense(5, activation = LeakyReLU(0.1), kernel_initializer = "he_uniform"),
        Dense(5, activation = ReLU(max_value = 6.0, negative_slope = SLOPE), kernel_initializer = Orthogonal(gain = 1.5)),
        Activation("hard_silu"),
        ELU(0.5),
        ReLU(threshold = 0.125),
        GaussianNoise(0.1, seed = 3),
        SpectralNormalization(Dense(4), power_iterations = 2),
        Rescaling(0.5, offset = 1.0),
        Normalization(mean = [0.5, 1.0, 1.5, 2.0], variance = [1.0, 2.0, 3.0, 4.0]),
        UnitNormalization(),
        Dense(3, activation = "log_softmax"),
    ]
}

sequential! {
    pub Volumes = [
        ZeroPadding3D(1, input_shape = (4, 5, 3, 2)),
        Conv3D(2, 2, activation = "relu"),
        MaxPooling3D((1, 2, 1)),
        Cropping3D(((1, 0), (0, 0), (0, 1))),
        Conv3DTranspose(2, 2, strides = (1, 2, 1)),
        UpSampling3D(2),
        GlobalAveragePooling3D(),
        Dense(2),
    ]
}

sequential! {
    pub Noise = [
        Dropout(0.5, noise_shape = (None, 1, 3), seed = 11, input_shape = (4, 3)),
        GaussianDropout(0.25),
        AlphaDropout(0.25),
        SpatialDropout1D(0.25),
        Cropping1D((1, 0)),
        UpSampling1D(2),
        ZeroPadding1D((0, 1)),
        Conv1DTranspose(2, 3),
        MaxPooling1D(2, strides = 1),
        GlobalMaxPooling1D(),
        Dense(2, activation = "sigmoid"),
    ]
}

sequential! {
    pub Norms = [
        ConvLSTM1D(4, 2, return_sequences = true, input_shape = (3, 6, 2)),
        LayerNormalization(axis = 2),
        GroupNormalization(groups = 2),
        RMSNormalization(),
        Flatten(),
        Dense(2),
    ]
}

sequential! {
    pub Frames = [
        ConvLSTM2D(2, 1, input_shape = (3, 5, 4, 1)),
        Flatten(),
        Dense(2),
    ]
}

sequential! {
    /// Sequences of any length.
    pub Sizes = [
        LSTM(4, return_sequences = true, input_shape = (None, 3)),
        Conv1D(2, 3, padding = "same"),
        GlobalMaxPooling1D(),
        Dense(2, activation = "softmax"),
    ]
}

sequential! {
    pub More = [
        LeakyReLU(0.2, input_shape = (6, 6, 2)),
        DepthwiseConv2D((2, 1), strides = 1, padding = "same", use_bias = false),
        AveragePooling2D(2, padding = "same"),
        UpSampling2D(2),
        Reshape((36, 2)),
        DepthwiseConv1D(3),
        SeparableConv1D(4, 3, activation = "swish", depthwise_regularizer = "l1"),
        AveragePooling1D(3),
        BatchNormalization(scale = false, center = false, epsilon = 0.01),
        Permute((2, 1)),
        Softmax(axis = 1),
        GlobalAveragePooling1D(),
        Identity(),
        RepeatVector(3),
        Bidirectional(LSTM(2, recurrent_activation = "hard_sigmoid"), merge_mode = "mul", name = "both"),
        Activation(ELU(0.5)),
        Activation("mish"),
        // What comes here is small: without a bias an error of rounding would be large beside it.
        Dense(3, bias_initializer = "ones"),
    ]
}
