//! Means and variances over a batch, for layers that normalise by them.
//!
//! A batch is cut into chunks of whole samples whose size depends on nothing but the size of a sample; chunks are added in
//! order. So the sums are the same for any number of threads.

use core::ops::Range;

use crate::kernels::dispatch::simd_fn;
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
        self.sample * (GRAIN / self.sample.max(1)).max(1)
    }

    /// How many values of `len` each channel has.
    fn share(&self, len: usize) -> f32 {
        (len / self.count) as f32
    }

    /// Calls `f` with runs of channels, and of the values that belong to them in turn.
    #[inline(always)]
    pub fn runs(&self, len: usize, mut f: impl FnMut(Range<usize>, Range<usize>)) {
        if self.inner == 1 {
            f(0..self.count, 0..len);
            return;
        }
        for (run, first) in (0..len).step_by(self.inner).enumerate() {
            let channel = run % self.count;
            f(channel..channel + 1, first..first + self.inner);
        }
    }

    /// Mean and (population) variance of every channel of `x`. `scratch` holds three values a channel for each chunk.
    ///
    /// Each chunk is summed twice: first as what it is away from its first value, then from the mean that this gives, with
    /// what this mean is wrong by. So no digits are lost where the mean is large, and a constant channel has the variance 0.
    pub fn moments(
        &self,
        x: &[f32],
        mean: &mut [f32],
        variance: &mut [f32],
        scratch: &mut [f32],
        pool: &Pool,
    ) {
        let (count, chunk) = (self.count, self.chunk());
        let parts = &mut scratch[..3 * count * x.len().div_ceil(chunk)];
        pool.for_each_chunk(parts, 3 * count, |i, part| {
            let x = &x[i * chunk..];
            let x = &x[..chunk.min(x.len())];
            let (near, sums) = part.split_at_mut(count);
            let (away, squares) = sums.split_at_mut(count);
            for (near, x) in near.iter_mut().zip(x.iter().step_by(self.inner)) {
                *near = *x;
            }
            away.fill(0.0);
            squares.fill(0.0);
            self.runs(x.len(), |c, v| {
                let sums = (&mut away[c.clone()], &mut squares[c.clone()]);
                sums_away(&x[v], &near[c], sums);
            });
            let share = self.share(x.len());
            for (near, away) in near.iter_mut().zip(away.iter_mut()) {
                *near += *away / share;
                *away = 0.0;
            }
            squares.fill(0.0);
            self.runs(x.len(), |c, v| {
                let sums = (&mut away[c.clone()], &mut squares[c.clone()]);
                deviations(&x[v], &near[c], sums);
            });
        });
        let share = |i: usize| f64::from(self.share(chunk.min(x.len() - i * chunk)));
        let all = f64::from(self.share(x.len()));
        let moments = mean.iter_mut().zip(variance);
        for (c, (mean, variance)) in moments.enumerate().take(count) {
            let parts = || {
                let parts = parts.chunks_exact(3 * count).enumerate();
                parts.map(|(i, part)| {
                    let of = |at: usize| f64::from(part[at * count + c]);
                    (share(i), of(0), of(1), of(2))
                })
            };
            let sum: f64 = parts().map(|(n, near, away, _)| n * near + away).sum();
            let middle = sum / all;
            let squares = parts().map(|(n, near, away, squares)| {
                let moved = near - middle;
                squares + moved * (2.0 * away + n * moved)
            });
            let squares: f64 = squares.sum();
            *mean = middle as f32;
            // Not below 0 by a hair; NaN stays.
            *variance = if squares < 0.0 {
                0.0
            } else {
                (squares / all) as f32
            };
        }
    }

    /// The sums of `dy` and of `dy (x - mean)` over every channel, in the first two values a channel of `scratch`.
    pub fn back_sums(&self, x: &[f32], dy: &[f32], mean: &[f32], scratch: &mut [f32], pool: &Pool) {
        let (count, chunk) = (self.count, self.chunk());
        let parts = &mut scratch[..2 * count * x.len().div_ceil(chunk)];
        pool.for_each_chunk(parts, 2 * count, |i, part| {
            let end = x.len().min((i + 1) * chunk);
            let (x, dy) = (&x[i * chunk..end], &dy[i * chunk..end]);
            part.fill(0.0);
            let (plain, moved) = part.split_at_mut(count);
            self.runs(x.len(), |c, v| {
                let sums = (&mut plain[c.clone()], &mut moved[c.clone()]);
                gradients(&x[v.clone()], &dy[v], &mean[c], sums);
            });
        });
        add_parts(parts, 2 * count);
    }
}

/// Adds the parts of `len` values to the first one, in order.
pub fn add_parts(parts: &mut [f32], len: usize) {
    /// Sums that are taken together, in `f64`.
    const SOME: usize = 64;
    let (sums, rest) = parts.split_at_mut(len.min(parts.len()));
    for (i, sums) in sums.chunks_mut(SOME).enumerate() {
        let mut totals = [0.0; SOME];
        let first = core::iter::once(&*sums);
        let others = rest.chunks_exact(len.max(1)).map(|part| &part[i * SOME..]);
        for part in first.chain(others) {
            for (total, part) in totals.iter_mut().zip(part) {
                *total += f64::from(*part);
            }
        }
        for (sum, total) in sums.iter_mut().zip(totals) {
            *sum = total as f32;
        }
    }
}

/// Rows whose sums stay in `f32`, in registers; they are added as `f64`.
const ROWS: usize = 64;

/// What is done with `T` neighbouring channels of all rows.
trait Tile {
    fn tile<const T: usize>(&mut self, first: usize);
}

