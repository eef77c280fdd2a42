//! Means and variances over the rows of a batch that are not masked, for layers that normalise by them; and what is different
//! about these rows on the way back.
//!
//! The chunks are those of `moments.rs`. A mask has a flag for each row, the last axis of a sample.

use super::moments::{Channels, add_parts};
use crate::base::part::{from, part, part_mut, split_mut};
use crate::kernels::dispatch::simd_fn;
use crate::pool::Pool;

/// Which rows count.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// One for each row, 0 where it is masked.
    pub flags: &'a [u32],
    /// The values of a row.
    pub width: usize,
    pub channels: Channels,
}

/// 1 / the number of values that count, of each channel: without a mask all of them.
pub fn shares_of(rows: Option<Rows<'_>>, len: usize, channels: usize, to: &mut [f32]) {
    match rows {
        Some(rows) => rows.shares(to),
        None => to.fill(channels as f32 / len as f32),
    }
}

impl Rows<'_> {
    /// The only channel of a row; none if it has a value of each.
    fn channel(&self, row: usize) -> Option<usize> {
        let Channels { inner, count, .. } = self.channels;
        (inner > 1).then(|| row * self.width / inner.max(1) % count.max(1))
    }

    /// The rows that count and have values of a channel.
    fn of(&self, channel: usize) -> impl Iterator<Item = usize> {
        let rows = self
            .flags
            .iter()
            .enumerate()
            .filter(|(_, flag)| **flag != 0);
        rows.map(|(row, _)| row)
            .filter(move |row| self.channel(*row).is_none_or(|own| own == channel))
    }

    /// How many values of each channel count: writes `f` of it.
    fn counts(&self, to: &mut [f32], f: impl Fn(f32) -> f32) {
        let each = match self.channels.inner {
            0 | 1 => 1,
            _ => self.width,
        };
        let count = |channel| f((self.of(channel).count() * each) as f32);
        if each == 1 {
            to.fill(count(0));
            return;
        }
        for (channel, to) in to.iter_mut().enumerate() {
            *to = count(channel);
        }
    }

    /// 1 / the number of values that count, of each channel; 0 of none.
    pub fn shares(&self, to: &mut [f32]) {
        self.counts(to, |count| if count > 0.0 { 1.0 / count } else { 0.0 });
    }

    /// Mean and (population) variance of every channel; 0 where nothing counts. `scratch` holds three values a channel for each
    /// chunk.
    pub fn moments(
        &self,
        x: &[f32],
        mean: &mut [f32],
        variance: &mut [f32],
        scratch: &mut [f32],
        pool: &Pool,
    ) {
        // As what they are away from some value of the channel, so that no digits are lost where the mean is large.
        for (channel, near) in mean.iter_mut().enumerate() {
            let at = self.of(channel).next().map(|row| row * self.width);
            let at = at.map(|at| match self.channels.inner {
                0 | 1 => at + channel,
                _ => at,
            });
            *near = at.and_then(|at| x.get(at)).copied().unwrap_or(0.0);
        }
        self.counts(variance, |count| count.max(1.0));
        let (away, _) = self.deviations(x, mean, scratch, pool);
        for ((mean, away), count) in mean.iter_mut().zip(away).zip(&*variance) {
            *mean += away / count;
        }
        let (away, squares) = self.deviations(x, mean, scratch, pool);
        for ((variance, away), squares) in variance.iter_mut().zip(away).zip(squares) {
            let count = *variance;
            let value = (squares - away * away / count) / count;
            // Not below 0 by a hair; NaN stays.
            *variance = if value < 0.0 { 0.0 } else { value };
        }
    }

    /// The sums of what each channel is away from `at`, and of its squares.
    fn deviations<'s>(
        &self,
        x: &[f32],
        at: &[f32],
        scratch: &'s mut [f32],
        pool: &Pool,
    ) -> (&'s [f32], &'s [f32]) {
        let (count, chunk) = (self.channels.count, self.channels.chunk());
        let rows = chunk / self.width.max(1);
        let parts = part_mut(scratch, 0, 2 * count * x.len().div_ceil(chunk));
        pool.for_each_chunk(parts, 2 * count, |i, sums| {
            let x = from(x, i * chunk);
            let x = part(x, 0, chunk.min(x.len()));
            let flags = self.flags.get(i * rows..).unwrap_or_default();
            let sums = split_mut(sums, count);
            deviations(self, x, flags, at, sums);
        });
        add_parts(parts, 2 * count);
        let (away, rest) = split_mut(parts, count);
        (away, part(rest, 0, count))
    }

    /// The gradient of a masked row, on which mean and variance do not depend: `dx = dy a`.
    pub fn back(&self, dy: &[f32], dx: &mut [f32], a: &[f32], pool: &Pool) {
        let (chunk, width) = (self.channels.chunk(), self.width.max(1));
        pool.for_each_chunk(dx, chunk, |i, dx| {
            let first = i * (chunk / width);
            let flags = self.flags.get(first..).unwrap_or_default();
            let rows = dx.chunks_exact_mut(width).zip(flags).zip(first..);
            for ((dx, _), row) in rows.filter(|((_, flag), _)| **flag == 0) {
                let dy = part(dy, row * width, width);
                let own = self.channel(row).map(|channel| part(a, channel, 1));
                let each = dx.iter_mut().zip(dy);
                match own {
                    Some(own) => each.for_each(|(dx, dy)| *dx = own.iter().fold(*dy, |d, a| d * a)),
                    None => each.zip(a).for_each(|((dx, dy), a)| *dx = dy * a),
                }
            }
        });
    }
}

simd_fn! {
    fn deviations(rows: &Rows<'_>, x: &[f32], flags: &[u32], at: &[f32], sums: (&mut [f32], &mut [f32])) {
        let (away, squares) = sums;
        away.fill(0.0);
        squares.fill(0.0);
        // A chunk is of whole samples, so that it begins with the first channel.
        for (row, (x, flag)) in x.chunks_exact(rows.width.max(1)).zip(flags).enumerate() {
            if *flag == 0 {
                continue;
            }
            let Some(channel) = rows.channel(row) else {
                let sums = away.iter_mut().zip(squares.iter_mut());
                for (((away, squares), x), at) in sums.zip(x).zip(at) {
                    let d = x - at;
                    *away += d;
                    *squares += d * d;
                }
                continue;
            };
            let own = part(at, channel, 1);
            let (mut d1, mut d2) = (0.0, 0.0);
            for (x, at) in x.iter().zip(own.iter().cycle()) {
                let d = x - at;
                d1 += d;
                d2 += d * d;
            }
            part_mut(away, channel, 1).iter_mut().for_each(|to| *to += d1);
            part_mut(squares, channel, 1).iter_mut().for_each(|to| *to += d2);
        }
    }
}
