//! The matrix product in all its forms, rows, transpositions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Buffers, Draw, available, cases};
use crate::kernels::dispatch::{DEVICE, Isa, forced};
use crate::kernels::gemm::row::{row, row_with_epilogue};
use crate::kernels::gemm::{Epilogue, Mat, Normalised, Then, device, gemm_with_isa, transpose};
use crate::pool::Pool;

/// Beside what fills vectors and tiles.
const EDGES: &[usize] = if cfg!(miri) {
    &[1, 2, 3, 5, 7, 8, 9, 13, 17]
} else {
    &[
        1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49,
        63, 64, 65, 95, 96, 97, 127, 128, 129,
    ]
};

/// The strides of A and B: rows, columns, or neither are contiguous; rows may lie apart.
fn strides(draw: &mut Draw, rows: usize, columns: usize) -> [usize; 2] {
    match draw.below(6) {
        0 | 1 => [columns, 1],
        2 => [columns + 1 + draw.below(9), 1],
        3 => [1, rows],
        4 => [1, rows + 1 + draw.below(9)],
        _ => [2, 2 * rows + 1],
    }
}

fn len([rs, cs]: [usize; 2], rows: usize, columns: usize) -> usize {
    match rows.min(columns) {
        0 => 0,
        _ => (rows - 1) * rs + (columns - 1) * cs + 1,
    }
}

struct Case {
    size: [usize; 3],
    a: [usize; 2],
    b: [usize; 2],
    /// How much further than they are long the rows of C are apart.
    gap: usize,
    accumulate: bool,
    bias: bool,
    relu: bool,
}

fn check(draw: &mut Draw, case: &Case, isas: impl Iterator<Item = Isa>) {
    let [m, n, k] = case.size;
    let ldc = n + case.gap;
    let a = draw.numbers(len(case.a, m, k));
    let b = draw.numbers(len(case.b, k, n));
    let bias = draw.numbers(if case.bias { n } else { 0 });
    let then = [(); 3].map(|()| draw.numbers(if case.relu { n } else { 0 }));
    let c = draw.numbers(len([ldc, 1], m, n));
    for isa in isas {
        let case_of = (
            isa,
            case.size,
            case.a,
            case.b,
            ldc,
            (case.accumulate, case.bias, case.relu),
        );
        let buffers = Buffers {
            read: &[&a, &b, &bias, &then[0], &then[1], &then[2]],
            written: &[&c],
        };
        buffers.everywhere(draw, &case_of, |read, written| {
            let mat = |data, [rs, cs]: [usize; 2]| Mat { data, rs, cs };
            let then = Normalised::new([read[3], read[4], read[5]], case.accumulate);
            let epilogue = Epilogue {
                accumulate: case.accumulate,
                bias: read[2],
                relu: case.relu,
                then: Then::of(&then),
            };
            gemm_with_isa(
                isa,
                m,
                n,
                k,
                mat(read[0], case.a),
                mat(read[1], case.b),
                &mut *written[0],
                ldc,
                epilogue,
                &Pool::Serial,
            );
        });
    }
}

#[test]
fn products() {
    let mut draw = Draw(1);
    for i in 0..cases(700) {
        let mut size = [0; 3].map(|_| draw.of(EDGES));
        if i % 50 == 0 {
            size[draw.below(3)] = 0;
        }
        let [m, n, k] = size;
        let case = Case {
            size,
            a: strides(&mut draw, m, k),
            b: strides(&mut draw, k, n),
            gap: draw.of(&[0, 0, 1, 5]),
            accumulate: draw.bool(),
            bias: draw.bool(),
            relu: draw.bool(),
        };
        check(&mut draw, &case, available());
    }
}

