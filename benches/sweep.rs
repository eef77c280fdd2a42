//! Whether the cost grows linearly: with the batch, the width and the depth of a multilayer perceptron.
//!
//! ```sh
//! cargo bench --bench sweep                                        # everything
//! cargo bench --bench sweep -- --sweep width --mode train --json   # one sweep; a line for each point
//! ```
//! - `batch`: 1 to 4096 samples of 784-512-512-10, ns a sample
//! - `small_batch`: the same of 20-64-64-10
//! - `width`: two square hidden layers of 64 to 4096 units, 128 samples, ps a FLOP
//! - `depth`: 2 to 50 hidden layers of 64 units, 128 samples, ps a FLOP
//!
//! `train` is `train_on_batch` with SGD (forward, backward, update), `predict` is `predict`. FLOPs are two for each
//! multiply-accumulate of the layers, as in `benches/models.rs`. Each cost is put beside the best of its sweep; above 1.3
//! times that, at 128 and beyond (of any depth), it is marked. One thread, CPU time, medians of five.

mod common;

use common::{Clock, median, peak::peaks, repeats};
use kseq::model::{EndsWithSoftmax, ManyUnits, Model};
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;
use kseq_core::kernels::isa;

sequential! {
    Mlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dense(512, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    Small = [
        Dense(64, activation = "relu", input_shape = (20,)),
        Dense(64, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

/// A model with a hidden layer for each number, all of the same size as the input.
macro_rules! hidden {
    ($name:ident: $input:tt, $($units:tt)*) => {
        sequential! {
            $name = [
                InputLayer(input_shape = ($input,)),
                $(Dense($units, activation = "relu"),)*
                Dense(10, activation = "softmax"),
            ]
        }
    };
}

hidden!(Width64: 64, 64 64);
hidden!(Width128: 128, 128 128);
hidden!(Width256: 256, 256 256);
hidden!(Width512: 512, 512 512);
hidden!(Width1024: 1024, 1024 1024);
hidden!(Width2048: 2048, 2048 2048);
hidden!(Width4096: 4096, 4096 4096);

hidden!(Depth2: 64, 64 64);
hidden!(Depth3: 64, 64 64 64);
hidden!(Depth5: 64, 64 64 64 64 64);
hidden!(Depth10: 64, 64 64 64 64 64 64 64 64 64 64);
hidden!(Depth20: 64,
    64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64
);
hidden!(Depth50: 64,
    64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64
    64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64
);

const SWEEPS: [&str; 4] = ["batch", "small_batch", "width", "depth"];
const MODES: [&str; 2] = ["train", "predict"];
/// The batch of the sweeps over models, and the least that is held to the limit.
const ENOUGH: usize = 128;
const LIMIT: f64 = 1.3;

fn main() {
    let all = |names: &[&str]| names.iter().map(|n| (*n).to_string()).collect::<Vec<_>>();
    let (mut sweeps, mut modes, mut json) = (all(&SWEEPS), all(&MODES), false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--sweep" => sweeps = vec![value()],
            "--mode" => modes = vec![value()],
            "--json" => json = true,
            "--help" => common::help(include_str!("sweep.rs")),
            // Cargo's own.
            "--bench" => {}
            _ => panic!("unknown argument {arg}"),
        }
    }
    for sweep in &sweeps {
        for mode in &modes {
            report(sweep, mode, &points(sweep, mode), json);
        }
    }
}

struct Point {
    at: usize,
    samples: usize,
    /// Of all samples.
    flops: f64,
    seconds: Vec<f64>,
}

fn points(sweep: &str, mode: &str) -> Vec<Point> {
    let batches = || (0..=12).map(|power| 1 << power);
    match sweep {
        "batch" => batches().map(|n| point::<Mlp>(mode, n, n)).collect(),
        "small_batch" => batches().map(|n| point::<Small>(mode, n, n)).collect(),
        "width" => vec![
            point::<Width64>(mode, 64, ENOUGH),
            point::<Width128>(mode, 128, ENOUGH),
            point::<Width256>(mode, 256, ENOUGH),
            point::<Width512>(mode, 512, ENOUGH),
            point::<Width1024>(mode, 1024, ENOUGH),
            point::<Width2048>(mode, 2048, ENOUGH),
            point::<Width4096>(mode, 4096, ENOUGH),
        ],
        "depth" => vec![
            point::<Depth2>(mode, 2, ENOUGH),
            point::<Depth3>(mode, 3, ENOUGH),
            point::<Depth5>(mode, 5, ENOUGH),
            point::<Depth10>(mode, 10, ENOUGH),
            point::<Depth20>(mode, 20, ENOUGH),
            point::<Depth50>(mode, 50, ENOUGH),
        ],
        _ => panic!("no sweep {sweep}; there are {}", SWEEPS.join(", ")),
    }
}

fn random<T: Tensor<Elem = f32>>(samples: usize) -> Vec<T> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let values: Vec<f32> = (0..samples * T::LEN).map(|_| rng.normal()).collect();
    T::view(&values).to_vec()
}

fn point<M>(mode: &str, at: usize, samples: usize) -> Point
where
    M: Model<Input: Tensor<Elem = f32>, Output = [f32; 10], Units = ManyUnits<EndsWithSoftmax>>,
{
    let x: Vec<M::Input> = random(samples);
    let model = M::new(1).threads(1).expect("one thread");
    let loss = CategoricalCrossentropy::default();
    let mut model = model.compile(SGD::new(1e-5), loss, ());
    let one_hot = |class: usize| core::array::from_fn(|i| f32::from(i == class));
    let y: Vec<[f32; 10]> = (0..samples).map(|i| one_hot(i % 10)).collect();
    // The first layer that has multiply-accumulates has no gradient of its input.
    let first = M::LAYERS.iter().map(|layer| layer.macs).find(|n| *n > 0);
    let (macs, seconds) = match mode {
        "train" => {
            let step = || {
                let scores = model.train_on_batch(&x, &y).expect("good data");
                assert!(scores.loss.is_finite());
            };
            let macs = 3 * M::MACS - first.unwrap_or_default();
            (macs, repeats(5, 0.1, Clock::of(1), step))
        }
        "predict" => {
            let predict = || {
                std::hint::black_box(model.predict(&x).expect("good data"));
            };
            (M::MACS, repeats(5, 0.1, Clock::of(1), predict))
        }
        _ => panic!("no mode {mode}; there are {}", MODES.join(", ")),
    };
    Point {
        at,
        samples,
        flops: 2.0 * (macs * samples) as f64,
        seconds,
    }
}

fn report(sweep: &str, mode: &str, points: &[Point], json: bool) {
    let peak = peaks(&[isa()])[0];
    let by_sample = sweep.ends_with("batch");
    let unit = if by_sample {
        "ns_per_sample"
    } else {
        "ps_per_flop"
    };
    let cost = |point: &Point, seconds: f64| match by_sample {
        true => 1e9 * seconds / point.samples as f64,
        false => 1e12 * seconds / point.flops,
    };
    let costs: Vec<f64> = points.iter().map(|p| cost(p, median(&p.seconds))).collect();
    let best = costs.iter().copied().fold(f64::INFINITY, f64::min);
    if !json {
        println!(
            "{sweep}, {mode}, {}, {unit}, peak {peak:.0} GFLOP/s:",
            isa().name()
        );
    }
    for (point, cost_) in points.iter().zip(&costs) {
        let (at, n, ratio) = (point.at, point.seconds.len(), cost_ / best);
        let held = sweep == "depth" || at >= ENOUGH;
        let over = held && ratio > LIMIT;
        let gflops = 1e-9 * point.flops / median(&point.seconds);
        let of_peak = gflops / peak;
        if json {
            let [min, max] = [point.seconds[0], point.seconds[n - 1]].map(|s| cost(point, s));
            println!(
                "{{\"bench\":\"sweep\",\"backend\":\"kseq\",\"sweep\":\"{sweep}\",\"mode\":\"{mode}\",\"at\":{at},\
                 \"batch\":{},\"{unit}\":{cost_:.4},\"min\":{min:.4},\"max\":{max:.4},\"n\":{n},\"to_best\":{ratio:.4},\
                 \"over\":{over},\"gflops\":{gflops:.3},\"peak_gflops\":{peak:.1},\"of_peak\":{of_peak:.4},\"isa\":\"{}\",\
                 \"clock\":\"{}\"}}",
                point.samples,
                isa().name(),
                Clock::of(1).name(),
            );
        } else {
            let mark = if over { "  over" } else { "" };
            let share = 100.0 * of_peak;
            println!("  {at:5} {cost_:12.2}   {ratio:6.2} x best   {share:5.1} % of peak{mark}");
        }
    }
}
