//! `Embedding(.., mask_zero = True)` and `Masking`: what follows a padded sequence is as if the padding were not there.

use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

const SHORT: usize = 5;
const LONG: usize = 9;

/// The same layers on short sequences and on long ones.
macro_rules! pairs {
    ($($name:ident [$($layers:tt)*])*) => {
        $(mod $name {
            use kseq::prelude::*;
            sequential! { pub Short = [
                Embedding(12, 3, mask_zero = True, input_length = super::SHORT), $($layers)*
            ] }
            sequential! { pub Long = [
                Embedding(12, 3, mask_zero = True, input_length = super::LONG), $($layers)*
            ] }
            #[test]
            fn padding_changes_nothing() {
                super::padded::<Short, Long>();
            }
        })*
    };
}

pairs! {
    lstm [LSTM(6), Dense(2)]
    gru [GRU(6), Dense(2)]
    gru_before [GRU(6, reset_after = False), Dense(2)]
    simple_rnn [SimpleRNN(6), Dense(2)]
    both_ways [Bidirectional(LSTM(6)), Dense(2)]
    both_ways_deep [Bidirectional(GRU(5, return_sequences = True), merge_mode = "sum"), Bidirectional(SimpleRNN(3)), Dense(2)]
    lstm_of_inputs [LSTM(6, activation = "gelu"), Dense(2)]
    backwards [LSTM(6, go_backwards = True), Dense(2)]
    stacked [
        LSTM(17, return_sequences = True), Activation("tanh"), GRU(5, return_sequences = True), Dropout(0.2),
        Dense(4, activation = "relu"), SimpleRNN(6), BatchNormalization(), Dense(2)
    ]
    average [GlobalAveragePooling1D(), Dense(2)]
    images_of_steps [TimeDistributed(Reshape((3, 1))), ConvLSTM1D(2, 2, padding = "same"), Flatten(), Dense(2)]
    average_of_outputs [GRU(4, return_sequences = True), GlobalAvgPool1D(), Dense(2)]
}

fn tokens(n: usize) -> Vec<[u32; SHORT]> {
    let mut rng = Rng::new(4, Purpose::User, 0, 0);
    let mut token = || 1 + (4.0 * rng.normal().abs()).min(10.0) as u32;
    (0..n).map(|_| std::array::from_fn(|_| token())).collect()
}

fn bits(y: &[[f32; 2]]) -> Vec<u32> {
    y.as_flattened().iter().map(|y| y.to_bits()).collect()
}

fn padded<S, L>()
where
    S: Model<Input = [u32; SHORT], Output = [f32; 2]>,
    L: Model<Input = [u32; LONG], Output = [f32; 2]>,
{
    let (short, mut long) = (S::new(1), L::new(2).threads(2).unwrap());
    long.params_mut()
        .as_f32s_mut()
        .copy_from_slice(short.params().as_f32s());
    let x = tokens(40);
    let want = short.predict(&x).unwrap();
    // In front, behind, and both.
    for first in [0, 1, LONG - SHORT] {
        let x = x.iter().map(|x| {
            let mut long = [0; LONG];
            long[first..][..SHORT].copy_from_slice(x);
            long
        });
        let x: Vec<[u32; LONG]> = x.collect();
        let y = long.predict(&x).unwrap();
        assert_eq!(bits(&y), bits(&want), "padded in front with {first}");
        // A row does not depend on its batch.
        assert_eq!(bits(&long.predict(&x[7..8]).unwrap()), bits(&y[7..8]));
    }
}

sequential! { All = [
    Embedding(12, 3, mask_zero = True, input_length = 4), LSTM(2, return_sequences = True)
] }

#[test]
fn a_masked_step_repeats_the_output() {
    let y = All::new(3).predict(&[[0, 5, 0, 7]]).unwrap();
    let [a, b, c, d] = y[0];
    assert_eq!((a, b), ([0.0; 2], c));
    assert!(b != a && d != c);
}

