//! Every layer's backward pass against finite differences of its forward pass, over shapes of all
//! ranks, batch sizes and values drawn by proptest; with guard pages behind all that is allocated.

#[cfg(unix)]
#[path = "gradients/guarded.rs"]
mod guarded;

use kseq::prelude::*;
use kseq::regularizers::Regularizer;
use kseq::testing::gradients_of;
use proptest::prelude::*;

/// The sum of the fourth powers.
const FOURTH: Regularizer = Regularizer::Custom {
    penalty: |w, _shape| w.iter().map(|w| w.powi(4)).sum(),
    gradient: |w, _shape, factor, gradient| {
        for (g, w) in gradient.iter_mut().zip(w) {
            *g += factor * 4.0 * w.powi(3);
        }
    },
};

/// A model, and the test of its name.
macro_rules! model {
    ($name:ident [$($layers:tt)*]) => { paste::paste! {
        sequential! { [<$name:camel>] = [$($layers)*] }
        proptest! {
            #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
            #[test]
            fn $name(seed in 0u64..1 << 40, batch in 1usize..4) {
                let checked = gradients_of::<[<$name:camel>]>(seed, batch);
                checked.map_err(|wrong| TestCaseError::fail(wrong.to_string()))?;
            }
        }
    } };
}

/// `Activation("linear")` first, so that layers under test are no first ones: those go other ways.
macro_rules! models {
    ($($name:ident = $shape:tt [$($layers:tt)*])*) => {
        $(model! { $name [Activation("linear", input_shape = $shape), $($layers)*] })*
    };
}

sequential! { pub Inner = [
    Dense(5, activation = "tanh", kernel_regularizer = "l2", input_shape = (4,)), Dropout(0.3),
    Dense(3, activation = "softmax"),
] }
sequential! { pub Squashed = [Dense(4, activation = "softmax", input_shape = (4,))] }

/// `(x0 x1, x1 x2)`
fn cross(x: &[f32; 3], y: &mut [f32; 2]) {
    *y = [x[0] * x[1], x[1] * x[2]];
}

fn cross_back(x: &[f32; 3], dy: &[f32; 2], dx: &mut [f32; 3]) {
    *dx = [dy[0] * x[1], dy[0] * x[0] + dy[1] * x[2], dy[1] * x[1]];
}

sequential! { pub Pooled = [Conv2D(3, 3, activation = "relu", input_shape = (6, 6, 1)), MaxPooling2D(2), Flatten()] }

