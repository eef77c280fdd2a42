//! The twin as a file of TFLite.

use std::borrow::ToOwned;
use std::boxed::Box;
use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_import::tflite::{
    Action, Float, Int8, Lstm, Network, Step as Written, Tensor as Given, tflite,
};
use kseq_int8::lstm::{self, Matrix};
use kseq_int8::op::{self, Op, Rows, Table};
use kseq_int8::write::{plain_bias, plain_kernel};
use kseq_safetensors::write_whole;

use super::quantized::Quantized;
use super::steps::{name_of, steps};
use crate::activations::Activation;
use crate::base::operator::{InFloat, Like, Then};
use crate::error::Error;
use crate::int8::graph::{Kind, Step, clamped};
use crate::int8::pass::Quantizable;
use crate::model::Model;
use crate::params::of_bytes;
use crate::tensor::Tensor;
use crate::train::files::error::{file_error, with_path};

impl<M: Quantizable> Quantized<M> {
    /// Saves the twin as a file of TFLite: int8 operators, which LiteRT, TFLite for microcontrollers and their like run. LiteRT's
    /// reference kernels give the same bits as [`predict_int8_into`](Self::predict_int8_into). Layers that stay in `f32` stand between
    /// `DEQUANTIZE` and `QUANTIZE`. With the feature `import`.
    ///
    /// The file takes any number of samples at once; with an `LSTM`, whose state it keeps, one: `reset_all_variables()` before each.
    ///
    /// # Errors
    /// A layer that stays in `f32` and is no `Dense` or convolution; the file cannot be written.
    pub fn export_tflite(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let network = self.network().map_err(|why| file_error(path, why))?;
        let bytes = tflite(&network).map_err(|why| file_error(path, why.to_string()))?;
        with_path(path, write_whole(path, &mut |out| out.write_all(&bytes)))
    }

    fn network(&self) -> Result<Network, String> {
        let plan = M::INT8;
        let dims = |shape: crate::shape::Shape| shape.dims().to_vec();
        let of_input = match plan.float_input {
            true => None,
            false => self.scales().first().copied(),
        };
        let mut shape = dims(M::Input::SHAPE);
        let input = Given {
            shape: shape.clone(),
            scale: of_input,
        };
        let mut made: Vec<Written> = Vec::new();
        let mut scale = of_input;
        let scales = self.scales().iter().skip(1);
        for ((step, kernel_scales), gives) in steps::<M>().zip(self.kernel_scales()).zip(scales) {
            let name = name_of::<M>(step);
            let takes = match step
                .layer
                .checked_sub(1)
                .and_then(|before| M::LAYERS.get(before))
            {
                Some(layer) => dims(layer.output),
                None => dims(M::Input::SHAPE),
            };
            // What `Flatten` and `Reshape` have done; within a layer nothing has.
            let begins = made.iter().all(|other| !within::<M>(&other.name, step));
            if begins && takes != shape && len(&takes) == len(&shape) {
                shape = takes;
                made.push(Written {
                    name: format!("{name}.reshape"),
                    action: Action::Reshape,
                    output: Given {
                        shape: shape.clone(),
                        scale,
                    },
                });
            }
            let block = self
                .block()
                .get(step.at..step.at + step.block_len())
                .unwrap_or_default();
            if let Kind::Float(of, _) = &step.kind {
                shape = dims(
                    M::LAYERS
                        .get(step.layer)
                        .map_or(M::Output::SHAPE, |layer| layer.output),
                );
                let is_last = step.output.is_none();
                made.extend(float::<M>(&name, of, block, &shape, is_last)?);
                scale = None;
                continue;
            }
            shape = shape_of::<M>(step, &shape);
            scale = match &step.kind {
                Kind::Dequantize(_) => None,
                _ => Some(*gives),
            };
            made.push(Written {
                name,
                action: action(step, block, kernel_scales),
                output: Given {
                    shape: shape.clone(),
                    scale,
                },
            });
        }
        if shape != dims(M::Output::SHAPE) {
            made.push(Written {
                name: "output.reshape".to_owned(),
                action: Action::Reshape,
                output: Given {
                    shape: dims(M::Output::SHAPE),
                    scale,
                },
            });
        }
        Ok(Network {
            name: M::NAME.to_owned(),
            batch: None,
            input,
            steps: made,
        })
    }
}

