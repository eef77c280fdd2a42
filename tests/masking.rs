//! `Embedding(.., mask_zero = True)`: what follows a padded sequence is as if the padding were not there.

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
    backwards [LSTM(6, go_backwards = True), Dense(2)]
    stacked [
        LSTM(17, return_sequences = True), Activation("tanh"), GRU(5, return_sequences = True), Dropout(0.2),
        Dense(4, activation = "relu"), SimpleRNN(6), BatchNormalization(), Dense(2)
    ]
    average [GlobalAveragePooling1D(), Dense(2)]
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

// A mask ends where a layer's constant says so, and `BatchNormalization` is for what is behind. (Where the layer keeps it,
// the model is refused: `ui-tests/tests/ui/b17_*`.)
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
        activation "Activation" [Activation("tanh")]
        activity "ActivityRegularization" [ActivityRegularization(l2 = 0.1)]
        thresholded "ThresholdedReLU" [ThresholdedReLU(0.01)]
        prelu "PReLU" [PReLU(alpha_initializer = "ones", shared_axes = [1])]
        dropout "Dropout" [Dropout(0.5)]
        normalized "LayerNormalization" [LayerNormalization()]
        distributed "TimeDistributed" [TimeDistributed(Dense(3))]
        lstm "LSTM" [LSTM(3, return_sequences = True)]
        gru "GRU" [GRU(3, return_sequences = True)]
        rnn "SimpleRNN" [SimpleRNN(3, return_sequences = True)]
        conv "Conv1D" [Conv1D(3, 1)]
        depthwise "DepthwiseConv1D" [DepthwiseConv1D(1)]
        separable "SeparableConv1D" [SeparableConv1D(3, 1)]
        max "MaxPooling1D" [MaxPooling1D(1)]
        average "AveragePooling1D" [AveragePooling1D(1)]
        padding "ZeroPadding1D" [ZeroPadding1D(0)]
        cropping "Cropping1D" [Cropping1D(0)]
        up "UpSampling1D" [UpSampling1D(1)]
        reshape "Reshape" [Reshape((4, 3))]
        permute "Permute" [Permute((1, 2))]
    };
    // What takes no sequences or gives none; the first layer; and the one that is refused (`ui-tests/tests/ui/b17_*`).
    let others = [
        "BatchNormalization",
        "Conv2D",
        "Cropping2D",
        "DepthwiseConv2D",
        "Embedding",
        "Flatten",
        "AveragePooling2D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "MaxPooling2D",
        "RepeatVector",
        "SeparableConv2D",
        "UpSampling2D",
        "ZeroPadding2D",
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
            "LSTM" | "GRU" | "SimpleRNN" => "return_sequences = True",
            class => class,
        };
        assert_eq!(names.contains(&format!("`{name}`")), reaches, "{class}");
    }
    assert!(line.contains("`BatchNormalization` of a masked sequence is refused"));
}
