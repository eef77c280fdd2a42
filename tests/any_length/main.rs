//! A model with `None` in its shape gives the bits of the model with the length written in: outputs, and the parameters after a
//! training. `generate.rs` draws the models.

use kseq::__core::layer::Ctx;
use kseq::__core::step::{self, Examples, Objective, TrainStep};
use kseq::losses::{Loss, MeanSquaredError};
use kseq::model::Model;
use kseq::params::{Flat, zeroed_box};
use kseq::plan::OfLengths;
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;

mod streams;

include!(concat!(env!("OUT_DIR"), "/any_length.rs"));

/// A model, its twin, and the lengths that the twin has.
struct Pair {
    names: [&'static str; 2],
    run: [fn([usize; 2]) -> Run; 2],
    lengths: [usize; 2],
}

macro_rules! pair {
    ($open:ident, $fixed:ident, $lengths:expr) => {
        Pair {
            names: [stringify!($open), stringify!($fixed)],
            run: [run::<$open>, run::<$fixed>],
            lengths: $lengths,
        }
    };
}
use pair;

/// What is compared, as bits.
#[derive(PartialEq)]
struct Run {
    initial: Vec<u32>,
    output: Vec<u32>,
    losses: Vec<u32>,
    trained: Vec<u32>,
    after: Vec<u32>,
}

const BATCH: usize = 5;

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Values between -1 and 1, or tokens below 11.
fn inputs<X: Tensor<Elem: Drawn>>(len: usize) -> Vec<X::Elem> {
    let mut rng = Rng::new(3, Purpose::User, 0, 0);
    (0..len).map(|_| X::Elem::drawn(&mut rng)).collect()
}

trait Drawn: Sized {
    fn drawn(rng: &mut Rng) -> Self;
}

impl Drawn for f32 {
    fn drawn(rng: &mut Rng) -> f32 {
        rng.uniform() * 2.0 - 1.0
    }
}

impl Drawn for u32 {
    fn drawn(rng: &mut Rng) -> u32 {
        rng.below(11)
    }
}

fn run<M: Model<Input: Tensor<Elem: Drawn>>>(lengths: [usize; 2]) -> Run
where
    MeanSquaredError: Loss<M::Output, Target = M::Output>,
{
    let plan = M::plan(lengths).unwrap_or_else(|why| panic!("{}", why.what.as_str()));
    let planned = plan.planned();
    // A type with all of its shape is a sample by itself.
    let steps = planned.map_or([1, 1], |planned| planned.steps);
    let sizes = planned.map_or(M::SIZES, |planned| *planned.sizes);
    let x = inputs::<M::Input>(BATCH * steps[0] * M::Input::LEN);
    let x = M::Input::view(&x);
    let y = inputs::<M::Output>(BATCH * steps[1] * M::Output::LEN);
    let y = M::Output::view(&y);
    let (mut p, mut s) = (zeroed_box::<M::Params>(), zeroed_box::<M::State>());
    M::init(&mut p, &mut s, 7);
    let initial = bits(p.as_f32s());
    let mut work =
        vec![0.0; BATCH * (sizes.train() + sizes.predict() + 2 * steps[1] * M::Output::LEN)];
    let mut predict = |p: &M::Params, s: &mut M::State| {
        let mut out = vec![0.0; BATCH * steps[1] * M::Output::LEN];
        let cx = Ctx::new(&Pool::Serial, 7, 0);
        step::predict_batch::<M>(
            &plan,
            p,
            s,
            x,
            M::Output::view_mut(&mut out),
            &mut work,
            &cx,
        );
        bits(&out)
    };
    let output = predict(&p, &mut s);
    let optimizer = Adam::new(0.01);
    let mut gradients = zeroed_box::<M::Params>();
    let mut slots = vec![0.0; 2 * <M::Params as Flat>::LEN];
    let mut losses = Vec::new();
    let mut work = vec![0.0; BATCH * sizes.train()];
    for step in 0..3 {
        let train = TrainStep::<M> {
            params: &mut p,
            state: &mut s,
            gradients: &mut gradients,
            slots: &mut slots,
            work: &mut work,
            occurrences: &mut [],
            frozen: &[],
            plan: &plan,
            aware: None,
        };
        let objective = Objective {
            loss: &MeanSquaredError::new(),
            scale: 1.0,
        };
        let examples = Examples { x, y, weight: None };
        let cx = Ctx::new(&Pool::Serial, 7, step);
        losses.push(train.train(&optimizer, &objective, &examples, &cx).loss);
    }
    let mut trained = bits(p.as_f32s());
    trained.extend(bits(s.as_f32s()));
    Run {
        initial,
        output,
        losses: bits(&losses),
        trained,
        after: predict(&p, &mut s),
    }
}

#[test]
fn a_length_that_comes_with_the_data_changes_no_bit() {
    let mut wrong = Vec::new();
    for Pair {
        names,
        run,
        lengths,
    } in PAIRS
    {
        let [open, fixed] = run.map(|run| run(*lengths));
        let parts = [
            ("initial parameters", open.initial == fixed.initial),
            ("output", open.output == fixed.output),
            ("losses", open.losses == fixed.losses),
            (
                "parameters after three steps",
                open.trained == fixed.trained,
            ),
            ("output after them", open.after == fixed.after),
        ];
        let differ = parts
            .iter()
            .filter(|(_, same)| !same)
            .map(|(part, _)| *part);
        let differ: Vec<&str> = differ.collect();
        if !differ.is_empty() {
            wrong.push(format!("{names:?} with {lengths:?}: {}", differ.join(", ")));
        }
        assert!(
            open.output.iter().any(|bits| *bits != 0),
            "{names:?} gives zeros only"
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        PAIRS.len(),
        wrong.join("\n")
    );
}
