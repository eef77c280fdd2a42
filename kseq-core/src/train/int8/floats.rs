//! What a step computes, in `f32`: what the integers stand for.

use std::vec::Vec;

use kseq_int8::lstm::{Float, float_steps};
use kseq_int8::op::{Axis, Clamp, Conv, Function, Op, Pool as Pooling};

use super::folded::Folded;
use crate::activations::Act;
use crate::layers::dense::product;
use crate::pool::Pool;

/// What is seen of an LSTM besides its output.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Inside {
    /// The least and the largest state of all steps.
    pub state: [f32; 2],
    /// The largest cell, without its sign.
    pub cell: f32,
}

/// The outputs of a step for any number of samples.
pub(super) fn compute(
    op: &Op,
    folded: &Folded,
    x: &[f32],
    inside: &mut Inside,
    pool: &Pool,
) -> Vec<f32> {
    let samples = x.len() / op.input_len().max(1);
    let mut y = std::vec![0.0; samples * op.output_len()];
    let each = x.chunks_exact(op.input_len().max(1));
    match op {
        Op::Dense(d) => {
            product(
                x,
                (&folded.kernel, &folded.bias, false),
                &mut y,
                (d.inputs, d.outputs),
                pool,
            );
            clamp(d.clamp, &mut y);
        }
        Op::Conv(c) => {
            let width = c.taps() * c.channels;
            let mut patches = Vec::new();
            for (x, y) in each.zip(y.chunks_exact_mut(op.output_len().max(1))) {
                patches.clear();
                windows(&c.axes, &mut |_, seen| {
                    for at in seen {
                        match at {
                            Some(at) => patches.extend_from_slice(
                                x.get(at * c.channels..(at + 1) * c.channels)
                                    .unwrap_or_default(),
                            ),
                            None => patches.resize(patches.len() + c.channels, 0.0),
                        }
                    }
                });
                product(
                    &patches,
                    (&folded.kernel, &folded.bias, false),
                    y,
                    (width, c.filters),
                    pool,
                );
            }
            clamp(c.clamp, &mut y);
        }
        Op::Depthwise(c) => {
            for (x, y) in each.zip(y.chunks_exact_mut(op.output_len().max(1))) {
                depthwise(c, folded, x, y);
            }
            clamp(c.clamp, &mut y);
        }
        Op::MaxPool(p) => pooled(p, each, &mut y, &|some| {
            some.iter().copied().fold(f32::NEG_INFINITY, f32::max)
        }),
        Op::AveragePool(p) => pooled(p, each, &mut y, &|some| {
            some.iter().sum::<f32>() / some.len().max(1) as f32
        }),
        Op::Mean(m) => {
            for (x, y) in each.zip(y.chunks_exact_mut(m.channels.max(1))) {
                for row in x.chunks_exact(m.channels.max(1)) {
                    for (y, x) in y.iter_mut().zip(row) {
                        *y += x / m.rows as f32;
                    }
                }
            }
        }
        Op::Pad(p) => {
            let ([h, w, c], [top, left], [_, right]) = (p.input, p.before, p.after);
            let line = (left + w + right) * c;
            for (x, y) in each.zip(y.chunks_exact_mut(op.output_len().max(1))) {
                let lines = y.chunks_exact_mut(line.max(1)).skip(top).take(h);
                for (y, x) in lines.zip(x.chunks_exact((w * c).max(1))) {
                    if let Some(y) = y.get_mut(left * c..(left + w) * c) {
                        y.copy_from_slice(x);
                    }
                }
            }
        }
        Op::Table(t) => {
            y.copy_from_slice(x);
            apply(t.function, &mut y);
        }
        Op::Softmax(rows) => {
            y.copy_from_slice(x);
            Act::Softmax.forward(&mut y, rows.width);
        }
        Op::Lstm(l) => {
            let weights = Float {
                kernel: &folded.kernel,
                recurrent_kernel: &folded.recurrent,
                bias: &folded.bias,
            };
            let mut memory = std::vec![0.0; 6 * l.units];
            let len = op.output_len();
            for (x, y) in each.zip(y.chunks_exact_mut(len.max(1))) {
                let mut to = y.chunks_exact_mut(l.units.max(1));
                let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
                let mut last = Vec::new();
                float_steps(l, &weights, x, &mut memory, sigmoid, f32::tanh, |h, c| {
                    for h in h {
                        inside.state = [inside.state[0].min(*h), inside.state[1].max(*h)];
                    }
                    inside.cell = c.iter().fold(inside.cell, |most, c| most.max(c.abs()));
                    if !l.sequences {
                        last.clear();
                        last.extend_from_slice(h);
                    } else if let Some(to) = to.next() {
                        to.copy_from_slice(h);
                    }
                });
                if !l.sequences
                    && let Some(to) = to.next()
                    && to.len() == last.len()
                {
                    to.copy_from_slice(&last);
                }
            }
        }
        _ => {}
    }
    y
}

