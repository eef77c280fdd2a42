//! Models of the layers that the Sequential guide does not show, on one thread, beside Keras on TensorFlow and on JAX.
//!
//! ```sh
//! cargo bench -p kseq-benches --bench breadth                  # kseq alone, all models
//! KSEQ_KERAS_PYTHON=/path/to/python cargo bench -p kseq-benches --bench breadth -- mobilenet
//! ```
//! With a Python that has Keras, TensorFlow and JAX, each round runs kseq and both of Keras's backends in turn
//! (`peers/keras/breadth.py`), each in a process of its own on one CPU; the table holds medians of the rounds.
//! Also `--rounds 3`, `--seconds 0.5` (of a repeat), `--cpu 0`.
//!
//! A step is `train_on_batch` on one batch that stays in memory, the loss read; the learning rate is small, so that
//! thousands of steps on one batch do not end in denormal numbers. A prediction is `predict` of a batch. CPU time counts.
//!
//! A model is a `sequential!`, a line in [`MODELS`] and an arm of [`measure`] here, and a function of the same name in
//! `breadth.py`.

mod common;

use common::programs::{Figures, pinned};
use common::{Clock, median, repeats};
use kseq::losses::{Loss, MeantFor};
use kseq::metrics::Metrics;
use kseq::model::Model;
use kseq::optimizers::Optimizer;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;

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
    /// The same by separable convolutions, with statistics only behind each.
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

sequential! {
    /// A review, read both ways.
    Bidirectional = [
        Embedding(5000, 64, input_length = 80),
        Bidirectional(LSTM(64)),
        Dense(1, activation = "sigmoid"),
    ]
}

sequential! {
    /// Padded reviews, with batch statistics of the words that are there, and of the outputs.
    Gru = [
        Embedding(5000, 64, mask_zero = true, input_length = 80),
        BatchNormalization(),
        GRU(64),
        BatchNormalization(),
        Dense(1, activation = "sigmoid"),
    ]
}

const MODELS: [&str; 5] = [
    "mobilenet",
    "separable",
    "autoencoder",
    "bidirectional",
    "gru",
];

/// What is measured of each model.
const WORKS: [&str; 2] = ["train", "predict"];

/// Training and prediction of a model in this process.
fn measure(name: &str, seconds: f64) {
    let run = Benchmark { name, seconds };
    let classes = CategoricalCrossentropy::default;
    match name {
        "mobilenet" => run.of::<Mobilenet, _, _>(images(32), sgd(), classes()),
        "separable" => run.of::<Separable, _, _>(images(32), sgd(), classes()),
        "autoencoder" => {
            let (x, mean) = (images(32), MeanSquaredError::default());
            let y = images(32);
            run.with_targets::<Autoencoder, _, _>(x, &y, sgd(), mean);
        }
        "bidirectional" => {
            let binary = BinaryCrossentropy::default();
            run.of::<Bidirectional, _, _>(reviews(32, 80), sgd(), binary);
        }
        "gru" => {
            let binary = BinaryCrossentropy::default();
            run.of::<Gru, _, _>(reviews(32, 40), sgd(), binary);
        }
        _ => panic!("no model {name}; there are {}", MODELS.join(", ")),
    }
}

fn sgd() -> impl Optimizer {
    SGD::new(1e-5).momentum(0.9)
}

/// `batch` samples of values from -1 to 1.
fn images<T: Tensor<Elem = f32>>(batch: usize) -> Vec<T> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let values: Vec<f32> = (0..batch * T::LEN)
        .map(|_| 2.0 * rng.uniform() - 1.0)
        .collect();
    T::view(&values).to_vec()
}

/// `batch` samples of tokens, at least `least` of them, behind padding.
fn reviews(batch: usize, least: u32) -> Vec<[u32; 80]> {
    let mut rng = Rng::new(3, Purpose::User, 0, 0);
    let review = |_| {
        let padding = rng.below(81 - least) as usize;
        std::array::from_fn(|t| match t < padding {
            true => 0,
            false => 1 + rng.below(4999),
        })
    };
    (0..batch).map(review).collect()
}

/// Classes as rows with a single 1; of one unit 0 or 1.
fn targets<T: Tensor<Elem = f32>>(batch: usize) -> Vec<T> {
    let mut values = vec![0.0; batch * T::LEN];
    let mut rng = Rng::new(2, Purpose::User, 0, 0);
    for row in values.chunks_mut(T::LEN) {
        let class = rng.below(row.len().max(2) as u32) as usize;
        if let Some(value) = row.get_mut(class) {
            *value = 1.0;
        }
    }
    T::view(&values).to_vec()
}

