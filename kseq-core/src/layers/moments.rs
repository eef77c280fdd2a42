//! Means and variances over a batch, for layers that normalise by them.
//!
//! A batch is cut into chunks of whole samples whose size depends on nothing but the size of a sample; chunks are added in
//! order. So the sums are the same for any number of threads.

use core::ops::Range;

use crate::kernels::dispatch::simd_fn;
use crate::pool::{GRAIN, Pool};

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

    /// Mean and (population) variance of every channel of `x`. `scratch` holds two values a channel for each chunk.
    ///
    /// Each chunk's deviations are taken from its own mean, so that no digits are lost where the mean is large.
    pub fn moments(
        &self,
        x: &[f32],
        mean: &mut [f32],
        variance: &mut [f32],
        scratch: &mut [f32],
        pool: &Pool,
    ) {
        let (count, chunk) = (self.count, self.chunk());
        let parts = &mut scratch[..2 * count * x.len().div_ceil(chunk)];
        pool.for_each_chunk(parts, 2 * count, |i, part| {
            let x = &x[i * chunk..];
            let x = &x[..chunk.min(x.len())];
            let (mean, squares) = part.split_at_mut(count);
            mean.fill(0.0);
            squares.fill(0.0);
            self.runs(x.len(), |c, v| sums(&x[v], &mut mean[c]));
            let share = self.share(x.len());
            mean.iter_mut().for_each(|mean| *mean /= share);
            self.runs(x.len(), |c, v| {
                deviations(&x[v], &mean[c.clone()], &mut squares[c]);
            });
        });
        let share = |i: usize| self.share(chunk.min(x.len() - i * chunk));
        let all = self.share(x.len());
        mean.fill(0.0);
        variance.fill(0.0);
        for (i, part) in parts.chunks_exact(2 * count).enumerate() {
            let weight = share(i) / all;
            for (mean, part) in mean.iter_mut().zip(part) {
                *mean += part * weight;
            }
        }
        for (i, part) in parts.chunks_exact(2 * count).enumerate() {
            let weight = share(i);
            let (means, squares) = part.split_at(count);
            let values = variance.iter_mut().zip(&*mean).zip(means).zip(squares);
            for (((variance, mean), part), squares) in values {
                let away = part - mean;
                *variance += squares + away * away * weight;
            }
        }
        variance.iter_mut().for_each(|v| *v /= all);
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
                let (plain, moved) = (&mut plain[c.clone()], &mut moved[c.clone()]);
                gradients(&x[v.clone()], &dy[v], &mean[c], plain, moved);
            });
        });
        add_parts(parts, 2 * count);
    }
}

/// Adds the parts of `len` values to the first one, in order.
pub fn add_parts(parts: &mut [f32], len: usize) {
    let (sums, rest) = parts.split_at_mut(len.min(parts.len()));
    for part in rest.chunks_exact(len.max(1)) {
        for (sum, part) in sums.iter_mut().zip(part) {
            *sum += part;
        }
    }
}

simd_fn! {
    fn sums(x: &[f32], sums: &mut [f32]) {
        for x in x.chunks_exact(sums.len()) {
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += x;
            }
        }
    }
}

simd_fn! {
    fn deviations(x: &[f32], mean: &[f32], squares: &mut [f32]) {
        for x in x.chunks_exact(mean.len()) {
            for ((squares, x), mean) in squares.iter_mut().zip(x).zip(mean) {
                let away = x - mean;
                *squares += away * away;
            }
        }
    }
}

simd_fn! {
    fn gradients(x: &[f32], dy: &[f32], mean: &[f32], plain: &mut [f32], moved: &mut [f32]) {
        let n = mean.len();
        for (x, dy) in x.chunks_exact(n).zip(dy.chunks_exact(n)) {
            let sums = plain.iter_mut().zip(moved.iter_mut());
            for ((((plain, moved), x), dy), mean) in sums.zip(x).zip(dy).zip(mean) {
                *plain += dy;
                *moved += dy * (x - mean);
            }
        }
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