/// The pixels under a window, by taps; `None` beyond the borders.
type Taps<'a> = dyn Iterator<Item = Option<usize>> + 'a;

/// Tells of each output which pixels it sees.
fn windows(axes: &[Axis; 2], see: &mut dyn FnMut(usize, &mut Taps<'_>)) {
    let [h, w] = axes;
    for (output, (i, j)) in (0..h.output)
        .flat_map(|i| (0..w.output).map(move |j| (i, j)))
        .enumerate()
    {
        let taps = (0..h.kernel).flat_map(|a| (0..w.kernel).map(move |b| (a, b)));
        let mut seen = taps.map(|(a, b)| Some(h.seen(i, a)? * w.input + w.seen(j, b)?));
        see(output, &mut seen);
    }
}

fn depthwise(c: &Conv, folded: &Folded, x: &[f32], y: &mut [f32]) {
    let (filters, channels) = (c.filters.max(1), c.channels.max(1));
    let multiplier = (filters / channels).max(1);
    windows(&c.axes, &mut |output, seen| {
        let Some(y) = y.get_mut(output * filters..(output + 1) * filters) else {
            return;
        };
        match folded.bias.len() == y.len() {
            true => y.copy_from_slice(&folded.bias),
            false => y.fill(0.0),
        }
        for (at, weights) in seen.zip(folded.kernel.chunks_exact(filters)) {
            let Some(x) = at.and_then(|at| x.get(at * channels..(at + 1) * channels)) else {
                continue;
            };
            let values = x.iter().flat_map(|x| std::iter::repeat_n(*x, multiplier));
            for (y, (x, w)) in y.iter_mut().zip(values.zip(weights)) {
                *y += x * w;
            }
        }
    });
}

fn pooled<'a>(
    p: &Pooling,
    samples: impl Iterator<Item = &'a [f32]>,
    y: &mut [f32],
    of: &dyn Fn(&[f32]) -> f32,
) {
    let [h, w] = &p.axes;
    let channels = p.channels.max(1);
    let len = h.output * w.output * channels;
    let mut some = Vec::new();
    for (x, y) in samples.zip(y.chunks_exact_mut(len.max(1))) {
        windows(&p.axes, &mut |output, seen| {
            let pixels: Vec<usize> = seen.flatten().collect();
            for channel in 0..channels {
                some.clear();
                some.extend(
                    pixels
                        .iter()
                        .filter_map(|at| x.get(at * channels + channel)),
                );
                if let Some(y) = y.get_mut(output * channels + channel) {
                    *y = of(&some);
                }
            }
        });
    }
}

/// An activation that is a part of an operator.
fn clamp(clamp: Clamp, y: &mut [f32]) {
    let (least, most) = match clamp {
        Clamp::Relu => (0.0, f32::INFINITY),
        Clamp::Relu6 => (0.0, 6.0),
        Clamp::ReluN1To1 => (-1.0, 1.0),
        _ => return,
    };
    for y in y {
        *y = y.clamp(least, most);
    }
}

fn apply(function: Function, y: &mut [f32]) {
    let width = y.len();
    match function {
        Function::Clamp(of) => clamp(of, y),
        Function::Sigmoid => Act::Sigmoid.forward(y, width),
        Function::Tanh => Act::Tanh.forward(y, width),
        Function::Elu => Act::Elu.forward(y, width),
        Function::HardSwish => Act::HardSilu.forward(y, width),
        Function::Gelu(_) => Act::Gelu.forward(y, width),
        Function::LeakyRelu(slope) => {
            for y in y {
                *y *= if *y < 0.0 { slope } else { 1.0 };
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
