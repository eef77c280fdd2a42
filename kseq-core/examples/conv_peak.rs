//! How near convolutions come to the peak of one core: forward, gradient of the kernel, gradient of the input.
//!
//! ```text
//! cargo run --release -p kseq-core --example conv_peak
//! ```
//!
//! The figures are the best of many runs of one sample. A network takes many samples: what counts is the share of the
//! peak while the data does not come from the L1 cache.
#![allow(unsafe_code)]

#[path = "../../benches/common/peak.rs"]
mod peak;

use kseq_core::kernels::conv::{Axis, Conv};
use kseq_core::kernels::gemm::Ends;
use kseq_core::kernels::{Isa, isa};
use kseq_core::pool::Pool;
use peak::peaks;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A square kernel on a square image.
struct Case {
    name: &'static str,
    size: usize,
    channels: usize,
    filters: usize,
    kernel: usize,
    stride: usize,
    same: bool,
    dilation: usize,
    groups: usize,
}

const fn case(
    name: &'static str,
    size: usize,
    channels: usize,
    filters: usize,
    kernel: usize,
) -> Case {
    Case {
        name,
        size,
        channels,
        filters,
        kernel,
        stride: 1,
        same: false,
        dilation: 1,
        groups: 1,
    }
}

const CASES: &[Case] = &[
    case("VGG 1st", 100, 3, 32, 3),
    case("VGG", 98, 32, 32, 3),
    case("VGG", 47, 64, 64, 3),
    case("MNIST 1st", 28, 1, 32, 3),
    case("MNIST", 26, 32, 64, 3),
    Case {
        same: true,
        ..case("same", 28, 32, 64, 3)
    },
    Case {
        same: true,
        ..case("same", 7, 128, 128, 3)
    },
    case("1x1", 28, 64, 64, 1),
    case("5x5", 12, 6, 16, 5),
    Case {
        stride: 2,
        same: true,
        ..case("strides 2", 28, 32, 64, 3)
    },
    Case {
        dilation: 2,
        ..case("dilation 2", 28, 32, 64, 3)
    },
    Case {
        groups: 4,
        ..case("groups 4", 28, 64, 64, 3)
    },
];

impl Case {
    fn conv(&self) -> Conv {
        let reach = (self.kernel - 1) * self.dilation;
        let output = match self.same {
            true => self.size.div_ceil(self.stride),
            false => (self.size - reach - 1) / self.stride + 1,
        };
        let zeros = ((output - 1) * self.stride + reach + 1).saturating_sub(self.size);
        let axis = Axis {
            input: self.size,
            output,
            taps: self.kernel,
            stride: self.stride,
            dilation: self.dilation,
            before: (zeros / 2) as isize,
        };
        Conv {
            axes: [axis; 2],
            channels: self.channels,
            filters: self.filters,
            groups: self.groups,
        }
    }

    /// Multiply-adds of a forward pass, twice; zeros of the padding are not counted.
    fn flops(&self) -> f64 {
        let conv = self.conv();
        let axis = conv.axes[0];
        let first = |output| (output * axis.stride) as isize - axis.before;
        let seen = |output: usize| {
            let tap = |tap: &usize| first(output) + (tap * axis.dilation) as isize;
            (0..axis.taps)
                .filter(|t| (0..axis.input as isize).contains(&tap(t)))
                .count()
        };
        let seen: usize = (0..axis.output).map(seen).sum();
        2.0 * (seen * seen * self.channels / self.groups * self.filters) as f64
    }
}

fn main() {
    let isas: Vec<Isa> = Isa::ALL.into_iter().filter(|isa| isa.available()).collect();
    let peaks = peaks(&isas);
    let best = peaks.iter().copied().fold(0.0, f64::max);
    println!(
        "one thread, f32, Gflop/s (share of the FMA peak {best:.1}); chosen: {}",
        isa().name()
    );
    for case in CASES {
        let [forward, kernel, input] = race(&case.conv()).map(|time| {
            let rate = case.flops() / time.as_secs_f64() / 1e9;
            format!("{rate:6.1} ({:3.0} %)", 100.0 * rate / best)
        });
        println!(
            "{:<11} {k}x{k} {:>3} -> {:>3} on {s:>3}x{s:<3}  y {forward}  dW {kernel}  dx {input}",
            case.name,
            case.channels,
            case.filters,
            k = case.kernel,
            s = case.size,
        );
    }
}

/// Best times of the three passes.
fn race(conv: &Conv) -> [Duration; 3] {
    let data = |n: usize| -> Vec<f32> { (0..n).map(|i| (i % 17) as f32 - 8.0).collect() };
    let (x, kernel, dy) = (
        data(conv.input_len()),
        data(conv.kernel_len()),
        data(conv.output_len()),
    );
    let (mut y, mut dx) = (dy.clone(), x.clone());
    let (mut dkernel, mut flipped) = (kernel.clone(), kernel.clone());
    conv.flip(&kernel, &mut flipped, &Pool::Serial);
    let mut best = [Duration::MAX; 3];
    let start = Instant::now();
    let mut rounds = 0;
    while rounds < 5 || (start.elapsed() < Duration::from_millis(500) && rounds < 1000) {
        let mut run = |i: usize, f: &mut dyn FnMut()| best[i] = best[i].min(time(2, f));
        run(0, &mut || {
            conv.forward(&x, &kernel, black_box(&mut y), 0, Ends::default());
        });
        run(1, &mut || {
            conv.add_kernel_gradient(&x, &dy, black_box(&mut dkernel), 0);
        });
        run(2, &mut || {
            conv.backward(&dy, &flipped, black_box(&mut dx), 0);
        });
        rounds += 1;
    }
    best
}

/// The mean time of some calls.
fn time(repeat: u32, mut f: impl FnMut()) -> Duration {
    let start = Instant::now();
    (0..repeat).for_each(|_| f());
    start.elapsed() / repeat
}
