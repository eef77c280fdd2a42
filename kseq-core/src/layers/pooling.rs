//! What the pooling layers share: the kernels over the windows of a sample. The windows, their rules and their steps have files of
//! their own.
//!
//! The kernels go over windows, within a window over blocks of channels.

mod average;
mod blocks;
mod inside;
mod max;
mod rules;
mod stream;
#[cfg(all(test, feature = "std"))]
mod tests;
mod windows;

pub(super) use rules::{global_shape, parts_shape, shape};
pub(super) use stream::{stream, streaming};
pub use windows::Windows;
pub(super) use windows::of_three;

use blocks::{Back, Block, in_blocks, is_top};

use crate::kernels::dispatch::{DEVICE, simd_fn};
use crate::kernels::walk::{self, Memory, Walk};
use crate::pool::{Pool, for_samples};

/// The output of one sample in memory that may overlap the input's.
#[inline(always)]
pub(super) fn infer_walk(memory: &Memory<'_>, walk: &Walk, backwards: bool) {
    if let Walk::Pool(pooling) = walk {
        walk::pool(pooling, memory, backwards);
    }
}

/// All samples on a microcontroller.
fn on_device(x: &[f32], y: &mut [f32], w: &Windows, average: bool) {
    let pooling = w.pooling(average);
    let outputs = y.chunks_exact_mut(w.output_len().max(1));
    for (x, y) in x.chunks_exact(w.input_len().max(1)).zip(outputs) {
        walk::pool(&pooling, &Memory::apart(x, y), false);
    }
}

/// The largest value of every window.
pub(super) fn max(x: &[f32], y: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return on_device(x, y, w, false);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, y, out, len, |i, y| {
        max::max_of(&x[i * len..][..len], y, w)
    });
}

/// The gradient goes to the first largest value of its window. Windows may overlap.
pub(super) fn max_back(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return walk::max_back(&w.pooling(false), x, dy, dx);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, dx, len, len, |i, dx| {
        max::first_max_of(&x[i * len..][..len], &dy[i * out..][..out], dx, w);
    });
}

impl Windows {
    /// The gradient of one sample in the memory of `image`, the input, which is lost; `relu` made the image, and its own
    /// gradient follows in the same pass. The windows are [`Windows::apart`]. (On a microcontroller of any number of samples.)
    pub(super) fn max_back_in_place(&self, image: &mut [f32], dy: &[f32], relu: bool) {
        if DEVICE {
            return walk::max_back_in_place(&self.pooling(false), image, dy, relu);
        }
        max::in_place(image, dy, self, relu);
    }
}

/// The gradient is shared by all largest values of the one window, as TensorFlow does for a global maximum.
pub(super) fn max_back_shared(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return walk::max_back_shared(&w.pooling(false), x, dy, dx);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, dx, len, len, |i, dx| {
        all_max_of(&x[i * len..][..len], &dy[i * out..][..out], dx, w);
    });
}

struct AllMax<'a>(Back<'a>);

impl Block for AllMax<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, at: usize) {
        let Back(x, dy, dx, window) = &mut self.0;
        let top = window.max::<N>(x, at);
        let mut count = [0.0; N];
        window.each(at, |place| {
            for ((count, x), top) in count.iter_mut().zip(&x[place..][..N]).zip(&top) {
                *count += if is_top(*x, *top) { 1.0 } else { 0.0 };
            }
        });
        let mut share = [0.0; N];
        for ((share, dy), count) in share.iter_mut().zip(&dy[at..][..N]).zip(count) {
            *share = dy / count;
        }
        window.each(at, |place| {
            let (x, dx) = (&x[place..][..N], &mut dx[place..][..N]);
            for i in 0..N {
                dx[i] = if is_top(x[i], top[i]) { share[i] } else { 0.0 };
            }
        });
    }
}

simd_fn! {
    fn all_max_of(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows) {
        in_blocks(w.channels, &mut AllMax(Back(x, dy, dx, w.window(0))));
    }
}

/// The average of the real elements of every window.
pub(super) fn average(x: &[f32], y: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return on_device(x, y, w, true);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, y, out, len, |i, y| {
        average::average_of(&x[i * len..][..len], y, w);
    });
}

/// Every real element of a window gets the same share of its gradient.
pub(super) fn average_back(dy: &[f32], dx: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return walk::average_back(&w.pooling(true), dy, dx);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, dx, len, len, |i, dx| {
        average::share_of(&dy[i * out..][..out], dx, w);
    });
}
