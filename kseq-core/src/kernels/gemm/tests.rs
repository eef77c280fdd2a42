use super::{Epilogue, Mat, Normalised, Then, gemm, gemm_with_isa};
use crate::activations::Act;
use crate::kernels::Isa;
use crate::kernels::dispatch::DEVICE;
use crate::pool::Pool;
use proptest::prelude::*;
use std::{format, vec, vec::Vec};

/// How the three products of a dense layer see their operands.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// A and B by rows: y = x W.
    Forward,
    /// A by columns: dW = x' dy.
    Weights,
    /// B by columns: dx = dy W'.
    Inputs,
    /// Neither rows nor columns contiguous.
    Strided,
}

const FORMS: [Form; 4] = [Form::Forward, Form::Weights, Form::Inputs, Form::Strided];

impl Form {
    /// Strides of A (m by k) and B (k by n).
    fn strides(self, m: usize, n: usize, k: usize) -> [(usize, usize); 2] {
        match self {
            Form::Forward => [(k, 1), (n, 1)],
            Form::Weights => [(1, m), (n + 3, 1)],
            Form::Inputs => [(k + 1, 1), (1, k)],
            Form::Strided => [(2, 2 * m), (3, 3 * k)],
        }
    }
}

/// A product with its operands; the slices end with the last element, so that reading further would be caught
/// by a sanitiser, and half of the Cs have columns to the right that must stay.
#[derive(Clone, Debug)]
struct Case {
    form: Form,
    m: usize,
    n: usize,
    k: usize,
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
    /// From one row of C to the next.
    ldc: usize,
    accumulate: bool,
}

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn epilogue(accumulate: bool) -> Epilogue<'static> {
    Epilogue {
        accumulate,
        ..Epilogue::default()
    }
}

impl Case {
    fn new(form: Form, m: usize, n: usize, k: usize, accumulate: bool, seed: u64) -> Self {
        let [(ars, acs), (brs, bcs)] = form.strides(m, n, k);
        let a = numbers((m - 1) * ars + (k - 1) * acs + 1, seed);
        let b = numbers((k - 1) * brs + (n - 1) * bcs + 1, seed + 1);
        let ldc = n + seed as usize % 2 * 3;
        let c = numbers((m - 1) * ldc + n, seed + 2);
        Case {
            form,
            m,
            n,
            k,
            a,
            b,
            c,
            ldc,
            accumulate,
        }
    }

    fn views(&self) -> [Mat<'_>; 2] {
        let [(ars, acs), (brs, bcs)] = self.form.strides(self.m, self.n, self.k);
        [
            Mat {
                data: &self.a,
                rs: ars,
                cs: acs,
            },
            Mat {
                data: &self.b,
                rs: brs,
                cs: bcs,
            },
        ]
    }

    fn run(&self, isa: Isa, pool: &Pool) -> Vec<f32> {
        let [a, b] = self.views();
        let mut c = self.c.clone();
        gemm_with_isa(
            isa,
            self.m,
            self.n,
            self.k,
            a,
            b,
            &mut c,
            self.ldc,
            epilogue(self.accumulate),
            pool,
        );
        c
    }

    /// Row `i` computed alone.
    fn run_row(&self, isa: Isa, i: usize) -> Vec<f32> {
        let [mut a, b] = self.views();
        a.data = &a.data[i * a.rs..];
        let mut c = self.c[i * self.ldc..][..self.n].to_vec();
        gemm_with_isa(
            isa,
            1,
            self.n,
            self.k,
            a,
            b,
            &mut c,
            self.n,
            epilogue(self.accumulate),
            &Pool::Serial,
        );
        c
    }

    /// Compares with a plain loop in f64; the bound is that of a sum of `k` rounded products.
    fn check(&self, isa: Isa) {
        let ([a, b], ldc) = (self.views(), self.ldc);
        let got = self.run(isa, &Pool::Serial);
        for (at, (&got, &before)) in got.iter().zip(&self.c).enumerate() {
            let (i, j) = (at / ldc, at % ldc);
            if j >= self.n {
                assert_eq!(got, before, "{isa:?} wrote to the right of C at {i}, {j}");
                continue;
            }
            let start = if self.accumulate {
                f64::from(before)
            } else {
                0.0
            };
            let (mut want, mut size) = (start, start.abs());
            for p in 0..self.k {
                let term =
                    f64::from(a.data[i * a.rs + p * a.cs]) * f64::from(b.data[p * b.rs + j * b.cs]);
                want += term;
                size += term.abs();
            }
            let error = (f64::from(got) - want).abs();
            let bound = f64::from(f32::EPSILON) * (self.k + 1) as f64 * size;
            assert!(
                error <= bound,
                "{isa:?} at {i}, {j}: got {got}, want {want}"
            );
        }
    }
}

