//! A model in kseq: its arrays by name, its passes and its training.

use kseq::__core::layer::Ctx;
use kseq::__core::layers::spectral_normalization::normalise;
use kseq::__core::tape::{Gathered, Grads, Tape};
use kseq::activations::Activation;
use kseq::losses::Loss;
use kseq::metrics::Metrics;
use kseq::model::{LayerInfo, Model, masked};
use kseq::optimizers::Optimizer;
use kseq::params::{Flat, zeroed_box};
use kseq::pool::Pool;
use kseq::tensor::Tensor;
use kseq::train::{Compiled, Sequential};
use kseq_oracle::expected;
use kseq_oracle::generate;
use kseq_oracle::run::Arrays;

use crate::compare::Report;

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

/// A compiled model.
pub trait Trained<M: Model> {
    /// One update; the loss before it.
    fn step(&mut self, x: &[M::Input], y: &[f64]) -> Result<f32, String>;
    /// The model.
    fn model(&mut self) -> &mut Sequential<M>;
}

impl<M: Model, O: Optimizer, L: Loss<M::Output, Target: Tensor<Elem: Number>>, Me: Metrics<M::Output, L::Target>> Trained<M>
    for Compiled<M, O, L, Me>
{
    fn step(&mut self, x: &[M::Input], y: &[f64]) -> Result<f32, String> {
        let y: Vec<L::Target> = samples(y);
        let scores = self.train_on_batch(x, &y).map_err(|e| e.to_string())?;
        Ok(scores.loss)
    }

    fn model(&mut self) -> &mut Sequential<M> {
        self
    }
}

/// The arrays of a model of a kind, in the order in which they lie in memory: names, shapes.
pub fn listed<M: Model>(is_state: bool) -> Vec<(String, Vec<usize>)> {
    let of = |layer: &'static LayerInfo| if is_state { layer.state } else { layer.params };
    let layers = M::LAYERS.iter().flat_map(|layer| of(layer).iter().map(move |spec| (layer.name, spec)));
    layers.map(|(layer, spec)| (format!("{layer}.{}", spec.name), spec.shape.dims().to_vec())).collect()
}

/// The oracle's arrays in that order.
pub fn flat<M: Model>(arrays: &Arrays, is_state: bool) -> Vec<f32> {
    let values = listed::<M>(is_state).into_iter().flat_map(|(name, _)| arrays[&name].values.clone());
    values.map(|value| value as f32).collect()
}

/// Compares arrays that lie so in memory.
fn close<M: Model>(report: &mut Report, what: &str, expected: impl Fn(&str) -> Vec<f64>, is_state: bool, found: &[f32], tolerance: f64) {
    let mut found = found;
    for (name, shape) in listed::<M>(is_state) {
        let (these, rest) = found.split_at(shape.iter().product());
        report.close(&format!("{what} {name}"), &expected(&name), these, tolerance);
        found = rest;
    }
}

/// The comparisons of a model.
pub fn check<M: Model, T: Trained<M>>(seed: u64, compiled: impl Fn(Sequential<M>) -> T) -> Report
where
    M::Input: Tensor<Elem: Number>,
{
    let model = generate::model(seed);
    let mut report = Report::default();
    let depth = model.layers.len() as f64;
    // Shapes and arrays are the oracle's.
    let shapes: Vec<Vec<usize>> = M::LAYERS.iter().map(|layer| layer.output.dims().to_vec()).collect();
    if shapes != model.shapes {
        report.wrong.push(format!("shapes {shapes:?}, expected {:?}", model.shapes));
        return report;
    }
    for is_state in [false, true] {
        let mut kseq = listed::<M>(is_state);
        kseq.sort();
        let oracle: Vec<_> = expected::of_kind(&model.arrays, is_state).map(|(name, array)| (name.clone(), array.shape.clone())).collect();
        if kseq != oracle {
            report.wrong.push(format!("arrays {kseq:?}, expected {oracle:?}"));
            return report;
        }
    }
    let loaded = || {
        let mut net = <Sequential<M>>::new(0);
        net.params_mut().as_f32s_mut().copy_from_slice(&flat::<M>(&model.arrays, false));
        net.state_mut().as_f32s_mut().copy_from_slice(&flat::<M>(&model.arrays, true));
        net
    };
    let x: Vec<Vec<M::Input>> = model.x.iter().map(|x| samples(x)).collect();

    // Predictions.
    let net = loaded();
    let mut arrays = model.arrays.clone();
    for (batch, x) in x.iter().enumerate() {
        let (y, after) = expected::predict(&model, &arrays, batch, None);
        arrays = after;
        match net.predict(x) {
            Ok(found) => report.close(&format!("prediction {batch}"), &y, M::Output::flat(&found), 4e-6 * depth),
            Err(e) => report.wrong.push(e.to_string()),
        }
    }

    // A pass forward and back.
    let noise = |_: &kseq_oracle::call::Call, shape: &[usize]| vec![1.0; shape.iter().product()];
    let expected = expected::pass(&model, &noise, None);
    let mut state = zeroed_box::<M::State>();
    state.as_f32s_mut().copy_from_slice(&flat::<M>(&model.arrays, true));
    let projection: Vec<f32> = model.projection.iter().map(|value| *value as f32).collect();
    let passed = pass(&loaded(), &mut state, &x[0], &projection);
    report.close("training output", &expected.output, &passed.output, 4e-6 * depth);
    report.close("penalty", &[expected.penalty], &[passed.penalty], 4e-6 * depth);
    let gradient = |name: &str| expected.gradients.get(name).cloned().unwrap_or_default();
    close::<M>(&mut report, "gradient", gradient, false, &passed.dp, 2e-5 * depth);
    close::<M>(&mut report, "state", |name| expected.arrays[name].values.clone(), true, state.as_f32s(), 4e-6 * depth);
    let _ = compiled;
    report
}

/// What a pass forward and back comes to.
struct Passed {
    output: Vec<f32>,
    penalty: f32,
    dp: Vec<f32>,
}

/// Forward as in training, and back from a gradient of the outputs.
fn pass<M: Model>(net: &Sequential<M>, state: &mut M::State, x: &[M::Input], projection: &[f32]) -> Passed {
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
    Passed { output, penalty, dp: dp.as_f32s().to_vec() }
}
