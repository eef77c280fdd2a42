//! Convolutions of 3x3 with a quarter of the multiplications: Winograd's F(4x4, 3x3).
//!
//! An output tile of 4x4 sees 6x6 pixels. These, and the kernel, become 36 values each (`transforms`), of which each one of
//! the tile is multiplied by its own of the kernel: 36 products instead of 144. Summed over the channels, they are
//! 36 matrix products, tiles by channels times channels by filters, and 36 sums become 16 outputs. All of it is done for some tiles at
//! a time, so that what lies between stays in the second level cache.
//!
//! What is computed are the values of polynomials at 0, 5/8, -5/8, 3/2, -3/2 and infinity: points whose powers are exact and near 1 in
//! size. The rounding errors are some twice those of the sums in their usual form (with 0, 1, -1, 2, -2 it would be
//! four times).
//! A tile does not see what others are computed with it, so that the bits are the same for any number of samples, rows and threads; and
//! AVX2 and AVX-512 agree.

#![allow(unsafe_code)]

#[cfg(test)]
mod tests;
mod transforms;

use super::geometry::Conv;
use crate::kernels::cache::L2_FLOATS;
use crate::kernels::dispatch::Isa;
use crate::kernels::gemm::{Epilogue, Product, ThenAt, micro_kernel};
use crate::kernels::prefetch::{Prefetch, Prefetcher};
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};
use crate::pool::Pool;
use transforms::{Inputs, Job, Kernel, Outputs};

/// Outputs of a tile along an axis.
pub(crate) const SIDE: usize = 4;

/// Values of a tile, and of a transformed kernel.
const POINTS: usize = 36;

/// Tiles that are computed together, at most, if they stay in the cache.
const TILES: usize = 48;

/// What lies between input and output stays in the second level cache.
const BETWEEN_FLOATS: usize = L2_FLOATS / 2;

/// Channels times filters, at most: a larger kernel would have to come from beyond the second level cache for each few tiles.
const MOST: usize = 1 << 14;

/// Values between those of two points: they would fall into the same few sets of the cache. (There are at least so many filters in a part
/// but the last.)
const GAP: usize = 16;

/// Multiply-adds that take as long as the transforms of a tile, for each channel and filter.
const TILE: usize = 750;

/// The same of the kernel, for each of its channels and filters; one more for each [`KERNEL_MORE`] of these, which come from a cache that
/// is farther away.
const KERNEL: usize = 400;
const KERNEL_MORE: usize = 40;

/// Some rows of the outputs of some samples; of several samples all rows.
pub(crate) struct Rows<'a> {
    /// The samples.
    pub x: &'a [f32],
    /// The first row of a sample.
    pub first: usize,
    pub y: &'a mut [f32],
}

impl Conv {
    /// Whether [`Conv::forward_winograd`] is faster than [`Conv::forward`] for one sample, and always to be taken then: one rule for all
    /// instructions and batches, so that these change no bits.
    pub(crate) const fn is_winograd(&self) -> bool {
        let [h, w] = &self.axes;
        let fits = h.taps == 3 && w.taps == 3 && h.stride == 1 && w.stride == 1;
        if !fits || h.dilation != 1 || w.dilation != 1 || self.groups != 1 {
            return false;
        }
        let (c, f) = (self.channels, self.filters);
        if c < 16 || f < 16 || c.saturating_mul(f) > MOST {
            return false;
        }
        let outputs = h.output.saturating_mul(w.output);
        let tiles = h
            .output
            .div_ceil(SIDE)
            .saturating_mul(w.output.div_ceil(SIDE));
        // In multiply-adds that take as long: the products, the transforms of tiles and of the kernel.
        let products = (POINTS * c * f).saturating_add(TILE * (c + f));
        let kernel = (KERNEL + c * f / KERNEL_MORE) * c * f;
        let all = tiles.saturating_mul(products).saturating_add(kernel);
        // Of nine, since nearly as fast would not be worth other bits.
        all <= outputs.saturating_mul(15 * c * f / 2)
    }

    /// Values of the transformed kernel.
    pub(crate) const fn winograd_kernel_len(&self) -> usize {
        self.winograd_filters(self.filters.div_ceil(GAP), self.filters)
    }

