//! The network of 1,004 parameters of tracel-ai/burn#4811 ("Burn with ndarray backend is 4x slower than hardcoded
//! model"), beside a loop written by hand for it.
//!
//! ```sh
//! cargo bench --bench small_net [-- --mode predict --batch 1 --json]
//! KSEQ_ISA=portable cargo bench --bench small_net    # what a build without std for any x86-64 gets
//! ```
//! The network: 6 inputs, `Dense(64)` and `Dense(8)` with relu, `Dense(4)`. (The division of the inputs by six constants,
//! with which the one there begins, is left out on both sides.) Reported there: a prediction of one sample, `f32`.
//!
//! By hand: arrays of static sizes, a loop over the inputs around one over the outputs, which the compiler unrolls and makes
//! vectors of; once for the default target CPU, as `cargo build --release` makes it, and once with the instructions of this
//! CPU and fused multiply-adds, as `-C target-cpu=native` and `mul_add` would. kseq is built for the default target CPU and
//! looks for the CPU's instructions at run time. Ratios are kseq's time to the loop's; below 1 kseq is faster.
//!
//! - `predict`: what a program with std calls; it returns a vector, so it allocates one.
//! - `predict_into`: the primitive beneath, with the caller's memory: what a program without std calls.
//! - `train_on_batch`: with std, and of a `Trainer` in static memory; SGD and mean squared error, by hand too.
//!
//! All in turns, on one thread, CPU time, medians.

mod common;

use common::{Clock, median, repeats};
use kseq::layer::{Ctx, Rng};
use kseq::params::zeroed_box;
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::rng::Purpose;
use kseq_core::kernels::{Isa, isa};
use std::hint::black_box;

sequential! {
    Net = [
        Dense(64, activation = "relu", input_shape = (6,)),
        Dense(8, activation = "relu"),
        Dense(4),
    ]
}

const RATE: f32 = 1e-5;
const BATCHES: [usize; 3] = [1, 32, 128];
/// The most samples in a batch.
const LARGEST: usize = 128;

/// The network by hand. Its functions fuse multiply-adds if `FMA`, which without the instruction is a slow call.
#[derive(Clone)]
struct ByHand {
    w1: [[f32; 64]; 6],
    b1: [f32; 64],
    w2: [[f32; 8]; 64],
    b2: [f32; 8],
    w3: [[f32; 4]; 8],
    b3: [f32; 4],
}

#[inline(always)]
fn multiply_add<const FMA: bool>(a: f32, b: f32, sum: &mut f32) {
    *sum = if FMA {
        a.mul_add(b, *sum)
    } else {
        *sum + a * b
    };
}

#[inline(always)]
fn dense<const FMA: bool, const I: usize, const O: usize>(
    x: &[f32; I],
    w: &[[f32; O]; I],
    b: &[f32; O],
) -> [f32; O] {
    let mut y = *b;
    for (x, w) in x.iter().zip(w) {
        for (y, w) in y.iter_mut().zip(w) {
            multiply_add::<FMA>(*x, *w, y);
        }
    }
    y
}

#[inline(always)]
fn relu<const N: usize>(mut x: [f32; N]) -> [f32; N] {
    for x in &mut x {
        *x = x.max(0.0);
    }
    x
}

#[inline(always)]
fn update(p: &mut [f32], g: &[f32]) {
    for (p, g) in p.iter_mut().zip(g) {
        *p -= RATE * g;
    }
}

/// Adds to the gradients of a layer, whose input `x` comes from a relu; returns the gradient before that.
#[inline(always)]
fn back<const FMA: bool, const I: usize, const O: usize>(
    x: &[f32; I],
    w: &[[f32; O]; I],
    dz: &[f32; O],
    dw: &mut [[f32; O]; I],
    db: &mut [f32; O],
) -> [f32; I] {
    for (db, dz) in db.iter_mut().zip(dz) {
        *db += dz;
    }
    let mut dx = [0.0; I];
    for (((dx, x), w), dw) in dx.iter_mut().zip(x).zip(w).zip(dw) {
        for ((dw, w), dz) in dw.iter_mut().zip(w).zip(dz) {
            multiply_add::<FMA>(*x, *dz, dw);
            multiply_add::<FMA>(*w, *dz, dx);
        }
        if *x <= 0.0 {
            *dx = 0.0;
        }
    }
    dx
}

impl ByHand {
    const ZERO: ByHand = ByHand {
        w1: [[0.0; 64]; 6],
        b1: [0.0; 64],
        w2: [[0.0; 8]; 64],
        b2: [0.0; 8],
        w3: [[0.0; 4]; 8],
        b3: [0.0; 4],
    };

    fn of(p: &<Net as Model>::Params) -> Self {
        ByHand {
            w1: p.dense_1.kernel,
            b1: p.dense_1.bias,
            w2: p.dense_2.kernel,
            b2: p.dense_2.bias,
            w3: p.dense_3.kernel,
            b3: p.dense_3.bias,
        }
    }