macro_rules! stateful {
    ($($name:ident $layer:ident)*) => { $(mod $name {
        use kseq::prelude::*;
        sequential! { Net = [
            Embedding(12, 3, mask_zero = True, batch_input_shape = (1, 3)),
            $layer(2, return_sequences = True, stateful = True),
        ] }

        /// The state stays; the output is zeros until a step of the batch is not masked.
        #[test]
        fn padding_keeps_the_state() {
            let mut net = Net::new(5);
            let call = |x: [u32; 3]| net.predict(&[x]).unwrap()[0];
            let (one, padding, two) = (call([3, 4, 5]), call([0; 3]), call([0, 6, 7]));
            assert_eq!((padding, two[0]), ([[0.0; 2]; 3], [0.0; 2]));
            net.reset_states();
            let call = |x: [u32; 3]| net.predict(&[x]).unwrap()[0];
            assert_eq!(call([3, 4, 5]), one);
            assert_eq!(call([6, 7, 8])[..2], two[1..]);
        }
    })* };
}

stateful! { stateful_lstm LSTM stateful_gru GRU stateful_simple_rnn SimpleRNN }

const MASK_ZERO: bool = false;
sequential! { Unmasked = [Embedding(12, 3, mask_zero = MASK_ZERO, input_length = 4), LSTM(2)] }
sequential! { Plain = [Embedding(12, 3, input_length = 4), LSTM(2)] }

#[test]
fn a_flag_by_name() {
    let x = [[0, 5, 0, 7]];
    let (a, b) = (Unmasked::new(3).predict(&x), Plain::new(3).predict(&x));
    assert_eq!(bits(&a.unwrap()), bits(&b.unwrap()));
}

sequential! { Tagger = [
    Embedding(12, 3, mask_zero = True, input_length = 4),
    LSTM(8, return_sequences = True), GRU(8), Dense(1, activation = "sigmoid"),
] }

/// Which token comes last before the padding: learned, and the same on any number of threads.
#[test]
fn learns_from_padded_sequences() {
    let x: Vec<[u32; 4]> = tokens(64)
        .iter()
        .zip(0..)
        .map(|(x, i)| std::array::from_fn(|t| if t <= i % 4 { x[t] } else { 0 }))
        .collect();
    let last = |x: &[u32; 4]| x.iter().copied().rfind(|&token| token != 0);
    let y: Vec<[f32; 1]> = x.iter().map(|x| [f32::from(last(x) > Some(3))]).collect();
    let [one, two] = [1, 2].map(|threads| {
        let model = Tagger::new(0).threads(threads).unwrap();
        let mut model = model.compile(Adam::new(0.02), BinaryCrossentropy::default(), ());
        let fit = Fit::new().batch_size(16).epochs(40).verbose(0);
        model.fit(&x, &y, fit).unwrap();
        model.evaluate(&x, &y).unwrap().loss
    });
    assert!(one < 0.1 && one.to_bits() == two.to_bits(), "{one} {two}");
}

mod own {
    use kseq::layer::*;

    /// Passes its input on, and the mask or not.
    pub struct Same<const KEEPS: bool>;

    impl<const KEEPS: bool> Same<KEEPS> {
        pub const fn new() -> Self {
            Same
        }
    }

    impl<const KEEPS: bool, In: Tensor<Elem = f32>> ShapeRule<In> for Same<KEEPS> {
        const OUTPUT: Rule = Ok(In::SHAPE);
    }

    impl<const KEEPS: bool> InPlace for Same<KEEPS> {
        type Params = NoParams;
        type State = NoParams;
        const READS_OUTPUT: Reads = Reads::Nothing;
        const MASK: Mask = if KEEPS { Mask::Keeps } else { Mask::Drops };

        fn infer_in_place(&self, _: &NoParams, _: &NoParams, _: &mut [f32], _: usize, _: &Ctx<'_>) {
        }

        fn forward_in_place(
            &self,
            _: &NoParams,
            _: &mut NoParams,
            _: &mut [f32],
            _: &mut [f32],
            _: usize,
            _: &Ctx<'_>,
        ) {
        }

