//! Convolutions and their gradients, on patches and channel by channel, of images and of volumes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Buffers, Draw, available, cases};
use crate::kernels::conv::{Axis, Conv, Rows, Volume};
use crate::kernels::dispatch::forced;
use crate::kernels::gemm::{Epilogue, Normalised, Then};
use crate::kernels::prefetch::Prefetch;
use crate::pool::Pool;

/// An axis with padding `valid`, `causal`, `same` or more than that.
fn axis(draw: &mut Draw, most: usize) -> Axis {
    let most_taps = if cfg!(miri) { 2 } else { 5 };
    let (input, taps) = (1 + draw.below(most), 1 + draw.below(most_taps));
    let (stride, dilation) = draw.of(&[(1, 1), (1, 1), (2, 1), (3, 1), (1, 2), (1, 3), (3, 2)]);
    let reach = (taps - 1) * dilation + 1;
    let same = input.div_ceil(stride);
    let (before, output) = match draw.below(4) {
        0 if reach <= input => (0, (input - reach) / stride + 1),
        1 => (reach - 1, same),
        2 => (reach + 1, (input + 2 * reach + 1) / stride),
        _ => {
            let seen = (same - 1) * stride + reach;
            (seen.saturating_sub(input) / 2, same)
        }
    };
    Axis {
        input,
        output,
        taps,
        stride,
        dilation,
        before: before as isize,
    }
}

fn conv(draw: &mut Draw) -> Conv {
    let (most, channels, groups): (_, &[usize], &[usize]) = match cfg!(miri) {
        true => ([2, 3], &[1, 2, 9], &[2, 9, 17]),
        false => (
            [8, 24],
            &[1, 2, 3, 7, 8, 9, 16, 17, 33],
            &[2, 5, 8, 15, 16, 17, 35],
        ),
    };
    let axes = most.map(|most| axis(draw, most));
    let (groups, depth, width) = match draw.below(6) {
        // Each channel by itself.
        0 | 1 => (draw.of(groups), 1, draw.of(&[1, 1, 2, 3])),
        2 => (1 + draw.below(3), 1 + draw.below(5), 1 + draw.below(9)),
        _ => (1, draw.of(channels), draw.of(channels)),
    };
    Conv {
        axes,
        channels: groups * depth,
        filters: groups * width,
        groups,
    }
}

/// A convolution of single pixels, which is a product.
fn pointwise(draw: &mut Draw) -> Conv {
    let mut each = |most: usize| {
        let input = 1 + draw.below(most);
        Axis {
            input,
            output: input,
            ..Axis::SINGLE
        }
    };
    let axes = [each(3), each(if cfg!(miri) { 3 } else { 9 })];
    let most = if cfg!(miri) { 17 } else { 33 };
    Conv {
        axes,
        channels: 1 + draw.below(most),
        filters: 1 + draw.below(most),
        groups: 1,
    }
}

/// Some rows of so many, the first and one behind the last.
fn some(draw: &mut Draw, rows: usize) -> [usize; 2] {
    match draw.bool() {
        true => [0, rows],
        false => {
            let first = draw.below(rows.max(1));
            [first, first + draw.below(rows - first + 1)]
        }
    }
}