    #[inline(always)]
    fn predict_all<const FMA: bool>(&self, x: &[[f32; 6]], y: &mut [[f32; 4]]) {
        for (x, y) in x.iter().zip(y) {
            let h = relu(dense::<FMA, _, _>(x, &self.w1, &self.b1));
            let h = relu(dense::<FMA, _, _>(&h, &self.w2, &self.b2));
            *y = dense::<FMA, _, _>(&h, &self.w3, &self.b3);
        }
    }

    #[inline(always)]
    fn train_all<const FMA: bool>(&mut self, x: &[[f32; 6]], y: &[[f32; 4]]) -> f32 {
        let (mut g, mut loss) = (ByHand::ZERO, 0.0);
        let each = 1.0 / (4 * x.len()) as f32;
        for (x, y) in x.iter().zip(y) {
            let h1 = relu(dense::<FMA, _, _>(x, &self.w1, &self.b1));
            let h2 = relu(dense::<FMA, _, _>(&h1, &self.w2, &self.b2));
            let out = dense::<FMA, _, _>(&h2, &self.w3, &self.b3);
            let mut dz = [0.0; 4];
            for ((dz, out), y) in dz.iter_mut().zip(out).zip(y) {
                loss += (out - y) * (out - y) * each;
                *dz = 2.0 * each * (out - y);
            }
            let dh2 = back::<FMA, _, _>(&h2, &self.w3, &dz, &mut g.w3, &mut g.b3);
            let dh1 = back::<FMA, _, _>(&h1, &self.w2, &dh2, &mut g.w2, &mut g.b2);
            for (db, dh) in g.b1.iter_mut().zip(dh1) {
                *db += dh;
            }
            for (x, dw) in x.iter().zip(&mut g.w1) {
                for (dw, dh) in dw.iter_mut().zip(dh1) {
                    multiply_add::<FMA>(*x, dh, dw);
                }
            }
        }
        update(self.w1.as_flattened_mut(), g.w1.as_flattened());
        update(&mut self.b1, &g.b1);
        update(self.w2.as_flattened_mut(), g.w2.as_flattened());
        update(&mut self.b2, &g.b2);
        update(self.w3.as_flattened_mut(), g.w3.as_flattened());
        update(&mut self.b3, &g.b3);
        loss
    }

    #[inline(never)]
    fn predict(&self, x: &[[f32; 6]], y: &mut [[f32; 4]]) {
        self.predict_all::<false>(x, y);
    }

    #[inline(never)]
    fn train(&mut self, x: &[[f32; 6]], y: &[[f32; 4]]) -> f32 {
        self.train_all::<false>(x, y)
    }
}

/// A function by hand with this CPU's instructions; there is one only with fused multiply-adds.
macro_rules! native {
    ($name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)? { $body:expr }) => {
        #[allow(unsafe_code)]
        fn $name($($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    $body
                }
                #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
                fn avx512($($arg: $ty),*) $(-> $ret)? {
                    $body
                }
                match isa() {
                    // SAFETY: `isa` returns it only when all these features are there.
                    Isa::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    Isa::Avx2 => return unsafe { avx2($($arg),*) },
                    _ => {}
                }
            }
            $body
        }
    };
}

native! {
    predict_native(hand: &ByHand, x: &[[f32; 6]], y: &mut [[f32; 4]]) {
        hand.predict_all::<true>(x, y)
    }
}

native! {
    train_native(hand: &mut ByHand, x: &[[f32; 6]], y: &[[f32; 4]]) -> f32 {
        hand.train_all::<true>(x, y)
    }
}

fn main() {
    let (mut json, mut batches, mut modes) = (false, BATCHES.to_vec(), vec!["predict", "train"]);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--json" => json = true,
            "--batch" => batches = vec![value().parse().expect("a number of samples")],
            "--mode" => {
                let wanted = value();
                modes.retain(|mode| *mode == wanted);
            }
            "--help" => common::help(include_str!("small_net.rs")),
            // Cargo's own.
            "--bench" => {}
            _ => panic!("unknown argument {arg}"),
        }
    }
    let largest = batches.iter().copied().max().unwrap_or(1);
    assert!(largest <= LARGEST, "at most {LARGEST} samples in a batch");
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let mut normal = || rng.normal();
    let x: Vec<[f32; 6]> = (0..largest).map(|_| [(); 6].map(|()| normal())).collect();
    let y: Vec<[f32; 4]> = (0..largest).map(|_| [(); 4].map(|()| normal())).collect();
    for mode in modes {
        for &batch in &batches {
            match mode {
                "predict" => predictions(&x[..batch], json),
                _ => trainings(&x[..batch], &y[..batch], json),
            }
        }
    }
}