        fn backward_in_place(
            &self,
            _: &NoParams,
            _: BackwardInPlace<'_>,
            _: &mut NoParams,
            _: &Ctx<'_>,
        ) {
        }
    }
}

// A mask ends where a layer's constant says so.
sequential! { Dropped = [
    Embedding(12, 3, mask_zero = True, input_length = 4), own::Same::<false>(), BatchNormalization(), GRU(2),
] }
sequential! { Kept = [
    Embedding(12, 3, mask_zero = True, input_length = 4),
    own::Same::<true>(),
    ActivityRegularization(l2 = 0.1),
    GRU(2),
] }
sequential! { KeptByNone = [Embedding(12, 3, mask_zero = True, input_length = 4), GRU(2)] }

#[test]
fn a_mask_goes_as_far_as_the_layers_say() {
    let y = Dropped::new(3).predict(&[[5, 7, 0, 0]]).unwrap();
    assert_ne!(y, Dropped::new(3).predict(&[[0, 5, 7, 0]]).unwrap());
    let (mut kept, alone) = (Kept::new(3), KeptByNone::new(4));
    kept.params_mut()
        .as_f32s_mut()
        .copy_from_slice(alone.params().as_f32s());
    let x = [[0, 5, 0, 7]];
    assert_eq!(
        bits(&kept.predict(&x).unwrap()),
        bits(&alone.predict(&x).unwrap())
    );
    assert_eq!(
        bits(&kept.predict(&[[5, 7, 0, 0]]).unwrap()),
        bits(&alone.predict(&x).unwrap())
    );
}

/// For each of these layers between an `Embedding` with a mask and a `GRU`: whether the mask came through, so that it
/// does not matter where the padding is.
macro_rules! reached {
    ($($module:ident $class:literal [$($layer:tt)*])*) => {{
        $(mod $module {
            use kseq::prelude::*;
            sequential! { pub Net = [
                Embedding(12, 3, mask_zero = True, input_length = 4), $($layer)*, GRU(2)
            ] }
        })*
        vec![$(($class, reaches::<$module::Net>())),*]
    }};
}

fn reaches<M: Model<Input = [u32; 4], Output = [f32; 2]>>() -> bool {
    let model = M::new(3);
    let y = [[5, 7, 0, 0], [0, 5, 7, 0], [0, 5, 0, 7]].map(|x| model.predict(&[x]).unwrap());
    y[0] == y[1] && y[1] == y[2]
}