    /// Where the filters from `j` on begin, the `i`-th that are computed together.
    const fn winograd_filters(&self, i: usize, j: usize) -> usize {
        POINTS * (self.channels * j + GAP * i)
    }

    /// Values that a call of [`Conv::forward_winograd`] needs.
    pub(crate) const fn winograd_scratch(&self) -> usize {
        self.tiles_at_once() * POINTS * (self.channels + self.filters)
    }

    const fn tiles_at_once(&self) -> usize {
        // Whole tiles of the products' kernels, of 12 or 6 rows.
        let some = BETWEEN_FLOATS / (POINTS * (self.channels + self.filters)) / 12 * 12;
        match some {
            0 => 12,
            TILES.. => TILES,
            _ => some,
        }
    }

    /// The kernel as [`Conv::forward_winograd`] wants it: for some filters at a time the values of all channels at each point.
    ///
    /// # Panics
    /// When `kernel` is not the kernel of such a convolution, or `to` has not [`Conv::winograd_kernel_len`] values.
    pub(crate) fn winograd_kernel(&self, isa: Isa, kernel: &[f32], to: &mut [f32], pool: &Pool) {
        assert_eq!(kernel.len(), self.kernel_len(), "conv: not the kernel");
        assert_eq!(
            kernel.len(),
            9 * self.channels * self.filters,
            "conv: not 3x3"
        );
        assert_eq!(to.len(), self.winograd_kernel_len(), "conv: no room");
        // A second thread is not worth less.
        let pool = match to.len() < 1 << 16 {
            true => &Pool::Serial,
            false => pool,
        };
        let width = filters_at_once(isa);
        let to = &mut to[..self.winograd_filters(self.filters.div_ceil(width), self.filters)];
        pool.for_each_chunk(to, self.winograd_filters(1, width), |i, to| {
            let point = to.len() / POINTS;
            let job = Job::Kernel(Kernel {
                from: kernel[i * width..].as_ptr(),
                channels: self.channels,
                filters: self.filters,
                to: to.as_mut_ptr(),
                width: (point - GAP) / self.channels,
                point,
            });
            // SAFETY: nine rows of so many channels and filters, and room for as many values at each point.
            unsafe { run(isa, &job) }
        });
    }

