//! Every layer's backward pass against finite differences of its forward pass, over shapes of all
//! ranks, batch sizes and values drawn by proptest.

use kseq::__core::layer::Ctx;
use kseq::__core::tape::{Gathered, Grads, Tape};
use kseq::activations::Activation;
use kseq::model::Model;
use kseq::params::{Aligned, Flat, zeroed_box};
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::regularizers::{self, Regularizer};
use kseq::rng::{Purpose, Rng};
use kseq::shape::Elem;
use kseq::tensor::Tensor;
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
                check::<[<$name:camel>]>(seed, batch).map_err(TestCaseError::fail)?;
            }
        }
    } };
}

/// `Activation("linear")` first, so that the layer under test has to give the gradient of its input, which the check
/// reads.
macro_rules! models {
    ($($name:ident = $shape:tt [$($layers:tt)*])*) => {
        $(model! { $name [Activation("linear", input_shape = $shape), $($layers)*] })*
    };
}

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
    prelu = (3, 4) [PReLU(alpha_initializer = "random_normal")]
    prelu_shared = (3, 2, 4) [PReLU(alpha_initializer = Constant(0.3), shared_axes = [1, 2])]
    prelu_shared_last = (3, 4) [PReLU(alpha_initializer = Constant(0.3), shared_axes = 2)]
    thresholded_relu = (3, 4) [ThresholdedReLU(theta = 0.3)]
    flatten_rank2 = (3, 5) [Flatten()]
    flatten_rank4 = (2, 3, 1, 2) [Flatten()]
    dropped = (40,) [Dropout(0.4)]
    dropped_rank3 = (3, 4, 5) [Dropout(0.2)]
    lstm_last = (4, 3) [LSTM(5)]
    lstm_all = (3, 2) [LSTM(17, return_sequences = True, go_backwards = True, use_bias = False)]
    lstm_dropped = (4, 6) [LSTM(5, dropout = 0.3, recurrent_dropout = 0.4)]
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
    batch_norm = (5,) [BatchNormalization(epsilon = 0.1)]
    batch_norm_image = (3, 2, 4) [BatchNormalization()]
    batch_norm_first = (3, 2, 4) [BatchNormalization(axis = 1)]
    batch_norm_plain = (3, 4) [BatchNormalization(center = false, scale = false), Dense(3)]
    layer_norm = (19,) [LayerNormalization()]
    layer_norm_rows = (4, 5) [LayerNormalization(), Dense(2)]
    layer_norm_all = (4, 5) [LayerNormalization(axis = (1, 2))]
    layer_norm_steps = (4, 5) [LayerNormalization(axis = 1, center = false)]
    layer_norm_plain = (3, 6) [LayerNormalization(scale = false, epsilon = 0.1)]
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
    steps_of_dense = (4, 3) [TimeDistributed(Dense(5, activation = "gelu", kernel_regularizer = "l2"))]
    steps_of_images = (3, 4, 5, 2) [
        TimeDistributed(Conv2D(3, 2, activation = "tanh")), TimeDistributed(layer = MaxPooling2D(2)),
        TimeDistributed(Flatten(), activity_regularizer = "l2"), TimeDistributed(BatchNormalization()),
        LSTM(3, return_sequences = True), TimeDistributed(Dense(2, activation = "softmax")),
    ]
    steps_of_sequences = (3, 4, 2) [TimeDistributed(LSTM(3, recurrent_dropout = 0.3)), TimeDistributed(layers.Dropout(0.3))]
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

masked! {
    masked_lstm = [LSTM(4)]
    masked_lstms = [LSTM(4, return_sequences = True), Dropout(0.2), LSTM(3, go_backwards = True, recurrent_dropout = 0.3)]
    masked_gru = [GRU(4, go_backwards = True, return_sequences = True)]
    masked_gru_dropped = [GRU(4, dropout = 0.3, recurrent_dropout = 0.3, return_sequences = True), Dense(4), GRU(2)]
    masked_gru_before = [GRU(4, reset_after = False, recurrent_dropout = 0.3, return_sequences = True)]
    masked_rnn = [SimpleRNN(4, return_sequences = True)]
    masked_rnns = [SimpleRNN(4, return_sequences = True, go_backwards = True), LayerNormalization(), SimpleRNN(3, recurrent_dropout = 0.4)]
    masked_steps = [TimeDistributed(Dense(4, activation = "tanh")), LSTM(3)]
    mask_dropped = [LSTM(4, return_sequences = True), Conv1D(3, 2), SimpleRNN(3)]
}

/// An element of a sample.
trait Element: Copy {
    fn draw(rng: &mut Rng) -> Self;
    /// The value moved by `h`; a token stays.
    fn plus(self, h: f32) -> Self;
}

impl Element for f32 {
    fn draw(rng: &mut Rng) -> f32 {
        rng.normal()
    }
    fn plus(self, h: f32) -> f32 {
        self + h
    }
}

impl Element for u32 {
    fn draw(rng: &mut Rng) -> u32 {
        (1.5 * rng.normal().abs()).min(8.0) as u32
    }
    fn plus(self, _: f32) -> u32 {
        self
    }
}

/// Outputs, penalties, the gradients of the parameters and of the input.
type Pass<M> = (Vec<f32>, f32, Box<Aligned<<M as Model>::Params>>, Vec<f32>);

