//! A model in kseq: its arrays by name, its passes and its training.

use kseq::__core::layer::{Ctx, InPlace};
use kseq::__core::layers::spectral_normalization::normalise;
use kseq::__core::layers::{AlphaDropout, Dropout, GaussianDropout, GaussianNoise, SharedDropout};
use kseq::__core::tape::{Gathered, Grads, Tape};
use kseq::activations::Activation;
use kseq::layer::Shape;
use kseq::losses::MeantFor;
use kseq::model::{LayerInfo, Model, masked};
use kseq::optimizers::Optimizer;
use kseq::params::{Flat, NoParams, zeroed_box};
use kseq::pool::Pool;
use kseq::tensor::Tensor;
use kseq::train::{OnBatch, Sequential};
use kseq::trainer::{Trainer, TrainerMemory};
use kseq_oracle::call::Call;
use kseq_oracle::expected::{self, Numbers};
use kseq_oracle::generate;
use kseq_oracle::run::Arrays;
use kseq_oracle::sides::{Rule, watched};

use crate::compare::{Found, Report};

/// What a sample or a target is made of.
pub trait Number: Copy {
    /// From a number of the oracle.
    fn of(value: f64) -> Self;
}
impl Number for f32 {
    fn of(value: f64) -> f32 {
        value as f32
    }
}
impl Number for u32 {
    fn of(value: f64) -> u32 {
        value as u32
    }
}

pub fn samples<T: Tensor<Elem: Number>>(values: &[f64]) -> Vec<T> {
    let values: Vec<T::Elem> = values.iter().map(|value| Number::of(*value)).collect();
    T::view(&values).to_vec()
}

/// In place of a model in `compile!`, which then gives what the model would be compiled with.
pub struct Parts;

impl Parts {
    /// The optimizer and the loss.
    pub fn compile<O, L>(self, optimizer: O, loss: L, _metrics: ()) -> (O, L) {
        (optimizer, loss)
    }
}

/// The memory of a [`Trainer`], in `f32`s: enough for any of the models.
const MEMORY: usize = 1 << 19;

/// The arrays of a model of a kind, in the order in which they lie in memory: names, shapes.
pub fn listed<M: Model>(is_state: bool) -> Vec<(String, Vec<usize>)> {
    let of = |layer: &'static LayerInfo| if is_state { layer.state } else { layer.params };
    let layers = M::LAYERS
        .iter()
        .flat_map(|layer| of(layer).iter().map(move |spec| (layer.name, spec)));
    layers
        .map(|(layer, spec)| (format!("{layer}.{}", spec.name), spec.shape.dims().to_vec()))
        .collect()
}

/// The oracle's arrays in that order.
pub fn flat<M: Model>(arrays: &Arrays, is_state: bool) -> Vec<f32> {
    let values = listed::<M>(is_state)
        .into_iter()
        .flat_map(|(name, _)| arrays[&name].values.clone());
    values.map(|value| value as f32).collect()
}

/// Adds arrays that lie so in memory.
fn add<M: Model>(
    found: &mut Found,
    what: &str,
    is_state: bool,
    mut values: &[f32],
    wanted: &Numbers,
) {
    for (name, shape) in listed::<M>(is_state) {
        let (these, rest) = values.split_at(shape.iter().product());
        let name = format!("{what} {name}");
        // Gradients of frozen arrays are nobody's.
        if what != "gradient" || wanted.contains_key(&name) {
            found.add(name, these);
        }
        values = rest;
    }
}

/// What kseq's random layers make of zeros and of ones.
fn noise(call: &Call, shape: &[usize], step: u64) -> [Vec<f64>; 2] {
    let mut cx = Ctx::new(&Pool::Serial, 0, step);
    cx.training = true;
    let (rate, seed) = (
        call.number("rate", call.number("stddev", 0.0)) as f32,
        call.must("seed") as u64,
    );
    let sample = Shape::new(&shape[1..]);
    [0.0, 1.0].map(|value| {
        let mut y = vec![value; shape.iter().product()];
        let (y_all, width) = (&mut y[..], shape[shape.len() - 1]);
        let (no, mut none) = (NoParams, NoParams);
        match call.class.as_str() {
            "Dropout" => Dropout::new(rate).seed(seed).forward_in_place(
                &no,
                &mut none,
                y_all,
                &mut [],
                width,
                &cx,
            ),
            "GaussianNoise" => GaussianNoise::new(rate).seed(seed).forward_in_place(
                &no,
                &mut none,
                y_all,
                &mut [],
                width,
                &cx,
            ),
            "GaussianDropout" => GaussianDropout::new(rate).seed(seed).forward_in_place(
                &no,
                &mut none,
                y_all,
                &mut [],
                width,
                &cx,
            ),
            "AlphaDropout" => AlphaDropout::new(rate, sample).seed(seed).forward_in_place(
                &no,
                &mut none,
                y_all,
                &mut [],
                width,
                &cx,
            ),
            _ => SharedDropout::spatial(rate, sample)
                .seed(seed)
                .forward_in_place(&no, &mut none, y_all, &mut [], width, &cx),
        }
        y.into_iter().map(f64::from).collect()
    })
}

