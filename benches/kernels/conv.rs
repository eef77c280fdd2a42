//! Convolutions: output, gradient of the kernel, gradient of the input. A call takes a batch, sample after sample, as the
//! layers do.

use super::common::lines::Lines;
use super::{Bench, Work};
use kseq_core::kernels::conv::{Axis, Conv};
use kseq_core::kernels::gemm::Epilogue;
use kseq_core::pool::Pool;
use std::hint::black_box;

/// Samples in a call: their values do not stay in the L1 cache.
const BATCH: usize = 8;

/// A kernel, as high as it is wide unless the image is a line.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    /// Height and width.
    size: [usize; 2],
    channels: usize,
    filters: usize,
    kernel: usize,
    stride: usize,
    same: bool,
    dilation: usize,
    groups: usize,
    /// Whether it is a model's first layer, whose input needs no gradient.
    first: bool,
}

const fn image(
    name: &'static str,
    size: usize,
    channels: usize,
    filters: usize,
    kernel: usize,
) -> Case {
    Case {
        name,
        size: [size, size],
        channels,
        filters,
        kernel,
        stride: 1,
        same: false,
        dilation: 1,
        groups: 1,
        first: false,
    }
}

/// A sequence is an image of height 1.
const fn sequence(name: &'static str, steps: usize, channels: usize, filters: usize) -> Case {
    Case {
        size: [1, steps],
        ..image(name, steps, channels, filters, 3)
    }
}

const fn first(case: Case) -> Case {
    Case {
        first: true,
        ..case
    }
}

const fn same(case: Case) -> Case {
    Case { same: true, ..case }
}

const fn strided(stride: usize, case: Case) -> Case {
    Case { stride, ..case }
}

/// Each channel by itself.
const fn by_channels(name: &'static str, size: usize, channels: usize, stride: usize) -> Case {
    let case = strided(stride, image(name, size, channels, channels, 3));
    same(Case {
        groups: channels,
        ..case
    })
}

const MODELS: &[Case] = &[
    first(image("mnist_cnn conv2d_1", 28, 1, 32, 3)),
    image("mnist_cnn conv2d_2", 26, 32, 64, 3),
    first(image("vgg_like conv2d_1", 100, 3, 32, 3)),
    image("vgg_like conv2d_2", 98, 32, 32, 3),
    image("vgg_like conv2d_3", 48, 32, 64, 3),
    image("vgg_like conv2d_4", 46, 64, 64, 3),
    first(sequence("conv1d_seq conv1d_1", 64, 100, 64)),
    sequence("conv1d_seq conv1d_2", 62, 64, 64),
    sequence("conv1d_seq conv1d_3", 20, 64, 128),
    sequence("conv1d_seq conv1d_4", 18, 128, 128),
];

/// The second set of models. A transposed convolution is the one from its output to its input, whose `dx` is its forward pass.
const SECOND: &[Case] = &[
    first(strided(4, image("dqn conv2d_1", 84, 4, 32, 8))),
    strided(2, image("dqn conv2d_2", 20, 32, 64, 4)),
    image("dqn conv2d_3", 9, 64, 64, 3),
    first(same(image("lenet5 conv2d_1", 28, 1, 6, 5))),
    image("lenet5 conv2d_2", 14, 6, 16, 5),
    first(same(image("cifar conv2d_1", 32, 3, 32, 3))),
    same(image("cifar conv2d_2", 32, 32, 32, 3)),
    same(image("cifar conv2d_3", 16, 32, 64, 3)),
    same(image("cifar conv2d_4", 16, 64, 64, 3)),
    first(Case {
        kernel: 6,
        ..sequence("ecg conv1d_1", 187, 1, 64)
    }),
    Case {
        kernel: 6,
        ..sequence("ecg conv1d_2", 91, 64, 64)
    },
    Case {
        kernel: 5,
        ..sequence("text_any conv1d", 120, 32, 64)
    },
    same(strided(2, image("decoder transposed_1", 14, 64, 64, 3))),
    same(strided(2, image("decoder transposed_2", 28, 32, 64, 3))),
    same(image("decoder transposed_3", 28, 1, 32, 3)),
    first(same(strided(
        2,
        image("autoencoder conv2d_1", 64, 3, 32, 3),
    ))),
    same(strided(2, image("autoencoder conv2d_2", 32, 32, 64, 3))),
    same(strided(2, image("autoencoder conv2d_3", 16, 64, 128, 3))),
    same(strided(2, image("autoencoder transposed_3", 64, 3, 32, 3))),
    first(same(strided(2, image("mobilenet conv2d_1", 96, 3, 32, 3)))),
    by_channels("mobilenet depthwise_1", 48, 32, 1),
    image("mobilenet conv2d_2", 48, 32, 64, 1),
    by_channels("mobilenet depthwise_2", 48, 64, 2),
    image("mobilenet conv2d_3", 24, 64, 128, 1),
    by_channels("mobilenet depthwise_3", 24, 128, 1),
    image("mobilenet conv2d_4", 24, 128, 128, 1),
    by_channels("mobilenet depthwise_4", 24, 128, 2),
    by_channels("mobilenet depthwise_5", 12, 256, 1),
    image("mobilenet conv2d_6", 12, 256, 256, 1),
];

