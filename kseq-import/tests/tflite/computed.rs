//! What a network computes: of `i8` what kseq-int8 does, of `f32` the plain sums.

use kseq_import::tflite::{Action, Network};
use kseq_int8::lstm;
use kseq_int8::op::{Axis, Clamp, Conv, Function, Op, Pool};
use kseq_int8::params::Layout;
use kseq_int8::run::{run, scratch_len};
use kseq_int8::write::{Given, block};

/// The numbers of some samples, side by side.
#[derive(Clone)]
pub enum Values {
    Int8(Vec<i8>),
    Float(Vec<f32>),
}

/// The outputs of each step of a network.
pub fn outputs(network: &Network, samples: usize, x: &Values) -> Vec<Values> {
    let mut all = Vec::new();
    let mut values = x.clone();
    let mut input = network.input.scale;
    for step in &network.steps {
        let output = step.output.scale;
        values = match (&step.action, values) {
            (Action::Int8 { op, parameters }, Values::Int8(x)) => {
                let given = Given {
                    input: input.unwrap(),
                    output: output.unwrap(),
                    kernel: &parameters.kernel,
                    bias: &parameters.bias,
                    scales: &parameters.scales,
                };
                let fill = |bytes: &mut [u8]| block(op, &given, bytes);
                Values::Int8(of_int8(op, fill, samples, &x))
            }
            (Action::Lstm { op, parameters: p }, Values::Int8(x)) => {
                let given = lstm::Given {
                    input: input.unwrap(),
                    output: output.unwrap(),
                    hidden: output.unwrap(),
                    cell: p.cell,
                    clip: 0.0,
                    kernels: p.kernels.each_ref().map(Vec::as_slice),
                    recurrent: p.recurrent.each_ref().map(Vec::as_slice),
                    biases: p.biases.each_ref().map(Vec::as_slice),
                    kernel_scales: p.kernel_scales,
                    recurrent_scales: p.recurrent_scales,
                };
                let fill = |bytes: &mut [u8]| lstm::block(op, &given, bytes);
                Values::Int8(of_int8(&Op::Lstm(*op), fill, samples, &x))
            }
            (Action::Float { op, parameters }, Values::Float(x)) => {
                let samples = x.chunks(op.input_len());
                let of_one = |x| of_float(op, &parameters.kernel, &parameters.bias, x);
                Values::Float(samples.flat_map(of_one).collect())
            }
            (Action::Quantize, Values::Float(x)) => {
                let scale = output.unwrap();
                Values::Int8(x.iter().map(|&x| scale.quantize(x)).collect())
            }
            (Action::Dequantize, Values::Int8(x)) => {
                let scale = input.unwrap();
                Values::Float(x.iter().map(|&x| scale.dequantize(x)).collect())
            }
            (_, values) => values,
        };
        input = output;
        all.push(values.clone());
    }
    all
}

fn of_int8(op: &Op, fill: impl Fn(&mut [u8]), samples: usize, x: &[i8]) -> Vec<i8> {
    let len = Layout::of(op).len();
    let mut memory = vec![0; len + 3];
    let begin = memory.as_ptr().align_offset(4);
    let bytes = &mut memory[begin..begin + len];
    fill(bytes);
    let mut y = vec![0; samples * op.output_len()];
    let mut scratch = vec![0; scratch_len(op)];
    run(op, bytes, x, &mut y, &mut scratch);
    y
}

fn of_float(op: &Op, kernel: &[f32], bias: &[f32], x: &[f32]) -> Vec<f32> {
    match op {
        Op::Dense(d) => {
            let row = |x: &[f32], o: usize| {
                let weights = &kernel[o * d.inputs..][..d.inputs];
                let sum: f32 = x.iter().zip(weights).map(|(x, w)| x * w).sum();
                clamped(d.clamp, sum + bias[o])
            };
            let rows = x.chunks(d.inputs);
            rows.flat_map(|x| (0..d.outputs).map(move |o| row(x, o)))
                .collect()
        }
        Op::Conv(c) => conv(
            c,
            |o, tap, i| kernel[(o * c.taps() + tap) * c.channels + i],
            bias,
            x,
        ),
        Op::Depthwise(c) => {
            let each = c.filters / c.channels;
            let weight = |o: usize, tap: usize, i: usize| match o / each == i {
                true => kernel[tap * c.filters + o],
                false => 0.0,
            };
            conv(c, weight, bias, x)
        }
        Op::MaxPool(p) => pool(p, x, |window| {
            window.iter().copied().fold(f32::MIN, f32::max)
        }),
        Op::AveragePool(p) => pool(p, x, |window| {
            window.iter().sum::<f32>() / window.len() as f32
        }),
        Op::Mean(m) => {
            let of = |c| x.iter().skip(c).step_by(m.channels).sum::<f32>() / m.rows as f32;
            (0..m.channels).map(of).collect()
        }
        Op::Table(t) => x.iter().map(|&x| function(t.function, x)).collect(),
        Op::Softmax(r) => {
            let row = |x: &[f32]| {
                let most = x.iter().copied().fold(f32::MIN, f32::max);
                let all: Vec<f32> = x.iter().map(|x| (x - most).exp()).collect();
                let sum: f32 = all.iter().sum();
                all.into_iter().map(move |e| e / sum)
            };
            x.chunks(r.width).flat_map(row).collect()
        }
        _ => panic!("{op:?}"),
    }
}

