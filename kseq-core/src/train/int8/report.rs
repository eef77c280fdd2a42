//! What the integers cost: each layer of the twin beside the model's.

use core::fmt;
use std::string::String;
use std::vec::Vec;

use kseq_int8::arithmetic::Scale;

use super::floats::{Inside, compute};
use super::folded::Folded;
use super::observe::{Floats, Twin};
use super::steps::{by_some, name_of, steps};
use crate::activations::Activation;
use crate::int8::graph::{Kind, Step};
use crate::int8::pass::Quantizable;
use crate::metrics::argmax;
use crate::pool::Pool;
use crate::tensor::Tensor;

/// A step of the twin, over all samples of the calibration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LayerReport {
    /// The layer, and which part of it: `separable_conv2d_1.depthwise`.
    pub name: String,
    /// What it is: `CONV_2D`; `f32` for what stays as it is.
    pub operator: &'static str,
    /// The values that its integers can stand for.
    pub range: [f32; 2],
    /// The step from one to the next.
    pub scale: f32,
    /// The integer that stands for 0.
    pub zero_point: i8,
    /// The share of the model's values that are beyond the range, from 0 to 1.
    pub saturated: f64,
    /// The model's values beside how far those of the twin are from them, in dB: `10 log10(sum x^2 / sum (x - q)^2)`. What came in was
    /// off already.
    pub snr: f64,
    /// The share that this step has in the whole error, from 0 to 1: by the square of what its own rounding changes, beside its
    /// output.
    pub share: f64,
}

/// What the integers cost: [`Quantized::report`](crate::train::Quantized::report).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Each step, in order.
    pub layers: Vec<LayerReport>,
    /// The share of samples whose class is right, of the model and of the twin, if the calibration had classes.
    pub accuracy: Option<[f64; 2]>,
    /// The bytes of the model's parameters and of the twin's.
    pub bytes: [usize; 2],
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.layers.iter().map(|layer| layer.name.len()).max();
        let width = width.unwrap_or(0).max(5);
        writeln!(
            f,
            "{:width$}  {:<28} {:>10} {:>10} {:>11} {:>5} {:>9} {:>8} {:>6}",
            "layer",
            "operator",
            "least",
            "largest",
            "scale",
            "zero",
            "saturated",
            "SNR, dB",
            "share"
        )?;
        for layer in &self.layers {
            let LayerReport {
                name,
                operator,
                range: [least, most],
                scale,
                zero_point,
                saturated,
                snr,
                share,
            } = layer;
            writeln!(
                f,
                "{name:width$}  {operator:<28} {least:>10.4} {most:>10.4} {scale:>11.3e} {zero_point:>5} {:>8.3}% {snr:>8.1} {:>5.1}%",
                100.0 * saturated,
                100.0 * share
            )?;
        }
        let [model, twin] = self.bytes;
        writeln!(f, "parameters: {model} bytes in f32, {twin} in int8")?;
        if let Some([model, twin]) = self.accuracy {
            writeln!(
                f,
                "accuracy: {:.2} % in f32, {:.2} % in int8",
                100.0 * model,
                100.0 * twin
            )?;
        }
        Ok(())
    }
}

/// What a report is made of.
pub(super) struct Sources<'a> {
    pub x: &'a [f32],
    pub classes: &'a [u32],
    pub folded: &'a [Folded],
    pub kept: &'a [(Vec<f32>, Vec<f32>)],
    pub pool: &'a Pool,
}

/// Sums over the values of a step.
#[derive(Clone, Copy, Default)]
struct Sums {
    values: usize,
    saturated: usize,
    power: f64,
    off: f64,
    own_power: f64,
    own_off: f64,
}

/// The values that integers of this scale can stand for.
fn range(scale: Scale) -> [f32; 2] {
    [scale.dequantize(-128), scale.dequantize(127)]
}

fn squares(values: impl Iterator<Item = f32>) -> f64 {
    values.map(|x| f64::from(x) * f64::from(x)).sum()
}

