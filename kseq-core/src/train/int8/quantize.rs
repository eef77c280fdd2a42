//! From a trained model to its twin in integers.

use std::format;
use std::vec::Vec;

use kseq_int8::arithmetic::Scale;
use kseq_int8::lstm;
use kseq_int8::op::{Lstm, Op};
use kseq_int8::write;

use super::calibration::{Calibration, Method};
use super::floats::Inside;
use super::folded::Folded;
use super::observe::Floats;
use super::quantized::Quantized;
use super::ranges::{Seen, scale_of};
use super::report::{Sources, report};
use super::steps::{by_some, name_of, steps};
use crate::check;
use crate::error::Error;
use crate::int8::graph::{HEADER, Kind, Step};
use crate::int8::pass::Quantizable;
use crate::model::Model;
use crate::params::{Flat, bytes};
use crate::pool::Pool;
use crate::tensor::Tensor;
use crate::text::Note;
use crate::train::Sequential;
use crate::train::data::Inputs;
use crate::train::data::arguments::argument;

impl<M: Model> Sequential<M> {
    /// The int8 twin of the model: 8-bit integers by the specification of TFLite, whose ranges `calibration` shows.
    ///
    /// A kernel `w` of an output channel becomes `round(w / s)` with `s = max(abs(w)) / 127`; a tensor between layers `round(x / s) + z`, with
    /// scale `s` and zero point `z` such that its range, with 0 in it, becomes -128 to 127; a bias an integer of 32 bits. A
    /// `BatchNormalization` goes into the kernel of the layer before it, an activation like `relu` into its operator. What stands behind
    /// `#[float]` stays as it is.
    ///
    /// Source: <https://ai.google.dev/edge/litert/models/quantization_spec>.
    ///
    /// # Errors
    /// No samples; another number of classes than of samples; a percentile out of its range; an input range that is none; samples, parameters, or values between
    /// layers that are not finite: of such there is no range.
    pub fn quantize<X: Inputs<M::Input> + ?Sized>(
        &self,
        calibration: &Calibration<'_, X>,
    ) -> Result<Quantized<M>, Error>
    where
        M: Quantizable,
    {
        let given = calibration.x.inputs();
        let x = given.view().rows();
        if x.is_empty() {
            return Err(Error::Empty { what: "quantize" });
        }
        check::inputs("quantize", x)?;
        let classes = calibration.classes;
        if !classes.is_empty() {
            check::lengths("quantize", x.len(), classes.len())?;
        }
        if let Method::Percentile(percent) = calibration.method
            && !(50.0..=100.0).contains(&percent)
        {
            let why = Note::new()
                .str("expected a number from 50 to 100, found ")
                .float(percent as f32);
            return Err(argument("percentile", why));
        }
        if let Some([least, most]) = calibration.input
            && !(least < most && (most - least).is_finite())
        {
            let why = Note::new().str("expected a least and a larger number, found ");
            let why = why.float(least).str(" and ").float(most);
            return Err(argument("input_range", why));
        }
        let state = self
            .state
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (params, state) = (self.params.as_f32s(), state.as_f32s());
        let folded: Vec<Folded> = steps::<M>()
            .map(|step| Folded::of::<M>(step, params, state))
            .collect();
        let kept = kept::<M>(params, state);
        let floats = M::Input::floats(M::Input::flat(x));
        let seen = ranges::<M>(floats, &folded, &kept, calibration.method, &self.pool);
        all_finite::<M>(&folded, &seen)?;
        let scales = scales::<M>(&seen, calibration.method, calibration.input);
        let (block, kernel_scales) = block::<M>(&folded, &kept, &scales, &seen);
        let sources = Sources {
            x: floats,
            classes,
            folded: &folded,
            kept: &kept,
            pool: &self.pool,
        };
        let report = report::<M>(bytes(&block), &scales, &sources);
        Ok(Quantized::new(block, scales, kernel_scales).reporting(report, &self.pool))
    }
}

/// Of what is infinite there is no range: a model that has diverged.
fn all_finite<M: Quantizable>(folded: &[Folded], seen: &Ranges) -> Result<(), Error> {
    let tensors = seen.tensors.iter().skip(1);
    for ((step, folded), seen) in steps::<M>().zip(folded).zip(tensors) {
        let what = match (folded.is_finite(), seen.is_finite()) {
            (false, _) => "parameters",
            (true, false) => "values",
            (true, true) => continue,
        };
        let name = name_of::<M>(step);
        return Err(Error::Weights {
            why: format!("`{name}` has {what} that are not finite: the model has diverged"),
        });
    }
    Ok(())
}

