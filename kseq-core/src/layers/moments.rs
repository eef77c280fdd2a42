//! Means and variances over a batch, for layers that normalise by them.
//!
//! A batch is cut into chunks of whole samples whose size depends on nothing but the size of a sample; chunks are added in
//! order. So the sums are the same for any number of threads.

mod whole;

use core::ops::Range;

use whole::{Whole, whole};

use super::spread::{COLUMNS, before_relu, columns, spread};
use super::tiles::{Tile, in_tiles};
use crate::base::part::{array, copy, from, part, part_mut, rows, split, split_mut, value};
use crate::kernels::dispatch::{DEVICE, Wide, narrow, simd_fn};
use crate::pool::{GRAIN, Pool};
use crate::shape::Refusal;
use crate::text::Text;

/// The rule of `epsilon`: more than 0, or what does not vary becomes 0/0.
#[must_use]
pub const fn epsilon_rule(epsilon: f32) -> Option<Refusal> {
    if epsilon.is_finite() && epsilon >= f32::MIN_POSITIVE {
        return None;
    }
    let what = Text::new().str("epsilon must be finite and more than 0, found ");
    let help = "leave epsilon out for 0.001: without it, values that are all equal become NaN";
    Some(Refusal::new(what.float(epsilon), help))
}

/// How the values of a sample belong to channels: runs of `inner` values of one channel, the channels in turn.
#[derive(Clone, Copy)]
pub struct Channels {
    /// How many channels.
    pub count: usize,
    /// The number of values between two channels; 1 for channels last.
    pub inner: usize,
    /// Values in a sample.
    pub sample: usize,
}

impl Channels {
    /// Values in a chunk.
    pub fn chunk(&self) -> usize {
        (self.sample * (GRAIN / self.sample.max(1)).max(1)).max(1)
    }

    /// How many values of `len` each channel has.
    fn share(&self, len: usize) -> f32 {
        (len / self.count.max(1)) as f32
    }

    /// The values of a chunk that give a value near its means: an eighth, if their rows are many.
    fn some<'a>(&self, x: &'a [f32]) -> &'a [f32] {
        let rows = x.len() / self.count.max(1) / 8;
        match !DEVICE && self.inner == 1 && rows >= 16 {
            true => part(x, 0, rows * self.count),
            false => x,
        }
    }

    /// Calls `f` with the place and the number of runs of channels, and of the values that belong to them in turn.
    #[inline(always)]
    pub fn runs(&self, len: usize, mut f: impl FnMut([usize; 2], [usize; 2])) {
        if self.inner == 1 {
            f([0, self.count], [0, len]);
            return;
        }
        for (run, first) in (0..len).step_by(self.inner.max(1)).enumerate() {
            f([run % self.count.max(1), 1], [first, self.inner]);
        }
    }

    /// Mean and (population) variance of every channel of `x`. `scratch` holds three values a channel for each chunk.
    ///
    /// Of each chunk a part is summed first, as what it is away from its first value, then all of it from the mean that this
    /// gives, with what this mean is wrong by. So no digits are lost where the mean is large, and a constant channel has the
    /// variance 0. (The mean of a part of 1 / k is at most sqrt(k - 1) standard deviations away, whatever the values are.)
    pub fn moments(
        &self,
        x: &[f32],
        mean: &mut [f32],
        variance: &mut [f32],
        scratch: &mut [f32],
        pool: &Pool,
    ) {
        let (count, chunk) = (self.count, self.chunk());
        let parts = part_mut(scratch, 0, 3 * count * x.len().div_ceil(chunk));
        pool.for_each_chunk(parts, 3 * count, |i, sums| {
            let x = from(x, i * chunk);
            let x = part(x, 0, chunk.min(x.len()));
            let (near, sums) = split_mut(sums, count);
            let (away, squares) = split_mut(sums, count);
            for (near, x) in near.iter_mut().zip(x.iter().step_by(self.inner.max(1))) {
                *near = *x;
            }
            let some = self.some(x);
            let share = self.share(some.len());
            means(some, near, self.inner, share, (&mut *away, &mut *squares));
            deviations(x, near, self.inner, (away, squares));
        });
        let last = x.len() - x.len().saturating_sub(1) / chunk * chunk;
        whole(Whole {
            parts,
            channels: count,
            share: Wide::from(self.share(chunk)),
            last: Wide::from(self.share(last)),
            all: Wide::from(self.share(x.len())),
            mean,
            variance,
        });
    }

    /// The sums of `dy` and of `dy (x - mean)` over every channel, in the first two values a channel of `scratch`. With a `relu`
    /// behind `(x - mean) a + b`, whose numbers these are, `dy` is the gradient behind it.
    pub fn back_sums(
        &self,
        x: &[f32],
        dy: &[f32],
        (mean, relu): (&[f32], Option<[&[f32]; 2]>),
        scratch: &mut [f32],
        pool: &Pool,
    ) {
        let (count, chunk) = (self.count, self.chunk());
        let parts = part_mut(scratch, 0, 2 * count * x.len().div_ceil(chunk));
        pool.for_each_chunk(parts, 2 * count, |i, sums| {
            let (x, dy) = (from(x, i * chunk), from(dy, i * chunk));
            let len = chunk.min(x.len());
            let (x, dy) = (part(x, 0, len), part(dy, 0, len));
            let (plain, moved) = split_mut(sums, count);
            match relu {
                Some([a, b]) if !DEVICE => {
                    rectified_gradients(x, dy, [mean, a, b], self.inner, (plain, moved));
                }
                _ => gradients(x, dy, mean, self.inner, (plain, moved)),
            }
        });
        add_parts(parts, 2 * count);
    }
}