/// The twin, by its block and the scales of the input and of what each step gives, beside the model.
pub(super) fn report<M: Quantizable>(
    block: &[u8],
    scales: &[Scale],
    sources: &Sources<'_>,
) -> Report {
    let mut sums = std::vec![Sums::default(); steps::<M>().count()];
    let (mut right, mut classes) = ([0_usize; 2], sources.classes.iter());
    by_some::<M>(sources.x, |x, samples| {
        let mut outputs: Vec<Vec<f32>> = Vec::new();
        let mut see =
            |_: usize, _: &Step, _: &[f32], y: &[f32], _: Inside| outputs.push(y.to_vec());
        let mut floats = Floats::new(
            x,
            samples,
            sources.folded,
            sources.kept,
            sources.pool,
            &mut see,
        );
        M::int8(&mut floats);
        let mut last = [std::mem::take(&mut floats.values), Vec::new()];
        let input = scales.first().copied();
        let integers = x.iter().map(|x| match (input, M::INT8.float_input) {
            (Some(scale), false) => scale.dequantize(scale.quantize(*x)),
            _ => *x,
        });
        let nothing = Folded::default();
        let mut see = |number: usize, step: &Step, given: &[f32], y: &[f32]| {
            let (Some(sums), Some(model)) = (sums.get_mut(number), outputs.get(number)) else {
                return;
            };
            let scale = scales.get(number + 1).copied().unwrap_or(Scale {
                scale: 1.0,
                zero_point: 0,
            });
            let [least, most] = range(scale);
            // By less than half a step nothing is lost.
            let (least, most) = (least - scale.scale / 2.0, most + scale.scale / 2.0);
            sums.values += model.len();
            if matches!(step.kind, Kind::Int8(_) | Kind::Quantize(_)) {
                sums.saturated += model.iter().filter(|x| **x < least || **x > most).count();
            }
            sums.power += squares(model.iter().copied());
            sums.off += squares(model.iter().zip(y).map(|(x, y)| x - y));
            let exact = match &step.kind {
                Kind::Int8(op) => {
                    let folded = sources.folded.get(number).unwrap_or(&nothing);
                    compute(op, folded, given, &mut Inside::default(), sources.pool)
                }
                Kind::Quantize(_) => given.to_vec(),
                _ => y.to_vec(),
            };
            sums.own_power += squares(exact.iter().copied());
            sums.own_off += squares(exact.iter().zip(y).map(|(x, y)| x - y));
        };
        let mut pass = Twin {
            values: integers.collect(),
            samples,
            block,
            scales,
            kept: sources.kept,
            see: &mut see,
            step: 0,
            float: 0,
        };
        M::int8(&mut pass);
        last[1] = std::mem::take(&mut pass.values);
        let width = M::Output::SHAPE.last().max(1);
        for class in classes.by_ref().take(samples).enumerate() {
            for (right, outputs) in right.iter_mut().zip(&mut last) {
                if class.0 == 0 && M::INT8.float_output {
                    M::Head::forward(outputs, width);
                }
                let row = outputs
                    .chunks_exact(M::Output::LEN.max(1))
                    .nth(class.0)
                    .unwrap_or_default();
                let found = match row {
                    [one] => u32::from(*one > 0.5),
                    several => argmax(several) as u32,
                };
                *right += usize::from(found == *class.1);
            }
        }
    });
    let own = |sums: &Sums| match sums.own_power > 0.0 {
        true => sums.own_off / sums.own_power,
        false => 0.0,
    };
    let whole: f64 = sums.iter().map(own).sum();
    let layers = steps::<M>()
        .zip(&sums)
        .zip(scales.iter().skip(1))
        .map(|((step, sums), scale)| LayerReport {
            name: name_of::<M>(step),
            operator: step.operator(),
            range: range(*scale),
            scale: scale.scale,
            zero_point: scale.zero_point,
            saturated: sums.saturated as f64 / sums.values.max(1) as f64,
            snr: match sums.off > 0.0 {
                true => 10.0 * (sums.power / sums.off).log10(),
                false => f64::INFINITY,
            },
            share: if whole > 0.0 { own(sums) / whole } else { 0.0 },
        });
    let samples = sources.classes.len();
    Report {
        layers: layers.collect(),
        accuracy: (samples > 0).then(|| right.map(|right| right as f64 / samples as f64)),
        bytes: [size_of::<f32>() * M::PARAMS, M::INT8.block],
    }
}
