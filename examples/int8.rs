//! The int8 twins of two networks: how much of their accuracy is lost, and a training that gets it back.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example int8 -- [--epochs 6] [--seed 0] [--data data/mnist] [--samples N]
//! ```

mod common;

use std::error::Error;
use std::f32::consts::PI;

use common::Arguments;
use kseq::datasets::mnist;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

sequential! {
    /// Which digit a picture shows.
    #[quantize]
    pub DigitCnn = [
        Conv2D(8, (3, 3), activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(16, (3, 3), activation = "relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// Which of twelve words was said: a DS-CNN, as keyword spotters are.
    #[quantize]
    pub Keyword = [
        Conv2D(32, (10, 4), strides = (2, 2), padding = "same", use_bias = false, input_shape = (49, 10, 1)),
        BatchNormalization(),
        ReLU(),
        DepthwiseConv2D((3, 3), padding = "same", use_bias = false),
        BatchNormalization(),
        ReLU(),
        Conv2D(32, (1, 1), use_bias = false),
        BatchNormalization(),
        ReLU(),
        DepthwiseConv2D((3, 3), padding = "same", use_bias = false),
        BatchNormalization(),
        ReLU(),
        Conv2D(32, (1, 1), use_bias = false),
        BatchNormalization(),
        ReLU(),
        AveragePooling2D((25, 5)),
        Flatten(),
        Dense(12, activation = "softmax"),
    ]
}

/// What a front end gives for a second of sound.
type Sound = [[[f32; 1]; 10]; 49];

/// Twelve words, made up: a tone that moves in one of four ways, three at a time apart, at any pitch, in noise.
fn words(seed: u64, count: usize) -> (Vec<Sound>, Vec<u32>) {
    let mut rng = Rng::new(seed, Purpose::User, 0, 0);
    let classes: Vec<u32> = (0..count).map(|_| rng.below(12)).collect();
    let sounds = classes.iter().map(|class| word(*class, &mut rng));
    (sounds.collect(), classes)
}

fn word(class: u32, rng: &mut Rng) -> Sound {
    let (begin, length) = (12.0 * rng.uniform(), 24.0 + 12.0 * rng.uniform());
    let (pitch, span) = (3.0 + 3.0 * rng.uniform(), 2.0 + rng.uniform());
    let loud = 2.0 + 2.0 * rng.uniform();
    let second = 1.0 + (class / 4) as f32;
    std::array::from_fn(|t| {
        let at = (t as f32 - begin) / length;
        let moved = match class % 4 {
            0 => 2.0 * at - 1.0,
            1 => 1.0 - 2.0 * at,
            2 => (2.0 * PI * at).sin(),
            _ => 0.0,
        };
        std::array::from_fn(|band| {
            let off = band as f32 - pitch - span * moved;
            let near = |off: f32| (-0.5 * off * off).exp();
            let tone = match (0.0..1.0).contains(&at) {
                true => loud * (near(off) + 0.7 * near(off - second)),
                false => 0.0,
            };
            [tone + 0.9 * rng.normal()]
        })
    })
}

/// The share of samples whose class is the largest output.
fn right<const N: usize>(outputs: &[[f32; N]], classes: &[u32]) -> f64 {
    let largest = |row: &[f32; N]| (0..N).rev().max_by(|a, b| row[*a].total_cmp(&row[*b]));
    let pairs = outputs.iter().zip(classes);
    let count = pairs.filter(|(row, class)| largest(row) == Some(**class as usize));
    count.count() as f64 / classes.len() as f64
}

/// Samples with their classes, to train and to test with.
struct Data<X> {
    train: (Vec<X>, Vec<u32>),
    test: (Vec<X>, Vec<u32>),
}

/// Trains a model, quantises it in three ways, trains it aware of the integers, and quantises it again.
macro_rules! study {
    ($name:literal, $model:expr, $data:expr, $epochs:expr) => {{
        let Data {
            train: (x, y),
            test: (x_test, y_test),
        } = $data;
        let mut model = compile!(
            $model,
            optimizer = Adam(0.003),
            loss = "sparse_categorical_crossentropy"
        );
        model.fit(x, y, Fit::new().batch_size(32).epochs($epochs).verbose(0))?;
        let float = right(&model.predict(x_test)?, y_test);
        println!("{}: {:.2} % in f32", $name, 100.0 * float);
        let calibration = Calibration::new(&x[..x.len().min(500)]);
        let ways = [
            ("the least and the largest value", calibration),
            ("99.99 of a hundred values", calibration.percentile(99.99)),
            ("the least squares", calibration.mse()),
        ];
        for (way, calibration) in ways {
            let twin = model.quantize(&calibration)?;
            let int8 = right(&twin.predict(x_test)?, y_test);
            println!(
                "{}: {:.2} % in int8, {:+.2}; ranges by {way}",
                $name,
                100.0 * int8,
                100.0 * (int8 - float)
            );
        }
        let model = compile!(
            model,
            optimizer = Adam(0.0003),
            loss = "sparse_categorical_crossentropy"
        );
        let mut model = model.quantize_aware();
        model.fit(
            x,
            y,
            Fit::new()
                .batch_size(32)
                .epochs($epochs.div_ceil(2))
                .verbose(0),
        )?;
        let again = right(&model.predict(x_test)?, y_test);
        let twin = model.quantize(&calibration)?;
        let int8 = right(&twin.predict(x_test)?, y_test);
        println!(
            "{}: after a training that was aware of it {:.2} % in f32, {:.2} % in int8, {:+.2}",
            $name,
            100.0 * again,
            100.0 * int8,
            100.0 * (int8 - again)
        );
        println!("{}", twin.report());
        (float, int8)
    }};
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Arguments::parse(
        include_str!("int8.rs"),
        6,
        concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"),
    )?;
    let digits = mnist::load_data(&args.data)?;
    let labels = |labels: &[u8]| labels.iter().map(|label| u32::from(*label)).collect();
    let n = args.samples(digits.x_train.len());
    let data: Data<[[[f32; 1]; 28]; 28]> = Data {
        train: (
            mnist::scaled(&digits.x_train[..n])?,
            labels(&digits.y_train[..n]),
        ),
        test: (mnist::scaled(&digits.x_test)?, labels(&digits.y_test)),
    };
    study!("digits", DigitCnn::new(args.seed), &data, args.epochs);
    let data = Data {
        train: words(1, args.samples(6000)),
        test: words(2, 4000),
    };
    study!("keyword", Keyword::new(args.seed), &data, args.epochs);
    Ok(())
}