/// Parameters and state of the layers that stay as they are.
fn kept<M: Quantizable>(params: &[f32], state: &[f32]) -> Vec<(Vec<f32>, Vec<f32>)> {
    let floats = steps::<M>().filter_map(|step| match &step.kind {
        Kind::Float(of, _) => Some((step.layer, of)),
        _ => None,
    });
    let floats = floats.map(|(layer, of)| {
        let (before, _) = M::LAYERS.split_at(layer.min(M::LAYERS.len()));
        let first: usize = before.iter().map(|layer| layer.count_params()).sum();
        let first_state: usize = before.iter().map(|layer| layer.count_state()).sum();
        let part = |values: &[f32], at: usize, len: usize| {
            values.get(at..at + len).unwrap_or_default().to_vec()
        };
        (
            part(params, first, of.params),
            part(state, first_state, of.state),
        )
    });
    floats.collect()
}

/// What calibration has seen: of the input, then of what each step gives, with what is inside an LSTM.
pub(super) struct Ranges {
    tensors: Vec<Seen>,
    inside: Vec<Inside>,
}

fn ranges<M: Quantizable>(
    x: &[f32],
    folded: &[Folded],
    kept: &[(Vec<f32>, Vec<f32>)],
    method: Method,
    pool: &Pool,
) -> Ranges {
    let count = steps::<M>().count();
    let mut all = Ranges {
        tensors: std::vec![Seen::default(); count + 1],
        inside: std::vec![Inside::default(); count],
    };
    let mut pass = |counts: bool| {
        by_some::<M>(x, |x, samples| {
            if let Some(input) = all.tensors.first_mut() {
                if counts { input.count(x) } else { input.see(x) }
            }
            let mut see = |number: usize, _: &Step, _: &[f32], y: &[f32], inside: Inside| {
                if let Some(seen) = all.tensors.get_mut(number + 1) {
                    if counts { seen.count(y) } else { seen.see(y) }
                }
                if let Some(all) = all.inside.get_mut(number) {
                    let ([least, most], [a, b]) = (all.state, inside.state);
                    all.state = [least.min(a), most.max(b)];
                    all.cell = all.cell.max(inside.cell);
                }
            };
            M::int8(&mut Floats::new(x, samples, folded, kept, pool, &mut see));
        });
    };
    pass(false);
    if method != Method::MinMax {
        pass(true);
    }
    all
}

/// The scale of the input, and of what each step gives.
fn scales<M: Quantizable>(seen: &Ranges, method: Method, input: Option<[f32; 2]>) -> Vec<Scale> {
    let of_samples = || seen.tensors.first().map(|input| input.scale(method));
    let mut last = match input {
        Some(range) => scale_of(range),
        None => of_samples().unwrap_or(scale_of([0.0; 2])),
    };
    let mut all = std::vec![last];
    for (number, step) in steps::<M>().enumerate() {
        let tensor = seen.tensors.get(number + 1);
        let of_range = || tensor.map_or(last, |seen| seen.scale(method));
        last = match &step.kind {
            Kind::Int8(Op::Lstm(_)) => seen
                .inside
                .get(number)
                .map_or(last, |inside| scale_of(inside.state)),
            Kind::Int8(op) => match op.fixed_output() {
                Some((scale, zero_point)) => Scale { scale, zero_point },
                None if op.keeps_scale() => last,
                None => of_range(),
            },
            Kind::Quantize(_) => of_range(),
            _ => last,
        };
        all.push(last);
    }
    all
}

/// A kernel in integers.
struct Kernel {
    /// `[output][input]`, of a depthwise convolution `[tap][output channel]`.
    weights: Vec<i8>,
    bias: Vec<i32>,
    scales: Vec<f32>,
}

/// The largest bias, so that sums have room above it.
const LARGEST_BIAS: f64 = (1_i64 << 30) as f64;

impl Kernel {
    fn of(folded: &Folded, outputs: usize, transposed: bool, input: Scale) -> Kernel {
        let outputs = outputs.max(1);
        let inputs = folded.kernel.len() / outputs;
        let mut largest = std::vec![0.0_f32; outputs];
        for row in folded.kernel.chunks_exact(outputs) {
            for (most, w) in largest.iter_mut().zip(row) {
                *most = most.max(w.abs());
            }
        }
        let bias = |output: usize| f64::from(folded.bias.get(output).copied().unwrap_or_default());
        let scales: Vec<f32> = largest
            .iter()
            .enumerate()
            .map(|(output, most)| {
                // A bias that is far larger than all weights needs a larger scale.
                let least = bias(output).abs() / (f64::from(input.scale) * LARGEST_BIAS);
                let scale = (f64::from(*most) / 127.0).max(least);
                if scale > 0.0 { scale as f32 } else { 1.0 }
            })
            .collect();
        let mut weights = std::vec![0; folded.kernel.len()];
        for (i, row) in folded.kernel.chunks_exact(outputs).enumerate() {
            for (o, (w, scale)) in row.iter().zip(&scales).enumerate() {
                let at = if transposed {
                    o * inputs + i
                } else {
                    i * outputs + o
                };
                if let Some(to) = weights.get_mut(at) {
                    *to = (w / scale).round().clamp(-127.0, 127.0) as i8;
                }
            }
        }
        let bias = scales.iter().enumerate().map(|(output, scale)| {
            (bias(output) / (f64::from(input.scale) * f64::from(*scale))).round() as i32
        });
        Kernel {
            weights,
            bias: if folded.bias.is_empty() {
                Vec::new()
            } else {
                bias.collect()
            },
            scales,
        }
    }
}

