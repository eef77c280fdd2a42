//! The matrix products of the guide's models, beside `matrixmultiply`.

#![allow(unsafe_code)]

use super::common::bandwidth::Traffic;
use super::common::lines::Lines;
use super::shapes::{Product, products, single_samples, wide};
use super::{Bench, Work};
use kseq_core::kernels::{Mat, gemm};
use kseq_core::pool::Pool;
use std::hint::black_box;

pub fn run(bench: &mut Bench) {
    for p in products() {
        race(bench, "gemm", &p, Work::Flops(p.flops()));
    }
    for p in wide() {
        race(bench, "wide gemm", &p, Work::Flops(p.flops()));
    }
    // Almost nothing but reading the weights.
    for p in single_samples() {
        let bytes = size_of::<f32>() * (p.m * p.k + p.k * p.n + p.m * p.n);
        let work = match p.m {
            1 => Work::Bytes(Traffic::Reads, bytes, bytes),
            _ => Work::Flops(p.flops()),
        };
        race(bench, "gemm of few rows", &p, work);
    }
}

fn race(bench: &mut Bench, group: &'static str, p: &Product, work: Work) {
    let Product { m, n, k, .. } = *p;
    let values = |n: usize, period: usize| -> Lines {
        let middle = (period / 2) as f32;
        (0..n).map(|i| (i % period) as f32 - middle).collect()
    };
    let (a, b) = (values(m * k, 17), values(k * n, 13));
    let (mut c, mut ours) = (Lines::zeros(m * n), Lines::zeros(m * n));
    let mat = |data, [rs, cs]: [usize; 2]| Mat { data, rs, cs };
    let mut kseq = || {
        let (a, b) = (mat(black_box(&a), p.a), mat(black_box(&b), p.b));
        let c = black_box(&mut ours);
        gemm(m, n, k, a, b, c, n, false, &Pool::Serial);
    };
    kseq();
    bench.case(group, &p.name, "kseq", work, kseq);
    let [[ars, acs], [brs, bcs]] = [p.a, p.b].map(|s| s.map(|s| s as isize));
    let mut theirs = || {
        let (a, b) = (black_box(&a).as_ptr(), black_box(&b).as_ptr());
        let c = black_box(&mut c).as_mut_ptr();
        // SAFETY: the matrices have these sizes and strides.
        unsafe {
            matrixmultiply::sgemm(
                m, k, n, 1.0, a, ars, acs, b, brs, bcs, 0.0, c, n as isize, 1,
            );
        }
    };
    theirs();
    bench.case(group, &p.name, "matrixmultiply", work, theirs);
    // Of small integers every sum is exact.
    assert!(*c == *ours, "{}", p.name);
}