/// What KERAS.md says of masks is what the layers do, for every layer of the catalogue.
#[test]
fn the_sentence_about_masks_is_true() {
    let done = reached! {
        dense "Dense" [Dense(3)]
        einsum "EinsumDense" [EinsumDense("abc,cd->abd", output_shape = (None, 3))]
        activation "Activation" [Activation("tanh")]
        activity "ActivityRegularization" [ActivityRegularization(l2 = 0.1)]
        identity "Identity" [Identity()]
        rectified "ReLU" [ReLU(max_value = 6.0)]
        leaky "LeakyReLU" [LeakyReLU()]
        exponential "ELU" [ELU(0.5)]
        softmax "Softmax" [Softmax()]
        thresholded "ThresholdedReLU" [ThresholdedReLU(0.01)]
        prelu "PReLU" [PReLU(alpha_initializer = "ones", shared_axes = [1])]
        dropout "Dropout" [Dropout(0.5)]
        spatial "SpatialDropout1D" [SpatialDropout1D(0.5)]
        noisy "GaussianNoise" [GaussianNoise(0.5)]
        multiplied "GaussianDropout" [GaussianDropout(0.5)]
        alpha "AlphaDropout" [AlphaDropout(0.5)]
        batch "BatchNormalization" [BatchNormalization()]
        normalized "LayerNormalization" [LayerNormalization()]
        grouped "GroupNormalization" [GroupNormalization(3)]
        unit "UnitNormalization" [UnitNormalization()]
        rms "RMSNormalization" [RMSNormalization()]
        spectral "SpectralNormalization" [SpectralNormalization(Dense(3))]
        distributed "TimeDistributed" [TimeDistributed(Dense(3))]
        both_ways "Bidirectional" [Bidirectional(LSTM(3, return_sequences = True))]
        cell "RNN" [RNN(GRUCell(3), return_sequences = True)]
        lstm "LSTM" [LSTM(3, return_sequences = True)]
        gru "GRU" [GRU(3, return_sequences = True)]
        rnn "SimpleRNN" [SimpleRNN(3, return_sequences = True)]
        conv "Conv1D" [Conv1D(3, 1)]
        depthwise "DepthwiseConv1D" [DepthwiseConv1D(1)]
        separable "SeparableConv1D" [SeparableConv1D(3, 1)]
        transposed "Conv1DTranspose" [Conv1DTranspose(3, 1)]
        local "LocallyConnected1D" [LocallyConnected1D(3, 1)]
        max "MaxPooling1D" [MaxPooling1D(1)]
        average "AveragePooling1D" [AveragePooling1D(1)]
        padding "ZeroPadding1D" [ZeroPadding1D(0)]
        cropping "Cropping1D" [Cropping1D(0)]
        up "UpSampling1D" [UpSampling1D(1)]
        adaptive_max "AdaptiveMaxPooling1D" [AdaptiveMaxPooling1D(4)]
        adaptive_average "AdaptiveAveragePooling1D" [AdaptiveAveragePooling1D(4)]
        rescaled "Rescaling" [Rescaling(0.5)]
        given "Normalization" [Normalization(mean = 0.5, variance = 2.0)]
        reshape "Reshape" [Reshape((4, 3))]
        permute "Permute" [Permute((1, 2))]
    };
    // What takes no sequences or gives none; the first layer, and what finds a mask of its own.
    let others = [
        "Conv2D",
        "Conv2DTranspose",
        "Conv3D",
        "Conv3DTranspose",
        "ConvLSTM1D",
        "ConvLSTM2D",
        "Cropping2D",
        "DepthwiseConv2D",
        "Embedding",
        "Flatten",
        "GroupQueryAttention",
        "Lambda",
        "MultiHeadAttention",
        "Residual",
        "AveragePooling2D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "LocallyConnected2D",
        "Masking",
        "MaxPooling2D",
        "RepeatVector",
        "SeparableConv2D",
        "Sequential",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "UpSampling2D",
        "ZeroPadding2D",
        "AdaptiveAveragePooling2D",
        "AdaptiveAveragePooling3D",
        "AdaptiveMaxPooling2D",
        "AdaptiveMaxPooling3D",
        "AveragePooling3D",
        "CenterCrop",
        "Cropping3D",
        "GlobalAveragePooling3D",
        "GlobalMaxPooling3D",
        "MaxPooling3D",
        "Resizing",
        "UpSampling3D",
        "ZeroPadding3D",
        "AutoContrast",
        "CategoryEncoding",
        "Discretization",
        "IntegerLookup",
        "RandomBrightness",
        "RandomColorDegeneration",
        "RandomColorJitter",
        "RandomContrast",
        "RandomCrop",
        "RandomErasing",
        "RandomFlip",
        "RandomGaussianBlur",
        "RandomGrayscale",
        "RandomHue",
        "RandomInvert",
        "RandomPerspective",
        "RandomPosterization",
        "RandomRotation",
        "RandomSaturation",
        "RandomSharpness",
        "RandomShear",
        "RandomTranslation",
        "RandomZoom",
        "Solarization",
    ];
    for row in kseq_catalogue::layers() {
        let known =
            done.iter().any(|(class, _)| *class == row.class) || others.contains(&row.class);
        assert!(known, "{}: what becomes of a mask?", row.class);
    }
    let page = include_str!("../KERAS.md");
    let line = page
        .lines()
        .find(|line| line.starts_with("| masks: "))
        .expect("a line");
    let (before, _) = line.split_once(" pass the mask on").expect("the sentence");
    let (_, names) = before.rsplit_once(';').expect("its beginning");
    for (class, reaches) in done {
        let name = match class {
            "LSTM" | "GRU" | "SimpleRNN" | "Bidirectional" | "RNN" => "return_sequences = True",
            class => class,
        };
        assert_eq!(names.contains(&format!("`{name}`")), reaches, "{class}");
    }
}

