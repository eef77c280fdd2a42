//! Loops over long vectors.

use super::{Buffers, Draw, available};
use crate::kernels::dispatch::forced;
use crate::kernels::elementwise::{
    add_bias, add_column_sums, axpy, first_not_finite, scale, sum_of_abs, sum_of_squares,
};
use crate::pool::Pool;

#[test]
fn vectors_and_rows() {
    let mut draw = Draw(6);
    let all = [0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 255, 256, 257, 4097];
    let sizes = if cfg!(miri) { &all[..9] } else { &all[..] };
    for &n in sizes {
        let m = draw.of(&[0, 1, 3, 4, 129]);
        let (x, y) = (draw.numbers(n), draw.numbers(n));
        let rows = draw.numbers(m * n);
        for isa in available() {
            let buffers = Buffers {
                read: &[&x],
                written: &[&y, &y, &rows],
            };
            buffers.everywhere(&mut draw, &(isa, m, n), |read, written| {
                forced(isa, || {
                    let [y, sums, rows] = written else {
                        unreachable!("three");
                    };
                    axpy(0.5, read[0], y);
                    scale(1.25, y);
                    add_bias(rows, read[0]);
                    add_column_sums(sums, rows, &Pool::Serial);
                    if let [first, second, ..] = &mut y[..] {
                        *first += sum_of_squares(read[0]);
                        *second += sum_of_abs(read[0]);
                    }
                    assert_eq!(first_not_finite(read[0]), None);
                });
            });
        }
    }
}
