//! Optimizers in a whole training: averages, accumulated gradients, schedules.

use kseq::optimizers::schedules::{
    CosineDecay, ExponentialDecay, LearningRateSchedule, PiecewiseConstantDecay,
};
use kseq::optimizers::{Optimizer, Settings};
use kseq::params::Flat;
use kseq::prelude::*;

sequential! {
    Line = [Dense(1, input_shape = (2,))];
}

/// Optimizers stand in constants, for a `static` of a microcontroller.
const _: SGD = SGD::new(0.1).nesterov(true);
const _: SGD<false, Settings<f32, false, false, true>> =
    SGD::new(0.1).clipnorm(1.0).weight_decay(0.01);
const _: PiecewiseConstantDecay<1, 2> = PiecewiseConstantDecay::new([10], [0.1, 0.01]);

const X: [[f32; 2]; 4] = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, -1.0]];
const Y: [[f32; 1]; 4] = [[1.0], [-1.0], [0.5], [2.0]];

fn trained<O: Optimizer>(optimizer: O, batch_size: usize, epochs: usize) -> Vec<f32> {
    let mut model = Line::new(3).compile(optimizer, MeanSquaredError::default(), ());
    let fit = Fit::new().batch_size(batch_size).epochs(epochs);
    model.fit(&X, &Y, fit.shuffle(false).verbose(0)).unwrap();
    model.params().as_f32s().to_vec()
}

/// `fit` ends with the averages; until then the training is the same.
#[test]
fn use_ema() {
    let mut average: Vec<f32> = Vec::new();
    for epochs in 1..=3 {
        let p = trained(SGD::new(0.1), 4, epochs);
        if average.is_empty() {
            average = p;
        } else {
            average
                .iter_mut()
                .zip(p)
                .for_each(|(a, p)| *a = 0.75 * *a + 0.25 * p);
        }
    }
    let found = trained(SGD::new(0.1).use_ema().ema_momentum(0.75), 4, 3);
    assert_eq!(found, average);
    assert_ne!(found, trained(SGD::new(0.1), 4, 3));
}

/// Batches of 2, two for each update, are batches of 4; a schedule counts the batches.
#[test]
fn gradient_accumulation() {
    const RATE: CosineDecay = CosineDecay::new(0.1, 8);
    let want = trained(Adam::new(RATE), 4, 6);
    let adam = Adam::new(|batch: u64| RATE.at(batch / 2));
    let found = trained(adam.gradient_accumulation_steps(2), 2, 6);
    for (found, want) in found.iter().zip(&want) {
        assert!((found - want).abs() < 1e-5, "{found}, not {want}");
    }
    assert_ne!(found, trained(adam, 2, 6));
    let faster = Adam::new(RATE).gradient_accumulation_steps(2);
    assert_ne!(found, trained(faster, 2, 6));
}

sequential! {
    Deep = [
        Dense(6, activation = "tanh", input_shape = (2,)),
        Dense(6, activation = "tanh"),
        Dense(1),
    ];
}

/// The optimizers of whole arrays and of a slot that begins as the parameters: they learn, a checkpoint goes on with the
/// same bits, and threads change nothing.
#[test]
fn the_newer_ones() {
    fn check<O: Optimizer>(optimizer: impl Fn() -> O) {
        let path = std::env::temp_dir().join(format!("kseq-{}-{}", O::NAME, std::process::id()));
        let fit = |epochs| {
            Fit::new()
                .batch_size(2)
                .epochs(epochs)
                .shuffle(false)
                .verbose(0)
        };
        let fresh = || Deep::new(3).compile(optimizer(), MeanSquaredError::default(), ());
        let mut whole = fresh();
        let before = whole.evaluate(&X, &Y).unwrap().loss;
        whole.fit(&X, &Y, fit(10)).unwrap();
        whole.save(&path).unwrap();
        let mut resumed = fresh();
        resumed.load(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        for model in [&mut whole, &mut resumed] {
            model.fit(&X, &Y, fit(10)).unwrap();
        }
        assert_eq!(
            whole.params().as_f32s(),
            resumed.params().as_f32s(),
            "{}",
            O::NAME
        );
        let mut threads = fresh().threads(3).unwrap();
        for _ in 0..2 {
            threads.fit(&X, &Y, fit(10)).unwrap();
        }
        assert_eq!(
            whole.params().as_f32s(),
            threads.params().as_f32s(),
            "{}",
            O::NAME
        );
        let after = whole.evaluate(&X, &Y).unwrap().loss;
        assert!(after < 0.7 * before, "{}: {before} to {after}", O::NAME);
    }
    check(|| Lamb::new(0.02));
    check(|| Lamb::new(0.02).weight_decay(0.01).use_ema());
    check(|| Muon::new(0.05).exclude_layers(&["dense_3"]));
    check(|| {
        ScheduleFreeAdamW::new(0.02)
            .warmup_steps(3)
            .weight_decay(0.01)
    });
    check(|| ScheduleFreeAdamW::new(0.02).gradient_accumulation_steps(2));
}

/// A schedule goes by batches; a function of one's own is one.
#[test]
fn schedules() {
    let by_schedule = trained(SGD::new(ExponentialDecay::new(0.1, 1, 0.5)), 2, 3);
    let by_function = trained(SGD::new(|step: u64| 0.1 * 0.5_f32.powi(step as i32)), 2, 3);
    assert_eq!(by_schedule, by_function);
    assert_ne!(by_schedule, trained(SGD::new(0.1), 2, 3));
}

/// What is wrong with an argument is an error before the first step.
#[test]
fn arguments() {
    let sgd = SGD::new(0.1).clipnorm(1.0).clipvalue(0.5);
    let mut model = Line::new(3).compile(sgd, MeanSquaredError::default(), ());
    let before = model.params().as_f32s().to_vec();
    let error = model.fit(&X, &Y, Fit::new().verbose(0)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("set only one of clipnorm, clipvalue and global_clipnorm"),
        "{text}"
    );
    assert_eq!(model.params().as_f32s(), before);
}