/// The same weights, which the layer that masks has none of.
fn copied<A: Model, B: Model>(seed: u64) -> (Sequential<A>, Sequential<B>) {
    let (a, mut b) = (A::new(seed), B::new(seed + 1));
    b.params_mut()
        .as_f32s_mut()
        .copy_from_slice(a.params().as_f32s());
    (a, b.threads(2).unwrap())
}

const PAD: [f32; 2] = [-9.0; 2];

macro_rules! found {
    ($($name:ident [$($before:tt)*] [$($layers:tt)*])*) => {
        $(mod $name {
            use kseq::prelude::*;
            sequential! { pub Short = [Input(shape = (super::SHORT, 2)), $($before)* Masking(-9.0), $($layers)*] }
            sequential! { pub Long = [Input(shape = (super::LONG, 2)), $($before)* Masking(-9.0), $($layers)*] }
            #[test]
            fn padding_changes_nothing() {
                super::found_padding::<Short, Long>();
            }
        })*
    };
}

found! {
    found_first [] [LSTM(3), Dense(2)]
    found_average [] [Dense(3, activation = "tanh"), GlobalAveragePooling1D(), Dense(2)]
    found_backwards [] [Dropout(0.3), GRU(3, return_sequences = True), SimpleRNN(3, go_backwards = True), Dense(2)]
    // What is padding there still consists of one value.
    found_later [UpSampling1D(1), Cropping1D(0), Activation("linear"),] [BatchNormalization(), LSTM(3), Dense(2)]
}

fn found_padding<S, L>()
where
    S: Model<Input = [[f32; 2]; SHORT], Output = [f32; 2]>,
    L: Model<Input = [[f32; 2]; LONG], Output = [f32; 2]>,
{
    let (short, long) = copied::<S, L>(1);
    let mut rng = Rng::new(4, Purpose::User, 0, 0);
    let x: Vec<[[f32; 2]; SHORT]> = (0..40)
        .map(|_| std::array::from_fn(|_| [rng.normal(), -9.0]))
        .collect();
    let want = short.predict(&x).unwrap();
    for first in [0, 1, LONG - SHORT] {
        let x = x.iter().map(|x| {
            let mut long = [PAD; LONG];
            long[first..][..SHORT].copy_from_slice(x);
            long
        });
        let x: Vec<[[f32; 2]; LONG]> = x.collect();
        let y = long.predict(&x).unwrap();
        assert_eq!(bits(&y), bits(&want), "padded in front with {first}");
        assert_eq!(bits(&long.predict(&x[7..8]).unwrap()), bits(&y[7..8]));
    }
}

// A normalization does what a `relu` behind it does: also where only some rows count.
sequential! { Within = [
    Embedding(12, 5, mask_zero = True, input_length = 4), BatchNormalization(), ReLU(), LSTM(3), Dense(2),
] }
sequential! { Behind = [
    Embedding(12, 5, mask_zero = True, input_length = 4), BatchNormalization(), Activation("linear"), ReLU(), LSTM(3), Dense(2),
] }

#[test]
fn a_relu_behind_a_normalization_of_masked_steps() {
    let x = [[5, 7, 0, 0], [1, 0, 0, 0], [3, 3, 4, 0], [2, 9, 4, 11]];
    let y = [[0.5, -1.0], [1.0, 0.0], [-2.0, 0.25], [0.75, 3.0]];
    let (sgd, squares) = (|| SGD::new(0.1), MeanSquaredError::default);
    let mut one = Within::new(3).compile(sgd(), squares(), ());
    let mut other = Behind::new(4).compile(sgd(), squares(), ());
    let params = other.params_mut().as_f32s_mut();
    params.copy_from_slice(one.params().as_f32s());
    for _ in 0..3 {
        one.train_on_batch(&x, &y).unwrap();
        other.train_on_batch(&x, &y).unwrap();
        assert_eq!(one.params().as_f32s(), other.params().as_f32s());
        assert_eq!(one.state_mut().as_f32s(), other.state_mut().as_f32s());
    }
}

