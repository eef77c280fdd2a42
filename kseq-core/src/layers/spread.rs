//! What is done to each value with numbers of its channel. Those of few channels are repeated until they fill vectors: a row of six
//! values alone leaves most of a vector empty.

use crate::base::part::{part, rows, rows_mut};
use crate::kernels::dispatch::{DEVICE, simd_fn};
use crate::kernels::fpu::rolled;

/// Room for the numbers of all columns.
pub(super) const COLUMNS: usize = if DEVICE { 1 } else { 1024 };

/// How many columns the rows of `n` channels become when several are taken as one, at least `least`: `n` if they are left alone, as
/// those that fill vectors and those of few values are.
#[inline(always)]
pub(super) fn columns(n: usize, len: usize, least: usize) -> usize {
    if DEVICE || n >= 64 || n.is_multiple_of(16) {
        return n;
    }
    let twos = n.trailing_zeros();
    // Whole tiles of sums, or at least whole vectors.
    let [tiles, vectors] = [6, 4].map(|bits| n << (bits - twos.min(bits)));
    let mut columns = if tiles <= COLUMNS { tiles } else { vectors };
    while columns < least {
        columns *= 2;
    }
    if len < 4 * columns { n } else { columns }
}

/// The numbers of the channels, again and again.
#[inline(always)]
pub(super) fn spread<'a, const K: usize>(
    numbers: [&[f32]; K],
    columns: usize,
    room: &'a mut [[f32; COLUMNS]; K],
) -> [&'a [f32]; K] {
    for (room, numbers) in room.iter_mut().zip(numbers) {
        let all = room.get_mut(..columns).unwrap_or_default();
        for row in all.chunks_mut(numbers.len().max(1)) {
            row.iter_mut()
                .zip(numbers)
                .for_each(|(to, from)| *to = *from);
        }
    }
    room.each_ref()
        .map(|all| all.get(..columns).unwrap_or_default())
}

/// Columns whose numbers are loaded for few values more than these.
const MANY: usize = 256;

simd_fn! {
    /// `y = (x - mean) a + b`, and `relu` of it if wanted.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn apply(x: &[f32], y: &mut [f32], numbers: [&[f32]; 3], relu: bool) {
        match relu && !DEVICE {
            true => apply_rows::<true>(x, y, numbers),
            false => apply_rows::<false>(x, y, numbers),
        }
    }
}

#[inline(always)]
fn apply_rows<const RELU: bool>(x: &[f32], y: &mut [f32], numbers: [&[f32]; 3]) {
    let n = numbers[0].len();
    let columns = columns(n, x.len(), MANY);
    if columns > n {
        let mut room = [[0.0; COLUMNS]; 3];
        let numbers = spread(numbers, columns, &mut room);
        for (x, y) in x.chunks(columns).zip(y.chunks_mut(columns)) {
            apply_row::<RELU>(x, y, numbers);
        }
        return;
    }
    for (x, y) in rows(x, n).zip(rows_mut(y, n)) {
        apply_row::<RELU>(x, y, numbers);
    }
}

#[inline(always)]
fn apply_row<const RELU: bool>(x: &[f32], y: &mut [f32], [mean, a, b]: [&[f32]; 3]) {
    for ((((y, x), mean), a), b) in y.iter_mut().zip(x).zip(mean).zip(a).zip(b) {
        rolled();
        let value = (x - mean) * a + b;
        *y = if RELU && value <= 0.0 { 0.0 } else { value };
    }
}

/// The gradient before a `relu` behind `(x - mean) a + b`, and `x - mean`. The output of the `relu` is positive where this is.
#[inline(always)]
pub(super) fn before_relu(x: f32, dy: f32, mean: f32, a: f32, b: f32) -> (f32, f32) {
    let away = x - mean;
    let seen = if away * a + b > 0.0 { 1.0 } else { 0.0 };
    (dy * seen, away)
}

/// What a normalization by the moments of a batch does with a gradient: `(dy - plain - (x - mean) moved) a`, with the numbers of each
/// channel. Before that, if a `relu` stands behind `(x - mean) a + b`, what that does.
#[derive(Clone, Copy)]
pub(crate) struct Undo<'a> {
    mean: &'a [f32],
    /// `a`, `plain`, `moved`, and `b`, which is only there for a `relu`.
    numbers: [&'a [f32]; 4],
    relu: bool,
}

impl<'a> Undo<'a> {
    /// So many numbers of each channel lie one after the other for [`Undo::of`].
    #[cfg(feature = "std")]
    pub(super) const NUMBERS: usize = 5;

    pub(super) const fn new(mean: &'a [f32], numbers: [&'a [f32]; 4], relu: bool) -> Self {
        Undo {
            mean,
            numbers,
            relu,
        }
    }

    /// The same from all numbers.
    #[cfg(feature = "std")]
    pub(crate) fn of(numbers: &'a [f32], relu: bool) -> Self {
        let n = numbers.len() / Self::NUMBERS;
        let numbers = |i| part(numbers, i * n, n);
        Undo::new(numbers(0), [1, 2, 3, 4].map(numbers), relu)
    }

    /// The same for `n` channels from the `first` on.
    pub(super) fn channels(&self, first: usize, n: usize) -> Self {
        let [a, plain, moved, b] = self.numbers;
        let of = |numbers: &'a [f32]| part(numbers, first, n);
        let b = if self.relu { of(b) } else { b };
        Undo::new(of(self.mean), [of(a), of(plain), of(moved), b], self.relu)
    }

    /// The numbers of each channel, with something in the place of a shift that is not there.
    #[inline(always)]
    const fn all(&self) -> [&'a [f32]; 5] {
        let [a, plain, moved, b] = self.numbers;
        [self.mean, a, plain, moved, if self.relu { b } else { a }]
    }
}

