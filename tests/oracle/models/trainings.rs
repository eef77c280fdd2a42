//! Random trainings of small models in kseq, beside the interpreter's.

use kseq::losses::Loss;
use kseq::metrics::Metrics;
use kseq::model::Model;
use kseq::optimizers::Optimizer;
use kseq::params::Flat;
use kseq::prelude::Fit;
use kseq::tensor::Tensor;
use kseq::train::{ClassWeight, Compiled, SampleWeight, Sequential};
use kseq_oracle::run::Arrays;
use kseq_oracle::suiting::FitWeights;
pub use kseq_oracle::trainings::Case;
use kseq_oracle::trainings::{self, Trained};

use crate::engine::{Number, flat, listed, samples};

/// What trains, and says what it came to.
type Training = fn(&Case) -> Result<Ran, String>;

include!(concat!(env!("OUT_DIR"), "/trainings.rs"));

/// What a training in kseq comes to.
pub struct Ran {
    loss: Vec<f32>,
    metrics: Vec<Vec<f32>>,
    arrays: Vec<(String, Vec<f32>)>,
}

/// The model with the oracle's arrays.
fn loaded<M: Model>(case: &Case) -> Sequential<M> {
    let mut net = <Sequential<M>>::new(0);
    let arrays = flat::<M>(&case.arrays, false);
    net.params_mut().as_f32s_mut().copy_from_slice(&arrays);
    net
}

/// The weights of a training.
fn weights<W: Tensor<Elem = f32>>(case: &Case) -> Vec<W> {
    match &case.weights {
        FitWeights::Nothing => Vec::new(),
        FitWeights::Samples(weights) | FitWeights::Rows(weights) | FitWeights::Classes(weights) => {
            samples(weights)
        }
    }
}

/// Trains.
fn ran<M, O, L, Me, W, C>(
    case: &Case,
    model: &mut Compiled<M, O, L, Me>,
    fit: Fit<'_, M, L::Target, W, C>,
) -> Result<Ran, String>
where
    M: Model<Input: Tensor<Elem: Number>>,
    O: Optimizer,
    L: Loss<M::Output, Target: Tensor<Elem: Number>>,
    Me: Metrics<M::Output, L::Target>,
    W: SampleWeight<M::Output>,
    C: ClassWeight<M::Output, L::Target>,
{
    let (x, y): (Vec<M::Input>, Vec<L::Target>) = (samples(&case.x), samples(&case.y));
    let history = model.fit(&x, &y, fit).map_err(|e| e.to_string())?;
    let column = |name: &str| {
        history
            .get(name)
            .map(<[f32]>::to_vec)
            .ok_or(format!("no {name} in the history"))
    };
    let loss = column("loss")?;
    let metrics = case.metrics.iter().chain(&case.weighted_metrics);
    let metrics: Result<Vec<_>, _> = metrics
        .map(|metric| column(metric.text("name", "")))
        .collect();
    let metrics = metrics?;
    let epochs = (0..loss.len()).map(|epoch| metrics.iter().map(|values| values[epoch]).collect());
    let mut params = model.params().as_f32s();
    let mut arrays = Vec::new();
    for (name, shape) in listed::<M>(false) {
        let (these, rest) = params.split_at(shape.iter().product());
        arrays.push((name, these.to_vec()));
        params = rest;
    }
    Ok(Ran {
        metrics: epochs.collect(),
        loss,
        arrays,
    })
}

/// How much rounding is thought to be.
const SHARE: f64 = 3e-7;

/// How far a number may be from the oracle's, as a share of the largest of its array, and what rounding moves the oracle's own by.
const TOLERANCE: f64 = 3e-5;
/// How much larger kseq's rounding may be than that.
const MOVES: f64 = 20.0;
/// What rounding must not move by more, as a share: else nothing is compared.
const UNSTEADY: f64 = 1e-3;

/// What disagrees between a training and the interpreter's; nothing if it depends on rounding.
fn check(seed: u64, run: fn(&Case) -> Result<Ran, String>) -> Option<Vec<String>> {
    let case = trainings::case(seed);
    let expected = trainings::trained(&case, None);
    let rounded = [1, 2, 3, 4].map(|seed| trainings::trained(&case, Some((SHARE, seed))));
    let ran = match run(&case) {
        Ok(ran) => ran,
        Err(why) => return Some(vec![why]),
    };
    let (mut wrong, mut is_steady) = (Vec::new(), true);
    let mut compare = |name: &str, of: &dyn Fn(&Trained) -> Vec<f64>, found: &[f32]| {
        let expected = of(&expected);
        let largest = expected
            .iter()
            .fold(1e-3, |largest: f64, x| largest.max(x.abs()));
        let far = |others: &[f64]| {
            let pairs = others.iter().zip(&expected);
            // What is no number is far from all.
            pairs
                .map(|(a, b)| {
                    if (a - b).is_nan() {
                        f64::INFINITY
                    } else {
                        (a - b).abs()
                    }
                })
                .fold(0.0, f64::max)
        };
        let moved = rounded
            .iter()
            .map(|other| far(&of(other)))
            .fold(0.0, f64::max)
            / largest;
        is_steady &= moved < UNSTEADY;
        let found: Vec<f64> = found.iter().map(|x| f64::from(*x)).collect();
        let share = far(&found) / largest;
        if found.len() != expected.len() || share > TOLERANCE + MOVES * moved {
            wrong.push(format!("{name}: off by {share:.1e} of the largest\n    kseq   {found:?}\n    oracle {expected:?}"));
        }
    };
    let values = |arrays: &Arrays, name: &str| arrays[name].values.clone();
    compare("loss", &|trained| trained.loss.clone(), &ran.loss);
    let metrics = case
        .metrics
        .iter()
        .chain(&case.weighted_metrics)
        .enumerate();
    for (i, metric) in metrics {
        let found: Vec<f32> = ran.metrics.iter().map(|values| values[i]).collect();
        compare(
            &metric.source(),
            &|trained| trained.metrics.iter().map(|values| values[i]).collect(),
            &found,
        );
    }
    for (name, found) in &ran.arrays {
        compare(name, &|trained| values(&trained.arrays, name), found);
    }
    is_steady.then_some(wrong)
}

/// All of them, or the one of a seed: (how many there were, how many depend on rounding, how many disagree).
pub fn all(only: Option<u64>) -> (usize, usize, usize) {
    let (mut seen, mut unsteady, mut failed) = (0, 0, 0);
    for (seed, run) in TRAININGS
        .iter()
        .filter(|case| only.is_none_or(|only| case.0 == only))
    {
        seen += 1;
        let Some(wrong) = check(*seed, *run) else {
            unsteady += 1;
            continue;
        };
        if !wrong.is_empty() {
            failed += 1;
            let case = trainings::case(*seed);
            println!(
                "training {seed}, {:?} targets, {:?}\n{}",
                case.kind,
                case.weights,
                case.source()
            );
            wrong.iter().for_each(|wrong| println!("  {wrong}"));
        }
    }
    (seen, unsteady, failed)
}