/// The outputs and the penalties of a training pass, and, given the gradient of the output, those of parameters and
/// input.
fn pass<M: Model>(p: &M::Params, x: &[M::Input], r: Option<&[f32]>) -> Pass<M> {
    let n = x.len();
    let mut memory = vec![f32::NAN; M::SIZES.train() * n];
    let (scratch, memory) = memory.split_at_mut(M::SIZES.scratch * n);
    let (tape, grads) = memory.split_at_mut(M::SIZES.tape * n);
    let mut tape = Tape::new(tape, M::PLACEMENTS, n);
    let (mut state, mut dp) = (zeroed_box::<M::State>(), zeroed_box::<M::Params>());
    let mut grads = Grads::new(grads, M::SIZES.grads, n, Gathered(dp.as_f32s_mut()));
    let mut cx = Ctx::new(&Pool::Serial, 5, 3);
    cx.scratch = scratch;
    M::forward(p, &mut state, x, &mut tape, &mut cx);
    let penalty = tape.penalty() + regularizers::penalties(M::PENALTIES, p.as_f32s(), &cx);
    let width = M::Output::SHAPE.last();
    let out = M::Output::flat_mut(tape.output());
    M::Head::forward(out, width);
    let y = out.to_vec();
    let mut dx = Vec::new();
    if let Some(r) = r {
        let dy = M::Output::flat_mut(grads.output(n * M::Output::LEN));
        dy.copy_from_slice(r);
        M::Head::backward(out, &[], dy, width);
        let mut own = zeroed_box::<M::Params>();
        own.as_f32s_mut().copy_from_slice(p.as_f32s());
        M::backward(&mut own, x, &mut tape, &mut grads, &mut cx);
        if M::Input::SHAPE.elem() == Elem::F32 {
            dx = grads.output::<f32>(n * M::Input::LEN).to_vec();
        }
        let (p, dp) = (p.as_f32s(), dp.as_f32s_mut());
        regularizers::add_gradients(M::PENALTIES, p, dp, &cx);
    }
    (y, penalty, dp, dx)
}

/// The check on values in which few places are kinks: a unit of a small model that happens to lie at
/// one makes all its weights such places.
fn check<M: Model>(seed: u64, batch: usize) -> Result<(), String>
where
    M::Input: Tensor<Elem: Element>,
{
    for draw in 0..4 {
        let (kinks, places) = check_draw::<M>(seed ^ draw << 50, batch)?;
        if kinks * 10 <= places + 10 {
            return Ok(());
        }
    }
    Err("many places are kinks in four draws: the gradient is wrong".to_string())
}

/// How many places are kinks, of how many; an error if a gradient is none of the slopes around.
fn check_draw<M: Model>(seed: u64, batch: usize) -> Result<(usize, usize), String>
where
    M::Input: Tensor<Elem: Element>,
{
    let mut model = M::new(seed);
    let mut rng = Rng::new(seed, Purpose::User, 0, 0);
    for p in model.params_mut().as_f32s_mut() {
        *p += 0.2 * rng.normal();
    }
    let x = (0..batch * M::Input::LEN).map(|_| Element::draw(&mut rng));
    let mut x: Vec<<M::Input as Tensor>::Elem> = x.collect();
    let r: Vec<f32> = (0..batch * M::Output::LEN).map(|_| rng.normal()).collect();
    let (_, _, dp, dx) = pass::<M>(&model, M::Input::view(&x), Some(&r));
    let objective = |p: &M::Params, x: &[<M::Input as Tensor>::Elem]| -> f64 {
        let (y, penalty, ..) = pass::<M>(p, M::Input::view(x), None);
        let products = y.iter().zip(&r);
        let sum: f64 = products.map(|(&y, &r)| f64::from(y) * f64::from(r)).sum();
        sum + f64::from(penalty)
    };
    let here = objective(&model, &x);
    // A difference over a kink is something between two slopes: a smaller one does not reach so far.
    // What remains a kink at the smallest must at least be one of the two slopes or between them.
    let compare = |what: String, gradient: f32, at: &mut dyn FnMut(f32) -> f64| {
        let gradient = f64::from(gradient);
        let mut wrong = None;
        for h in [4e-3, 5e-4, 6e-5] {
            let (up, down, h) = (at(h), at(-h), f64::from(h));
            let (right, left) = ((up - here) / h, (here - down) / h);
            let numeric = (up - down) / (2.0 * h);
            let rounding = 1e-6 * (1.0 + here.abs()) / h;
            let tolerance = 1e-2 * (1.0 + numeric.abs()) + rounding;
            let (off, bend) = ((numeric - gradient).abs(), (right - left).abs());
            if off <= tolerance {
                return Ok(false);
            }
            let outside = off > tolerance + 0.5 * bend;
            wrong = outside.then(|| format!("{what}: {gradient}, by differences {numeric}"));
        }
        wrong.map_or(Ok(true), Err)
    };
    let (mut kinks, mut places) = (0, 0);
    for i in 0..dx.len() {
        let old = x[i];
        let kink = compare(format!("dx[{i}]"), dx[i], &mut |h| {
            x[i] = old.plus(h);
            let value = objective(&model, &x);
            x[i] = old;
            value
        })?;
        kinks += usize::from(kink);
        places += 1;
    }
    for (i, &gradient) in dp.as_f32s().iter().enumerate() {
        let old = model.params().as_f32s()[i];
        let kink = compare(format!("dp[{i}]"), gradient, &mut |h| {
            model.params_mut().as_f32s_mut()[i] = old + h;
            let value = objective(&model, &x);
            model.params_mut().as_f32s_mut()[i] = old;
            value
        })?;
        kinks += usize::from(kink);
        places += 1;
    }
    Ok((kinks, places))
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
        let why = check::<Net>(seed, 2).expect_err("must be refused");
        assert!(why.contains("by differences"), "{why}");
    }
}