    /// Some rows of outputs, by the transformed kernel.
    ///
    /// # Panics
    /// When sizes do not fit, see [`Conv::winograd_kernel_len`] and [`Conv::winograd_scratch`].
    pub(crate) fn forward_winograd(
        &self,
        isa: Isa,
        kernel: &[f32],
        rows: Rows<'_>,
        scratch: &mut [f32],
        epilogue: Epilogue<'_>,
        prefetch: Prefetch<'_>,
    ) {
        let [h, w] = &self.axes;
        let (c, f) = (self.channels, self.filters);
        let Rows { x, first, y } = rows;
        let samples = x.len() / self.input_len().max(1);
        if samples == 0 || y.is_empty() {
            return;
        }
        let count = y.len() / samples / self.row_len();
        assert!(
            x.len() == samples * self.input_len() && y.len() == samples * count * self.row_len(),
            "conv: not whole samples"
        );
        assert!(
            first + count <= h.output && (samples == 1 || count == h.output),
            "conv: no such rows"
        );
        assert_eq!(
            kernel.len(),
            self.winograd_kernel_len(),
            "conv: not the kernel"
        );
        assert!(
            epilogue.bias.is_empty() || epilogue.bias.len() == f,
            "conv: not one bias for each filter"
        );
        assert!(
            epilogue.then.fits(f),
            "conv: not one normalization for each filter"
        );
        let most = self.tiles_at_once();
        let between = &mut scratch[..self.winograd_scratch()];
        let (inputs, sums) = between.split_at_mut(most * POINTS * c);
        assert!(isa.available(), "conv: the CPU has no such instructions");
        let micro = micro_kernel(isa);
        let mut prefetcher = Prefetcher::new(prefetch);
        let width = filters_at_once(isa);
        let (top, bottom) = (first / SIDE, (first + count).div_ceil(SIDE));
        let across = w.output.div_ceil(SIDE);
        let (in_sample, tiles) = ((bottom - top) * across, samples * (bottom - top) * across);
        let mut tile = 0;
        for left in (1..=tiles.div_ceil(most)).rev() {
            // Equal parts.
            let some = (tiles - tile).div_ceil(left);
            let places = tile..tile + some;
            // The sample, and which row and column of its tiles.
            let place = |tile: usize| {
                let (sample, tile) = (tile / in_sample, tile % in_sample);
                (sample, top + tile / across, tile % across)
            };
            for (t, tile) in places.clone().enumerate() {
                let (sample, i, j) = place(tile);
                let corner = |tile: usize, before: isize| (tile * SIDE) as isize - before;
                let job = Job::Inputs(Inputs {
                    from: x[sample * self.input_len()..].as_ptr(),
                    corner: [corner(i, h.before), corner(j, w.before)],
                    size: [h.input, w.input],
                    channels: c,
                    to: inputs[t * POINTS * c..][..POINTS * c].as_mut_ptr(),
                });
                // SAFETY: the sample has this size, and there is room for all points of a tile.
                unsafe { run(isa, &job) }
            }
            for point in 0..POINTS {
                let mut j = 0;
                while j < f {
                    let n = width.min(f - j);
                    let part = &kernel[self.winograd_filters(j / width, j)..];
                    let part = &part[..self.winograd_filters(1, n)];
                    let product = Product {
                        m: some,
                        n,
                        k: c,
                        lines: 1,
                        a_line: 0,
                        b_line: 0,
                        a: inputs[point * c..].as_ptr(),
                        ars: POINTS * c,
                        acs: 1,
                        b: part[point * (c * n + GAP)..].as_ptr(),
                        brs: n,
                        bcs: 1,
                        c: sums[point * f + j..].as_mut_ptr(),
                        ldc: POINTS * f,
                        bias: core::ptr::null(),
                        accumulate: false,
                        relu: false,
                        then: ThenAt::NONE,
                        narrow: false,
                        nontemporal: false,
                        prefetcher: &raw mut prefetcher,
                    };
                    // SAFETY: `some <= most` tiles of the inputs and sums, and as many channels and filters as the part of the
                    // kernel has; the width is one of this kernel's, and the CPU has its instructions. The prefetcher is on no other
                    // thread.
                    unsafe { (micro.panel)(&product) }
                    j += n;
                }
            }
            for (t, tile) in places.enumerate() {
                let (sample, i, column) = place(tile);
                let (row, column) = (i * SIDE, column * SIDE);
                let skip = first.saturating_sub(row);
                let at = (sample * count + row + skip - first) * w.output + column;
                let job = Job::Outputs(Outputs {
                    from: sums[t * POINTS * f..][..POINTS * f].as_ptr(),
                    filters: f,
                    bias: epilogue.bias_ptr(),
                    relu: epilogue.relu,
                    then: epilogue.then.at(),
                    to: y[at * f..].as_mut_ptr(),
                    rows: skip..SIDE.min(first + count - row),
                    columns: SIDE.min(w.output - column),
                    row: w.output * f,
                });
                // SAFETY: the tile's rows and columns that are outputs of the sample.
                unsafe { run(isa, &job) }
            }
            tile += some;
        }
    }

    /// Whether there is such a kernel for these instructions: where it is known to be faster.
    pub(crate) fn has_winograd(isa: Isa) -> bool {
        matches!(isa, Isa::Avx2 | Isa::Avx512)
    }
}

/// How many filters the micro-kernels compute at once; all but the last ones are computed so many at a time.
fn filters_at_once(isa: Isa) -> usize {
    micro_kernel(isa).nr
}

/// # Safety
/// The CPU has the instructions, and the job is valid.
unsafe fn run(isa: Isa, job: &Job) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: promised by the caller.
        Isa::Avx512 => unsafe { run_avx512(job) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { run_avx2(job) },
        _ => {}
    }
}

/// # Safety
/// As [`run`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn run_avx512(job: &Job) {
    // SAFETY: promised by the caller.
    unsafe { job.run::<Avx512>() }
}

/// # Safety
/// As [`run`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2(job: &Job) {
    // SAFETY: promised by the caller.
    unsafe { job.run::<Avx2>() }
}