/// What users' models have besides.
const OTHERS: &[Case] = &[
    same(image("same", 28, 32, 64, 3)),
    same(image("same", 7, 128, 128, 3)),
    image("valid", 28, 64, 64, 1),
    image("valid", 12, 6, 16, 5),
    same(strided(2, image("strides 2, same", 28, 32, 64, 3))),
    Case {
        dilation: 2,
        ..image("dilation 2", 28, 32, 64, 3)
    },
    Case {
        groups: 4,
        ..image("groups 4", 28, 64, 64, 3)
    },
    by_channels("depthwise, same", 28, 32, 1),
];

impl Case {
    fn axis(&self, input: usize) -> Axis {
        let taps = if input == 1 { 1 } else { self.kernel };
        let reach = (taps - 1) * self.dilation;
        let output = match self.same {
            true => input.div_ceil(self.stride),
            false => (input - reach - 1) / self.stride + 1,
        };
        let zeros = ((output - 1) * self.stride + reach + 1).saturating_sub(input);
        Axis {
            input,
            output,
            taps,
            stride: self.stride,
            dilation: self.dilation,
            before: (zeros / 2) as isize,
        }
    }

    fn conv(&self) -> Conv {
        Conv {
            axes: self.size.map(|n| self.axis(n)),
            channels: self.channels,
            filters: self.filters,
            groups: self.groups,
        }
    }

    /// The additions and multiplications of one pass over the batch; those with the zeros of the padding do not count.
    fn flops(&self) -> f64 {
        let seen = |axis: Axis| -> usize {
            let inside = |o: usize, t: usize| {
                let at = (o * axis.stride + t * axis.dilation) as isize - axis.before;
                (0..axis.input as isize).contains(&at)
            };
            let taps = |o| (0..axis.taps).filter(|t| inside(o, *t)).count();
            (0..axis.output).map(taps).sum()
        };
        let [h, w] = self.conv().axes;
        let each = self.channels / self.groups * self.filters;
        2.0 * (BATCH * seen(h) * seen(w) * each) as f64
    }
}

pub fn run(bench: &mut Bench) {
    for (group, cases) in [
        ("conv", MODELS),
        ("second conv", SECOND),
        ("other conv", OTHERS),
    ] {
        for case in cases {
            passes(bench, group, case);
        }
    }
}

fn passes(bench: &mut Bench, group: &'static str, case: &Case) {
    let conv = case.conv();
    let data = |n: usize| -> Lines { (0..n).map(|i| (i % 17) as f32 - 8.0).collect() };
    let (input, output) = (conv.input_len(), conv.output_len());
    let x = data(BATCH * input);
    let (kernel, dy) = (data(conv.kernel_len()), data(BATCH * output));
    let [height, width] = case.size;
    let name = |what: &str| {
        let Case {
            channels,
            filters,
            kernel,
            ..
        } = case;
        format!(
            "{} {height}x{width}x{channels} k{kernel} {filters} {what}",
            case.name
        )
    };
    let work = Work::Flops(case.flops());
    let mut y = Lines::zeros(BATCH * output);
    bench.case(group, &name("y"), "kseq", work, || {
        for (x, y) in x.chunks(input).zip(y.chunks_mut(output)) {
            conv.forward(black_box(x), &kernel, black_box(y), 0, Epilogue::default());
        }
    });
    let mut dkernel = Lines::zeros(kernel.len());
    bench.case(group, &name("dW"), "kseq", work, || {
        dkernel.fill(0.0);
        for (x, dy) in x.chunks(input).zip(dy.chunks(output)) {
            conv.add_kernel_gradient(black_box(x), dy, black_box(&mut dkernel), 0);
        }
    });
    if case.first {
        return;
    }
    let (mut flipped, mut dx) = (Lines::zeros(kernel.len()), Lines::zeros(BATCH * input));
    bench.case(group, &name("dx"), "kseq", work, || {
        conv.flip(black_box(&kernel), &mut flipped, &Pool::Serial);
        for (dy, dx) in dy.chunks(output).zip(dx.chunks_mut(input)) {
            conv.backward(black_box(dy), &flipped, black_box(dx), 0);
        }
    });
}