fn predictions(x: &[[f32; 6]], json: bool) {
    let model = Net::new(1).threads(1).expect("one thread");
    let hand = ByHand::of(model.params());
    let (mut by_hand, mut native) = (vec![[0.0; 4]; x.len()], vec![[0.0; 4]; x.len()]);
    hand.predict(x, &mut by_hand);
    near(
        by_hand.as_flattened(),
        model.predict(x).expect("good data").as_flattened(),
    );
    let mut into = by_hand.clone();
    let (params, state) = (model.params(), zeroed_box());
    let mut work = vec![0.0; Net::SIZES.predict() * x.len()];
    let mut predict_into = || {
        let cx = Ctx::new(&Pool::Serial, 0, 0);
        Net::predict_into(params, &state, black_box(x), &mut into, &mut work, &cx);
        black_box(&mut into);
    };
    let mut predict = || {
        black_box(model.predict(black_box(x)).expect("good data"));
    };
    let mut plain = || hand.predict(black_box(x), black_box(&mut by_hand));
    let mut native = || predict_native(&hand, black_box(x), black_box(&mut native));
    race(
        "predict",
        x.len(),
        json,
        &mut [
            ("predict", &mut predict),
            ("predict_into", &mut predict_into),
            (DEFAULT, &mut plain),
            (NATIVE, &mut native),
        ],
    );
}

fn trainings(x: &[[f32; 6]], y: &[[f32; 4]], json: bool) {
    let loss = MeanSquaredError::default;
    let model = Net::new(1).threads(1).expect("one thread");
    let mut hand = ByHand::of(model.params());
    let mut fast = hand.clone();
    let mut model = model.compile(SGD::new(RATE), loss(), ());
    const MEMORY: usize = trainer_memory::<Net, SGD>(LARGEST);
    let mut memory = Box::new(TrainerMemory::<Net, MEMORY>::new());
    let trainer = Trainer::new(&mut memory, SGD::new(RATE), loss(), 1);
    let mut trainer = trainer.expect("enough memory");

    let ours = model.train_on_batch(x, y).expect("good data").loss;
    near(&[ours], &[hand.train(x, y)]);
    let after = ByHand::of(model.params());
    near(after.w1.as_flattened(), hand.w1.as_flattened());
    near(after.w2.as_flattened(), hand.w2.as_flattened());

    let mut std = || {
        let scores = model.train_on_batch(black_box(x), y).expect("good data");
        black_box(scores.loss);
    };
    let mut no_std = || {
        black_box(trainer.train_on_batch(black_box(x), y).expect("good data"));
    };
    let mut plain = || {
        black_box(hand.train(black_box(x), y));
    };
    let mut native = || {
        black_box(train_native(&mut fast, black_box(x), y));
    };
    race(
        "train",
        x.len(),
        json,
        &mut [
            ("train_on_batch", &mut std),
            ("Trainer::train_on_batch", &mut no_std),
            (DEFAULT, &mut plain),
            (NATIVE, &mut native),
        ],
    );
}

const DEFAULT: &str = "by hand, default CPU";
const NATIVE: &str = "by hand, this CPU";

/// The two sides compute the same, but for rounding.
fn near(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{a} and {b}");
    }
}

/// Measures all in turns, and prints a line for each; the last is [`NATIVE`].
fn race(mode: &str, batch: usize, json: bool, runners: &mut [(&str, &mut dyn FnMut())]) {
    // Without the instruction a fused multiply-add is a call.
    let count = runners.len() - usize::from(isa() == Isa::Portable);
    let runners = &mut runners[..count];
    let mut seconds = vec![Vec::new(); count];
    for _ in 0..5 {
        for ((_, f), seconds) in runners.iter_mut().zip(&mut seconds) {
            seconds.extend(repeats(3, 0.02, Clock::of(1), f));
        }
    }
    for seconds in &mut seconds {
        seconds.sort_by(f64::total_cmp);
    }
    let time = |who: &str| {
        let of = runners.iter().zip(&seconds).find(|(r, _)| r.0 == who);
        of.map_or(f64::NAN, |(_, seconds)| median(seconds))
    };
    let bars = [DEFAULT, NATIVE].map(time);
    if !json {
        println!("{mode}, batch of {batch}, {}:", isa().name());
    }
    for ((who, _), seconds) in runners.iter().zip(&seconds) {
        let (ns, ratios) = (1e9 * median(seconds), bars.map(|bar| median(seconds) / bar));
        let [default, native] = ratios;
        if json {
            let [min, max] = [seconds[0], seconds[seconds.len() - 1]].map(|s| 1e9 * s);
            let native = if native.is_nan() {
                "null".to_owned()
            } else {
                format!("{native:.4}")
            };
            println!(
                "{{\"bench\":\"small_net\",\"mode\":\"{mode}\",\"batch\":{batch},\"backend\":\"{who}\",\"ns\":{ns:.2},\
                 \"min\":{min:.2},\"max\":{max:.2},\"n\":{},\"to_by_hand\":{default:.4},\"to_by_hand_native\":{native},\
                 \"isa\":\"{}\",\"clock\":\"{}\"}}",
                seconds.len(),
                isa().name(),
                Clock::of(1).name(),
            );
        } else {
            print!("  {who:24} {ns:10.1} ns   {default:5.2} x {DEFAULT}");
            if !native.is_nan() {
                print!("   {native:5.2} x {NATIVE}");
            }
            println!();
        }
    }
}