/// The comparisons of a model.
pub fn check<M, O, L>(seed: u64, parts: impl Fn() -> (O, L)) -> Report
where
    M: Model<Input: Tensor<Elem: Number>>,
    O: Optimizer,
    L: MeantFor<M::Output, M::Units, Target: Tensor<Elem: Number>>,
{
    let model = generate::model(seed);
    let mut report = Report::default();
    // Shapes and arrays are the oracle's.
    let shapes: Vec<Vec<usize>> = M::LAYERS
        .iter()
        .map(|layer| layer.output.dims().to_vec())
        .collect();
    if shapes != model.shapes {
        report
            .wrong
            .push(format!("shapes {shapes:?}, expected {:?}", model.shapes));
        return report;
    }
    for is_state in [false, true] {
        let mut kseq = listed::<M>(is_state);
        kseq.sort();
        let oracle: Vec<_> = expected::of_kind(&model.arrays, is_state)
            .map(|(name, array)| (name.clone(), array.shape.clone()))
            .collect();
        if kseq != oracle {
            report
                .wrong
                .push(format!("arrays {kseq:?}, expected {oracle:?}"));
            return report;
        }
    }
    let loaded = |threads: usize| {
        let mut net = <Sequential<M>>::new(0).threads(threads).expect("threads");
        net.params_mut()
            .as_f32s_mut()
            .copy_from_slice(&flat::<M>(&model.arrays, false));
        net.state_mut()
            .as_f32s_mut()
            .copy_from_slice(&flat::<M>(&model.arrays, true));
        net
    };
    let x: Vec<Vec<M::Input>> = model.x.iter().map(|x| samples(x)).collect();
    let run = |rounding, rule| watched(rule, || expected::all(&model, &noise, rounding));
    let (wanted, _) = run(None, Rule::Own);
    let mut found = Found::default();

    // Predictions of batches, and sample by sample.
    let net = loaded(1);
    for (batch, x) in x.iter().enumerate() {
        match net.predict(x) {
            Ok(y) => {
                found.add(format!("prediction {batch}"), M::Output::flat(&y));
                if !M::STATEFUL {
                    let single = x
                        .iter()
                        .flat_map(|x| net.predict(std::slice::from_ref(x)).unwrap_or_default());
                    let single: Vec<M::Output> = single.collect();
                    report.same(
                        "prediction of single samples",
                        M::Output::flat(&y),
                        M::Output::flat(&single),
                    );
                }
            }
            Err(e) => report.wrong.push(e.to_string()),
        }
    }

    if model.only_predicts {
        found.compare(model.layers.len(), &run, &mut report);
        return report;
    }

    // A pass forward and back.
    let mut state = zeroed_box::<M::State>();
    state
        .as_f32s_mut()
        .copy_from_slice(&flat::<M>(&model.arrays, true));
    let projection: Vec<f32> = model.projection.iter().map(|value| *value as f32).collect();
    let passed = pass(&loaded(1), &mut state, &x[0], &projection);
    found.add("pass output".to_owned(), &passed.output);
    found.add("pass penalty".to_owned(), &[passed.penalty]);
    add::<M>(&mut found, "gradient", false, &passed.dp, &wanted);
    add::<M>(&mut found, "pass", true, state.as_f32s(), &wanted);

    // A training, on one thread and on several.
    let mut serial = Vec::new();
    let y: Vec<Vec<L::Target>> = model.y.iter().map(|y| samples(y)).collect();
    let weights: Option<Vec<Vec<f32>>> = model
        .weights
        .as_ref()
        .map(|all| all.iter().map(|weights| samples(weights)).collect());
    for threads in 1..=3 {
        let (optimizer, loss) = parts();
        let mut net = Sequential::compile(loaded(threads), optimizer, loss, ());
        let mut numbers = Vec::new();
        for (step, (x, y)) in x.iter().zip(&y).enumerate() {
            let options = match &weights {
                Some(weights) => OnBatch::new().sample_weight(&weights[step]),
                None => OnBatch::new(),
            };
            match net.train_on_batch_with(x, y, options) {
                Err(e) => report.wrong.push(format!("step {step}: {e}")),
                Ok(scores) => {
                    numbers.push(scores.loss);
                    if threads == 1 {
                        found.add(format!("loss {step}"), &[scores.loss]);
                        add::<M>(
                            &mut found,
                            &format!("step {step}"),
                            false,
                            net.params().as_f32s(),
                            &wanted,
                        );
                        add::<M>(
                            &mut found,
                            &format!("step {step}"),
                            true,
                            net.state_mut().as_f32s(),
                            &wanted,
                        );
                    }
                }
            }
        }
        numbers.extend(net.params().as_f32s());
        numbers.extend(net.state_mut().as_f32s());
        if threads == 1 {
            serial = numbers;
        } else {
            report.same(&format!("training on {threads} threads"), &serial, &numbers);
        }
    }

    // The same by another plan: updates within the backward pass, and no tape for frozen layers in front.
    let mut second = found.clone();
    if weights.is_none() {
        let (optimizer, loss) = parts();
        let mut memory: Box<TrainerMemory<M, MEMORY>> = Box::default();
        match Trainer::new(&mut memory, optimizer, loss, 0) {
            Err(e) => report.wrong.push(format!("a Trainer: {e}")),
            Ok(mut trainer) => {
                trainer
                    .params_mut()
                    .as_f32s_mut()
                    .copy_from_slice(&flat::<M>(&model.arrays, false));
                trainer
                    .state_mut()
                    .as_f32s_mut()
                    .copy_from_slice(&flat::<M>(&model.arrays, true));
                for (step, (x, y)) in x.iter().zip(&y).enumerate() {
                    match trainer.train_on_batch(&x[..], &y[..]) {
                        Err(e) => report.wrong.push(format!("step {step} of a Trainer: {e}")),
                        Ok(loss) => second.add(format!("loss {step}"), &[loss]),
                    }
                    add::<M>(
                        &mut second,
                        &format!("step {step}"),
                        false,
                        trainer.params().as_f32s(),
                        &wanted,
                    );
                    add::<M>(
                        &mut second,
                        &format!("step {step}"),
                        true,
                        trainer.state().as_f32s(),
                        &wanted,
                    );
                }
            }
        }
    }
    found.compare(model.layers.len(), &run, &mut report);
    if report.wrong.is_empty() {
        second.compare(model.layers.len(), &run, &mut report);
        report
            .wrong
            .iter_mut()
            .for_each(|wrong| *wrong = format!("by a Trainer: {wrong}"));
    }
    report
}