/// The block of all steps as words, and the scales of their kernels.
fn block<M: Quantizable>(
    folded: &[Folded],
    kept: &[(Vec<f32>, Vec<f32>)],
    scales: &[Scale],
    seen: &Ranges,
) -> (Vec<f32>, Vec<Vec<f32>>) {
    let mut bytes = std::vec![0_u8; M::INT8.block];
    let mut kernel_scales = Vec::new();
    let mut put = |at: usize, from: &[u8]| {
        if let Some(to) = bytes.get_mut(at..at + from.len()) {
            to.copy_from_slice(from);
        }
    };
    for (at, scale) in [(0, scales.first()), (HEADER / 2, scales.last())] {
        if let Some(scale) = scale {
            put(at, &scale_bytes(*scale));
        }
    }
    let mut kept = kept.iter();
    for ((number, step), folded) in steps::<M>().enumerate().zip(folded) {
        let scale = |at: usize| scales.get(at).copied().unwrap_or(scale_of([0.0; 2]));
        let (input, output) = (scale(number), scale(number + 1));
        let mut own = std::vec![0_u8; step.block_len()];
        let mut of_kernel = Vec::new();
        match &step.kind {
            Kind::Int8(Op::Lstm(l)) => {
                let inside = seen.inside.get(number).copied().unwrap_or_default();
                of_kernel = lstm(l, folded, [input, output], inside, &mut own);
            }
            Kind::Int8(op) => {
                let (outputs, transposed) = match op {
                    Op::Dense(d) => (d.outputs, true),
                    Op::Conv(c) => (c.filters, true),
                    Op::Depthwise(c) => (c.filters, false),
                    _ => (1, false),
                };
                let kernel = Kernel::of(folded, outputs, transposed, input);
                let given = write::Given {
                    input,
                    output,
                    kernel: &kernel.weights,
                    bias: &kernel.bias,
                    scales: &kernel.scales,
                };
                write::block(op, &given, &mut own);
                if !kernel.weights.is_empty() {
                    of_kernel = kernel.scales;
                }
            }
            Kind::Quantize(_) => own = scale_bytes(output).to_vec(),
            Kind::Dequantize(_) => own = scale_bytes(input).to_vec(),
            Kind::Float(..) => {
                let arrays = kept.next().into_iter().flat_map(|(p, s)| p.iter().chain(s));
                own = arrays.flat_map(|x| x.to_ne_bytes()).collect();
            }
            Kind::Nothing => {}
        }
        put(step.at, &own);
        kernel_scales.push(of_kernel);
    }
    let (words, _) = bytes.as_chunks::<4>();
    let words = words.iter().map(|word| f32::from_ne_bytes(*word)).collect();
    (words, kernel_scales)
}

fn scale_bytes(scale: Scale) -> [u8; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (
        scale.scale.to_ne_bytes(),
        i32::from(scale.zero_point).to_ne_bytes(),
    );
    [a, b, c, d, e, f, g, h]
}

/// The block of an LSTM; the scales of its kernels, those of its recurrent ones, and the power of its cell's.
fn lstm(
    l: &Lstm,
    folded: &Folded,
    [input, output]: [Scale; 2],
    inside: Inside,
    own: &mut [u8],
) -> Vec<f32> {
    let cell = lstm::cell_power(inside.cell);
    let matrix = |kernel: &[f32], bias: &[f32]| {
        let mut gates: [(Vec<i8>, f32); 4] = Default::default();
        for (gate, (weights, scale)) in gates.iter_mut().enumerate() {
            weights.resize(kernel.len() / 4, 0);
            let least = lstm::least_scale(bias, l.units, gate, input);
            *scale = lstm::quantize_gate(kernel, l.units, gate, least, weights);
        }
        gates
    };
    let (kernels, recurrent) = (
        matrix(&folded.kernel, &folded.bias),
        matrix(&folded.recurrent, &[]),
    );
    let mut biases: [Vec<i32>; 4] = Default::default();
    for ((gate, bias), (_, scale)) in biases.iter_mut().enumerate().zip(&kernels) {
        bias.resize(l.units, 0);
        lstm::quantize_bias(&folded.bias, l.units, gate, input, *scale, bias);
    }
    let given = lstm::Given {
        input,
        output,
        hidden: output,
        cell,
        clip: 0.0,
        kernels: kernels.each_ref().map(|(weights, _)| weights.as_slice()),
        recurrent: recurrent.each_ref().map(|(weights, _)| weights.as_slice()),
        biases: biases.each_ref().map(Vec::as_slice),
        kernel_scales: kernels.each_ref().map(|(_, scale)| *scale),
        recurrent_scales: recurrent.each_ref().map(|(_, scale)| *scale),
    };
    lstm::block(l, &given, own);
    let scales = kernels.iter().chain(&recurrent).map(|(_, scale)| *scale);
    scales.chain([f32::from(cell)]).collect()
}
