//! A loss and a metric of one's own: digits of which four in ten have a wrong label.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example own_loss -- [--epochs 10] [--seed 0] [--data data/mnist] [--samples N]
//! ```
//!
//! The cross-entropy believes every label, and learns the wrong ones by heart. A loss that does not grow without
//! bound gives up on labels that nothing supports. Both train the same network.
//!
//! What is a plain function of one sample needs no trait: see [`losses::function`](kseq::losses::function) and
//! [`metrics::function`](kseq::metrics::function).

mod common;

use common::Arguments;
use kseq::datasets::mnist;
use kseq::losses::{Loss, SeveralUnits, Weights};
use kseq::metrics::{Direction, Metric};
use kseq::prelude::*;

// ANCHOR: loss
/// `loss = (1 - p^q) / q`, where `p` is the probability given to the right class: the cross-entropy for q -> 0, the
/// mean absolute error for q = 1 (Zhang and Sabuncu, 2018, "Generalized cross entropy loss for training deep neural
/// networks with noisy labels").
struct GeneralisedCrossentropy {
    q: f32,
}

impl<const N: usize> Loss<[f32; N]> for GeneralisedCrossentropy {
    /// One-hot. `fit` takes no other targets with this loss.
    type Target = [f32; N];
    /// It compares classes, so a model with one unit is refused by the compiler.
    type Units = SeveralUnits;
    const NAME: &'static str = "generalised_crossentropy";

    /// The mean over the samples, each times its weight, and its derivatives by the outputs.
    fn loss(
        &self,
        out: &[[f32; N]],
        y: &[[f32; N]],
        weight: Option<&[f32]>,
        grad: &mut [[f32; N]],
    ) -> f32 {
        let (weights, n) = (Weights::new(out, weight), out.len() as f32);
        let mut sum = 0.0;
        for (i, ((out, y), grad)) in out.iter().zip(y).zip(grad).enumerate() {
            let share = weights.of_sample(i) / n;
            let p: f32 = out.iter().zip(y).map(|(o, t)| o * t).sum();
            let p = p.max(1e-7);
            sum += share * (1.0 - p.powf(self.q)) / self.q;
            *grad = y.map(|t| -share * t * p.powf(self.q - 1.0));
        }
        sum
    }
}
// ANCHOR_END: loss

/// The share of samples whose right class gets a probability of at least 0.9.
#[derive(Default)]
struct Sure {
    /// How many there are, and how many in all: what a checkpoint saves and a new epoch sets to 0.
    counts: [f64; 2],
}

impl<const N: usize> Metric<[f32; N], [f32; N]> for Sure {
    fn name(&self) -> &'static str {
        "sure"
    }

    /// So that `EarlyStopping` and its like know what is better.
    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn update(&mut self, out: &[[f32; N]], y: &[[f32; N]], weight: Option<&[f32]>) {
        let weights = Weights::new(out, weight);
        for (i, (out, y)) in out.iter().zip(y).enumerate() {
            let weight = f64::from(weights.of_sample(i));
            let p: f32 = out.iter().zip(y).map(|(o, t)| o * t).sum();
            self.counts[0] += if p >= 0.9 { weight } else { 0.0 };
            self.counts[1] += weight;
        }
    }

    fn result(&self) -> f32 {
        (self.counts[0] / self.counts[1].max(1.0)) as f32
    }

    fn state(&mut self) -> &mut [f64] {
        &mut self.counts
    }
}

sequential! {
    /// 784 -> 256 -> 10
    pub Digits = [
        Dense(256, activation = "relu", input_shape = (784,)),
        Dense(10, activation = "softmax"),
    ]
}

/// The numbers of the loss, and its gradient beside quotients of differences.
fn check() {
    let loss = GeneralisedCrossentropy { q: 0.5 };
    let (out, y, mut grad) = ([[0.25, 0.75]], [[1.0, 0.0]], [[0.0; 2]]);
    assert_eq!(loss.loss(&out, &y, None, &mut grad), 1.0);
    assert_eq!(loss.loss(&out, &y, Some(&[2.0]), &mut grad), 2.0);
    loss.loss(&out, &y, None, &mut grad);
    let step = 1e-3;
    for i in 0..2 {
        let [after, before] = [step, -step].map(|step| {
            let mut moved = out;
            moved[0][i] += step;
            loss.call(&y, &moved)
        });
        let quotient = (after - before) / (2.0 * step);
        assert!((grad[0][i] - quotient).abs() < 1e-2, "{grad:?} {quotient}");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    check();
    let args = Arguments::parse(
        include_str!("own_loss.rs"),
        10,
        concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"),
    )?;
    let digits = mnist::load_data(&args.data)?;
    let x_test = mnist::scaled(&digits.x_test)?;
    let y_test: Vec<[f32; 10]> = to_categorical(&digits.y_test)?;
    let x_train = mnist::scaled(&digits.x_train)?;
    let n = args.samples(x_train.len());

    // Four labels in ten become any of the ten.
    let mut rng = common::generator(args.seed);
    let mut labels = digits.y_train;
    for label in &mut labels {
        if rng.uniform() < 0.4 {
            *label = rng.below(10) as u8;
        }
    }
    let y_train: Vec<[f32; 10]> = to_categorical(&labels)?;

    let (x, y) = (&x_train[..n], &y_train[..n]);
    let fit = || Fit::new().batch_size(64).epochs(args.epochs).verbose(2);
    let net = || Digits::new(args.seed);
    let metrics = || (Accuracy, Sure::default());

    let mut usual = net().compile(
        Adam::default(),
        CategoricalCrossentropy::default(),
        metrics(),
    );
    usual.fit(x, y, fit())?;
    let (usual, _) = usual.evaluate(&x_test, &y_test)?.metrics;
    println!("categorical_crossentropy: test_accuracy={usual:.4}");

    let loss = GeneralisedCrossentropy { q: 0.7 };
    let mut model = net().compile(Adam::default(), loss, metrics());
    model.fit(x, y, fit())?;
    let scores = model.evaluate(&x_test, &y_test)?;
    let (accuracy, sure) = scores.metrics;
    println!("generalised_crossentropy: sure={sure:.4}");
    println!("test_loss={:.4} test_accuracy={accuracy:.4}", scores.loss);
    Ok(())
}