models! {
    dense1x1 = (1,) [Dense(1)]
    dense5x7 = (5,) [Dense(7, activation = "tanh")]
    dense33x2 = (33,) [Dense(2, activation = "sigmoid")]
    dense4x40 = (4,) [Dense(40, activation = "relu")]
    dense_no_bias = (6,) [Dense(3, use_bias = False)]
    dense_rank2 = (3, 5) [Dense(4, activation = "softmax")]
    dense_rank3 = (2, 3, 4) [Dense(3, activation = "elu")]
    dense_rank4 = (2, 1, 3, 2) [Dense(5, activation = "softplus")]
    dense_gelu = (6,) [Dense(5, activation = "gelu")]
    dense_silu = (3, 4) [Dense(5, activation = "silu")]
    dense_mish = (4,) [Dense(17, activation = "mish")]
    act_selu = (7,) [Activation("selu")]
    act_softsign = (2, 7) [Activation("softsign")]
    act_log_softmax = (2, 2, 4) [Activation("log_softmax")]
    act_gelu = (9,) [Activation("gelu")]
    act_tanh_shrink = (3, 3) [Activation("tanh_shrink")]
    act_squareplus = (5,) [Activation("squareplus")]
    act_hard_shrink = (9,) [Activation("hard_shrink")]
    act_sparse_plus = (9,) [Activation("sparse_plus")]
    act_glu = (3, 6) [Activation("glu"), Dense(2)]
    act_sparsemax = (3, 5) [Activation("sparsemax")]
    dense_leaky = (6,) [Dense(5, activation = LeakyReLU(0.1))]
    dense_elu = (4,) [Dense(7, activation = ELU(alpha = -0.5))]
    dense_relu_bounded = (6,) [Dense(5, activation = layers.ReLU(max_value = 0.8, negative_slope = 0.25, threshold = 0.1))]
    conv_leaky = (5, 4, 2) [Conv2D(3, 2, activation = LeakyReLU(alpha = 0.3))]
    gru_leaky = (4, 3) [GRU(5, activation = ELU(0.7))]
    act_of_layer = (3, 4) [Activation(LeakyReLU(negative_slope = 0.4))]
    relu = (3, 4) [ReLU()]
    relu_bounded = (3, 4) [ReLU(max_value = 0.5, threshold = 0.2)]
    leaky_relu = (2, 3, 4) [LeakyReLU()]
    elu = (7,) [ELU(0.5)]
    softmax_last = (3, 4) [Softmax()]
    softmax_first = (3, 4) [Softmax(axis = 1)]
    softmax_both = (3, 4) [Softmax(axis = (1, 2))]
    softmax_apart = (3, 2, 4) [Softmax(axis = [3, 1])]
    identity = (3, 4) [Identity()]
    prelu = (3, 4) [PReLU(alpha_initializer = "random_normal")]
    prelu_shared = (3, 2, 4) [PReLU(alpha_initializer = Constant(0.3), shared_axes = [1, 2])]
    prelu_shared_last = (3, 4) [PReLU(alpha_initializer = Constant(0.3), shared_axes = 2)]
    thresholded_relu = (3, 4) [ThresholdedReLU(theta = 0.3)]
    flatten_rank2 = (3, 5) [Flatten()]
    flatten_rank4 = (2, 3, 1, 2) [Flatten()]
    dropped = (40,) [Dropout(0.4)]
    dropped_rank3 = (3, 4, 5) [Dropout(0.2)]
    dropped_alike = (3, 4, 5) [Dropout(0.4, noise_shape = (None, 1, 4, 1), seed = 3)]
    dropped_channels = (6, 40) [SpatialDropout1D(0.4)]
    dropped_maps = (3, 4, 5) [SpatialDropout2D(0.3)]
    noised = (3, 40) [GaussianNoise(0.5)]
    multiplied = (3, 40) [GaussianDropout(0.3, seed = -1)]
    alpha_dropped = (3, 40) [AlphaDropout(0.3)]
    alpha_dropped_alike = (3, 40) [AlphaDropout(0.3, noise_shape = (None, None, 1))]
    lstm_last = (4, 3) [LSTM(5)]
    lstm_all = (3, 2) [LSTM(17, return_sequences = True, go_backwards = True, use_bias = False)]
    lstm_dropped = (4, 6) [LSTM(5, dropout = 0.3, recurrent_dropout = 0.4)]
    lstm_of_inputs = (3, 4) [LSTM(3, activation = "gelu", recurrent_activation = "silu", return_sequences = True)]
    lstm_one_of_inputs = (3, 4) [LSTM(17, activation = "tanh", recurrent_activation = "hard_tanh", recurrent_dropout = 0.3)]
    gru_of_inputs = (3, 4) [GRU(3, activation = "mish", recurrent_activation = "silu", return_sequences = True)]
    gru_before_of_inputs = (3, 4) [GRU(5, activation = "gelu", reset_after = False, dropout = 0.3, recurrent_dropout = 0.4)]
    rnn_of_inputs = (4, 3) [SimpleRNN(6, activation = "silu", return_sequences = True, recurrent_dropout = 0.2)]
    both_ways = (4, 3) [Bidirectional(LSTM(5))]
    both_ways_all = (3, 2) [Bidirectional(GRU(4, return_sequences = True, dropout = 0.3, recurrent_dropout = 0.2)), Bidirectional(SimpleRNN(3))]
    both_ways_sum = (3, 2) [Bidirectional(LSTM(4, return_sequences = True), merge_mode = "sum")]
    both_ways_mul = (3, 2) [Bidirectional(GRU(4, return_sequences = True), merge_mode = "mul")]
    both_ways_ave = (3, 2) [Bidirectional(SimpleRNN(4), merge_mode = "ave")]
    two_ways = (3, 2) [Bidirectional(LSTM(4, return_sequences = True), backward_layer = GRU(4, go_backwards = True, return_sequences = True), merge_mode = "mul")]
    convolved = (3, 5, 2) [ConvLSTM1D(3, 2)]
    convolved_all = (3, 6, 2) [ConvLSTM1D(2, 3, strides = 2, padding = "same", return_sequences = True, activation = "silu", use_bias = False)]
    convolved_images = (2, 4, 3, 2) [ConvLSTM2D(2, (2, 3), padding = "same", return_sequences = True, go_backwards = True)]
    convolved_dropped = (2, 5, 2) [ConvLSTM1D(2, 3, dropout = 0.3, recurrent_dropout = 0.4)]
    convolved_both_ways = (3, 4, 2) [Bidirectional(ConvLSTM1D(2, 2, return_sequences = True), merge_mode = "mul")]
    of_a_cell = (3, 2) [RNN(GRUCell(4), return_sequences = True, go_backwards = True)]
    of_cells = (3, 2) [RNN([LSTMCell(4), SimpleRNNCell(3)])]
    lstm_other = (3, 4) [LSTM(3, activation = "softsign", recurrent_activation = "softmax", return_sequences = True)]
    gru_last = (4, 3) [GRU(5)]
    gru_all = (3, 2) [GRU(17, return_sequences = True, go_backwards = True)]
    gru_dropped = (4, 6) [GRU(5, dropout = 0.3, recurrent_dropout = 0.4)]
    gru_before = (4, 3) [GRU(5, reset_after = False, return_sequences = True)]
    gru_before_dropped = (4, 6) [GRU(5, reset_after = False, dropout = 0.3, recurrent_dropout = 0.4)]
    gru_no_bias = (4, 3) [GRU(2, use_bias = False, recurrent_activation = "hard_sigmoid")]
    rnn_last = (4, 3) [SimpleRNN(5)]
    rnn_all = (3, 2) [SimpleRNN(17, return_sequences = True, go_backwards = True, activation = "elu")]
    rnn_dropped = (4, 6) [SimpleRNN(5, dropout = 0.3, recurrent_dropout = 0.4)]
    padding_lstm = (5, 2) [Activation("relu"), Masking(), LSTM(3, return_sequences = True), Dense(2, activation = "tanh")]
    padding_gru = (5, 1) [Activation("relu"), Masking(), Dropout(0.2), GRU(3)]
    padding_twice = (5, 2) [
        Activation("relu"), Masking(), SimpleRNN(2, return_sequences = True, activation = "relu"), Masking(),
        LSTM(3, return_sequences = True), Dense(2, activation = "tanh"),
    ]
    padding_average = (5, 1) [Activation("relu"), Masking(), Dense(2, activation = "tanh"), GlobalAveragePooling1D()]
    padding_image = (3, 2, 2) [Activation("relu"), Masking(), Dense(2, activation = "tanh")]
    recurrences = (3, 2) [LSTM(4, return_sequences = True), Dropout(0.2), GRU(3, return_sequences = True), SimpleRNN(4), Dense(2)]
    max_pool1 = (7, 3) [MaxPooling1D(3, strides = 2)]
    max_pool1_same = (7, 5) [MaxPool1D(2, padding = "same")]
    max_pool2 = (5, 6, 2) [MaxPooling2D((2, 3), strides = (1, 2))]
    max_pool2_same = (4, 5, 9) [MaxPooling2D(3, 2, "same")]
    average_pool1 = (7, 3) [AveragePooling1D(3, strides = 1)]
    average_pool2_same = (5, 4, 3) [AveragePooling2D((3, 2), strides = 2, padding = "same")]
    global_max1 = (5, 3) [GlobalMaxPooling1D()]
    global_max2 = (3, 4, 2) [GlobalMaxPooling2D(keepdims = true)]
    global_average1 = (5, 6) [GlobalAveragePooling1D()]
    global_average2 = (3, 4, 2) [GlobalAvgPool2D()]
    reshaped = (12,) [Reshape((2, -1, 3)), Dense(2)]
    permuted2 = (3, 4) [Permute((2, 1)), Dense(2)]
    permuted4 = (2, 3, 2, 2) [Permute((3, 1, 4, 2)), Dense(2)]
    repeated = (4,) [RepeatVector(3), Dense(2, activation = "tanh")]
    padded1 = (3, 2) [ZeroPadding1D((2, 1)), Dense(2, activation = "tanh")]
    padded2 = (2, 3, 2) [ZeroPadding2D(((1, 0), (2, 1))), Dense(2, activation = "tanh")]
    cropped1 = (6, 2) [Cropping1D((2, 1))]
    cropped2 = (4, 5, 2) [Cropping2D(((1, 1), (0, 2)))]
    upsampled1 = (3, 2) [UpSampling1D(3)]
    upsampled2 = (2, 3, 2) [UpSampling2D((2, 3))]
    bilinear = (3, 2, 2) [UpSampling2D((2, 3), interpolation = "bilinear")]
    max_pool3 = (4, 3, 5, 2) [MaxPooling3D((2, 1, 3), strides = (1, 2, 2))]
    max_pool3_same = (3, 4, 3, 5) [MaxPool3D(2, padding = "same")]
    average_pool3 = (3, 4, 3, 2) [AveragePooling3D(2, strides = 1)]
    global_max3 = (2, 3, 2, 3) [GlobalMaxPooling3D()]
    global_average3 = (2, 3, 2, 3) [GlobalAvgPool3D(keepdims = true)]
    adaptive_max1 = (7, 3) [AdaptiveMaxPooling1D(3)]
    adaptive_max2 = (5, 4, 3) [AdaptiveMaxPooling2D((2, 3))]
    adaptive_max3 = (3, 4, 2, 2) [AdaptiveMaxPooling3D(2)]
    adaptive_average1 = (7, 3) [AdaptiveAveragePooling1D(3)]
    adaptive_average2 = (5, 4, 3) [AdaptiveAveragePooling2D((2, 7))]
    adaptive_average3 = (3, 4, 2, 2) [AdaptiveAveragePooling3D((2, 3, 1))]
    padded3 = (2, 3, 2, 2) [ZeroPadding3D(((1, 0), (2, 1), (0, 1))), Dense(2, activation = "tanh")]
    cropped3 = (3, 4, 3, 2) [Cropping3D(((1, 1), (0, 2), (1, 0)))]
    upsampled3 = (2, 1, 2, 2) [UpSampling3D((2, 3, 1))]
    bicubic = (3, 4, 2) [UpSampling2D(2, interpolation = "bicubic")]
    lanczos = (5, 4, 2) [UpSampling2D((2, 1), interpolation = "lanczos3")]
    resized = (5, 4, 3) [Resizing(3, 7)]
    resized_smooth = (9, 8, 2) [Resizing(3, 2, "lanczos5", antialias = true)]
    resized_area = (7, 5, 2) [Resizing(3, 2, interpolation = "area")]
    resized_padded = (4, 7, 2) [Resizing(5, 5, "bicubic", pad_to_aspect_ratio = true, fill_value = 0.5)]
    resized_cropped = (4, 9, 2) [Resizing(5, 5, crop_to_aspect_ratio = true, antialias = true)]
    centered = (6, 7, 2) [CenterCrop(3, 4)]
    centered_small = (6, 3, 2) [CenterCrop(4, 4)]
    rescaled = (3, 4) [Rescaling([0.5, 1.5, -2.0, 0.1], offset = 0.3), Dense(2, activation = "tanh")]
    rescaled_all = (2, 3, 2) [Rescaling(1.0 / 127.5, -1.0)]
    normalized = (3, 4) [Normalization(), Dense(2, activation = "tanh")]
    normalized_given = (2, 3, 3) [Normalization(mean = [0.1, 0.2, 0.3], variance = [1.0, 2.0, 3.0])]
    normalized_rows = (2, 3, 3) [Normalization(axis = (1, 3), invert = true)]
    normalized_all = (2, 3, 3) [Normalization(axis = None, mean = 0.5, variance = 2.0)]
    flipped = (3, 4, 2) [RandomFlip()]
    turned = (5, 4, 2) [RandomRotation(0.3, fill_mode = "constant", fill_value = 0.5)]
    zoomed = (4, 5, 1) [RandomZoom((-0.3, 0.4), 0.2, fill_mode = "wrap")]
    moved = (4, 5, 2) [RandomTranslation(0.4, (-0.1, 0.5), seed = 7)]
    slanted = (4, 4, 1) [RandomShear(0.5, 0.3, fill_mode = "nearest", interpolation = "nearest")]
    from_the_side = (5, 5, 2) [RandomPerspective(scale = 0.5)]
    cut_out = (6, 7, 2) [RandomCrop(3, 4)]
    cut_and_resized = (4, 7, 2) [RandomCrop(5, 5)]
    jittered = (3, 4, 3) [
        Rescaling(1.0, offset = 8.0),
        RandomColorJitter((0, 16), 0.1, 0.3, saturation_factor = 0.4, hue_factor = 0.5),
    ]
    contrasted = (3, 4, 2) [RandomContrast((0.2, 0.3), value_range = (-9, 9)), RandomBrightness(0.2, (-9, 9))]
    greyed = (3, 4, 3) [RandomGrayscale(0.6), RandomColorDegeneration(0.5, value_range = (-9, 9)), RandomInvert(0.7, (-9, 9))]
    solarized = (3, 4, 2) [Solarization(0.1, 0.0, value_range = (-30, 30))]
    blurred = (4, 5, 2) [RandomGaussianBlur((0.5, 1.0), (3, 5), value_range = (-9, 9)), RandomSharpness(1.0, (-9, 9))]
    covered = (5, 6, 2) [RandomErasing(scale = (0.1, 0.5), fill_value = [0.5, 1.0], value_range = (-9, 9))]
    stretched = (3, 4, 2) [AutoContrast(value_range = (-1, 1))]
    batch_norm = (5,) [BatchNormalization(epsilon = 0.1)]
    batch_norm_image = (3, 2, 4) [BatchNormalization()]
    batch_norm_first = (3, 2, 4) [BatchNormalization(axis = 1)]
    batch_norm_plain = (3, 4) [BatchNormalization(center = false, scale = false), Dense(3)]
    layer_norm = (19,) [LayerNormalization()]
    layer_norm_rows = (4, 5) [LayerNormalization(), Dense(2)]
    layer_norm_all = (4, 5) [LayerNormalization(axis = (1, 2))]
    layer_norm_steps = (4, 5) [LayerNormalization(axis = 1, center = false)]
    layer_norm_plain = (3, 6) [LayerNormalization(scale = false, epsilon = 0.1)]
    layer_norm_rms_scaling = (3, 6) [LayerNormalization(rms_scaling = true)]
    layer_norm_rms_steps = (4, 5) [LayerNormalization(axis = 1, rms_scaling = true, scale = false)]
    group_norm = (4, 6) [GroupNormalization(3), Dense(2)]
    group_norm_image = (3, 2, 4) [GroupNormalization(groups = 2, epsilon = 0.01)]
    group_norm_first = (4, 3, 5) [GroupNormalization(groups = 2, axis = 1, center = false)]
    instance_norm = (3, 2, 4) [GroupNormalization(groups = -1, scale = false)]
    rms_norm = (19,) [RMSNormalization(), Dense(2)]
    rms_norm_all = (4, 5) [RMSNormalization(axis = (1, 2), epsilon = 0.01)]
    rms_norm_square = (4, 4) [RMSNormalization(axis = 1)]
    unit_norm = (3, 6) [UnitNormalization(), Dense(2)]
    unit_norm_steps = (4, 5) [UnitNormalization(axis = 1)]
    unit_norm_apart = (3, 2, 4) [UnitNormalization(axis = (1, 3))]
    spectral_norm = (5,) [SpectralNormalization(Dense(4, activation = "tanh")), Dense(2)]
    spectral_norm_conv = (4, 5, 2) [SpectralNormalization(Conv2D(3, 2), power_iterations = 2)]
    images = (6, 6, 2) [
        ZeroPadding2D(1), BatchNormalization(), Activation("relu"), MaxPooling2D(2), Dropout(0.2),
        Permute((2, 1, 3)), UpSampling2D(2), AveragePooling2D(2), Reshape((4, 8)),
        LayerNormalization(), GlobalAveragePooling1D(), Dense(3, activation = "softmax"),
    ]
    conv2d_valid = (4, 5, 2) [Conv2D(3, 3, activation = "tanh")]
    conv2d_same = (3, 4, 1) [Conv2D(2, (2, 3), padding = "same", activation = "softplus")]
    conv2d_strides = (5, 4, 2) [Conv2D(3, 3, strides = 2, padding = "same", use_bias = False)]
    conv2d_strides_valid = (5, 6, 1) [Conv2D(2, (2, 1), strides = (2, 3), activation = "gelu")]
    conv2d_dilation = (4, 5, 1) [Conv2D(2, 2, dilation_rate = (2, 3), activation = "silu")]
    conv2d_groups = (3, 3, 4) [Conv2D(6, 2, groups = 2, padding = "same")]
    conv1d_valid = (6, 3) [Conv1D(2, 3, activation = "softmax")]
    conv1d_causal = (5, 2) [Conv1D(3, 2, dilation_rate = 2, padding = "causal", activation = "elu")]
    conv1d_same = (7, 2) [Conv1D(2, [4], strides = (3,), padding = "same", groups = 2)]
    depthwise2d = (4, 5, 3) [DepthwiseConv2D((3, 2), activation = "tanh")]
    depthwise2d_wide = (4, 4, 19) [DepthwiseConv2D(3, strides = 2, padding = "same", activation = "gelu")]
    depthwise2d_multiplied = (3, 4, 2) [DepthwiseConv2D(2, depth_multiplier = 3, padding = "same", use_bias = False)]
    depthwise2d_strides_dilation = (9, 7, 2) [DepthwiseConv2D(2, strides = 2, dilation_rate = (2, 3), activation = "silu")]
    depthwise1d = (9, 3) [DepthwiseConv1D(3, strides = 3, dilation_rate = 2, padding = "same", activation = "softplus")]
    separable2d = (4, 5, 3) [SeparableConv2D(2, (3, 2), padding = "same", depth_multiplier = 2, activation = "tanh")]
    separable2d_kept = (4, 4, 2) [SeparableConv2D(3, 2, strides = 2, activation = "gelu", use_bias = False), Dense(2)]
    separable1d = (6, 3) [SeparableConv1D(4, 3, padding = "causal", dilation_rate = 2, activation = "elu"), Dense(2)]
    separable_pooled = (6, 6, 2) [
        SeparableConv2D(3, 3, activation = "relu"), MaxPooling2D(2), DepthwiseConv2D(2, activation = "relu", depth_multiplier = 2),
        MaxPooling2D(1), SeparableConv2D(2, 1),
    ]
    separable_penalised = (5, 3) [
        SeparableConv1D(3, 2, depthwise_regularizer = "l2", pointwise_regularizer = L1(0.1), bias_regularizer = "l2"),
        DepthwiseConv1D(2, depthwise_regularizer = "l1_l2", activity_regularizer = "l2"),
    ]
    steps_of_depthwise = (3, 4, 5, 2) [TimeDistributed(DepthwiseConv2D(2)), TimeDistributed(SeparableConv2D(3, 2, activation = "tanh"))]
    conv3d_valid = (3, 3, 4, 2) [Conv3D(2, (2, 1, 3), activation = "tanh")]
    conv3d_same = (2, 3, 3, 2) [Conv3D(4, 2, padding = "same", groups = 2, activation = "gelu")]
    conv3d_strides = (4, 3, 5, 1) [Conv3D(3, 2, strides = (2, 1, 3), padding = "same", use_bias = False)]
    conv3d_dilation = (3, 3, 3, 2) [Conv3D(2, 2, dilation_rate = (2, 1, 2))]
    transposed1 = (5, 3) [Conv1DTranspose(2, 3, strides = 2, activation = "silu")]
    transposed1_gaps = (3, 2) [Conv1DTranspose(3, 2, strides = 3, output_padding = 2, use_bias = False)]
    transposed1_dilated = (4, 2) [Conv1DTranspose(2, 3, dilation_rate = 2, padding = "same")]
    transposed2 = (3, 4, 2) [Conv2DTranspose(3, 3, strides = 2, padding = "same", activation = "tanh")]
    transposed2_few = (3, 3, 5) [Conv2DTranspose(1, (3, 2), padding = "same", activation = "sigmoid")]
    transposed2_many = (2, 3, 2) [Conv2DTranspose(17, 2, strides = (2, 1), activation = "softmax")]
    transposed2_padding = (3, 2, 2) [Conv2DTranspose(2, 3, strides = (1, 3), padding = "same", output_padding = (0, 1))]
    transposed2_pointwise = (3, 2, 2) [Conv2DTranspose(4, 1, activation = "tanh")]
    transposed3 = (2, 2, 3, 2) [Conv3DTranspose(2, (2, 3, 2), strides = (2, 1, 2), activation = "tanh")]
    transposed3_same = (2, 1, 3, 1) [Conv3DTranspose(3, 3, strides = 2, padding = "same", use_bias = False)]
    local1 = (6, 2) [LocallyConnected1D(3, 3, strides = 2, activation = "gelu")]
    local1_same = (5, 2) [LocallyConnected1D(2, 4, strides = 2, padding = "same", implementation = 3, activation = "tanh")]
    local2_same = (3, 4, 2) [LocallyConnected2D(2, (3, 2), padding = "same", implementation = 2)]
    local1_no_bias = (4, 3) [LocallyConnected1D(1, 1, use_bias = False)]
    local2 = (4, 5, 2) [LocallyConnected2D(3, (2, 3), strides = (1, 2), activation = "tanh")]
    steps_of_transposed = (2, 3, 2) [TimeDistributed(Conv1DTranspose(2, 2, activation = "tanh"))]
    steps_of_local = (2, 3, 2) [TimeDistributed(LocallyConnected1D(2, 2))]
    steps_of_dense = (4, 3) [TimeDistributed(Dense(5, activation = "gelu", kernel_regularizer = "l2"))]
    steps_of_images = (3, 4, 5, 2) [
        TimeDistributed(Conv2D(3, 2, activation = "tanh")), TimeDistributed(layer = MaxPooling2D(2)),
        TimeDistributed(Flatten(), activity_regularizer = "l2"), TimeDistributed(BatchNormalization()),
        LSTM(3, return_sequences = True), TimeDistributed(Dense(2, activation = "softmax")),
    ]
    steps_of_sequences = (3, 4, 2) [TimeDistributed(LSTM(3, recurrent_dropout = 0.3)), TimeDistributed(layers.Dropout(0.3))]
    nested = (6,) [Dense(4, activation = "tanh"), Inner, Dense(2)]
    nested_twice = (4,) [Sequential(Inner, name = "one"), Dense(4), Sequential([Inner, Dense(2, activation = "elu")])]
    nested_list = (5, 3) [
        Sequential([Conv1D(4, 2, activation = "relu"), MaxPooling1D(2), BatchNormalization(), LSTM(3)]),
        Sequential([Dense(4), Sequential([Dropout(0.4), Dense(2)])]),
        Sequential([Dense(3, activation = "softmax")]),
    ]
    nested_convolution = (6, 6, 1) [Pooled, Dense(2)]
    nested_penalised = (5,) [
        Sequential([Dense(4, activity_regularizer = L2(0.3), kernel_regularizer = "l1"), Dense(3)]),
        Sequential([Sequential([ActivityRegularization(l2 = 0.2), Dense(2)])]),
    ]
    nested_frozen = (5,) [Sequential([Dense(4, trainable = False), Dense(3)]), Dense(2)]
    residual = (4,) [Residual([Dense(6, activation = "tanh"), Dense(4)]), Residual(Squashed)]
    residual_image = (4, 3, 2) [Residual([Conv2D(2, 3, padding = "same", activation = "relu"), BatchNormalization()]), Flatten(), Dense(2)]
    residual_steps = (5, 3) [Residual([LSTM(3, return_sequences = true)]), TimeDistributed(Residual([Dense(3, activation = "elu")]))]
    lambda = (3, 4) [Lambda(|x| x * x * x, gradient = |x| 3.0 * x * x), Dense(2)]
    lambda_of = (4,) [Dense(3), Lambda(cross, output_shape = (2,), gradient = cross_back), Lambda(|x| -x, gradient = |_| -1.0)]
    lambda_steps = (2, 3) [TimeDistributed(Lambda(cross, output_shape = (2,), gradient = cross_back))]
    einsum = (3, 4) [EinsumDense("abc,cd->abd", (None, 2), bias_axes = "d", activation = "gelu")]
    einsum_steps = (3, 4) [EinsumDense("abc,bd->adc", (2, None), bias_axes = "d", kernel_regularizer = "l2")]
    einsum_own = (3, 4) [EinsumDense("abc,bcd->abd", (None, 2), bias_axes = "bd", activation = "tanh")]
    einsum_dots = (2, 3, 4) [EinsumDense("...c,cde->...de", (2, 3), bias_axes = "e")]
    attention = (5, 4) [MultiHeadAttention(2, 3)]
    attention_other = (4, 3) [
        MultiHeadAttention(3, 2, value_dim = 4, dropout = 0.3, use_bias = False, output_shape = (5,), use_causal_mask = True, kernel_regularizer = "l2"),
    ]
    attention_gate = (4, 3) [
        MultiHeadAttention(2, 3, value_dim = 2, output_shape = (2, 3), sliding_window = 2, use_gate = True, seed = 3),
    ]
    attention_rows = (2, 3, 2, 3) [MultiHeadAttention(2, 2, attention_axes = (2, 3), dropout = 0.2)]
    attention_columns = (3, 2, 3) [MultiHeadAttention(2, 2, attention_axes = 1, use_causal_mask = True, use_gate = True)]
    attention_shared = (4, 3) [GroupQueryAttention(2, 4, 2, dropout = 0.3, use_gate = True, kernel_regularizer = "l2", use_causal_mask = True)]
    attention_steps = (2, 3, 4) [TimeDistributed(MultiHeadAttention(1, 2, bias_regularizer = "l1"))]
    steps_of_lists = (3, 4) [TimeDistributed([Dense(5, activation = "tanh"), Dropout(0.3), Dense(2)]), TimeDistributed(Sequential([Dense(4), Inner]))]
    steps_of_steps = (2, 3, 4) [TimeDistributed(TimeDistributed(Dense(2, activation = "tanh"))), TimeDistributed([LSTM(3)])]
    penalised_arrays = (5, 2) [
        Conv1D(3, 2, kernel_regularizer = "l2", bias_regularizer = L1(0.1)),
        SimpleRNN(4, recurrent_regularizer = OrthogonalRegularizer(0.5), kernel_regularizer = "l1_l2"),
        Dense(3, kernel_regularizer = OrthogonalRegularizer(0.7, mode = "columns"), use_bias = False, bias_regularizer = "l2"),
        LayerNormalization(gamma_regularizer = L1L2(l1 = 0.1, l2 = 0.2), beta_regularizer = FOURTH),
    ]
    penalised_outputs = (4, 3) [
        Dense(5, activation = "relu", activity_regularizer = L2(0.3)),
        Dropout(0.3, activity_regularizer = FOURTH),
        Activation("tanh", activity_regularizer = L1(0.2)),
        ActivityRegularization(l1 = 0.1, l2 = 0.2),
        Flatten(activity_regularizer = "l2"),
        Dense(3, activation = "softmax", activity_regularizer = OrthogonalRegularizer(0.4)),
    ]
    // The head writes over the last output: not over what these still read of it.
    head_over_penalised = (5,) [Dense(4, activity_regularizer = L1L2(0.1, 0.2)), Activation("softmax")]
    head_over_relu = (5,) [Dense(4, activation = "relu"), Activation("softmax")]
    head_over_leaky = (5,) [Dense(4, activation = "leaky_relu"), Dropout(0.2), Activation("sigmoid")]
    head_over_tanh = (2, 3) [Dense(4, activation = "tanh"), Flatten(), Activation("softmax")]
    together = (4, 6) [
        Dense(5, activation = "relu"), Dropout(0.3), Flatten(), Dense(8), Activation("tanh"),
        Dropout(0.2), Dense(6, activation = "gelu"), Activation("leaky_relu"), Dense(3, activation = "softmax"),
    ]
}