#[test]
fn images() {
    let mut draw = Draw(7);
    // At least one of each kind, also under Miri.
    for i in 0..cases(400).max(8) {
        let conv = match i % 8 {
            0 => pointwise(&mut draw),
            _ => conv(&mut draw),
        };
        let (relu, accumulate, biased) = (draw.bool(), draw.bool(), draw.bool());
        let x = draw.numbers(conv.input_len());
        let dy = draw.numbers(conv.output_len());
        let kernel = draw.numbers(conv.kernel_len());
        let bias = draw.numbers(if biased { conv.filters } else { 0 });
        let then = [(); 3].map(|()| draw.numbers(if relu { conv.filters } else { 0 }));
        let [first, end] = some(&mut draw, conv.axes[0].output);
        let y = draw.numbers((end - first) * conv.row_len());
        let [from, to] = some(&mut draw, conv.axes[0].input);
        let dx = draw.numbers((to - from) * conv.axes[1].input * conv.channels);
        let lines = some(&mut draw, conv.axes[0].taps);
        let line = conv.kernel_len() / conv.axes[0].taps;
        let dkernel = draw.numbers((lines[1] - lines[0]) * line);
        for isa in available() {
            let case = (
                isa,
                conv,
                [first, end, from, to],
                lines,
                (relu, accumulate, biased),
            );
            let buffers = Buffers {
                read: &[&x, &kernel, &bias, &dy, &then[0], &then[1], &then[2]],
                written: &[&y, &y, &kernel, &dx, &dkernel],
            };
            buffers.everywhere(&mut draw, &case, |read, written| {
                let [y, prefetching, flipped, dx, dkernel] = written else {
                    unreachable!("five");
                };
                let &[x, kernel, bias, dy, mean, factor, shift] = read else {
                    unreachable!("seven");
                };
                let then = Normalised::new([mean, factor, shift], biased);
                let epilogue = Epilogue {
                    accumulate,
                    bias,
                    relu,
                    then: Then::of(&then),
                };
                conv.forward_with_isa(isa, x, kernel, y, first, epilogue);
                forced(isa, || {
                    let prefetch = Prefetch {
                        memory: kernel,
                        from_ram: relu,
                    };
                    let prefetching = &mut *prefetching;
                    conv.forward_prefetching(x, kernel, prefetching, first, epilogue, prefetch);
                    conv.flip(kernel, flipped, &Pool::Serial);
                });
                conv.backward_with_isa(isa, dy, flipped, dx, from);
                conv.add_kernel_gradient_with_isa(isa, x, dy, dkernel, lines[0]);
            });
        }
    }
}

/// Those of 3x3 by tiles.
#[test]
fn tiles() {
    let mut draw = Draw(9);
    for _ in 0..cases(200) {
        let mut conv = conv(&mut draw);
        for axis in &mut conv.axes {
            let before = draw.below(3);
            *axis = Axis {
                input: axis.input + 2,
                output: axis.input + before + draw.below(3),
                taps: 3,
                stride: 1,
                dilation: 1,
                before: before as isize,
            };
        }
        conv.groups = 1;
        if cfg!(miri) {
            conv.channels = conv.channels.min(3);
            conv.filters = conv.filters.min(9);
        }
        let (relu, biased, samples) = (draw.bool(), draw.bool(), 1 + draw.below(3));
        let rows = conv.axes[0].output;
        let [first, end] = match samples {
            1 => some(&mut draw, rows),
            _ => [0, rows],
        };
        let x = draw.numbers(samples * conv.input_len());
        let y = draw.numbers(samples * (end - first) * conv.row_len());
        let kernel = draw.numbers(conv.kernel_len());
        let bias = draw.numbers(if biased { conv.filters } else { 0 });
        let then = [(); 3].map(|()| draw.numbers(if relu { conv.filters } else { 0 }));
        let transformed = draw.numbers(conv.winograd_kernel_len());
        let scratch = draw.numbers(conv.winograd_scratch());
        for isa in available().filter(|&isa| Conv::has_winograd(isa)) {
            let case = (isa, conv, samples, [first, end], relu);
            let buffers = Buffers {
                read: &[&x, &kernel, &bias, &then[0], &then[1], &then[2]],
                written: &[&y, &transformed, &scratch],
            };
            buffers.everywhere(&mut draw, &case, |read, written| {
                let [y, transformed, scratch] = written else {
                    unreachable!("three");
                };
                let &[x, kernel, bias, mean, factor, shift] = read else {
                    unreachable!("six");
                };
                let then = Normalised::new([mean, factor, shift], biased);
                let epilogue = Epilogue {
                    bias,
                    relu,
                    then: Then::of(&then),
                    ..Epilogue::default()
                };
                let prefetch = Prefetch {
                    memory: kernel,
                    from_ram: relu,
                };
                conv.winograd_kernel(isa, kernel, transformed, &Pool::Serial);
                let rows = Rows { x, first, y };
                conv.forward_winograd(isa, transformed, rows, scratch, epilogue, prefetch);
            });
        }
    }
}

