//! `MAX_POOL_2D` and `AVERAGE_POOL_2D`: what is beyond the borders does not count.

use crate::kernels::vector_pool;
use crate::op::Pool;
use crate::packing::BLOCK;
use crate::rows::{rows, rows_mut};

/// Images `(height, width, channels)`, any number of them: the largest value of each window.
pub(crate) fn max(pool: &Pool, x: &[i8], y: &mut [i8]) {
    each_window(pool, false, x, y, |window, y| {
        y.fill(i8::MIN);
        for pixel in window {
            for (y, x) in y.iter_mut().zip(pixel) {
                *y = (*y).max(*x);
            }
        }
    });
}

/// The mean of each window, rounded with halves away from zero.
pub(crate) fn average(pool: &Pool, x: &[i8], y: &mut [i8]) {
    each_window(pool, true, x, y, |window, y| {
        for (block, y) in y.chunks_mut(BLOCK).enumerate() {
            let (mut sums, mut count) = ([0; BLOCK], 0);
            for pixel in window.clone() {
                for (sum, x) in sums.iter_mut().zip(pixel.iter().skip(block * BLOCK)) {
                    *sum += i32::from(*x);
                }
                count += 1;
            }
            for (y, sum) in y.iter_mut().zip(sums) {
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

/// Calls `f` with the pixels of each window and the output pixel, unless there are vector instructions for it.
fn each_window<'a, F>(pool: &'a Pool, average: bool, x: &'a [i8], y: &mut [i8], f: F)
where
    F: Fn(Window<'a>, &mut [i8]),
{
    let Pool {
        axes: [h, w],
        channels,
    } = pool;
    let (inputs, outputs) = (h.input * w.input * channels, h.output * w.output * channels);
    if inputs == 0 || outputs == 0 {
        return;
    }
    for (x, y) in rows(x, inputs).zip(rows_mut(y, outputs)) {
        if vector_pool(pool, average, x, y) {
            continue;
        }
        let (mut row, mut column) = (0, 0);
        for y in rows_mut(y, *channels) {
            f(
                Window {
                    pool,
                    x,
                    output: (row, column),
                    tap: (0, 0),
                },
                y,
            );
            column += 1;
            if column == w.output {
                (row, column) = (row + 1, 0);
            }
        }
    }
}

/// The pixels of a window that are inside of the image, each from its first channel on.
#[derive(Clone)]
struct Window<'a> {
    pool: &'a Pool,
    x: &'a [i8],
    output: (usize, usize),
    tap: (usize, usize),
}

impl<'a> Iterator for Window<'a> {
    type Item = &'a [i8];

    fn next(&mut self) -> Option<&'a [i8]> {
        let Pool {
            axes: [h, w],
            channels,
        } = self.pool;
        while self.tap.0 < h.kernel {
            let tap = self.tap;
            self.tap.1 += 1;
            if self.tap.1 == w.kernel {
                self.tap = (tap.0 + 1, 0);
            }
            let seen = h
                .seen(self.output.0, tap.0)
                .zip(w.seen(self.output.1, tap.1));
            if let Some((row, column)) = seen {
                return self.x.get((row * w.input + column) * channels..);
            }
        }
        None
    }
}