/// Adds the parts of `len` values to the first one, in order.
pub fn add_parts(parts: &mut [f32], len: usize) {
    /// Sums that are taken together.
    const SOME: usize = if DEVICE { 8 } else { 64 };
    let (sums, rest) = parts.split_at_mut(len.min(parts.len()));
    for (i, sums) in sums.chunks_mut(SOME).enumerate() {
        let mut totals = [0.0; SOME];
        let first = core::iter::once(&*sums);
        let others = rest
            .chunks_exact(len.max(1))
            .map(|part| from(part, i * SOME));
        for part in first.chain(others) {
            for (total, part) in totals.iter_mut().zip(part) {
                *total += Wide::from(*part);
            }
        }
        for (sum, total) in sums.iter_mut().zip(totals) {
            *sum = narrow(total);
        }
    }
}

/// Rows whose sums stay in `f32`, in registers; they are added as [`Wide`]s.
const ROWS: usize = 64;

/// Writes to two arrays the sums over rows of `columns` values of `f(x, y, at)`, where `at` are a channel's numbers; adds to them where
/// `inner` columns share a value of the arrays.
struct Sums<'a, F, const K: usize> {
    x: &'a [f32],
    y: &'a [f32],
    columns: usize,
    inner: usize,
    at: [&'a [f32]; K],
    sums: (&'a mut [f32], &'a mut [f32]),
    f: F,
}

impl<F: Fn(f32, f32, [f32; K]) -> (f32, f32), const K: usize> Sums<'_, F, K> {
    /// The sums of some rows, of `T` columns.
    #[inline(always)]
    fn rows<const T: usize>(
        &self,
        x: &[f32],
        y: &[f32],
        first: usize,
        at: &[[f32; T]; K],
    ) -> [[f32; T]; 2] {
        let n = self.columns;
        let (mut a, mut b) = ([0.0; T], [0.0; T]);
        for (x, y) in rows(x, n).zip(rows(y, n)) {
            let (x, y) = (array::<T>(x, first), array::<T>(y, first));
            for i in 0..T {
                let mut own = [0.0; K];
                for (own, at) in own.iter_mut().zip(at) {
                    *own = at[i];
                }
                let (to_a, to_b) = (self.f)(x[i], y[i], own);
                a[i] += to_a;
                b[i] += to_b;
            }
        }
        [a, b]
    }
}