/// Sizes from which on matrices are packed, streamed, copied in pieces or transposed, see `gemm/blocking.rs`.
#[test]
#[cfg_attr(miri, ignore = "hours")]
fn large_products() {
    let by_columns = |rows: usize| [1, rows];
    let mut draw = Draw(2);
    for (size, a, b, bias) in [
        // Rows of B that alias are packed.
        ([67, 1025, 65], [65, 1], [1025, 1], true),
        ([130, 37, 530], [530, 1], [2048, 1], false),
        // B is streamed.
        ([5, 1030, 1029], [1029, 1], [1030, 1], true),
        ([3, 8193, 131], by_columns(3), [8193, 1], false),
        // Packed between the tiles.
        ([17, 1931, 1101], [1101, 1], by_columns(1101), true),
        ([145, 1933, 1100], [1100, 1], by_columns(1103), false),
        // Transposed, and what there is of it with a bias.
        ([33, 17001, 126], [126, 1], by_columns(126), false),
        ([16, 16385, 128], [129, 1], by_columns(128), true),
        // Few terms of a matrix that lies by columns.
        ([1031, 129, 37], by_columns(1031), [129, 1], true),
        ([1024, 2048, 3], by_columns(1024), [2048, 1], false),
        ([1025, 161, 128], by_columns(1025), by_columns(128), false),
    ] {
        let case = Case {
            size,
            a,
            b,
            gap: 0,
            accumulate: size[0] % 2 == 1,
            bias,
            relu: bias,
        };
        // What has no blocks of its own would only take long.
        let isas = available().filter(|&isa| isa != Isa::Portable || size[0] < 20);
        check(&mut draw, &case, isas);
    }
}

#[test]
fn rows() {
    let mut draw = Draw(3);
    #[cfg(feature = "rayon")]
    let pool = Pool::of(3).expect("a pool");
    #[cfg(not(feature = "rayon"))]
    let pool = Pool::Serial;
    for i in 0..cases(400) {
        let (mut k, mut n) = (draw.of(EDGES), draw.of(EDGES) * draw.of(&[1, 1, 1, 3, 9]));
        if i % 40 == 0 {
            match draw.bool() {
                true => k = 0,
                false => n = 0,
            }
        }
        if i % 40 == 1 {
            // So many values that W is read from one end to the other, or shared by threads.
            n = 64 + draw.below(40) * draw.of(&[1, 9]);
            k = (1 << 17) / n + 1 + draw.below(9);
        }
        let (relu, biased) = (draw.bool(), draw.bool());
        let (x, w) = (draw.numbers(k), draw.numbers(k * n));
        let bias = draw.numbers(if biased { n } else { 0 });
        let y = draw.numbers(n);
        for isa in available() {
            let buffers = Buffers {
                read: &[&x, &w, &bias],
                written: &[&y],
            };
            buffers.everywhere(&mut draw, &(isa, k, n, biased, relu), |read, written| {
                forced(isa, || {
                    row(read[0], read[1], read[2], relu, &mut *written[0])
                });
            });
            let accumulate = n > 16 && relu;
            buffers.everywhere(
                &mut draw,
                &(isa, k, n, biased, accumulate),
                |read, written| {
                    let epilogue = Epilogue {
                        accumulate,
                        bias: read[2],
                        relu,
                        ..Epilogue::default()
                    };
                    forced(isa, || {
                        row_with_epilogue(read[0], read[1], epilogue, &mut *written[0], &pool);
                    });
                },
            );
        }
    }
}