simd_fn! {
    /// The gradient of the input.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(super) fn apply_back(x: &[f32], dy: &[f32], dx: &mut [f32], undo: &Undo<'_>) {
        match undo.relu && !DEVICE {
            true => back_rows::<true>(x, dy, dx, undo.all()),
            false => back_rows::<false>(x, dy, dx, undo.all()),
        }
    }
}

#[inline(always)]
fn back_rows<const RELU: bool>(x: &[f32], dy: &[f32], dx: &mut [f32], numbers: [&[f32]; 5]) {
    let n = numbers[0].len();
    let columns = columns(n, x.len(), MANY);
    if columns > n {
        let mut room = [[0.0; COLUMNS]; 5];
        let numbers = spread(numbers, columns, &mut room);
        let rows = x.chunks(columns).zip(dy.chunks(columns));
        for ((x, dy), dx) in rows.zip(dx.chunks_mut(columns)) {
            back_row::<RELU>(x, dy, dx, numbers);
        }
        return;
    }
    let rows = rows(x, n).zip(rows(dy, n)).zip(rows_mut(dx, n));
    for ((x, dy), dx) in rows {
        back_row::<RELU>(x, dy, dx, numbers);
    }
}

#[inline(always)]
fn back_row<const RELU: bool>(x: &[f32], dy: &[f32], dx: &mut [f32], numbers: [&[f32]; 5]) {
    let [mean, a, plain, moved, b] = numbers;
    let values = dx.iter_mut().zip(x).zip(dy).zip(mean).zip(a);
    let values = values.zip(plain).zip(moved);
    if RELU {
        for (((((((dx, x), dy), mean), a), plain), moved), b) in values.zip(b) {
            let (dy, away) = before_relu(*x, *dy, *mean, *a, *b);
            *dx = (dy - plain - away * moved) * a;
        }
        return;
    }
    for ((((((dx, x), dy), mean), a), plain), moved) in values {
        rolled();
        *dx = (dy - plain - (x - mean) * moved) * a;
    }
}

#[cfg(feature = "std")]
simd_fn! {
    /// The same in the place of the gradient of the output.
    pub(super) fn apply_back_in_place(x: &[f32], dy: &mut [f32], undo: &Undo<'_>) {
        match undo.relu {
            true => back_rows_in_place::<true>(x, dy, undo.all()),
            false => back_rows_in_place::<false>(x, dy, undo.all()),
        }
    }
}

#[cfg(feature = "std")]
#[inline(always)]
fn back_rows_in_place<const RELU: bool>(x: &[f32], dy: &mut [f32], numbers: [&[f32]; 5]) {
    let n = numbers[0].len();
    let columns = columns(n, x.len(), MANY);
    let mut room = [[0.0; COLUMNS]; 5];
    let [mean, a, plain, moved, b] = match columns > n {
        true => spread(numbers, columns, &mut room),
        false => numbers,
    };
    for (x, dy) in x.chunks(columns).zip(dy.chunks_mut(columns)) {
        let values = dy.iter_mut().zip(x).zip(mean).zip(a);
        for ((((((dy, x), mean), a), plain), moved), b) in values.zip(plain).zip(moved).zip(b) {
            let (before, away) = match RELU {
                true => before_relu(*x, *dy, *mean, *a, *b),
                false => (*dy, x - mean),
            };
            *dy = (before - plain - away * moved) * a;
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    /// Small integers, so that each result is exact.
    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7 + seed) % 11) as f32 - 5.0).collect()
    }

    #[test]
    fn every_number_of_channels() {
        for n in [1, 2, 3, 5, 6, 10, 16, 24, 32, 48, 63, 64, 65] {
            for rows in [1, 7, 100, 1_100] {
                let (x, dy) = (numbers(n * rows, 1), numbers(n * rows, 2));
                let [mean, a, b, c, d] = [3, 4, 5, 6, 7].map(|seed| numbers(n, seed));
                let (mut y, mut dx) = (vec![0.5; n * rows], vec![0.5; n * rows]);
                // A microcontroller has a pass of its own for a `relu`.
                for relu in [false, true].into_iter().filter(|relu| !relu || !DEVICE) {
                    apply(&x, &mut y, [&mean, &a, &b], relu);
                    let all = [&mean[..], &a, &c, &d, &b].concat();
                    let undo = Undo::of(&all, relu);
                    apply_back(&x, &dy, &mut dx, &undo);
                    let mut in_place = dy.clone();
                    apply_back_in_place(&x, &mut in_place, &undo);
                    assert_eq!(in_place, dx, "{n}, {rows}");
                    for i in 0..n * rows {
                        let k = i % n;
                        let value = (x[i] - mean[k]) * a[k] + b[k];
                        let (seen, dy) = match relu && value <= 0.0 {
                            true => (0.0, 0.0),
                            false => (value, dy[i]),
                        };
                        assert_eq!(y[i], seen, "{n}, {rows}");
                        let back = (dy - c[k] - (x[i] - mean[k]) * d[k]) * a[k];
                        assert_eq!(dx[i], back, "{n}, {rows}");
                    }
                }
            }
        }
    }

    #[test]
    fn columns_are_whole_rows_that_have_room() {
        for n in (1..64).filter(|n| n % 16 != 0) {
            let columns = columns(n, usize::MAX, MANY);
            if DEVICE {
                assert_eq!(columns, n, "rows stay as they are");
                continue;
            }
            assert!(columns.is_multiple_of(n) && columns.is_multiple_of(16));
            assert!((MANY..=COLUMNS).contains(&columns));
        }
        assert_eq!(columns(6, 100, MANY), 6);
        assert_eq!(columns(64, usize::MAX, MANY), 64);
    }
}
