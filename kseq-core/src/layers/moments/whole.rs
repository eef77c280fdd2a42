//! Mean and variance of a batch from what its chunks have given.

use crate::base::part::{array, part_mut};
use crate::kernels::dispatch::{DEVICE, Wide, narrow, simd_fn};
use crate::layers::tiles::{Tile, in_tiles};

/// Mean and variance of all chunks from what [`Channels::moments`] keeps of each.
pub(super) struct Whole<'a> {
    /// For each chunk a value near, the sum of what is away from it, and of its squares.
    pub(super) parts: &'a [f32],
    pub(super) channels: usize,
    /// Values of a channel in a chunk, in the last one, and in all.
    pub(super) share: Wide,
    pub(super) last: Wide,
    pub(super) all: Wide,
    pub(super) mean: &'a mut [f32],
    pub(super) variance: &'a mut [f32],
}

impl Whole<'_> {
    /// Calls `f` with each chunk's share of the values and its part.
    #[inline(always)]
    fn each(&self, mut f: impl FnMut(Wide, &[f32])) {
        let mut parts = self
            .parts
            .chunks_exact((3 * self.channels).max(1))
            .peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            f(if last { self.last } else { self.share }, part);
        }
    }
}

impl Tile for Whole<'_> {
    #[inline(always)]
    fn tile<const T: usize>(&mut self, first: usize) {
        let at = |i: usize| i * self.channels + first;
        // What a `Wide` that is no more than an `f32` has room for is only what is away from some value.
        let origin: [Wide; T] = match DEVICE {
            true => array::<T>(self.parts, first).map(Wide::from),
            false => [0.0; T],
        };
        let mut middle = [0.0; T];
        self.each(|n, part| {
            let (near, away) = (array::<T>(part, at(0)), array::<T>(part, at(1)));
            for i in 0..T {
                middle[i] += n * (Wide::from(near[i]) - origin[i]) + Wide::from(away[i]);
            }
        });
        for (middle, origin) in middle.iter_mut().zip(origin) {
            *middle /= self.all;
            if DEVICE {
                *middle += origin;
            }
        }
        // And what the deviations from a mean that is rounded come to.
        let (mut total, mut left) = ([0.0; T], [0.0; T]);
        self.each(|n, part| {
            let (near, away) = (array::<T>(part, at(0)), array::<T>(part, at(1)));
            let squares = array::<T>(part, at(2));
            for i in 0..T {
                let moved = Wide::from(near[i]) - middle[i];
                total[i] +=
                    Wide::from(squares[i]) + moved * (2.0 * Wide::from(away[i]) + n * moved);
                if DEVICE {
                    left[i] += Wide::from(away[i]) + n * moved;
                }
            }
        });
        for (total, left) in total.iter_mut().zip(left) {
            if DEVICE {
                *total -= left * left / self.all;
            }
        }
        for (mean, middle) in part_mut(self.mean, first, T).iter_mut().zip(middle) {
            *mean = narrow(middle);
        }
        for (variance, total) in part_mut(self.variance, first, T).iter_mut().zip(total) {
            let value = narrow(total / self.all);
            // Not below 0 by a hair; NaN stays.
            *variance = if value < 0.0 { 0.0 } else { value };
        }
    }
}

simd_fn! {
    pub(super) fn whole(parts: Whole<'_>) {
        let mut parts = parts;
        in_tiles(parts.channels, &mut parts);
    }
}
