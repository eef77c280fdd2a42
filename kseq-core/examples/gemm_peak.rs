//! How near the matrix product comes to the peak of one core, beside the crate `matrixmultiply`.
//!
//! ```text
//! cargo run --release -p kseq-core --example gemm_peak
//! ```
//!
//! The peak is that of fused multiply-adds on registers alone. All figures are the best of many runs, taken in
//! turns, so a busy machine matters little.
#![allow(unsafe_code)]

#[path = "../../benches/common/peak.rs"]
mod peak;

use kseq_core::kernels::gemm::gemm_with;
use kseq_core::kernels::{Isa, Mat, isa};
use kseq_core::pool::Pool;
use peak::peaks;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// One of the three products of a dense layer.
struct Case {
    name: &'static str,
    m: usize,
    n: usize,
    k: usize,
    /// Row and column strides.
    a: [usize; 2],
    b: [usize; 2],
}

/// Forward and backward of `Dense(units)` on `inputs` features.
fn cases(batch: usize, units: usize, inputs: usize) -> [Case; 3] {
    [
        Case {
            name: "y  = x W   ",
            m: batch,
            n: units,
            k: inputs,
            a: [inputs, 1],
            b: [units, 1],
        },
        Case {
            name: "dW = x' dy ",
            m: inputs,
            n: units,
            k: batch,
            a: [1, inputs],
            b: [units, 1],
        },
        Case {
            name: "dx = dy W' ",
            m: batch,
            n: inputs,
            k: units,
            a: [units, 1],
            b: [1, units],
        },
    ]
}

fn main() {
    let isas: Vec<Isa> = Isa::ALL.into_iter().filter(|isa| isa.available()).collect();
    let peaks = peaks(&isas);
    let best = peaks.iter().copied().fold(0.0, f64::max);
    println!(
        "one thread, f32, Gflop/s (share of the FMA peak); chosen: {}",
        isa().name()
    );
    for (isa, peak) in isas.iter().zip(&peaks) {
        println!("  {:<8} peak {peak:6.1}", isa.name());
    }
    let shapes = [
        (128, 512, 512),
        (128, 512, 784),
        (128, 64, 20),
        (128, 64, 64),
        (128, 10, 512),
        (128, 1, 64),
        (32, 256, 30976),
        (1, 512, 784),
        (4, 512, 784),
        (8, 512, 784),
        (1, 64, 64),
    ];
    for (batch, units, inputs) in shapes {
        println!("batch {batch}, Dense({units}) on {inputs}");
        for case in cases(batch, units, inputs) {
            print!(
                "  {} {:>5} x{:>5} x{:>5}",
                case.name, case.m, case.n, case.k
            );
            let times = race(&case, &isas);
            let flops = 2.0 * (case.m * case.n * case.k) as f64;
            for (name, time) in isas
                .iter()
                .map(|isa| isa.name())
                .chain(["matrixmultiply"])
                .zip(&times)
            {
                let rate = flops / time.as_secs_f64() / 1e9;
                print!("   {name} {rate:6.1} ({:2.0} %)", 100.0 * rate / best);
            }
            println!();
        }
    }
}

/// Best times of all instruction sets and of `matrixmultiply` on one product.
fn race(case: &Case, isas: &[Isa]) -> Vec<Duration> {
    let Case {
        m,
        n,
        k,
        a: [ars, acs],
        b: [brs, bcs],
        ..
    } = *case;
    let a: Vec<f32> = (0..m * k).map(|i| (i % 17) as f32 - 8.0).collect();
    let b: Vec<f32> = (0..k * n).map(|i| (i % 13) as f32 - 6.0).collect();
    let mut c = vec![0.0; m * n];
    let mut best = vec![Duration::MAX; isas.len() + 1];
    let repeat = (1_000_000 / (m * n * k)).max(1) as u32;
    let start = Instant::now();
    let mut rounds = 0;
    while rounds < 10 || (start.elapsed() < Duration::from_millis(600) && rounds < 2000) {
        for (&isa, best) in isas.iter().zip(&mut best) {
            let (a, b) = (
                Mat {
                    data: &a,
                    rs: ars,
                    cs: acs,
                },
                Mat {
                    data: &b,
                    rs: brs,
                    cs: bcs,
                },
            );
            *best = (*best).min(time(repeat, || {
                gemm_with(
                    isa,
                    m,
                    n,
                    k,
                    a,
                    b,
                    black_box(&mut c),
                    n,
                    Default::default(),
                    &Pool::Serial,
                )
            }));
        }
        let last = best.last_mut().expect("one more than instruction sets");
        *last = (*last).min(time(repeat, || {
            let (ars, acs, brs, bcs) = (ars as isize, acs as isize, brs as isize, bcs as isize);
            let c = black_box(&mut c).as_mut_ptr();
            // SAFETY: the matrices have these sizes and strides.
            unsafe {
                matrixmultiply::sgemm(
                    m,
                    k,
                    n,
                    1.0,
                    a.as_ptr(),
                    ars,
                    acs,
                    b.as_ptr(),
                    brs,
                    bcs,
                    0.0,
                    c,
                    n as isize,
                    1,
                )
            }
        }));
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