struct Benchmark<'a> {
    name: &'a str,
    seconds: f64,
}

impl Benchmark<'_> {
    /// A classifier.
    fn of<M, O, L>(&self, x: Vec<M::Input>, optimizer: O, loss: L)
    where
        M: Model,
        O: Optimizer,
        L: Loss<M::Output, Target = M::Output> + MeantFor<M::Output, M::Units>,
        (): Metrics<M::Output, L::Target>,
    {
        let y = targets::<M::Output>(x.len());
        self.with_targets::<M, O, L>(x, &y, optimizer, loss);
    }

    fn with_targets<M, O, L>(&self, x: Vec<M::Input>, y: &[L::Target], optimizer: O, loss: L)
    where
        M: Model,
        O: Optimizer,
        L: Loss<M::Output, Target = M::Output> + MeantFor<M::Output, M::Units>,
        (): Metrics<M::Output, L::Target>,
    {
        let model = M::new(1).threads(1).expect("threads");
        let mut model = model.compile(optimizer, loss, ());
        self.report("train", x.len(), || {
            let scores = model.train_on_batch(&x, y).expect("good data");
            assert!(scores.loss.is_finite());
        });
        self.report("predict", x.len(), || {
            std::hint::black_box(model.predict(&x).expect("good data"));
        });
    }

    fn report(&self, work: &str, batch: usize, f: impl FnMut()) {
        let seconds = median(&repeats(5, self.seconds, Clock::of(1), f));
        println!("{} {work} {:.2}", self.name, batch as f64 / seconds);
    }
}

fn main() {
    let (mut models, mut alone) = (Vec::new(), false);
    let (mut rounds, mut seconds, mut cpu) = (3, 0.5, 0);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--rounds" => rounds = value().parse().expect("a number of rounds"),
            "--seconds" => seconds = value().parse().expect("the seconds of a repeat"),
            "--cpu" => cpu = value().parse().expect("the number of a CPU"),
            "--alone" => alone = true,
            // Cargo's own.
            "--bench" => {}
            name if MODELS.contains(&name) => models.push(arg),
            _ => panic!("unknown argument {arg}; models are {}", MODELS.join(", ")),
        }
    }
    if models.is_empty() {
        models = MODELS.map(String::from).to_vec();
    }
    if alone {
        return models.iter().for_each(|name| measure(name, seconds));
    }
    for name in &models {
        compare(name, &Runs::of(name, rounds, seconds, cpu));
    }
}

/// What the programs printed.
struct Runs {
    kseq: Figures<2>,
    peers: Vec<(&'static str, Figures<2>)>,
}

impl Runs {
    fn of(name: &str, rounds: usize, seconds: f64, cpu: usize) -> Runs {
        let python = std::env::var("KSEQ_KERAS_PYTHON").ok();
        let backends: &[&str] = match python {
            Some(_) => &["tensorflow", "jax"],
            None => &[],
        };
        let mut runs = Runs {
            kseq: Figures::default(),
            peers: backends.iter().map(|&b| (b, Figures::default())).collect(),
        };
        let this = std::env::current_exe().expect("the path of this program");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/keras/breadth.py");
        let seconds = seconds.to_string();
        for _ in 0..rounds {
            let mut command = pinned(cpu, this.as_os_str());
            command.args(["--alone", name, "--seconds", &seconds]);
            runs.kseq.collect(&WORKS, &mut command);
            for (backend, figures) in &mut runs.peers {
                let python = python.as_ref().expect("peers have a Python");
                let mut command = pinned(cpu, python.as_ref());
                command.args([script, name, &seconds]);
                command.env("KERAS_BACKEND", backend);
                figures.collect(&WORKS, &mut command);
            }
        }
        runs
    }
}

/// The lines of a model: each program's median, and how many times the speed of the best peer that is.
fn compare(name: &str, runs: &Runs) {
    for (work, what) in WORKS.iter().enumerate() {
        let ours = runs.kseq.middle(work);
        print!("{name:12} {what:7} kseq {ours:10.1} samples/s");
        let mut best = 0.0_f64;
        for (peer, figures) in &runs.peers {
            let theirs = figures.middle(work);
            best = best.max(theirs);
            print!("   {peer} {theirs:10.1}");
        }
        if best > 0.0 {
            print!("   {:.2} times the best peer", ours / best);
        }
        println!();
    }
}