/// What a microcontroller has.
#[test]
fn on_a_device() {
    let mut draw = Draw(4);
    for _ in 0..cases(600) {
        let [m, n, k] = [0; 3].map(|_| 1 + draw.below(21));
        let (a, b) = (strides(&mut draw, m, k), strides(&mut draw, k, n));
        let (accumulate, relu) = (draw.bool(), draw.bool());
        let ldc = n + draw.below(3);
        let (x, w) = (draw.numbers(len(a, m, k)), draw.numbers(len(b, k, n)));
        let (bias, y) = (draw.if_any(n), draw.numbers(len([ldc, 1], m, n)));
        let buffers = Buffers {
            read: &[&x, &w, &bias],
            written: &[&y],
        };
        let case = (m, n, k, a, b, ldc, accumulate, bias.len(), relu);
        buffers.everywhere(&mut draw, &case, |read, written| {
            let mat = |data, [rs, cs]: [usize; 2]| Mat { data, rs, cs };
            let epilogue = Epilogue {
                accumulate,
                bias: read[2],
                relu,
                ..Epilogue::default()
            };
            device::product(
                [m, n, k],
                (mat(read[0], a), mat(read[1], b)),
                (&mut *written[0], ldc),
                epilogue,
            );
        });
        // A row of a matrix that may be wider.
        let rs = n + draw.below(4);
        let (x, w) = (draw.numbers(k), draw.numbers(len([rs, 1], k, n)));
        let y = draw.numbers(n);
        let buffers = Buffers {
            read: &[&x, &w, &bias],
            written: &[&y],
        };
        buffers.everywhere(&mut draw, &case, |read, written| {
            let w = Mat {
                data: read[1],
                rs,
                cs: 1,
            };
            let epilogue = Epilogue {
                accumulate,
                bias: read[2],
                relu,
                ..Epilogue::default()
            };
            device::row(read[0], w, epilogue, &mut *written[0]);
        });
    }
}

#[test]
fn transpositions() {
    let mut draw = Draw(5);
    for i in 0..cases(200) {
        let mut size = [0; 2].map(|_| draw.of(EDGES));
        if i % 20 == 0 {
            size[draw.below(2)] = 0;
        }
        let (from, to) = (
            draw.numbers(size[0] * size[1]),
            draw.numbers(size[0] * size[1]),
        );
        for isa in available() {
            let buffers = Buffers {
                read: &[&from],
                written: &[&to],
            };
            buffers.everywhere(&mut draw, &(isa, size), |read, written| {
                forced(isa, || transpose(size, read[0], &mut *written[0]));
            });
        }
    }
}

/// What does not fit is refused with words, or on a microcontroller not computed, and what is huge, but not there, does not count.
#[test]
fn nonsense() {
    let mut draw = Draw(14);
    let strides = [0, 1, 2, 5, 9, 1 << 40, usize::MAX / 5, usize::MAX];
    for _ in 0..cases(1500) {
        let [m, n, k] = [0; 3].map(|_| draw.of(&[0, 1, 1, 2, 3, 13]));
        let [ars, acs, brs, bcs, ldc] = [0; 5].map(|_| draw.of(&strides));
        let lens = [0; 4].map(|_| draw.of(&[0, 1, 4, 13, 39, 60, 169]));
        let values = lens.map(|len| draw.numbers(len));
        for isa in available() {
            let c = &values[2];
            let fits = |len: usize, [rows, rs]: [usize; 2], [columns, cs]: [usize; 2]| {
                let last = |n: usize, by: usize| (n as u128).saturating_sub(1) * by as u128;
                rows == 0 || columns == 0 || last(rows, rs) + last(columns, cs) < len as u128
            };
            let is_sound = fits(lens[0], [m, ars], [k, acs])
                && fits(lens[1], [k, brs], [n, bcs])
                && fits(lens[2], [m, ldc], [n, 1])
                && (m <= 1 || n <= ldc)
                && (lens[3] == 0 || lens[3] == n);
            let case = (isa, [m, n, k], [ars, acs], [brs, bcs], ldc, lens);
            let buffers = Buffers {
                read: &[&values[0], &values[1], &values[3]],
                written: &[c],
            };
            buffers.everywhere(&mut draw, &case, |read, written| {
                let mat = |data, rs, cs| Mat { data, rs, cs };
                let epilogue = Epilogue {
                    bias: read[2],
                    ..Epilogue::default()
                };
                let (a, b, c) = (
                    mat(read[0], ars, acs),
                    mat(read[1], brs, bcs),
                    &mut *written[0],
                );
                let run = AssertUnwindSafe(|| {
                    gemm_with_isa(isa, m, n, k, a, b, c, ldc, epilogue, &Pool::Serial);
                });
                let outcome = catch_unwind(run);
                assert_eq!(outcome.is_ok(), is_sound || DEVICE, "{case:?}");
            });
        }
    }
}