/// Models on tokens, half of them padding: there is no gradient of the input.
macro_rules! masked {
    ($($name:ident = [$($layers:tt)*])*) => {
        $(model! { $name [Embedding(9, 3, mask_zero = True, input_length = 5), $($layers)*] })*
    };
}

model! { first_convolution [Conv2D(2, 3, input_shape = (6, 5, 1)), MaxPooling2D(2), Flatten(), Dense(2)] }
model! { first_model [Inner, Dense(2)] }
model! { first_list [Sequential([Dense(4, activation = "tanh", input_shape = (3,)), Dense(2)]), Dense(2)] }
model! { only_list [Sequential([Input((3,)), Dense(4, activation = "tanh", activity_regularizer = "l2")])] }
model! { looked_up [IntegerLookup(vocabulary = [3, 0, 5], mask_token = 4, input_shape = (5,)), Embedding(5, 3, mask_zero = true), LSTM(4)] }
model! { intervals [Discretization([-0.5, 0.0, 0.5], input_shape = (4,)), Embedding(4, 3), Flatten(), Dense(2)] }
model! { nested_tokens [Sequential([Embedding(9, 3, input_length = 5), LSTM(4)]), Dense(2)] }

masked! {
    masked_lstm = [LSTM(4)]
    masked_zeros = [LSTM(4, return_sequences = True, zero_output_for_mask = True), GRU(3, activation = "gelu"), Dense(2)]
    masked_rnn = [SimpleRNN(4, return_sequences = True, activation = "silu"), LSTM(3, activation = "mish")]
    masked_both_ways = [Bidirectional(LSTM(4, return_sequences = True)), Bidirectional(GRU(3, recurrent_dropout = 0.3), merge_mode = "mul")]
    masked_lstms = [LSTM(4, return_sequences = True), Dropout(0.2), LSTM(3, go_backwards = True, recurrent_dropout = 0.3)]
    masked_gru = [GRU(4, go_backwards = True, return_sequences = True)]
    masked_gru_dropped = [GRU(4, dropout = 0.3, recurrent_dropout = 0.3, return_sequences = True), Dense(4), GRU(2)]
    masked_gru_before = [GRU(4, reset_after = False, recurrent_dropout = 0.3, return_sequences = True)]
    masked_rnn_all = [SimpleRNN(4, return_sequences = True)]
    masked_rnns = [SimpleRNN(4, return_sequences = True, go_backwards = True), LayerNormalization(), SimpleRNN(3, recurrent_dropout = 0.4)]
    masked_attention = [MultiHeadAttention(2, 2), LSTM(3)]
    masked_shared_attention = [GroupQueryAttention(2, 2, 1, use_gate = true, sliding_window = 2), LSTM(3)]
    masked_steps = [TimeDistributed(Dense(4, activation = "tanh")), LSTM(3)]
    mask_dropped = [LSTM(4, return_sequences = True), Conv1D(3, 2), SimpleRNN(3)]
}

mod wrong {
    /// An activation whose derivative is wrong by a tenth.
    pub struct Tripled;

    impl kseq::activations::Activation for Tripled {
        const NAME: &'static str = "tripled";

        fn forward(z: &mut [f32], _: usize) {
            z.iter_mut().for_each(|z| *z *= 3.0);
        }

        fn backward(_: &[f32], _: &[f32], dy: &mut [f32], _: usize) {
            dy.iter_mut().for_each(|d| *d *= 2.7);
        }
    }
}

#[test]
fn the_check_refuses_a_wrong_gradient() {
    sequential! { Net = [
        Activation("linear", input_shape = (3,)), Dense(4, activation = wrong::Tripled), Dense(2)
    ] }
    for seed in 0..5 {
        let why = gradients_of::<Net>(seed, 2).expect_err("must be refused");
        assert!(why.to_string().contains("by differences"), "{why}");
    }
}
