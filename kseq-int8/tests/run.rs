//! What does not fit is not computed, and nothing panics.

use kseq_int8::arithmetic::Scale;
use kseq_int8::op::{Axis, Clamp, Conv, Dense, Function, Mean, Op, Pad, Pool, Rows, Table};
use kseq_int8::params::{Layout, Params};
use kseq_int8::write::{self, Given};
use kseq_int8::{run, scratch_len};

fn ops() -> Vec<Op> {
    let h = Axis {
        input: 5,
        output: 3,
        kernel: 3,
        stride: 2,
        dilation: 1,
        before: 1,
    };
    let w = Axis {
        input: 4,
        output: 2,
        kernel: 2,
        stride: 1,
        dilation: 2,
        before: 0,
    };
    let nothing = Axis {
        input: 0,
        output: 0,
        kernel: 0,
        stride: 0,
        dilation: 0,
        before: 0,
    };
    let axes = [h, w];
    let clamp = Clamp::None;
    vec![
        Op::Dense(Dense {
            rows: 2,
            inputs: 7,
            outputs: 19,
            clamp,
        }),
        Op::Dense(Dense {
            rows: 2,
            inputs: 8,
            outputs: 3,
            clamp,
        }),
        Op::Dense(Dense {
            rows: 0,
            inputs: 0,
            outputs: 0,
            clamp,
        }),
        Op::Conv(Conv {
            axes,
            channels: 3,
            filters: 18,
            clamp,
        }),
        Op::Conv(Conv {
            axes: [nothing, w],
            channels: 3,
            filters: 2,
            clamp,
        }),
        Op::Conv(Conv {
            axes,
            channels: 0,
            filters: 2,
            clamp,
        }),
        Op::Conv(Conv {
            axes,
            channels: 2,
            filters: 0,
            clamp,
        }),
        Op::Depthwise(Conv {
            axes,
            channels: 1,
            filters: 5,
            clamp,
        }),
        Op::Depthwise(Conv {
            axes,
            channels: 3,
            filters: 6,
            clamp,
        }),
        Op::Depthwise(Conv {
            axes,
            channels: 0,
            filters: 0,
            clamp,
        }),
        Op::MaxPool(Pool { axes, channels: 17 }),
        Op::MaxPool(Pool {
            axes: [nothing, nothing],
            channels: 0,
        }),
        Op::AveragePool(Pool { axes, channels: 17 }),
        Op::AveragePool(Pool { axes, channels: 0 }),
        Op::Mean(Mean {
            rows: 6,
            channels: 18,
        }),
        Op::Mean(Mean {
            rows: 0,
            channels: 2,
        }),
        Op::Pad(Pad {
            input: [2, 3, 2],
            before: [1, 0],
            after: [0, 2],
        }),
        Op::Pad(Pad {
            input: [0, 0, 0],
            before: [0, 0],
            after: [0, 0],
        }),
        Op::Table(Table {
            len: 9,
            function: Function::Tanh,
        }),
        Op::Softmax(Rows { rows: 2, width: 5 }),
        Op::Softmax(Rows { rows: 2, width: 0 }),
    ]
}

#[test]
fn what_does_not_fit_is_not_computed() {
    let scale = Scale {
        scale: 0.1,
        zero_point: 3,
    };
    for op in ops() {
        let layout = Layout::of(&op);
        let given = Given {
            input: scale,
            output: scale,
            kernel: &[1; 40],
            bias: &[7],
            scales: &[0.1],
        };
        let mut memory = vec![0; layout.len() + 8];
        let begin = memory.as_ptr().align_offset(4);
        write::block(&op, &given, &mut memory[begin..begin + layout.len()]);
        // Blocks that are short, or lie anywhere; samples that are not whole; no scratch.
        for from in 0..8 {
            for len in [0, 1, 3, layout.len() / 2, layout.len()] {
                let block = memory.get(from..from + len).unwrap_or_default();
                for shorter in [0, 1, 5] {
                    let x = vec![1; (3 * op.input_len()).saturating_sub(shorter)];
                    for samples in [0, 1, 3] {
                        let mut y = vec![0; (samples * op.output_len()).saturating_sub(shorter)];
                        for room in [0, scratch_len(&op) / 2, scratch_len(&op)] {
                            run(&op, block, &x, &mut y, &mut vec![0; room]);
                        }
                    }
                }
            }
        }
        write::block(&op, &given, &mut memory[..layout.len() / 2]);
        write::plain_kernel(&op, &memory[1..], &mut [0; 3]);
        write::plain_bias(&op, &memory[1..], &mut [0; 3]);
    }
}

#[test]
fn a_block_is_as_long_as_its_parts() {
    for op in ops() {
        let layout = Layout::of(&op);
        assert_eq!(layout.len() % 4, 0);
        let memory = vec![0; layout.len() + 4];
        let begin = memory.as_ptr().align_offset(4);
        let params = Params::of(layout, &memory[begin..begin + layout.len()]);
        assert_eq!(params.bias.len(), layout.channels);
        assert_eq!(params.multiplier.len(), layout.channels);
        assert_eq!(params.shift.len(), layout.channels);
        assert_eq!(params.bytes.len(), layout.bytes);
        assert_eq!(params.rounding, layout.rounding);
    }
}

#[test]
fn samples_do_not_touch_each_other() {
    let scale = Scale {
        scale: 0.1,
        zero_point: -2,
    };
    for op in ops().into_iter().filter(|op| op.input_len() > 0) {
        let kernel: Vec<i8> = (0..1000).map(|i| (i * 37 % 251) as u8 as i8).collect();
        let (bias, scales) = ([100, -50, 7], [0.03; 20]);
        let output = Scale {
            scale: 0.2,
            zero_point: 5,
        };
        let given = Given {
            input: scale,
            output,
            kernel: &kernel,
            bias: &bias,
            scales: &scales,
        };
        let len = Layout::of(&op).len();
        let mut memory = vec![0; len + 3];
        let begin = memory.as_ptr().align_offset(4);
        write::block(&op, &given, &mut memory[begin..begin + len]);
        let block = &memory[begin..begin + len];
        let x: Vec<i8> = (0..3 * op.input_len())
            .map(|i| (i * 91 % 253) as u8 as i8)
            .collect();
        let mut scratch = vec![0; scratch_len(&op)];
        let mut together = vec![0; 3 * op.output_len()];
        run(&op, block, &x, &mut together, &mut scratch);
        let mut alone = vec![0; 3 * op.output_len()];
        let outputs = alone.chunks_mut(op.output_len().max(1));
        for (x, y) in x.chunks(op.input_len()).zip(outputs) {
            run(&op, block, x, y, &mut scratch);
        }
        assert_eq!(together, alone, "{op:?}");
    }
}
