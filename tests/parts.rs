//! `.parts(n)`: a batch in parts has the gradient of the whole batch but for rounding, and bits of its own whoever computes which part.
//! On several processes: `kseq-mpi/tests/ranks`.

use kseq::losses::{Circle, Dice};
use kseq::metrics::R2Score;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

sequential! {
    Noisy = [
        Dense(13, activation = "relu", kernel_regularizer = l2(0.01), input_shape = (7,)),
        Dropout(0.3),
        Dense(11, activation = "tanh", activity_regularizer = l1(0.01)),
        GaussianNoise(0.1),
        Dense(3),
    ]
}
sequential! {
    Images = [
        RandomFlip(input_shape = (6, 6, 2)),
        RandomTranslation(0.2, 0.2),
        SpatialDropout2D(0.4),
        AlphaDropout(0.2),
        Flatten(),
        Dense(3),
    ]
}
sequential! {
    Steps = [
        LSTM(5, dropout = 0.3, recurrent_dropout = 0.2, return_sequences = true, input_shape = (4, 7)),
        GRU(5, dropout = 0.3, recurrent_dropout = 0.2, return_sequences = true),
        TimeDistributed([Dropout(0.2), Dense(4)]),
        Bidirectional(SimpleRNN(3, dropout = 0.3)),
        Dense(3),
    ]
}
sequential! {
    Frames = [
        ConvLSTM1D(2, 3, dropout = 0.3, recurrent_dropout = 0.2, input_shape = (3, 6, 2)),
        Flatten(),
        Dense(3),
    ]
}
sequential! { Embedded = [Dense(4, input_shape = (7,))] }
sequential! {
    Carries = [
        LSTM(3, stateful = true, batch_input_shape = (4, 2, 3)),
        Dense(2),
    ]
}

fn numbers(n: usize) -> Vec<f32> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    (0..n).map(|_| 2.0 * rng.uniform() - 1.0).collect()
}

fn targets(n: usize) -> Vec<[f32; 3]> {
    let numbers = numbers(3 * n);
    numbers.as_chunks().0.to_vec()
}

fn bits(history: &History) -> Vec<u32> {
    let names: Vec<&str> = history.keys().collect();
    let values = names.iter().flat_map(|name| history.get(name).unwrap());
    values.map(|value| value.to_bits()).collect()
}

/// Whole batches and batches in parts, of 43 samples in batches of 10.
macro_rules! compare {
    ($net:ident, $x:expr) => {
        let (x, y) = ($x, targets(43));
        let fit = |parts: usize, threads: usize| {
            let model = $net::new(3).threads(threads).unwrap();
            let optimizer = SGD::new(0.05).momentum(0.9).global_clipnorm(1.0);
            let model = model.compile(
                optimizer,
                MeanSquaredError::default(),
                (R2Score::<3>::new(),),
            );
            let mut model = model.parts(parts).unwrap();
            let fit = Fit::new()
                .batch_size(10)
                .epochs(3)
                .verbose(0)
                .validation_split(0.3);
            model.fit(&x, &y, fit).unwrap()
        };
        let whole = fit(1, 1);
        let name = stringify!($net);
        for parts in [2, 3, 7, 16] {
            let found = fit(parts, 1);
            for key in whole.keys() {
                let pairs = found.get(key).unwrap().iter().zip(whole.get(key).unwrap());
                for (found, whole) in pairs {
                    let far = (found - whole).abs() > 1e-5 * whole.abs().max(1.0);
                    assert!(
                        !far,
                        "{name} in {parts} parts: {key} {found}, whole {whole}"
                    );
                }
            }
            assert_eq!(
                bits(&fit(parts, 2)),
                bits(&found),
                "{name} in {parts} parts"
            );
        }
    };
}

#[test]
fn parts_have_the_gradient_of_the_batch() {
    let x: Vec<[f32; 7]> = numbers(7 * 43).as_chunks().0.to_vec();
    compare!(Noisy, x);
}

#[test]
fn random_images_are_those_of_the_batch() {
    let x: Vec<[[[f32; 2]; 6]; 6]> = numbers(72 * 43)
        .chunks(72)
        .map(|x| {
            std::array::from_fn(|i| {
                std::array::from_fn(|j| [x[12 * i + 2 * j], x[12 * i + 2 * j + 1]])
            })
        })
        .collect();
    compare!(Images, x);
}

#[test]
fn masks_of_recurrent_layers_are_those_of_the_batch() {
    let x: Vec<[[f32; 7]; 4]> = numbers(28 * 43)
        .chunks(28)
        .map(|x| std::array::from_fn(|i| std::array::from_fn(|j| x[7 * i + j])))
        .collect();
    compare!(Steps, x);
    let x: Vec<[[[f32; 2]; 6]; 3]> = numbers(36 * 43)
        .chunks(36)
        .map(|x| {
            std::array::from_fn(|t| {
                std::array::from_fn(|i| [x[12 * t + 2 * i], x[12 * t + 2 * i + 1]])
            })
        })
        .collect();
    compare!(Frames, x);
}

/// A training goes on from a checkpoint with the bits that it has without the interruption.
#[test]
fn a_saved_training_goes_on() {
    let (x, y) = (numbers(7 * 40).as_chunks::<7>().0.to_vec(), targets(40));
    let model = || {
        let model = Noisy::new(3).compile(Adam::new(0.01), MeanSquaredError::default(), ());
        model.parts(3).unwrap()
    };
    let fit = || Fit::new().batch_size(16).verbose(0);
    let mut whole = model();
    let _ = whole.fit(&x, &y, fit().epochs(2)).unwrap();
    let path = std::env::temp_dir().join(format!("kseq-parts-{}.safetensors", std::process::id()));
    let mut first = model();
    let _ = first.fit(&x, &y, fit().epochs(1)).unwrap();
    first.save(&path).unwrap();
    let mut second = model();
    second.load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let _ = second.fit(&x, &y, fit().epochs(1)).unwrap();
    assert_eq!(second.dense_3.kernel, whole.dense_3.kernel);
}

fn refusal<T>(found: Result<T, Error>) -> String {
    found.err().map(|error| error.to_string()).unwrap()
}

#[test]
fn what_needs_a_whole_batch_is_refused() {
    let model = Carries::new(0).compile(SGD::new(0.1), MeanSquaredError::default(), ());
    assert!(refusal(model.parts(2)).starts_with("parts: a stateful model"));
    let model = Embedded::new(0).compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let expected = "parts: expected at least 1, one for each rank, found 0";
    assert_eq!(refusal(model.parts(0)), expected);

    let x = numbers(7 * 8).as_chunks::<7>().0.to_vec();
    let model = Embedded::new(0).compile(SGD::new(0.1), Circle::new(), ());
    let mut model = model.parts(2).unwrap();
    let found = refusal(model.fit(&x, &[0, 1, 0, 1, 0, 1, 0, 1], Fit::new().verbose(0)));
    assert!(found.starts_with("parts: this loss compares"), "{found}");
    let model = Embedded::new(0).compile(SGD::new(0.1), Insist(Dice::new()), ());
    let mut model = model.parts(2).unwrap();
    let found = refusal(model.fit(&x, &[[0.5; 4]; 8], Fit::new().verbose(0)));
    assert!(found.starts_with("parts: this loss compares"), "{found}");
}