fn isas() -> impl Iterator<Item = Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.available())
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// The same bits from all instruction sets with fused multiply-add, any number of threads and single rows.
fn check_bits(case: &Case) {
    let fused: Vec<Isa> = isas().filter(|isa| *isa != Isa::Portable).collect();
    let name = format!("{:?} {} x {} x {}", case.form, case.m, case.n, case.k);
    for isa in isas() {
        let want = bits(&case.run(isa, &Pool::Serial));
        if let (Some(&first), true) = (fused.first(), fused.contains(&isa)) {
            assert!(
                want == bits(&case.run(first, &Pool::Serial)),
                "{isa:?} differs from {first:?}: {name}"
            );
        }
        for i in [0, case.m / 2, case.m - 1] {
            let row = &want[i * case.ldc..][..case.n];
            assert!(
                row == bits(&case.run_row(isa, i)),
                "{isa:?}, row {i} alone: {name}"
            );
        }
        #[cfg(feature = "rayon")]
        for threads in [2, 3] {
            let pool = Pool::of(threads);
            let pool = pool.expect("a pool");
            assert!(
                want == bits(&case.run(isa, &pool)),
                "{isa:?}, {threads} threads: {name}"
            );
        }
    }
}

fn case(most: usize) -> impl Strategy<Value = Case> {
    let form = prop::sample::select(FORMS.to_vec());
    (form, 1..most, 1..most, 1..most, any::<bool>(), 0..1000_u64)
        .prop_map(|(form, m, n, k, accumulate, seed)| Case::new(form, m, n, k, accumulate, seed))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equals_the_plain_loop(case in case(70)) {
        isas().for_each(|isa| case.check(isa));
    }

    #[test]
    fn always_the_same_bits(case in case(70)) {
        check_bits(&case);
    }
}

/// Every width of a panel with every number of rows, so every tile.
#[test]
fn every_tile() {
    for m in 1..=26 {
        for n in (1..=9).chain([15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 127, 128, 129, 145]) {
            for accumulate in [false, true] {
                let case = Case::new(
                    FORMS[(m + n) % 4],
                    m,
                    n,
                    1 + (m * n) % 5,
                    accumulate,
                    (n / 7) as u64,
                );
                isas().for_each(|isa| case.check(isa));
            }
        }
    }
}

/// Larger than the blocks of rows and of terms, and than what is computed on one thread.
#[test]
fn blocks_and_threads() {
    for form in FORMS {
        for (m, n, k) in [
            (3, 70, 2100),
            (800, 33, 40),
            (65, 130, 1100),
            (17, 1, 5000),
            (900, 1, 700),
            (1, 600, 1200),
            (200, 1, 64),
            (130, 1, 40),
            (60, 1, 128),
            (131, 10, 127),
            (70, 293, 470),
        ] {
            let case = Case::new(form, m, n, k, m == 65, m as u64 / 100);
            isas().for_each(|isa| case.check(isa));
            check_bits(&case);
        }
    }
}

/// B is copied part by part, all of them with a rest.
#[test]
fn large_weights() {
    for form in [Form::Forward, Form::Inputs] {
        for (m, n, k) in [(30, 2101, 1030), (140, 530, 4100), (25, 1030, 2050)] {
            let case = Case::new(form, m, n, k, m == 30, m as u64);
            isas().for_each(|isa| case.check(isa));
            check_bits(&case);
        }
    }
}

#[test]
fn overlapping_rows_of_a() {
    // A convolution of width 3 with one filter: the patches overlap.
    let (x, w) = ([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 10.0, 100.0]);
    let mut y = [0.0; 3];
    gemm(
        3,
        1,
        3,
        Mat {
            data: &x,
            rs: 1,
            cs: 1,
        },
        Mat::rows(&w, 1),
        &mut y,
        1,
        false,
        &Pool::Serial,
    );
    assert_eq!(y, [321.0, 432.0, 543.0]);
}

