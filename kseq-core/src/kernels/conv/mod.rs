//! Convolutions, channels last, as sums over patches without a copy of the patches.
//!
//! A line of a patch is `taps * channels` contiguous floats and the next output's begins `stride * channels` further, so
//! the micro-kernels of the matrix product read it in place; the sums stay in registers over all lines. Padding is never
//! stored: the outputs are cut into rectangles that see the same taps of the kernel, and each is summed over those alone.
//!
//! The gradient of the input is a convolution of the output's gradient with the flipped kernel (one for each remainder of
//! the stride), that of the kernel a sum over the outputs of a rectangle. Every element is one chain of multiply-adds,
//! whatever the number of threads, or where channels are few several in a fixed order.
//!
//! From the bottom up: `geometry` (what an output sees) and `patches` (the sums), on these `strided` (a convolution of arrays
//! in any order). What would not fill a vector: `planes` (few filters of one channel; `dots` the gradient of their kernel),
//! `few_channels` and `spread` (the gradient of an input with few and very few channels), with `turn` between pixels and planes.
//! `by_channels` is what has as many groups as channels (and `taps` the gradient of its kernel, both on `lanes`). What is called:
//! `forward`, `backward`, `kernel_gradient`; `volume` has them for three axes, `winograd` the forward pass of 3x3 with fewer
//! multiplications. A microcontroller has all of it by itself (`kernels/walk/`).

mod backward;
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]
mod by_channels;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
mod dots;
mod few_channels;
mod forward;
mod geometry;
mod kernel_gradient;
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]
mod lanes;
mod patches;
mod planes;
mod spread;
mod strided;
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]
mod taps;
mod turn;
mod volume;
#[cfg(feature = "std")]
#[cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, unused_variables, clippy::match_single_binding)
)]
mod winograd;

pub use geometry::{Axis, Conv};
pub use volume::Volume;
#[cfg(feature = "std")]
pub(crate) use winograd::{Rows, SIDE};

#[cfg(all(test, feature = "std"))]
mod tests;