impl<F: Fn(f32, f32, [f32; K]) -> (f32, f32), const K: usize> Tile for Sums<'_, F, K> {
    #[inline(always)]
    fn tile<const T: usize>(&mut self, first: usize) {
        let mut at = [[0.0; T]; K];
        for (at, from) in at.iter_mut().zip(self.at) {
            if self.inner == 1 {
                *at = *array(from, first);
                continue;
            }
            each_channel(self.inner, first, T, |c, columns| {
                let own = at.get_mut(columns).unwrap_or_default();
                own.fill(value(from, c));
            });
        }
        let some = (ROWS * self.columns).max(1);
        let single = self.x.len() <= some && self.inner == 1;
        let mut totals = [[0.0; T]; 2];
        for (i, x) in self.x.chunks(some).enumerate() {
            let sums = self.rows(x, part(self.y, i * some, x.len()), first, &at);
            if single {
                copy(part_mut(self.sums.0, first, T), &sums[0]);
                copy(part_mut(self.sums.1, first, T), &sums[1]);
                return;
            }
            for (totals, sums) in totals.iter_mut().zip(sums) {
                for (total, sum) in totals.iter_mut().zip(sums) {
                    *total += Wide::from(sum);
                }
            }
        }
        let (a, b) = (&mut *self.sums.0, &mut *self.sums.1);
        for (sums, totals) in [a, b].into_iter().zip(totals) {
            if self.inner == 1 {
                for (sum, total) in part_mut(sums, first, T).iter_mut().zip(totals) {
                    *sum = narrow(total);
                }
            } else {
                each_channel(self.inner, first, T, |c, columns| {
                    let totals = totals.get(columns).unwrap_or_default();
                    for sum in part_mut(sums, c, 1) {
                        *sum += narrow(totals.iter().sum());
                    }
                });
            }
        }
    }
}

/// Calls `f` with each channel of `len` columns from `first` on, and which of these columns are its own.
#[inline(always)]
fn each_channel(inner: usize, first: usize, len: usize, mut f: impl FnMut(usize, Range<usize>)) {
    let inner = inner.max(1);
    let (mut channel, mut from) = (first / inner, 0);
    let mut to = inner - first % inner;
    while from < len {
        let end = to.min(len);
        f(channel, from..end);
        (channel, from, to) = (channel + 1, end, to + inner);
    }
}

/// A long run of one channel is summed in so many sums.
const LANES: usize = if DEVICE { 8 } else { 64 };

/// The sums of `f(x, y, at)` for each channel. Short runs of a channel are columns of their own.
#[inline(always)]
fn sums_of<const K: usize>(
    x: &[f32],
    y: &[f32],
    at: [&[f32]; K],
    inner: usize,
    (a, b): (&mut [f32], &mut [f32]),
    f: impl Fn(f32, f32, [f32; K]) -> (f32, f32) + Copy,
) {
    let count = a.len();
    let run = if count == 1 { x.len() } else { inner };
    if inner > 1 || run >= LANES {
        a.fill(0.0);
        b.fill(0.0);
    }
    if run < LANES && inner == 1 && columns(count, x.len(), 0) > count {
        return sums_of_few(x, y, at, (a, b), f);
    }
    if run < LANES {
        let columns = count * inner;
        let sums = (a, b);
        in_tiles(
            columns,
            &mut Sums {
                x,
                y,
                columns,
                inner,
                at,
                sums,
                f,
            },
        );
        return;
    }
    for (i, (x, y)) in rows(x, run).zip(rows(y, run)).enumerate() {
        let channel = i % count.max(1);
        let sums = run_sums(x, y, at.map(|at| value(at, channel)), f);
        let (a, b) = (part_mut(a, channel, 1), part_mut(b, channel, 1));
        for (to, sum) in a.iter_mut().chain(b).zip(sums) {
            *to += sum;
        }
    }
}