fn clamped(clamp: Clamp, x: f32) -> f32 {
    match clamp {
        Clamp::Relu => x.max(0.0),
        Clamp::Relu6 => x.clamp(0.0, 6.0),
        Clamp::ReluN1To1 => x.clamp(-1.0, 1.0),
        _ => x,
    }
}

fn function(function: Function, x: f32) -> f32 {
    match function {
        Function::Clamp(clamp) => clamped(clamp, x),
        Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Function::Tanh => x.tanh(),
        Function::Elu => {
            if x < 0.0 {
                x.exp_m1()
            } else {
                x
            }
        }
        Function::LeakyRelu(slope) => {
            if x < 0.0 {
                slope * x
            } else {
                x
            }
        }
        Function::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Function::Gelu(true) => {
            let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }
        _ => 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)),
    }
}

/// The series, which ends soon for small numbers.
fn erf(x: f32) -> f32 {
    let x = f64::from(x.clamp(-4.0, 4.0));
    let (mut term, mut sum) = (x, 0.0);
    for n in 0..100 {
        sum += term / f64::from(2 * n + 1);
        term *= -x * x / f64::from(n + 1);
    }
    (sum * std::f64::consts::FRAC_2_SQRT_PI) as f32
}

/// Where a window's elements lie, by their number in the window; those beyond the borders are left out.
fn places(axis: &Axis, output: usize) -> impl Iterator<Item = (usize, usize)> + Clone {
    let Axis {
        input,
        kernel,
        stride,
        dilation,
        before,
        ..
    } = *axis;
    let place = move |k: usize| {
        (output * stride + k * dilation)
            .checked_sub(before)
            .map(|at| (k, at))
    };
    (0..kernel)
        .filter_map(place)
        .filter(move |&(_, at)| at < input)
}

/// Each window of an image: its output's number, and of its elements number and place.
fn windows(axes: [Axis; 2]) -> impl Iterator<Item = Vec<(usize, usize)>> {
    let [h, w] = axes;
    let outputs = (0..h.output).flat_map(move |i| (0..w.output).map(move |j| (i, j)));
    outputs.map(move |(i, j)| {
        let of = |(k, row)| {
            places(&w, j).map(move |(l, column)| (k * w.kernel + l, row * w.input + column))
        };
        places(&h, i).flat_map(of).collect()
    })
}

fn conv(
    c: &Conv,
    weight: impl Fn(usize, usize, usize) -> f32,
    bias: &[f32],
    x: &[f32],
) -> Vec<f32> {
    let mut y = Vec::new();
    for window in windows(c.axes) {
        for (o, bias) in bias.iter().enumerate() {
            let taps = window.iter();
            let pairs = taps.flat_map(|&(tap, at)| (0..c.channels).map(move |i| (tap, at, i)));
            let sum: f32 = pairs
                .map(|(tap, at, i)| weight(o, tap, i) * x[at * c.channels + i])
                .sum();
            y.push(clamped(c.clamp, sum + bias));
        }
    }
    y
}

fn pool(p: &Pool, x: &[f32], of: impl Fn(&[f32]) -> f32) -> Vec<f32> {
    let mut y = Vec::new();
    for window in windows(p.axes) {
        for i in 0..p.channels {
            let values: Vec<f32> = window
                .iter()
                .map(|&(_, at)| x[at * p.channels + i])
                .collect();
            y.push(of(&values));
        }
    }
    y
}