#[test]
fn empty_products() {
    let mut c = vec![1.0; 6];
    gemm(
        2,
        3,
        0,
        Mat::rows(&[], 0),
        Mat::rows(&[], 3),
        &mut c,
        3,
        true,
        &Pool::Serial,
    );
    assert_eq!(c, [1.0; 6]);
    gemm(
        2,
        2,
        0,
        Mat::rows(&[], 0),
        Mat::rows(&[], 2),
        &mut c,
        3,
        false,
        &Pool::Serial,
    );
    assert_eq!(c, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    gemm(
        0,
        3,
        3,
        Mat::rows(&[], 3),
        Mat::rows(&[0.0; 9], 3),
        &mut [],
        3,
        false,
        &Pool::Serial,
    );
    gemm(
        3,
        0,
        3,
        Mat::rows(&[0.0; 9], 3),
        Mat::rows(&[], 0),
        &mut [],
        0,
        false,
        &Pool::Serial,
    );
}

/// What does not fit is refused before anything is read.
#[test]
#[cfg_attr(kseq_device, ignore = "there nothing is written, and nothing panics")]
fn out_of_bounds() {
    let refused = |a: (usize, usize, usize), b: (usize, usize, usize), c: usize, ldc: usize| {
        let [a_data, b_data] = [vec![0.0; a.0], vec![0.0; b.0]];
        let mut c = vec![0.0; c];
        std::panic::catch_unwind(move || {
            let (a, b) = (
                Mat {
                    data: &a_data,
                    rs: a.1,
                    cs: a.2,
                },
                Mat {
                    data: &b_data,
                    rs: b.1,
                    cs: b.2,
                },
            );
            gemm(4, 5, 6, a, b, &mut c, ldc, false, &Pool::Serial);
        })
        .is_err()
    };
    assert!(!refused((24, 6, 1), (30, 5, 1), 20, 5));
    assert!(refused((23, 6, 1), (30, 5, 1), 20, 5));
    assert!(refused((24, 6, 1), (29, 5, 1), 20, 5));
    assert!(refused((24, 6, 1), (30, 5, 1), 19, 5));
    assert!(refused((24, 6, 1), (30, 5, 1), 20, 4));
    assert!(refused((24, 7, 1), (30, 5, 1), 20, 5));
    assert!(refused((24, 1, 5), (30, 5, 1), 20, 5));
    assert!(refused((24, usize::MAX, 1), (30, 5, 1), 20, 5));
    assert!(refused(
        (24, 6, 1),
        (30, usize::MAX / 2, usize::MAX / 2),
        20,
        5
    ));
    assert!(refused((24, 6, 1), (30, 5, 1), 20, usize::MAX));
    assert!(!refused((1, 0, 0), (1, 0, 0), 20, 5));
}

/// However C is cut.
#[test]
fn what_ends_a_product_is_that_of_separate_passes() {
    for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
        for (m, n, k) in [
            (1, 1, 3),
            (5, 1, 7),
            (1, 10, 64),
            (2, 64, 20),
            (30, 70, 9),
            (400, 33, 1100),
            (3, 4, 0),
        ] {
            for form in FORMS {
                let case = Case::new(form, m, n, k.max(1), true, 4);
                let [a, b] = case.views();
                let [bias, mean, factor, shift] = [9, 10, 11, 12].map(|seed| numbers(n, seed));
                let run = |c: &mut [f32], bias, relu, then| {
                    let epilogue = Epilogue {
                        accumulate: true,
                        bias,
                        relu,
                        then,
                    };
                    gemm_with_isa(isa, m, n, k, a, b, c, case.ldc, epilogue, &Pool::Serial);
                };
                let bits = |c: &[f32]| c.iter().map(|c| c.to_bits()).collect::<Vec<_>>();
                let then = Normalised::new([&mean, &factor, &shift], false);
                let rectified = then.rectified(true);
                for then in [Then::default(), Then::of(&then), Then::of(&rectified)] {
                    // A microcontroller has nothing of it.
                    let then = if DEVICE { Then::default() } else { then };
                    let (mut fused, mut apart) = (case.c.clone(), case.c.clone());
                    run(&mut fused, &bias, true, then);
                    run(&mut apart, &[], false, Then::default());
                    for i in 0..m {
                        let row = &mut apart[i * case.ldc..][..n];
                        row.iter_mut().zip(&bias).for_each(|(y, b)| *y += b);
                        Act::Relu.forward(row, n);
                        for (j, y) in row.iter_mut().enumerate().filter(|_| then.is_some()) {
                            *y = (*y - mean[j]) * factor[j] + shift[j];
                        }
                        if then.is_relu() {
                            Act::Relu.forward(row, n);
                        }
                    }
                    assert_eq!(bits(&fused), bits(&apart), "{isa:?} {m} {n} {k}");
                }
            }
        }
    }
}

#[test]
fn relu_keeps_nan() {
    for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
        let (x, mut y) = ([f32::NAN, -1.0], [0.0; 2]);
        let epilogue = Epilogue {
            relu: true,
            ..Epilogue::default()
        };
        gemm_with_isa(
            isa,
            2,
            1,
            1,
            Mat::rows(&x, 1),
            Mat::rows(&[1.0], 1),
            &mut y,
            1,
            epilogue,
            &Pool::Serial,
        );
        assert!(y[0].is_nan() && y[1] == 0.0, "{isa:?}");
    }
}
