//! Loops over values: exp, tanh, sigmoid, softmax, dropout, and the updates of optimizers.

use super::common::bandwidth::Traffic;
use super::{Bench, Work};
use kseq_core::activations::Act;
use kseq_core::kernels::simd;
use kseq_core::layer::{Ctx, InPlace};
use kseq_core::layers::Dropout;
use kseq_core::math;
use kseq_core::optimizers::{Adadelta, Adam, Optimizer, RMSprop, SGD, Update, apply};
use kseq_core::params::NoParams;
use kseq_core::pool::Pool;
use kseq_core::rng::{Purpose, Rng};
use std::hint::black_box;

pub fn run(bench: &mut Bench) {
    functions(bench);
    rows(bench);
    masks(bench);
    // The parameters of mnist_mlp and vgg_like.
    for n in [669_706, 8_000_000] {
        let sgd = SGD::new(1e-5).momentum(0.9).nesterov(true);
        optimizer(bench, "SGD nesterov", n, &sgd);
        optimizer(bench, "RMSprop", n, &RMSprop::new(1e-5));
        optimizer(bench, "Adam", n, &Adam::new(1e-5));
        optimizer(bench, "Adadelta", n, &Adadelta::new(1e-3));
    }
}

/// Values of a loop that stay in the L2 cache: a layer of 512 units for a batch of 128.
const VALUES: usize = 128 * 512;

fn random(n: usize) -> Vec<f32> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    (0..n).map(|_| 2.0 * rng.uniform() - 1.0).collect()
}

/// Reads every value and writes it.
fn in_place(values: usize) -> Work {
    let bytes = size_of::<f32>() * values;
    Work::Bytes(Traffic::Updates, 2 * bytes, bytes)
}

/// Additions, multiplications and divisions for a value in `math.rs`. None of them is fused, so that half the peak is the
/// most, less what comparisons, shifts and the time of divisions take.
const EXP: usize = 21;
const TANH: usize = EXP + 16;
const SIGMOID: usize = EXP + 2;
/// Also the largest value subtracted, the sum and the scale.
const SOFTMAX: usize = EXP + 3;

fn flops(values: usize, each: usize) -> Work {
    Work::Flops((values * each) as f64)
}

/// The functions of `math`, from one array to another, beside those of `std` in a plain loop.
fn functions(bench: &mut Bench) {
    let (x, mut y) = (random(VALUES), vec![0.0; VALUES]);
    macro_rules! function {
        ($name:literal, $each:expr, $ours:expr, $std:expr) => {
            let work = flops(VALUES, $each);
            let case = format!("{} {VALUES}", $name);
            bench.case("functions", &case, "kseq", work, || {
                let (x, y) = (black_box(&*x), black_box(&mut *y));
                simd(|| y.iter_mut().zip(x).for_each(|(y, x)| *y = $ours(*x)));
            });
            bench.case("functions", &case, "std", work, || {
                let (x, y) = (black_box(&*x), black_box(&mut *y));
                y.iter_mut().zip(x).for_each(|(y, x)| *y = $std(*x));
            });
        };
    }
    function!("exp", EXP, math::exp, f32::exp);
    function!("tanh", TANH, math::tanh, f32::tanh);
    function!("sigmoid", SIGMOID, math::sigmoid, |x: f32| 1.0
        / (1.0 + (-x).exp()));
}

/// Activations in the place of their input, as the layers apply them.
fn rows(bench: &mut Bench) {
    for (act, width, each) in [
        (Act::Softmax, 10, SOFTMAX),
        (Act::Softmax, 100, SOFTMAX),
        (Act::Softmax, 1024, SOFTMAX),
        (Act::Tanh, 512, TANH),
        (Act::Sigmoid, 512, SIGMOID),
        (Act::Relu, 512, 0),
    ] {
        let rows = VALUES / width;
        let mut y = random(rows * width);
        let case = format!("{} {rows}x{width}", act.name());
        let work = match each {
            0 => in_place(y.len()),
            each => flops(y.len(), each),
        };
        bench.case("activations", &case, "kseq", work, || {
            act.forward(black_box(&mut y), width);
        });
    }
}

/// A mask is drawn and applied: of other random numbers in each call.
fn masks(bench: &mut Bench) {
    for (n, rate) in [(128 * 64, 0.5), (VALUES, 0.2), (32 * 48 * 48 * 32, 0.25)] {
        let (mut y, mut step) = (random(n), 0);
        let dropout = Dropout::new(rate);
        let case = format!("mask {n}, rate {rate}");
        bench.case("dropout", &case, "kseq", in_place(n), || {
            let cx = Ctx::new(&Pool::Serial, 7, step);
            step += 1;
            dropout.forward_in_place(
                &NoParams,
                &mut NoParams,
                black_box(&mut y),
                &mut [],
                64,
                &cx,
            );
        });
    }
}

/// Reads the gradients, reads and writes parameters and slots.
fn optimizer<O: Optimizer>(bench: &mut Bench, name: &str, n: usize, optimizer: &O) {
    let (mut p, mut g) = (random(n), random(n));
    let (mut slots, mut step) = (vec![0.0; O::SLOTS * n], 0);
    let bytes = size_of::<f32>() * n;
    let work = Work::Bytes(
        Traffic::Updates,
        (3 + 2 * O::SLOTS) * bytes,
        (2 + O::SLOTS) * bytes,
    );
    bench.case("optimizers", &format!("{name} {n}"), "kseq", work, || {
        let update = Update::new(&mut p, &mut g, black_box(&mut slots));
        apply(optimizer, step, update, &Pool::Serial);
        step += 1;
    });
}