fn len(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Whether a step of this name is one of the same layer.
fn within<M: Model>(name: &str, step: &Step) -> bool {
    let layer = M::LAYERS.get(step.layer).map_or("", |layer| layer.name);
    name.strip_prefix(layer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The axes of what a step gives.
fn shape_of<M: Model>(step: &Step, before: &[usize]) -> Vec<usize> {
    let layer = M::LAYERS
        .get(step.layer)
        .map_or(M::Output::SHAPE, |layer| layer.output);
    let own = layer.dims().to_vec();
    match &step.kind {
        Kind::Int8(Op::Conv(c) | Op::Depthwise(c)) => {
            let [h, w] = &c.axes;
            // A `BatchNormalization` by itself is a convolution of single pixels, whatever the axes are.
            match before.len() {
                _ if len(&own) == c.output_len() => own,
                2 => std::vec![w.output, c.filters],
                _ => std::vec![h.output, w.output, c.filters],
            }
        }
        Kind::Int8(op) if op.output_len() == len(&own) => own,
        Kind::Int8(op) => std::vec![op.output_len()],
        _ => before.to_vec(),
    }
}

fn action(step: &Step, block: &[u8], scales: &[f32]) -> Action {
    match &step.kind {
        Kind::Quantize(_) => Action::Quantize,
        Kind::Dequantize(_) => Action::Dequantize,
        Kind::Int8(Op::Lstm(l)) => Action::Lstm {
            op: *l,
            parameters: Box::new(of_lstm(l, block, scales)),
        },
        Kind::Int8(op) => {
            let (outputs, inputs) = match op {
                Op::Dense(d) => (d.outputs, d.inputs),
                Op::Conv(c) => (c.filters, c.taps() * c.channels),
                Op::Depthwise(c) => (c.filters, c.taps()),
                _ => (0, 0),
            };
            let (mut kernel, mut bias) = (std::vec![0; outputs * inputs], std::vec![0; outputs]);
            plain_kernel(op, block, &mut kernel);
            plain_bias(op, block, &mut bias);
            let scales = if outputs > 0 {
                scales.to_vec()
            } else {
                Vec::new()
            };
            Action::Int8 {
                op: *op,
                parameters: Int8 {
                    kernel,
                    bias,
                    scales,
                },
            }
        }
        _ => Action::Reshape,
    }
}

/// The scales of an LSTM are those of its kernels, of its recurrent ones, and the power of its cell's.
fn of_lstm(l: &op::Lstm, block: &[u8], scales: &[f32]) -> Lstm {
    let part = |at: usize| {
        scales
            .get(at..at + 4)
            .and_then(|four| four.first_chunk::<4>())
            .copied()
            .unwrap_or_default()
    };
    let mut made = Lstm {
        cell: scales.get(8).map_or(-15, |power| *power as i8),
        kernel_scales: part(0),
        recurrent_scales: part(4),
        ..Lstm::default()
    };
    let gates = made
        .kernels
        .iter_mut()
        .zip(&mut made.recurrent)
        .zip(&mut made.biases);
    for (gate, ((kernel, recurrent), bias)) in gates.enumerate() {
        kernel.resize(l.units * l.inputs, 0);
        recurrent.resize(l.units * l.units, 0);
        bias.resize(l.units, 0);
        lstm::plain_kernel(l, block, Matrix::Kernel, gate, kernel);
        lstm::plain_kernel(l, block, Matrix::Recurrent, gate, recurrent);
        lstm::plain_bias(l, block, gate, bias);
    }
    made
}

/// A layer that stays in `f32`: its product, its activation, and of the last one the model's head.
fn float<M: Quantizable>(
    name: &str,
    of: &InFloat,
    block: &[u8],
    shape: &[usize],
    is_last: bool,
) -> Result<Vec<Written>, String> {
    let Some(Like { op, bias, then }) = of.like else {
        return Err(format!(
            "`{name}` stays in f32, and only a Dense or a convolution has an operator here\n  help: `Sequential::export_onnx` has all layers"
        ));
    };
    let values = of_bytes(block);
    let (outputs, transposed) = match &op {
        Op::Dense(d) => (d.outputs, true),
        Op::Conv(c) => (c.filters, true),
        Op::Depthwise(c) => (c.filters, false),
        _ => (1, false),
    };
    let count = of.params - if bias { outputs } else { 0 };
    let (kernel, own_bias) = values.split_at_checked(count).unwrap_or_default();
    let inputs = count / outputs.max(1);
    let kernel = match transposed {
        true => (0..count)
            .filter_map(|i| {
                kernel
                    .get(i % inputs.max(1) * outputs + i / inputs.max(1))
                    .copied()
            })
            .collect(),
        false => kernel.to_vec(),
    };
    let own_bias = if bias {
        own_bias.get(..outputs).unwrap_or_default().to_vec()
    } else {
        Vec::new()
    };
    let (op, then) = match then {
        Then::Clamp(clamp) => (clamped(op, clamp), Then::NOTHING),
        other => (op, other),
    };
    let step = |name: String, op: Op, parameters: Float| Written {
        name,
        action: Action::Float { op, parameters },
        output: Given {
            shape: shape.to_vec(),
            scale: None,
        },
    };
    let mut made = std::vec![step(
        name.to_owned(),
        op,
        Float {
            kernel,
            bias: own_bias
        }
    )];
    let head = if is_last {
        M::Head::INT8
    } else {
        Then::NOTHING
    };
    for (then, ending) in [(then, "activation"), (head, "head")] {
        let (len, width) = (len(shape), shape.last().copied().unwrap_or(1));
        let op = match then {
            Then::Clamp(_) => continue,
            Then::Function(function) => Op::Table(Table { len, function }),
            Then::Softmax => Op::Softmax(Rows {
                rows: len / width.max(1),
                width,
            }),
            Then::Refused(activation) => {
                return Err(format!(
                    "`{name}`: TFLite has no operator for the activation `{activation}`"
                ));
            }
        };
        made.push(step(format!("{name}.{ending}"), op, Float::default()));
    }
    Ok(made)
}