/// The sums of few channels, of which several rows are taken as one.
#[inline(always)]
fn sums_of_few<const K: usize>(
    x: &[f32],
    y: &[f32],
    at: [&[f32]; K],
    (a, b): (&mut [f32], &mut [f32]),
    f: impl Fn(f32, f32, [f32; K]) -> (f32, f32) + Copy,
) {
    let (n, mut room) = (a.len(), [[0.0; COLUMNS]; K]);
    let columns = columns(n, x.len(), 0);
    let at = spread(at, columns, &mut room);
    let mut all = [[0.0; COLUMNS]; 2];
    let [all_a, all_b] = &mut all;
    let (many, rest) = split(x, x.len() / columns * columns);
    let (many_y, rest_y) = split(y, many.len());
    in_tiles(
        columns,
        &mut Sums {
            x: many,
            y: many_y,
            columns,
            inner: 1,
            at,
            sums: (&mut *all_a, &mut *all_b),
            f,
        },
    );
    let all = all_a.iter_mut().zip(all_b.iter_mut());
    for (i, ((x, y), (a, b))) in rest.iter().zip(rest_y).zip(all).enumerate() {
        let (to_a, to_b) = f(*x, *y, at.map(|at| value(at, i)));
        *a += to_a;
        *b += to_b;
    }
    for (sums, all) in [(a, all_a), (b, all_b)] {
        for (c, sum) in sums.iter_mut().enumerate() {
            let own = part(all, 0, columns).iter().skip(c).step_by(n);
            *sum = narrow(own.map(|sum| Wide::from(*sum)).sum());
        }
    }
}

/// The sums of neighbours.
#[inline(always)]
fn run_sums<const K: usize>(
    x: &[f32],
    y: &[f32],
    at: [f32; K],
    f: impl Fn(f32, f32, [f32; K]) -> (f32, f32) + Copy,
) -> [f32; 2] {
    let (many, rest) = split(x, x.len() / LANES * LANES);
    let (many_y, rest_y) = split(y, many.len());
    let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
    let all = at.map(|at| [at; LANES]);
    let mut lanes = Sums {
        x: many,
        y: many_y,
        columns: LANES,
        inner: 1,
        at: all.each_ref().map(|at| &at[..]),
        sums: (&mut a, &mut b),
        f,
    };
    lanes.tile::<LANES>(0);
    for (((a, b), x), y) in a.iter_mut().zip(&mut b).zip(rest).zip(rest_y) {
        let (to_a, to_b) = f(*x, *y, at);
        *a += to_a;
        *b += to_b;
    }
    [a, b].map(|lanes| {
        let mut sums = [0.0; 8];
        for lanes in lanes.as_chunks::<8>().0 {
            for (sum, lane) in sums.iter_mut().zip(lanes) {
                *sum += Wide::from(*lane);
            }
        }
        narrow(sums.iter().sum())
    })
}

simd_fn! {
    /// Makes of the values near the means, of `share` values each.
    fn means(x: &[f32], near: &mut [f32], inner: usize, share: f32, sums: (&mut [f32], &mut [f32])) {
        let (away, nothing) = sums;
        // The second sums are of -0, which the compiler need not add.
        sums_of(x, x, [near], inner, (&mut *away, nothing), |x, _, [near]| (x - near, -0.0));
        for (near, away) in near.iter_mut().zip(away) {
            *near += *away / share;
        }
    }
}

simd_fn! {
    fn deviations(x: &[f32], near: &[f32], inner: usize, sums: (&mut [f32], &mut [f32])) {
        sums_of(x, x, [near], inner, sums, |x, _, [near]| {
            let away = x - near;
            (away, away * away)
        });
    }
}

simd_fn! {
    fn gradients(x: &[f32], dy: &[f32], mean: &[f32], inner: usize, sums: (&mut [f32], &mut [f32])) {
        sums_of(x, dy, [mean], inner, sums, |x, dy, [mean]| (dy, dy * (x - mean)));
    }
}

simd_fn! {
    /// The same behind a `relu`, with mean, factor and shift of what it saw.
    fn rectified_gradients(x: &[f32], dy: &[f32], numbers: [&[f32]; 3], inner: usize, sums: (&mut [f32], &mut [f32])) {
        sums_of(x, dy, numbers, inner, sums, |x, dy, [mean, a, b]| {
            let (dy, away) = before_relu(x, dy, mean, a, b);
            (dy, dy * away)
        });
    }
}
