//! The time of some small networks, operator by operator, in nanoseconds a sample: `speed [NETWORK] [operators]`.
//!
//! The weights are pseudo-random. `speed.py` beside this measures the same networks with LiteRT and XNNPACK in turn.
#![allow(unsafe_code)]

use kseq_int8::op::{Axis, Clamp, Conv, Dense, Mean, Op, Pool};
use kseq_int8::params::Layout;
use kseq_int8::{run, scratch_len};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let each = args.iter().any(|arg| arg == "operators");
    for (name, ops) in [
        ("digits", digits()),
        ("vgg", vgg()),
        ("keywords", keywords()),
        ("mlp", mlp()),
    ] {
        if args
            .first()
            .is_some_and(|arg| arg != name && arg != "operators")
        {
            continue;
        }
        let mut net = Net::of(&ops);
        let (median, least) = time(|| net.predict());
        println!("{name} {median:.0} {least:.0}");
        for (i, op) in ops.iter().enumerate().filter(|_| each) {
            let (median, least) = time(|| net.layer(i));
            println!("  {median:.0} {least:.0} {op:?}");
        }
    }
}

/// The nanoseconds of a call: the median and the least.
fn time(mut f: impl FnMut()) -> (f64, f64) {
    let begin = Instant::now();
    let mut calls = 0;
    while begin.elapsed().as_millis() < 30 {
        f();
        calls += 1;
    }
    let batch = (calls / 15).max(1);
    let mut times: Vec<f64> = (0..21)
        .map(|_| {
            let begin = Instant::now();
            (0..batch).for_each(|_| f());
            begin.elapsed().as_nanos() as f64 / f64::from(batch)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[10], times[0])
}

struct Net {
    ops: Vec<Op>,
    blocks: Vec<Vec<u32>>,
    tensors: Vec<Vec<i8>>,
    scratch: Vec<i8>,
}

impl Net {
    fn of(ops: &[Op]) -> Net {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state ^ state >> 15
        };
        let block = |op: &Op| {
            let layout = Layout::of(op);
            let mut words = vec![0_u32; layout.len() / 4];
            words.iter_mut().for_each(|word| *word = next());
            // SAFETY: as many bytes as the words have.
            let bytes = unsafe {
                std::slice::from_raw_parts_mut(words.as_mut_ptr().cast::<u8>(), layout.len())
            };
            let c = layout.channels;
            for o in 0..c {
                bytes[4 * o..4 * o + 4].copy_from_slice(&0_i32.to_ne_bytes());
                bytes[4 * (c + o)..4 * (c + o) + 4].copy_from_slice(&0x5555_5555_i32.to_ne_bytes());
                bytes[8 * c + o] = -9_i8 as u8;
            }
            // What a ReLU gives has the zero point -128.
            let relu = matches!(
                op,
                Op::Conv(Conv {
                    clamp: Clamp::Relu,
                    ..
                }) | Op::Depthwise(_)
            );
            let zero = if relu { 0x80 } else { 0 };
            bytes[9 * c..9 * c + 4].copy_from_slice(&[0, zero, 0x80, 0x7f]);
            words
        };
        let blocks = ops.iter().map(block).collect();
        let mut tensors = vec![vec![1; ops[0].input_len()]];
        tensors.extend(ops.iter().map(|op| vec![0; op.output_len()]));
        let scratch = vec![0; ops.iter().map(scratch_len).max().unwrap_or(0)];
        Net {
            ops: ops.to_vec(),
            blocks,
            tensors,
            scratch,
        }
    }

    fn layer(&mut self, i: usize) {
        let (before, behind) = self.tensors.split_at_mut(i + 1);
        let block = &self.blocks[i];
        // SAFETY: as many bytes as the words have.
        let block =
            unsafe { std::slice::from_raw_parts(block.as_ptr().cast::<u8>(), 4 * block.len()) };
        run(
            &self.ops[i],
            block,
            black_box(&before[i]),
            &mut behind[0],
            &mut self.scratch,
        );
    }

    fn predict(&mut self) {
        (0..self.ops.len()).for_each(|i| self.layer(i));
    }
}

fn axis(input: usize, kernel: usize, stride: usize, same: bool) -> Axis {
    let output = if same {
        input.div_ceil(stride)
    } else {
        (input - kernel) / stride + 1
    };
    let padding = ((output - 1) * stride + kernel).saturating_sub(input);
    Axis {
        input,
        output,
        kernel,
        stride,
        dilation: 1,
        before: padding / 2,
    }
}

fn conv(
    size: [usize; 2],
    channels: usize,
    filters: usize,
    kernel: [usize; 2],
    stride: usize,
    same: bool,
) -> Conv {
    let axes = [0, 1].map(|i| axis(size[i], kernel[i], stride, same));
    Conv {
        axes,
        channels,
        filters,
        clamp: Clamp::Relu,
    }
}

fn pool(size: [usize; 2], channels: usize, window: [usize; 2]) -> Pool {
    let axes = [0, 1].map(|i| axis(size[i], window[i], window[i], false));
    Pool { axes, channels }
}

fn dense(inputs: usize, outputs: usize, clamp: Clamp) -> Op {
    Op::Dense(Dense {
        rows: 1,
        inputs,
        outputs,
        clamp,
    })
}

fn digits() -> Vec<Op> {
    vec![
        Op::Conv(conv([28, 28], 1, 8, [3, 3], 1, false)),
        Op::MaxPool(pool([26, 26], 8, [2, 2])),
        Op::Conv(conv([13, 13], 8, 16, [3, 3], 1, false)),
        Op::MaxPool(pool([11, 11], 16, [2, 2])),
        dense(400, 10, Clamp::None),
    ]
}

fn vgg() -> Vec<Op> {
    vec![
        Op::Conv(conv([32, 32], 3, 32, [3, 3], 1, true)),
        Op::Conv(conv([32, 32], 32, 32, [3, 3], 1, true)),
        Op::MaxPool(pool([32, 32], 32, [2, 2])),
        Op::Conv(conv([16, 16], 32, 64, [3, 3], 1, true)),
        Op::Conv(conv([16, 16], 64, 64, [3, 3], 1, true)),
        Op::MaxPool(pool([16, 16], 64, [2, 2])),
        dense(4096, 256, Clamp::Relu),
        dense(256, 10, Clamp::None),
    ]
}

fn keywords() -> Vec<Op> {
    let mut ops = vec![Op::Conv(conv([49, 10], 1, 64, [10, 4], 2, true))];
    for _ in 0..4 {
        ops.push(Op::Depthwise(conv([25, 5], 64, 64, [3, 3], 1, true)));
        ops.push(Op::Conv(conv([25, 5], 64, 64, [1, 1], 1, true)));
    }
    ops.push(Op::Mean(Mean {
        rows: 125,
        channels: 64,
    }));
    ops.push(dense(64, 12, Clamp::None));
    ops
}

fn mlp() -> Vec<Op> {
    vec![
        dense(784, 512, Clamp::Relu),
        dense(512, 512, Clamp::Relu),
        dense(512, 10, Clamp::None),
    ]
}
