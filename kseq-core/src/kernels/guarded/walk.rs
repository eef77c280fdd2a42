//! What a microcontroller has for convolutions and poolings, forth and back, with input and output apart and in one memory.

use super::{Buffers, Draw, cases};
use crate::kernels::conv::{Axis, Conv};
use crate::kernels::walk::{
    Memory, Pooling, Pools, Walk, average_back, convolve, input_gradient, kernel_gradient,
    max_back, max_back_in_place, max_back_shared, pool,
};

/// The windows of a pooling over so many values; side by side if that is said.
fn windows(draw: &mut Draw, input: usize, apart: bool) -> Axis {
    let taps = 1 + draw.below(4);
    let stride = match apart {
        true => taps,
        false => 1 + draw.below(4),
    };
    let (before, output) = match draw.below(2) {
        0 if taps <= input => (0, (input - taps) / stride + 1),
        _ => {
            let output = input.div_ceil(stride);
            let seen = (output - 1) * stride + taps;
            (seen.saturating_sub(input) / 2, output)
        }
    };
    Axis {
        input,
        output,
        taps,
        stride,
        dilation: 1,
        before: before as isize,
    }
}

fn conv(draw: &mut Draw) -> Conv {
    let axes = [draw.axis(7), draw.axis(9)];
    let (groups, depth, width) = match draw.below(5) {
        0 => (1 + draw.below(9), 1, 1 + draw.below(2)),
        1 => (1 + draw.below(3), 1 + draw.below(3), 1 + draw.below(9)),
        _ => (1, 1 + draw.below(5), 1 + draw.below(19)),
    };
    Conv {
        axes,
        channels: groups * depth,
        filters: groups * width,
        groups,
    }
}

/// A memory that is just large enough for input and output, and where they lie in it.
fn arena(walk: &Walk, input: usize, output: usize, backwards: bool) -> (usize, [usize; 2]) {
    let size = output.max(input + walk.lead(backwards));
    match backwards {
        false => (size, [size - input, 0]),
        true => (size, [0, size - output]),
    }
}

#[test]
fn convolutions() {
    let mut draw = Draw(11);
    for _ in 0..cases(1500) {
        let conv = conv(&mut draw);
        let (relu, backwards) = (draw.bool(), draw.bool());
        let bias = if draw.bool() { conv.filters } else { 0 };
        let p = draw.numbers(conv.kernel_len() + bias);
        let pooling = (conv.in_lines() && draw.bool()).then(|| Pooling {
            axes: conv.axes.map(|axis| {
                let apart = draw.bool();
                windows(&mut draw, axis.output, apart)
            }),
            channels: conv.filters,
            average: draw.bool(),
        });
        let len = pooling.map_or(conv.output_len(), |pooling| pooling.output_len());
        let (x, y) = (draw.numbers(conv.input_len()), draw.numbers(len));
        let case = (conv, pooling, relu, backwards, bias);
        let buffers = Buffers {
            read: &[&p, &x],
            written: &[&y],
        };
        buffers.everywhere(&mut draw, &case, |read, written| {
            let memory = Memory::apart(read[1], &mut *written[0]);
            convolve(&conv, pooling.as_ref(), read[0], relu, &memory, backwards);
        });
        let walk = Walk::Conv {
            conv,
            pools: Pools::Any,
            pooling,
        };
        let (size, [from, to]) = arena(&walk, x.len(), len, backwards);
        let mut values = draw.numbers(size);
        values[from..][..x.len()].copy_from_slice(&x);
        let buffers = Buffers {
            read: &[&p],
            written: &[&values],
        };
        buffers.everywhere(&mut draw, &case, |read, written| {
            let (x, y) = (from..from + x.len(), to..to + len);
            let memory = Memory::within(&mut *written[0], x, y);
            convolve(&conv, pooling.as_ref(), read[0], relu, &memory, backwards);
        });
    }
}

#[test]
fn gradients_of_convolutions() {
    let mut draw = Draw(12);
    for _ in 0..cases(1000) {
        let (conv, samples) = (conv(&mut draw), draw.below(3));
        let biased = draw.bool();
        let x = draw.numbers(samples * conv.input_len());
        let dz = draw.numbers(samples * conv.output_len());
        let kernel = draw.numbers(conv.kernel_len());
        let dp = draw.numbers(kernel.len() + if biased { conv.filters } else { 0 });
        let buffers = Buffers {
            read: &[&x, &dz, &kernel],
            written: &[&x, &kernel, &dp],
        };
        buffers.everywhere(&mut draw, &(conv, samples, biased), |read, written| {
            let [dx, memory, dp] = written else {
                unreachable!("three");
            };
            input_gradient(&conv, read[2], read[1], dx, memory);
            kernel_gradient(&conv, read[0], read[1], dp);
        });
    }
}

#[test]
fn poolings() {
    let mut draw = Draw(13);
    for _ in 0..cases(1500) {
        let apart = draw.bool();
        let mut axis = |most: usize| {
            let input = 1 + draw.below(most);
            windows(&mut draw, input, apart)
        };
        let axes = [axis(7), axis(9)];
        let pooling = Pooling {
            axes,
            channels: 1 + draw.below(9),
            average: draw.bool(),
        };
        let backwards = draw.bool();
        let (input, output) = (pooling.input_len(), pooling.output_len());
        let (size, [from, to]) = arena(&Walk::Pool(pooling), input, output, backwards);
        let values = draw.numbers(size);
        let buffers = Buffers {
            read: &[],
            written: &[&values],
        };
        buffers.everywhere(&mut draw, &(pooling, backwards), |_, written| {
            let (x, y) = (from..from + input, to..to + output);
            pool(&pooling, &Memory::within(&mut *written[0], x, y), backwards);
        });
        let samples = draw.below(3);
        // Few values, so that some are equal.
        let mut x = draw.numbers(samples * input);
        x.iter_mut().for_each(|x| *x = (*x * 3.0).round());
        let dy = draw.numbers(samples * output);
        let buffers = Buffers {
            read: &[&x, &dy],
            written: &[&x, &x, &x, &x],
        };
        buffers.everywhere(&mut draw, &(pooling, samples), |read, written| {
            let [first, shared, average, in_place] = written else {
                unreachable!("four");
            };
            max_back(&pooling, read[0], read[1], first);
            max_back_shared(&pooling, read[0], read[1], shared);
            average_back(&pooling, read[1], average);
            if pooling.apart() {
                max_back_in_place(&pooling, in_place, read[1], samples == 1);
            }
        });
    }
}