/// What a pass forward and back comes to.
struct Passed {
    output: Vec<f32>,
    penalty: f32,
    dp: Vec<f32>,
}

/// Forward as in training, and back from a gradient of the outputs.
fn pass<M: Model>(
    net: &Sequential<M>,
    state: &mut M::State,
    x: &[M::Input],
    projection: &[f32],
) -> Passed {
    let sizes = &M::SIZES;
    let batch = x.len();
    let mut memory = vec![f32::NAN; sizes.train() * batch];
    let (scratch, memory) = memory.split_at_mut(sizes.scratch * batch);
    let (scratch, masks) = scratch.split_at_mut(scratch.len() - sizes.masks.each() * batch);
    let (tape, grads) = memory.split_at_mut(sizes.tape * batch);
    let (mut p, mut dp) = (zeroed_box::<M::Params>(), zeroed_box::<M::Params>());
    p.as_f32s_mut().copy_from_slice(net.params().as_f32s());
    normalise(M::NORMALISED, p.as_f32s_mut(), state.as_f32s_mut(), scratch);
    let mut tape = Tape::new(tape, M::PLACEMENTS, batch);
    let mut grads = Grads::new(grads, sizes.grads, batch, Gathered(dp.as_f32s_mut()));
    let mut cx = Ctx::new(&Pool::Serial, 0, 0);
    cx.scratch = scratch;
    cx.training = true;
    cx.frozen = M::FROZEN;
    let in_masks = &mut masked::<M>(&mut cx, x, masks, 0);
    M::forward(&p, state, x, &mut tape, in_masks);
    let penalty = tape.penalty();
    let (width, out) = (M::Output::SHAPE.last(), M::Output::flat_mut(tape.output()));
    M::Head::forward(out, width);
    let output = out.to_vec();
    let grad = M::Output::flat_mut(grads.output(batch * M::Output::LEN));
    grad.copy_from_slice(projection);
    M::Head::backward(out, &[], grad, width);
    let cx = &mut masked::<M>(&mut cx, x, masks, sizes.masks.found(batch));
    M::backward(&mut p, x, &mut tape, &mut grads, cx);
    Passed {
        output,
        penalty,
        dp: dp.as_f32s().to_vec(),
    }
}