/// All channels, in tiles whose sums fit into registers.
#[inline(always)]
fn in_tiles(channels: usize, work: &mut impl Tile) {
    let mut at = 0;
    while at + 64 <= channels {
        work.tile::<64>(at);
        at += 64;
    }
    while at + 16 <= channels {
        work.tile::<16>(at);
        at += 16;
    }
    while at + 4 <= channels {
        work.tile::<4>(at);
        at += 4;
    }
    while at < channels {
        work.tile::<1>(at);
        at += 1;
    }
}

/// Adds to two arrays the sums over rows of as many values as `at` has of `f(x, y, at)`.
struct Sums<'a, F> {
    x: &'a [f32],
    y: &'a [f32],
    at: &'a [f32],
    sums: (&'a mut [f32], &'a mut [f32]),
    f: F,
}

impl<F: Fn(f32, f32, f32) -> (f32, f32)> Tile for Sums<'_, F> {
    #[inline(always)]
    fn tile<const T: usize>(&mut self, first: usize) {
        let n = self.at.len();
        let mut at = [0.0; T];
        at.copy_from_slice(&self.at[first..][..T]);
        let mut totals = [[0.0; T]; 2];
        for (x, y) in self.x.chunks(ROWS * n).zip(self.y.chunks(ROWS * n)) {
            let (mut a, mut b) = ([0.0; T], [0.0; T]);
            for (x, y) in x.chunks_exact(n).zip(y.chunks_exact(n)) {
                let (x, y) = (&x[first..][..T], &y[first..][..T]);
                for i in 0..T {
                    let (to_a, to_b) = (self.f)(x[i], y[i], at[i]);
                    a[i] += to_a;
                    b[i] += to_b;
                }
            }
            for i in 0..T {
                totals[0][i] += f64::from(a[i]);
                totals[1][i] += f64::from(b[i]);
            }
        }
        for (sum, total) in self.sums.0[first..][..T].iter_mut().zip(totals[0]) {
            *sum += total as f32;
        }
        for (sum, total) in self.sums.1[first..][..T].iter_mut().zip(totals[1]) {
            *sum += total as f32;
        }
    }
}

/// The same of one channel, whose values are neighbours: in so many sums.
const LANES: usize = 64;

#[inline(always)]
fn add_sums(
    x: &[f32],
    y: &[f32],
    at: &[f32],
    (a, b): (&mut [f32], &mut [f32]),
    f: impl Fn(f32, f32, f32) -> (f32, f32) + Copy,
) {
    if let ([at], [a], [b]) = (at, &mut *a, &mut *b) {
        let (many, rest) = x.split_at(x.len() / LANES * LANES);
        let (many_y, rest_y) = y.split_at(many.len());
        let (mut lanes_a, mut lanes_b) = ([0.0; LANES], [0.0; LANES]);
        let mut lanes = Sums {
            x: many,
            y: many_y,
            at: &[*at; LANES],
            sums: (&mut lanes_a, &mut lanes_b),
            f,
        };
        lanes.tile::<LANES>(0);
        for (i, (x, y)) in rest.iter().zip(rest_y).enumerate() {
            let (to_a, to_b) = f(*x, *y, *at);
            lanes_a[i] += to_a;
            lanes_b[i] += to_b;
        }
        let sum = |lanes: [f32; LANES]| lanes.iter().map(|v| f64::from(*v)).sum::<f64>() as f32;
        *a += sum(lanes_a);
        *b += sum(lanes_b);
        return;
    }
    let sums = (a, b);
    in_tiles(at.len(), &mut Sums { x, y, at, sums, f });
}

simd_fn! {
    /// The second sums are of nothing: -0, which the compiler need not add.
    fn sums_away(x: &[f32], near: &[f32], sums: (&mut [f32], &mut [f32])) {
        add_sums(x, x, near, sums, |x, _, near| (x - near, -0.0));
    }
}

simd_fn! {
    fn deviations(x: &[f32], near: &[f32], sums: (&mut [f32], &mut [f32])) {
        add_sums(x, x, near, sums, |x, _, near| {
            let away = x - near;
            (away, away * away)
        });
    }
}

simd_fn! {
    fn gradients(x: &[f32], dy: &[f32], mean: &[f32], sums: (&mut [f32], &mut [f32])) {
        add_sums(x, dy, mean, sums, |x, dy, mean| (dy, dy * (x - mean)));
    }
}

simd_fn! {
    /// `y = (x - mean) a + b`
    pub fn apply(x: &[f32], y: &mut [f32], mean: &[f32], a: &[f32], b: &[f32]) {
        let n = mean.len();
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            for ((((y, x), mean), a), b) in y.iter_mut().zip(x).zip(mean).zip(a).zip(b) {
                *y = (x - mean) * a + b;
            }
        }
    }
}

simd_fn! {
    /// `dx = (dy - b - (x - mean) c) a`.
    pub fn apply_back(x: &[f32], dy: &[f32], dx: &mut [f32], mean: &[f32], a: &[f32], b: &[f32], c: &[f32]) {
        let n = mean.len();
        let rows = x.chunks_exact(n).zip(dy.chunks_exact(n)).zip(dx.chunks_exact_mut(n));
        for ((x, dy), dx) in rows {
            let values = dx.iter_mut().zip(x).zip(dy).zip(mean).zip(a).zip(b).zip(c);
            for ((((((dx, x), dy), mean), a), b), c) in values {
                *dx = (dy - b - (x - mean) * c) * a;
            }
        }
    }
}
