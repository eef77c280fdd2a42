//! Windows of sizes that most models have, where they lie inside of the image: without a range for each element, and with full
//! vectors where channels are few.

use core::ops::Range;

use super::windows::Windows;

/// What is done with the windows of `H` rows and `W` columns, some channels at a time.
pub(super) trait Inside<const H: usize, const W: usize> {
    /// `N` values at each of the `places` of a window, for those from `out` on. The first `own` of them are the window's: what follows
    /// belongs to the next one, which comes later. Does nothing, and says so, where there is no more memory.
    fn block<const N: usize>(&mut self, places: [[usize; W]; H], out: usize, own: usize) -> bool;

    /// A window that is not wholly inside.
    fn border(&mut self, number: usize);
}

/// `N` values from a place on.
#[inline(always)]
pub(super) fn run<const N: usize>(x: &[f32], place: usize) -> Option<[f32; N]> {
    x.get(place..)?.first_chunk().copied()
}

#[inline(always)]
pub(super) fn run_mut<const N: usize>(x: &mut [f32], place: usize) -> Option<&mut [f32; N]> {
    x.get_mut(place..)?.first_chunk_mut()
}

/// `N` values at each of the places.
#[inline(always)]
pub(super) fn taps<const H: usize, const W: usize, const N: usize>(
    x: &[f32],
    places: [[usize; W]; H],
) -> Option<[[[f32; N]; W]; H]> {
    let mut taps = [[[0.0; N]; W]; H];
    let all = taps.as_flattened_mut().iter_mut();
    for (tap, place) in all.zip(places.as_flattened()) {
        *tap = run(x, *place)?;
    }
    Some(taps)
}

/// Only the first values, and 0 for the others.
#[inline(always)]
pub(super) fn keep<const N: usize>(values: &mut [f32; N], own: usize) {
    for (i, value) in values.iter_mut().enumerate() {
        *value = if i < own { *value } else { 0.0 };
    }
}

/// All windows in order.
#[inline(always)]
pub(super) fn each_window<const H: usize, const W: usize>(
    w: &Windows,
    work: &mut impl Inside<H, W>,
) {
    let [_, height, width] = w.output;
    let (lines, columns) = (w.inside(1), w.inside(2));
    let row = w.input[2] * w.channels;
    for i in 0..height {
        let inside = if lines.contains(&i) {
            columns.clone()
        } else {
            width..width
        };
        let first = i * width;
        (0..inside.start).for_each(|j| work.border(first + j));
        for j in inside.clone() {
            let [line, column] = [w.first(1, i), w.first(2, j)];
            let corner = line * row + column * w.channels;
            let out = (first + j) * w.channels;
            let places = |at: usize| {
                let mut places = [[corner + at; W]; H];
                for (i, places) in places.iter_mut().enumerate() {
                    for (j, place) in places.iter_mut().enumerate() {
                        *place += i * row + j * w.channels;
                    }
                }
                places
            };
            // At the end of a line what follows a value is not of a window that comes later.
            let more = j + 1 < inside.end;
            channels(w.channels, more, |at, n, own| match n {
                32 => work.block::<32>(places(at), out + at, own),
                16 => work.block::<16>(places(at), out + at, own),
                8 => work.block::<8>(places(at), out + at, own),
                4 => work.block::<4>(places(at), out + at, own),
                _ => work.block::<1>(places(at), out + at, own),
            });
        }
        (inside.end..width).for_each(|j| work.border(first + j));
    }
}

/// The channels in blocks, as (first, size, how many of them there are); with `more` the last block may be larger than what is left.
#[inline(always)]
fn channels(channels: usize, more: bool, mut f: impl FnMut(usize, usize, usize) -> bool) {
    let mut at = 0;
    while at + 32 <= channels {
        f(at, 32, 32);
        at += 32;
    }
    if at + 16 <= channels {
        f(at, 16, 16);
        at += 16;
    }
    let left = channels - at;
    let done = more
        && match left {
            0 => true,
            1..=4 => f(at, 4, left),
            5..=8 => f(at, 8, left),
            _ => f(at, 16, left),
        };
    if done {
        return;
    }
    while at + 4 <= channels {
        f(at, 4, 4);
        at += 4;
    }
    (at..channels).for_each(|at| {
        f(at, 1, 1);
    });
}

impl Windows {
    /// The windows along an axis that lie inside of the image.
    #[inline(always)]
    fn inside(&self, axis: usize) -> Range<usize> {
        let (stride, before) = (self.strides[axis].max(1), self.before[axis]);
        let room = (self.input[axis] + before).checked_sub(self.pool_size[axis]);
        let end = room.map_or(0, |room| room / stride + 1);
        let end = end.min(self.output[axis]);
        before.div_ceil(stride).min(end)..end
    }

    /// The first element of such a window.
    #[inline(always)]
    fn first(&self, axis: usize, window: usize) -> usize {
        window * self.strides[axis] - self.before[axis]
    }
}

/// Calls a function with the sizes of the windows as constants, if it has them: those of an image, up to 3 x 3.
macro_rules! of_size {
    ($w:expr, $f:ident($($arg:expr),*)) => {
        match $w.size() {
            Some([2, 2]) => return $f::<2, 2>($($arg),*),
            Some([3, 3]) => return $f::<3, 3>($($arg),*),
            Some([1, 2]) => return $f::<1, 2>($($arg),*),
            Some([1, 3]) => return $f::<1, 3>($($arg),*),
            _ => {}
        }
    };
}
pub(super) use of_size;