// Attention over the second axis of an image.
sequential! { Image = [Masking(-9.0, input_shape = (3, 4, 2)), MultiHeadAttention(2, 3, attention_axes = (2,))] }

#[test]
fn a_masked_place_of_an_image_looks_at_nothing() {
    let mut image = Image::new(5);
    image.params_mut().multi_head_attention_1.output_bias = [0.5, -2.0];
    let mut x = [[[[1.0, -1.0]; 4]; 3]];
    (x[0][0][1], x[0][2]) = (PAD, [PAD; 4]);
    let y = image.predict(&x).unwrap();
    for (row, (x, y)) in x[0].iter().zip(&y[0]).enumerate() {
        for (x, y) in x.iter().zip(y) {
            let is_bias = *y == [0.5, -2.0];
            assert_eq!(is_bias, *x == PAD, "row {row}: {x:?} gives {y:?}");
        }
    }
}

// The second mask takes the place of the first, which made its steps 0.
sequential! { Twice = [Masking(5.0, input_shape = (4, 1)), Masking(0.0), GRU(2)] }
sequential! { Once = [Masking(5.0, input_shape = (2, 1)), GRU(2)] }
// Behind what ends it there is none.
sequential! { Ended = [Masking(input_shape = (4, 1)), Permute((1, 2)), GRU(2)] }
sequential! { Never = [Input(shape = (4, 1)), GRU(2)] }

#[test]
fn the_last_mask_counts() {
    let (once, twice) = copied::<Once, Twice>(3);
    let y = twice.predict(&[[[5.0], [1.0], [0.0], [2.0]]]).unwrap();
    assert_eq!(bits(&y), bits(&once.predict(&[[[1.0], [2.0]]]).unwrap()));
    let (never, ended) = copied::<Never, Ended>(3);
    let x = [[[0.0], [1.0], [0.0], [2.0]]];
    assert_eq!(
        bits(&ended.predict(&x).unwrap()),
        bits(&never.predict(&x).unwrap())
    );
}

sequential! { Open = [Masking(input_shape = (None, 2)), Dense(3), LSTM(2, return_sequences = True)] }
sequential! { Fixed = [Masking(input_shape = (6, 2)), Dense(3), LSTM(2, return_sequences = True)] }

#[test]
fn sequences_of_any_length_and_steps_one_by_one() {
    let (fixed, open) = copied::<Fixed, Open>(3);
    let x = [
        [0.0, 1.0],
        [0.0; 2],
        [2.0, 1.0],
        [-1.0, 0.0],
        [0.0; 2],
        [0.0; 2],
    ];
    let want = fixed.predict(&[x]).unwrap();
    let y = open.predict(&[x.to_vec()]).unwrap();
    assert_eq!(bits(&y[0]), bits(&want[0]));
    let mut stream = open.stream();
    for (x, want) in x.iter().zip(&want[0]) {
        assert_eq!(stream.push(x).unwrap(), Some(*want));
    }
}

sequential! { Each = [
    Masking(input_shape = (3, 2)), Dense(4, activation = "tanh"), BatchNormalization(), Dense(2),
] }

