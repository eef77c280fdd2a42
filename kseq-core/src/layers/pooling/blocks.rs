//! The channels of a window, some at a time: their running values stay in registers, and they lie side by side in memory.

use super::windows::Window;
use crate::math::larger;

/// `x`, `dy` and `dx`
pub(super) struct Back<'a>(
    pub(super) &'a [f32],
    pub(super) &'a [f32],
    pub(super) &'a mut [f32],
    pub(super) Window,
);

/// Whether `x` is the largest value of its window: 0 is -0, and a NaN is itself.
#[inline(always)]
pub(super) fn is_top(x: f32, top: f32) -> bool {
    x == top || x.to_bits() == top.to_bits()
}

/// What is done with `N` neighbouring channels of a window.
pub(super) trait Block {
    fn block<const N: usize>(&mut self, at: usize);
}

/// All channels, in blocks that fit into registers.
#[inline(always)]
pub(super) fn in_blocks(channels: usize, work: &mut impl Block) {
    let mut at = 0;
    while at + 32 <= channels {
        work.block::<32>(at);
        at += 32;
    }
    if at + 16 <= channels {
        work.block::<16>(at);
        at += 16;
    }
    while at + 8 <= channels {
        work.block::<8>(at);
        at += 8;
    }
    if at + 4 <= channels {
        work.block::<4>(at);
        at += 4;
    }
    while at < channels {
        work.block::<1>(at);
        at += 1;
    }
}

impl Window {
    #[inline(always)]
    pub(super) fn max<const N: usize>(&self, x: &[f32], at: usize) -> [f32; N] {
        let mut top = [f32::NEG_INFINITY; N];
        self.each(at, |place| {
            for (top, &x) in top.iter_mut().zip(&x[place..][..N]) {
                *top = larger(*top, x);
            }
        });
        top
    }

    /// Row sums, then their sum; in blocks that are added as `f64` if it is a window as large as an image.
    #[inline(always)]
    pub(super) fn sum<const N: usize>(&self, x: &[f32], at: usize) -> [f32; N] {
        if self.len() > SMALL {
            return self.long_sum(x, at);
        }
        let mut sum = [0.0; N];
        self.each_row(|row| {
            let mut line = [0.0; N];
            let one = self.row(row, self.columns.clone());
            one.each(at, |place| {
                for (sum, x) in line.iter_mut().zip(&x[place..][..N]) {
                    *sum += x;
                }
            });
            for (sum, line) in sum.iter_mut().zip(line) {
                *sum += line;
            }
        });
        sum
    }

    #[inline(always)]
    fn long_sum<const N: usize>(&self, x: &[f32], at: usize) -> [f32; N] {
        let mut totals = [0.0; N];
        self.each_row(|row| {
            for first in self.columns.clone().step_by(SMALL) {
                let mut line = [0.0; N];
                let some = self.row(row, first..self.columns.end.min(first + SMALL));
                some.each(at, |place| {
                    for (sum, x) in line.iter_mut().zip(&x[place..][..N]) {
                        *sum += x;
                    }
                });
                for (total, line) in totals.iter_mut().zip(line) {
                    *total += f64::from(line);
                }
            }
        });
        totals.map(|total| total as f32)
    }
}

/// Elements of a window whose sum stays in `f32`.
const SMALL: usize = 64;
