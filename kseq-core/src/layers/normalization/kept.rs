//! How samples lie around the axes that are kept, and the loops over them.

use crate::base::part::{part, rows, rows_mut};
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::pool::{Pool, for_samples};
use crate::shape::{MAX_RANK, Shape};

/// How samples lie around the axes that are kept.
pub struct Kept {
    /// The values that lie side by side and have a mean each, or one for all.
    run: usize,
    each: bool,
    /// Of the axes before: the size, and the distance of the means of neighbours.
    before: [[usize; 2]; MAX_RANK],
}

impl Kept {
    pub fn of(shape: Shape, bits: usize) -> Self {
        let kept = |axis: usize| bits >> (shape.rank() - 1 - axis) & 1 == 1;
        let mut all = Kept {
            run: 1,
            each: false,
            before: [[1, 0]; MAX_RANK],
        };
        let (mut means, mut in_run, mut begun) = (1, true, false);
        for axis in (0..shape.rank()).rev() {
            let size = shape.dim(axis);
            if size == 1 {
                continue;
            }
            if !begun {
                (all.each, begun) = (kept(axis), true);
            }
            in_run &= kept(axis) == all.each;
            if in_run {
                all.run *= size;
            } else if let Some(before) = all.before.get_mut(axis) {
                *before = [size, if kept(axis) { means } else { 0 }];
            }
            means *= if kept(axis) { size } else { 1 };
        }
        all
    }

    /// The number of means.
    #[cfg(feature = "std")]
    pub fn len(&self) -> usize {
        let of = |&[size, means]: &[usize; 2]| if means > 0 { size } else { 1 };
        let before: usize = self.before.iter().map(of).product();
        before * if self.each { self.run } else { 1 }
    }

    /// Whether all runs have the same means.
    fn is_plain(&self) -> bool {
        self.before.iter().all(|&[_, means]| means == 0)
    }

    /// The first mean of a run of a sample.
    fn first(&self, run: usize) -> usize {
        let (mut rest, mut first) = (run, 0);
        for &[size, means] in self.before.iter().rev() {
            let size = size.max(1);
            first += rest % size * means;
            rest /= size;
        }
        first
    }

    /// Calls `f` with the number of its mean and with each value.
    #[cfg(feature = "std")]
    pub fn each(&self, values: &[f32], mut f: impl FnMut(usize, f32)) {
        for (run, values) in rows(values, self.run).enumerate() {
            let first = self.first(run);
            for (i, x) in values.iter().enumerate() {
                f(first + if self.each { i } else { 0 }, *x);
            }
        }
    }
}

/// What is done with a value.
#[derive(Clone, Copy)]
pub struct Way {
    pub invert: bool,
    pub back: bool,
}

/// Means and variances, of which the first may stand for more.
pub struct Moments<'a> {
    pub mean: &'a [f32],
    pub variance: &'a [f32],
}

impl Moments<'_> {
    /// Those of a run, which has one for all or one each.
    fn of(&self, first: usize, run: usize) -> Self {
        let n = self.mean.len().max(1);
        let (first, run) = (first % n, run.min(n));
        Moments {
            mean: part(self.mean, first, run),
            variance: part(self.variance, first, run),
        }
    }
}

simd_fn! {
    /// Runs of values with the same moments.
    fn normalise(x: &[f32], y: &mut [f32], run: usize, moments: &Moments<'_>, way: Way) {
        for (x, y) in rows(x, run).zip(rows_mut(y, run)) {
            match (moments.mean, moments.variance) {
                ([mean], [variance]) => {
                    let deviation = deviation(*variance);
                    for (x, y) in x.iter().zip(y) {
                        *y = normalised(*x, *mean, deviation, way);
                    }
                }
                (mean, variance) => {
                    for (((x, y), mean), variance) in x.iter().zip(y).zip(mean).zip(variance) {
                        *y = normalised(*x, *mean, deviation(*variance), way);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn deviation(variance: f32) -> f32 {
    math::sqrt(variance).max(1e-7)
}

#[inline(always)]
fn normalised(x: f32, mean: f32, deviation: f32, way: Way) -> f32 {
    match (way.invert, way.back) {
        (false, false) => (x - mean) / deviation,
        (false, true) => x / deviation,
        (true, false) => mean + x * deviation,
        (true, true) => x * deviation,
    }
}

/// All samples; those whose runs have moments of their own run by run.
pub fn samples(
    x: &[f32],
    y: &mut [f32],
    shape: Shape,
    bits: usize,
    moments: &Moments<'_>,
    way: Way,
    pool: &Pool,
) {
    let (kept, len) = (Kept::of(shape, bits), shape.len().unwrap_or(0));
    let means = if kept.each { kept.run } else { 1 };
    for_samples(pool, y, len, len, |i, y| {
        let x = part(x, i * len, len);
        if kept.is_plain() {
            return normalise(x, y, kept.run, &moments.of(0, means), way);
        }
        let runs = rows(x, kept.run).zip(rows_mut(y, kept.run));
        for (run, (x, y)) in runs.enumerate() {
            normalise(x, y, kept.run, &moments.of(kept.first(run), means), way);
        }
    });
}
