//! Windows of sizes that most models have, where they lie inside of the image: without a range for each element, and with full
//! vectors where channels are few.

use core::ops::Range;

use super::windows::Windows;

/// What is done with the windows of `H` rows and `W` columns.
pub(super) trait Inside<const H: usize, const W: usize> {
    /// The values of all channels at each of the `places` of a window, for those from `out` on: at least [`MANY`].
    fn many(&mut self, places: [[usize; W]; H], out: usize);

    /// `N` values of few channels. The first `own` of them are the window's: what follows belongs to the next one, which comes later.
    /// Does nothing, and says so, where there is no more memory.
    fn few<const N: usize>(&mut self, places: [[usize; W]; H], out: usize, own: usize) -> bool;

    /// A window that is not wholly inside.
    fn border(&mut self, number: usize);
}

/// Channels that fill vectors by themselves.
pub(super) const MANY: usize = 16;

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
) -> Option<[[&[f32; N]; W]; H]> {
    let mut taps = [[x.first_chunk()?; W]; H];
    let all = taps.as_flattened_mut().iter_mut();
    for (tap, place) in all.zip(places.as_flattened()) {
        *tap = x.get(*place..)?.first_chunk()?;
    }
    Some(taps)
}

/// `n` values at each of the places.
#[inline(always)]
pub(super) fn runs<const H: usize, const W: usize>(
    x: &[f32],
    places: [[usize; W]; H],
    n: usize,
) -> [[&[f32]; W]; H] {
    places.map(|places| places.map(|place| &x[place..][..n]))
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
            if w.channels >= MANY {
                work.many(places(0), out);
                continue;
            }
            // At the end of a line what follows a value is not of a window that comes later.
            let done = j + 1 < inside.end
                && match w.channels {
                    0..=4 => work.few::<4>(places(0), out, w.channels),
                    5..=8 => work.few::<8>(places(0), out, w.channels),
                    _ => work.few::<16>(places(0), out, w.channels),
                };
            if !done {
                for at in 0..w.channels {
                    work.few::<1>(places(at), out + at, 1);
                }
            }
        }
        (inside.end..width).for_each(|j| work.border(first + j));
    }
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
