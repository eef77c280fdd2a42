//! The averages of windows, and their gradients.

use super::blocks::{Block, in_blocks};
use super::inside::{Inside, each_window, keep, of_size, run, run_mut, taps};
use super::windows::{Window, Windows};
use crate::kernels::dispatch::simd_fn;

struct Average<'a>(&'a [f32], &'a mut [f32], Window);

impl Block for Average<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, at: usize) {
        let (sum, count) = (self.2.sum::<N>(self.0, at), self.2.count());
        for (y, sum) in self.1[at..][..N].iter_mut().zip(sum) {
            *y = sum / count;
        }
    }
}

/// Windows of a known size.
struct FixedAverage<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    w: &'a Windows,
}

impl<const H: usize, const W: usize> Inside<H, W> for FixedAverage<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, places: [[usize; W]; H], out: usize, _: usize) -> bool {
        let (Some(values), Some(y)) = (taps::<H, W, N>(self.x, places), run_mut(self.y, out))
        else {
            return false;
        };
        // The sums of the rows, then theirs, as in any window.
        let mut sum = [0.0; N];
        for values in &values {
            let mut line = [0.0; N];
            for values in values {
                for (line, x) in line.iter_mut().zip(values) {
                    *line += x;
                }
            }
            for (sum, line) in sum.iter_mut().zip(line) {
                *sum += line;
            }
        }
        *y = sum.map(|sum| sum / (H * W) as f32);
        true
    }

    #[inline(always)]
    fn border(&mut self, number: usize) {
        let channels = self.w.channels;
        let y = &mut self.y[number * channels..][..channels];
        in_blocks(channels, &mut Average(self.x, y, self.w.window(number)));
    }
}

#[inline(always)]
fn fixed_average<const H: usize, const W: usize>(x: &[f32], y: &mut [f32], w: &Windows) {
    each_window::<H, W>(w, &mut FixedAverage { x, y, w });
}

simd_fn! {
    /// The average of every window of a sample.
    pub(super) fn average_of(x: &[f32], y: &mut [f32], w: &Windows) {
        of_size!(w, fixed_average(x, y, w));
        for (i, y) in y.chunks_exact_mut(w.channels).enumerate() {
            in_blocks(w.channels, &mut Average(x, y, w.window(i)));
        }
    }
}

/// The gradients of windows of a known size, added to those of other windows.
struct FixedShare<'a> {
    dy: &'a [f32],
    dx: &'a mut [f32],
    w: &'a Windows,
}

impl<const H: usize, const W: usize> Inside<H, W> for FixedShare<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, places: [[usize; W]; H], out: usize, own: usize) -> bool {
        let last = places.as_flattened().last();
        let (Some(mut dy), Some(_)) = (
            run::<N>(self.dy, out),
            run::<N>(self.dx, *last.unwrap_or(&0)),
        ) else {
            return false;
        };
        if own < N {
            keep(&mut dy, own);
        }
        let share = 1.0 / (H * W) as f32;
        for place in places.as_flattened() {
            let Some(dx) = run_mut::<N>(self.dx, *place) else {
                return false;
            };
            for (dx, dy) in dx.iter_mut().zip(dy) {
                *dx += dy * share;
            }
        }
        true
    }

    #[inline(always)]
    fn border(&mut self, number: usize) {
        share(self.dy, self.dx, self.w, number);
    }
}

#[inline(always)]
fn fixed_share<const H: usize, const W: usize>(dy: &[f32], dx: &mut [f32], w: &Windows) {
    each_window::<H, W>(w, &mut FixedShare { dy, dx, w });
}

/// Adds the gradient of one window.
#[inline(always)]
fn share(dy: &[f32], dx: &mut [f32], w: &Windows, number: usize) {
    let dy = &dy[number * w.channels..][..w.channels];
    let window = w.window(number);
    let share = 1.0 / window.count();
    window.each(0, |place| {
        for (dx, dy) in dx[place..][..w.channels].iter_mut().zip(dy) {
            *dx += dy * share;
        }
    });
}

simd_fn! {
    /// The gradients of the inputs of a sample.
    pub(super) fn share_of(dy: &[f32], dx: &mut [f32], w: &Windows) {
        dx.fill(0.0);
        of_size!(w, fixed_share(dy, dx, w));
        for number in 0..dy.len() / w.channels.max(1) {
            share(dy, dx, w, number);
        }
    }
}