#[test]
fn volumes() {
    let mut draw = Draw(8);
    for _ in 0..cases(60) {
        let volume = Volume {
            deep: axis(&mut draw, 4),
            plane: conv(&mut draw),
        };
        let plane = volume.plane;
        let (relu, biased) = (draw.bool(), draw.bool());
        let x = draw.numbers(volume.input_len());
        let dy = draw.numbers(volume.output_len());
        let kernel = draw.numbers(volume.kernel_len());
        let bias = draw.numbers(if biased { plane.filters } else { 0 });
        let back_bias = draw.numbers(if biased { plane.channels } else { 0 });
        for isa in available() {
            let buffers = Buffers {
                read: &[&x, &kernel, &bias, &back_bias, &dy],
                written: &[&dy, &kernel, &x, &kernel],
            };
            buffers.everywhere(&mut draw, &(isa, volume, relu), |read, written| {
                let [y, flipped, dx, dkernel] = written else {
                    unreachable!("four");
                };
                let &[x, kernel, bias, back_bias, dy] = read else {
                    unreachable!("five");
                };
                let epilogue = |bias| Epilogue {
                    bias,
                    relu,
                    ..Epilogue::default()
                };
                forced(isa, || {
                    volume.forward(x, kernel, y, 0, epilogue(bias));
                    volume.flip(kernel, flipped, &Pool::Serial);
                    volume.transposed(dy, flipped, dx, 0, epilogue(back_bias));
                    volume.add_kernel_gradient(x, dy, dkernel, 0);
                });
            });
        }
    }
}

/// Convolutions that there cannot be are refused, or computed within their slices.
#[test]
fn nonsense() {
    let mut draw = Draw(15);
    for _ in 0..cases(1500) {
        let mut axis = || Axis {
            input: draw.below(7),
            output: draw.below(9),
            taps: draw.below(5),
            stride: draw.below(4),
            dilation: draw.below(4),
            before: draw.below(13) as isize - 5,
        };
        let conv = Conv {
            axes: [axis(), axis()],
            channels: draw.below(5),
            filters: draw.below(19),
            groups: draw.of(&[0, 1, 1, 2, 4]),
        };
        let x = draw.numbers(conv.input_len());
        let dy = draw.numbers(conv.output_len());
        let kernel = draw.numbers(conv.kernel_len());
        let bias = draw.if_any(conv.filters);
        for isa in available() {
            let buffers = Buffers {
                read: &[&x, &kernel, &bias, &dy],
                written: &[&dy, &x, &kernel],
            };
            buffers.everywhere(&mut draw, &(isa, conv), |read, written| {
                let [y, dx, dkernel] = written else {
                    unreachable!("three");
                };
                let &[x, kernel, bias, dy] = read else {
                    unreachable!("four");
                };
                let epilogue = Epilogue {
                    bias,
                    ..Epilogue::default()
                };
                let mut calls: [&mut dyn FnMut(); 3] = [
                    &mut || conv.forward_with_isa(isa, x, kernel, y, 0, epilogue),
                    &mut || conv.backward_with_isa(isa, dy, kernel, dx, 0),
                    &mut || conv.add_kernel_gradient_with_isa(isa, x, dy, dkernel, 0),
                ];
                for call in &mut calls {
                    // Refused or not: what counts is what is touched.
                    let _ = catch_unwind(AssertUnwindSafe(call));
                }
            });
        }
    }
}
