//! The matrix products of the guide's models in kseq, `faer`, `gemm` and `matrixmultiply`.
//!
//! ```sh
//! cd benches/peers && cargo run --release -p peer-gemm -- [--json] [PART_OF_A_NAME]
//! ```
//! One thread each, in turns, CPU time, medians; all four are built for the default target CPU and choose instructions at
//! run time. `gemm` has its feature `x86-v4` (AVX-512); `faer` uses kernels of its own. The results must be the same: sums
//! of small integers are exact in any order.

#[path = "../../../common/mod.rs"]
mod common;
#[path = "../../../kernels/shapes.rs"]
mod shapes;

use common::{Clock, median, peak::peaks, repeats};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use kseq_core::kernels::{Mat, isa};
use kseq_core::pool::Pool;
use shapes::{Product, products, single_samples, wide};
use std::hint::black_box;

type Run = fn(&Product, &[f32], &[f32], &mut [f32]);

const CRATES: [(&str, Run); 4] = [
    ("kseq", by_kseq),
    ("faer", by_faer),
    ("gemm", by_gemm),
    ("matrixmultiply", by_matrixmultiply),
];

fn by_kseq(p: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let mat = |data, [rs, cs]: [usize; 2]| Mat { data, rs, cs };
    let (a, b) = (mat(a, p.a), mat(b, p.b));
    kseq_core::kernels::gemm(p.m, p.n, p.k, a, b, c, p.n, false, &Pool::Serial);
}

fn by_faer(p: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let Product { m, n, k, .. } = *p;
    let [[ars, acs], [brs, bcs]] = signed(p);
    // SAFETY: the matrices have these sizes and strides.
    let (a, b, c) = unsafe {
        (
            MatRef::from_raw_parts(a.as_ptr(), m, k, ars, acs),
            MatRef::from_raw_parts(b.as_ptr(), k, n, brs, bcs),
            MatMut::from_raw_parts_mut(c.as_mut_ptr(), m, n, n as isize, 1),
        )
    };
    matmul(c, Accum::Replace, a, b, 1.0, Par::Seq);
}

fn by_gemm(p: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let Product { m, n, k, .. } = *p;
    let [[ars, acs], [brs, bcs]] = signed(p);
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    let ldc = n as isize;
    let one = gemm::Parallelism::None;
    // SAFETY: the matrices have these sizes and strides.
    unsafe {
        gemm::gemm(
            m, n, k, c, 1, ldc, false, a, acs, ars, b, bcs, brs, 0.0, 1.0, false, false, false, one,
        );
    }
}

fn by_matrixmultiply(p: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let Product { m, n, k, .. } = *p;
    let [[ars, acs], [brs, bcs]] = signed(p);
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    let ldc = n as isize;
    // SAFETY: the matrices have these sizes and strides.
    unsafe { matrixmultiply::sgemm(m, k, n, 1.0, a, ars, acs, b, brs, bcs, 0.0, c, ldc, 1) }
}

fn signed(p: &Product) -> [[isize; 2]; 2] {
    [p.a, p.b].map(|strides| strides.map(|s| s as isize))
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let json = args.iter().any(|arg| arg == "--json");
    let filter = args.iter().find(|arg| !arg.starts_with('-'));
    let peak = peaks(&[isa()])[0];
    if !json {
        let names = CRATES.map(|(name, _)| name);
        println!("GFLOP/s (share of {peak:.0}), and how many times kseq's time the others take");
        println!("{:44} {:>14}  {:?}", "", names[0], &names[1..]);
    }
    let all = products().into_iter().chain(wide()).chain(single_samples());
    for p in all.filter(|p| filter.is_none_or(|part| p.name.contains(part))) {
        race(&p, peak, json);
    }
}

fn race(p: &Product, peak: f64, json: bool) {
    let values = |n: usize, period: usize| -> Vec<f32> {
        let middle = (period / 2) as f32;
        (0..n).map(|i| (i % period) as f32 - middle).collect()
    };
    let (a, b) = (values(p.m * p.k, 17), values(p.k * p.n, 13));
    let mut results = CRATES.map(|_| vec![f32::NAN; p.m * p.n]);
    let mut seconds = CRATES.map(|_| Vec::new());
    for _ in 0..3 {
        for ((&(_, run), c), seconds) in CRATES.iter().zip(&mut results).zip(&mut seconds) {
            let f = || run(p, black_box(&a), black_box(&b), black_box(c));
            seconds.extend(repeats(3, 0.015, Clock::of(1), f));
        }
    }
    for (result, (name, _)) in results.iter().zip(CRATES) {
        assert!(*result == results[0], "{name} and kseq differ: {}", p.name);
    }
    seconds.iter_mut().for_each(|s| s.sort_by(f64::total_cmp));
    let times = seconds.each_ref().map(|s| median(s));
    let rate = |time: f64| 1e-9 * p.flops() / time;
    if !json {
        let (kseq, share) = (rate(times[0]), 100.0 * rate(times[0]) / peak);
        print!("{:44} {kseq:6.1} ({share:4.1} %)", p.name);
        times[1..]
            .iter()
            .for_each(|t| print!("   {:5.2}", t / times[0]));
        println!();
        return;
    }
    for ((name, _), seconds) in CRATES.iter().zip(&seconds) {
        let (time, n) = (median(seconds), seconds.len());
        let [us, min, max] = [time, seconds[0], seconds[n - 1]].map(|s| 1e6 * s);
        let (case, gflops) = (&p.name, rate(time));
        println!(
            "{{\"bench\":\"gemm\",\"case\":\"{case}\",\"backend\":\"{name}\",\"us\":{us:.4},\"min\":{min:.4},\
             \"max\":{max:.4},\"n\":{n},\"gflops\":{gflops:.3},\"peak_gflops\":{peak:.1},\"of_peak\":{:.4},\
             \"isa\":\"{}\",\"clock\":\"{}\"}}",
            gflops / peak,
            isa().name(),
            Clock::of(1).name(),
        );
    }
}