/// What Keras does, in a few lines: the mean over what is not masked. (Whole trainings: `tests/golden`, `trajectory_mask*`.)
#[test]
fn a_mask_of_the_output_weighs_loss_and_metrics() {
    use kseq::metrics::{self, RootMeanSquaredError, Weighted};
    let x = [
        [[1.0, 0.0], [0.0; 2], [0.5, 2.0]],
        [[0.0; 2]; 3],
        [[0.0, 3.0], [0.0, -1.0], [0.0; 2]],
    ];
    let y = [[[0.5, 1.0], [1.0, 0.0], [-2.0, 0.25]]; 3];
    let weights = [[1.0, 5.0, 2.0], [3.0, 3.0, 3.0], [0.0, 0.5, 1.0]];
    let masked = x.as_flattened().iter().map(|x| *x == [0.0; 2]);
    let masked: Vec<bool> = masked.collect();
    let net = Each::new(3).threads(2).unwrap();
    let p = net.predict(&x).unwrap();
    let each = p.as_flattened().iter().zip(y.as_flattened());
    let errors: Vec<[f32; 2]> = each.map(|(p, y)| [p[0] - y[0], p[1] - y[1]]).collect();
    let rows = |f: fn(&[f32; 2]) -> f32, weights: &[f32]| -> f32 {
        let rows = errors.iter().zip(&masked).zip(weights);
        let rows = rows.filter(|((_, masked), _)| !**masked);
        rows.map(|((e, _), w)| w * f(e)).sum()
    };
    let squared = |e: &[f32; 2]| (e[0] * e[0] + e[1] * e[1]) / 2.0;
    let absolute = |e: &[f32; 2]| (e[0].abs() + e[1].abs()) / 2.0;
    let (ones, given) = ([1.0; 9], weights.as_flattened());
    let all = errors.iter().map(squared).sum::<f32>() / 9.0;
    let sum = given
        .iter()
        .zip(&masked)
        .filter_map(|(w, masked)| (!masked).then_some(*w))
        .sum::<f32>();
    let metrics = (
        metrics::MeanAbsoluteError::default(),
        Weighted(metrics::MeanSquaredError::default()),
        RootMeanSquaredError::default(),
    );
    let mut net = net.compile(SGD::new(0.1), MeanSquaredError::default(), metrics);
    let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5 * b.abs(), "{a} {b}");
    let scores = net.evaluate(&x, &y).unwrap();
    close(scores.loss, rows(squared, &ones) / 4.0);
    close(scores.metrics.0, rows(absolute, &ones) / 4.0);
    close(scores.metrics.1, rows(squared, &ones) / 4.0);
    close(scores.metrics.2, all.sqrt());
    let options = Evaluate::new().sample_weight(&weights);
    let scores = net.evaluate_with(&x, &y, options).unwrap();
    close(scores.loss, rows(squared, given) / 4.0);
    close(scores.metrics.0, rows(absolute, &ones) / 4.0);
    close(scores.metrics.1, rows(squared, given) / sum);
    // Nothing but padding has no loss, and changes no weight.
    let before = net.params().as_f32s().to_vec();
    let none = net.train_on_batch(&x[1..2], &y[1..2]).unwrap();
    assert_eq!((none.loss, none.metrics.0), (0.0, 0.0));
    assert_eq!(net.params().as_f32s(), before);
}

/// The moving averages are those of what is not padding, the bits those of any number of threads.
#[test]
fn batch_normalization_leaves_padding_out() {
    let mut x = [[[0.0; 2]; 3]; 4];
    (x[0][1], x[2][0], x[3][2]) = ([1.0, 4.0], [2.0, -2.0], [6.0, 1.0]);
    let y = [[[0.0; 2]; 3]; 4];
    sequential! { Norm = [Masking(input_shape = (3, 2)), BatchNormalization(momentum = 0.0), Dense(2)] }
    let [one, two] = [1, 2].map(|threads| {
        let net = Norm::new(3).threads(threads).unwrap();
        let mut net = net.compile(SGD::new(0.1), MeanSquaredError::default(), ());
        net.train_on_batch(&x, &y).unwrap();
        let state = net.state_mut().as_f32s().to_vec();
        (state, net.params().as_f32s().to_vec())
    });
    assert_eq!(one, two);
    let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} {b}");
    close(one.0[0], 3.0);
    close(one.0[1], 1.0);
    close(one.0[2], (4.0 + 1.0 + 9.0) / 3.0);
    close(one.0[3], (9.0 + 9.0 + 0.0) / 3.0);
}
