//! `MAX_POOL_2D` and `AVERAGE_POOL_2D`: what is beyond the borders does not count.

use crate::kernels::{fill, rolled, vector_pool};
use crate::op::{Axis, Pool};
use crate::packing::BLOCK;
use crate::patches::Seen;
use crate::rows::{rows, rows_mut};

/// Images `(height, width, channels)`, any number of them: the largest value of each window.
pub(crate) fn max(pool: &Pool, x: &[i8], y: &mut [i8]) {
    each_window(pool, false, x, y, |window, y| {
        fill(y, i8::MIN);
        for line in window.lines() {
            for pixel in rows(line, y.len()) {
                rolled();
                for (y, x) in y.iter_mut().zip(pixel) {
                    rolled();
                    *y = (*y).max(*x);
                }
            }
        }
    });
}

/// The mean of each window, rounded with halves away from zero.
pub(crate) fn average(pool: &Pool, x: &[i8], y: &mut [i8]) {
    each_window(pool, true, x, y, |window, y| {
        let channels = y.len();
        for (block, y) in y.chunks_mut(BLOCK).enumerate() {
            let mut sums = [0; BLOCK];
            for line in window.lines() {
                for pixel in rows(line, channels) {
                    for (sum, x) in sums.iter_mut().zip(pixel.iter().skip(block * BLOCK)) {
                        rolled();
                        *sum += i32::from(*x);
                    }
                }
            }
            let count = (window.h.taps * window.w.taps) as i32;
            for (y, sum) in y.iter_mut().zip(sums) {
                rolled();
                *y = mean(sum, count);
            }
        }
    });
}

/// `sum / count`, halves away from zero.
fn mean(sum: i32, count: i32) -> i8 {
    let half = if sum > 0 { count / 2 } else { -(count / 2) };
    // A window has at least a pixel; a checked division links no panic.
    (sum + half).checked_div(count).unwrap_or_default() as i8
}

/// Calls `f` with each window and the output pixel, unless there are vector instructions for it.
#[inline(always)]
fn each_window(
    pool: &Pool,
    average: bool,
    x: &[i8],
    y: &mut [i8],
    f: impl Fn(&Window<'_>, &mut [i8]),
) {
    let Pool {
        axes: [h, w],
        channels,
    } = *pool;
    // A pooling has no dilation.
    let (h, w) = (Axis { dilation: 1, ..h }, Axis { dilation: 1, ..w });
    let line = w.input * channels;
    let (inputs, outputs) = (h.input * line, h.output * w.output * channels);
    if outputs == 0 {
        return;
    }
    for (x, y) in rows(x, inputs).zip(rows_mut(y, outputs)) {
        rolled();
        if vector_pool(pool, average, x, y) {
            continue;
        }
        let mut pixels = rows_mut(y, channels);
        for row in 0..h.output {
            rolled();
            let h = Seen::of(&h, row);
            for (column, y) in (0..w.output).zip(&mut pixels) {
                let w = Seen::of(&w, column);
                let from = x.get(h.at * line + w.at * channels..).unwrap_or_default();
                let seen = w.taps * channels;
                f(
                    &Window {
                        from,
                        line,
                        seen,
                        h,
                        w,
                    },
                    y,
                );
            }
        }
    }
}

/// A window, of which the pixels count that are inside of the image.
struct Window<'a> {
    /// The image from the first of them on.
    from: &'a [i8],
    /// From one line of the image to the next.
    line: usize,
    /// The values of a line of the window.
    seen: usize,
    h: Seen,
    w: Seen,
}

impl Window<'_> {
    #[inline(always)]
    fn lines(&self) -> impl Iterator<Item = &[i8]> {
        let mut from = self.from;
        (0..self.h.taps).map_while(move |_| {
            let line = from.get(..self.seen)?;
            from = from.get(self.line..).unwrap_or_default();
            Some(line)
        })
    }
}
