//! Convolutions of volumes `(depth, height, width, channels)`: sums of convolutions of planes.
//!
//! One of an image is that of a volume of one plane. What a volume sees of another one, plane by plane and tap by tap, is the
//! same for the convolution, for its gradients, and for the transposed convolution, whose output is the gradient of an input.

use super::geometry::{Axis, Conv};
use crate::kernels::gemm::Epilogue;
use crate::pool::Pool;

/// A convolution of samples `(depth, height, width, channels)` by a kernel `(depth, height, width, channels / groups, filters)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The depth.
    pub deep: Axis,
    /// Of a plane.
    pub plane: Conv,
}

/// Some rows of a volume, from the `first` on.
struct Rows<'a> {
    first: usize,
    values: &'a mut [f32],
}

impl Rows<'_> {
    /// Calls `f` with the rows of each plane, which has `height` rows of `len` values: plane, first row, values.
    fn each_plane(self, height: usize, len: usize, mut f: impl FnMut(usize, usize, &mut [f32])) {
        let Rows { first, mut values } = self;
        let (mut next, height) = (first, height.max(1));
        while !values.is_empty() {
            let (plane, row) = (next / height, next % height);
            let some = (height - row).min(values.len() / len.max(1)).max(1);
            let (rows, rest) = values.split_at_mut((some * len).min(values.len()));
            f(plane, row, rows);
            (values, next) = (rest, next + some);
        }
    }
}

/// The epilogue of one of several sums: the first begins as it says, and the last one ends so.
fn turn<'a>(epilogue: Epilogue<'a>, is_first: bool, is_last: bool) -> Epilogue<'a> {
    let accumulate = epilogue.accumulate || !is_first;
    match is_last {
        true => Epilogue {
            accumulate,
            ..epilogue
        },
        false => Epilogue {
            accumulate,
            ..Epilogue::default()
        },
    }
}

impl Volume {
    /// Values of an input sample.
    #[must_use]
    pub const fn input_len(&self) -> usize {
        self.deep.input * self.plane.input_len()
    }

    /// Values of an output sample.
    #[must_use]
    pub const fn output_len(&self) -> usize {
        self.deep.output * self.plane.output_len()
    }

    /// Weights of the kernel.
    #[must_use]
    pub const fn kernel_len(&self) -> usize {
        self.deep.taps * self.plane.kernel_len()
    }

    /// Rows of the input, and the values of one.
    pub(crate) const fn input_rows(&self) -> [usize; 2] {
        let [h, w] = &self.plane.axes;
        [self.deep.input * h.input, w.input * self.plane.channels]
    }

    /// Rows of the output, and the values of one.
    pub(crate) const fn output_rows(&self) -> [usize; 2] {
        let [h, _] = &self.plane.axes;
        [self.deep.output * h.output, self.plane.row_len()]
    }

    /// The tap by which an output sees an input, of all outputs that do.
    fn seeing(&self, input: usize) -> impl DoubleEndedIterator<Item = (usize, usize)> + Clone {
        let deep = self.deep;
        (0..deep.taps).filter_map(move |tap| {
            let at = input as isize + deep.before - (tap * deep.dilation) as isize;
            let at = usize::try_from(at).ok()?;
            let output = at / deep.stride.max(1);
            (at.is_multiple_of(deep.stride.max(1)) && output < deep.output).then_some((tap, output))
        })
    }

    /// The rows of one sample's output from row `first` on, as many as `y` has.
    ///
    /// # Panics
    /// When `x` is not a sample, `kernel` not a kernel, or `y` not whole rows of the output.
    pub fn forward(
        &self,
        x: &[f32],
        kernel: &[f32],
        y: &mut [f32],
        first: usize,
        epilogue: Epilogue<'_>,
    ) {
        let Volume { deep, plane } = self;
        let (of_plane, of_tap) = (plane.input_len(), plane.kernel_len());
        let rows = Rows { first, values: y };
        rows.each_plane(plane.axes[0].output, plane.row_len(), |at, first, y| {
            let taps = deep.taps_of(at);
            if taps.is_empty() {
                return without_terms(epilogue, plane.filters, y);
            }
            for tap in taps.clone() {
                let seen = (at * deep.stride + tap * deep.dilation) as isize - deep.before;
                let x = &x[usize::try_from(seen).unwrap_or(0) * of_plane..][..of_plane];
                let kernel = &kernel[tap * of_tap..][..of_tap];
                let epilogue = turn(epilogue, tap == taps.start, tap + 1 == taps.end);
                plane.forward(x, kernel, y, first, epilogue);
            }
        });
    }

    /// The kernel as [`Volume::transposed`] wants it: see [`Conv::flip`].
    ///
    /// # Panics
    /// When the lengths are not those of a kernel.
    pub fn flip(&self, kernel: &[f32], flipped: &mut [f32], pool: &Pool) {
        let of_tap = self.plane.kernel_len().max(1);
        let flipped = flipped.chunks_mut(of_tap);
        for (kernel, flipped) in kernel.chunks(of_tap).zip(flipped) {
            self.plane.flip(kernel, flipped, pool);
        }
    }

    /// The rows of the gradient of one sample's input from row `first` on, as many as `dx` has: those of a transposed
    /// convolution of `dy`. By the flipped kernel.
    ///
    /// # Panics
    /// When `dy` is not a sample, `flipped` not a kernel, or `dx` not whole rows of the input.
    pub fn transposed(
        &self,
        dy: &[f32],
        flipped: &[f32],
        dx: &mut [f32],
        first: usize,
        epilogue: Epilogue<'_>,
    ) {
        let plane = &self.plane;
        let (of_plane, of_tap) = (plane.output_len(), plane.kernel_len());
        let rows = Rows { first, values: dx };
        let [h, w] = &plane.axes;
        rows.each_plane(h.input, w.input * plane.channels, |at, first, dx| {
            // The outputs in their order.
            let seeing = self.seeing(at);
            let count = seeing.clone().count();
            if count == 0 {
                return without_terms(epilogue, plane.channels, dx);
            }
            for (i, (tap, output)) in seeing.rev().enumerate() {
                let dy = &dy[output * of_plane..][..of_plane];
                let flipped = &flipped[tap * of_tap..][..of_tap];
                let epilogue = turn(epilogue, i == 0, i + 1 == count);
                plane.transposed(dy, flipped, dx, first, epilogue);
            }
        });
    }

    /// Lines of the kernel: see [`Volume::add_kernel_gradient`].
    pub(crate) const fn lines(&self) -> usize {
        self.deep.taps * self.plane.axes[0].taps
    }

    /// Adds one sample's gradient of the kernel to the lines of `dkernel`, the first of which is `first` (a line has all
    /// columns, channels and filters).
    ///
    /// # Panics
    /// When `x` and `dy` are not samples, or `dkernel` not whole lines.
    pub fn add_kernel_gradient(&self, x: &[f32], dy: &[f32], dkernel: &mut [f32], first: usize) {
        let Volume { deep, plane } = self;
        let (input, output) = (plane.input_len(), plane.output_len());
        let height = plane.axes[0].taps.max(1);
        let lines = Rows {
            first,
            values: dkernel,
        };
        lines.each_plane(
            height,
            plane.kernel_len() / height,
            |tap, first, dkernel| {
                for at in 0..deep.output {
                    if !deep.taps_of(at).contains(&tap) {
                        continue;
                    }
                    let seen = (at * deep.stride + tap * deep.dilation) as isize - deep.before;
                    let x = &x[usize::try_from(seen).unwrap_or(0) * input..][..input];
                    let dy = &dy[at * output..][..output];
                    plane.add_kernel_gradient(x, dy, dkernel, first);
                }
            },
        );
    }
}

/// Pixels that see nothing.
#[cold]
fn without_terms(epilogue: Epilogue<'_>, channels: usize, values: &mut [f32]) {
    let pixels = values.chunks_exact_mut(channels.max(1));
    pixels.for_each(|pixel| epilogue.without_terms(pixel));
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::kernels::walk::Volumes;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n)
            .map(|i| ((i * 7 + seed + i / 5) % 11) as f32 - 5.0)
            .collect()
    }

    fn axis(input: usize, taps: usize, stride: usize, dilation: usize, pad: [usize; 2]) -> Axis {
        Axis {
            input,
            output: (input + pad[0] + pad[1] - (taps - 1) * dilation - 1) / stride + 1,
            taps,
            stride,
            dilation,
            before: pad[0] as isize,
        }
    }

    fn cases() -> Vec<Volume> {
        let mut cases = Vec::new();
        for (channels, filters, groups) in [
            (1, 3, 1),
            (4, 6, 2),
            (17, 5, 1),
            (3, 20, 1),
            (3, 3, 3),
            (2, 6, 2),
            (19, 19, 19),
        ] {
            for axes in [
                [
                    axis(1, 1, 1, 1, [0, 0]),
                    axis(4, 2, 1, 1, [0, 1]),
                    axis(9, 3, 1, 1, [2, 0]),
                ],
                [
                    axis(5, 3, 2, 1, [1, 1]),
                    axis(4, 2, 2, 1, [0, 0]),
                    axis(7, 3, 2, 1, [0, 1]),
                ],
                [
                    axis(4, 2, 1, 3, [2, 1]),
                    axis(5, 2, 1, 2, [0, 0]),
                    axis(4, 1, 1, 1, [0, 0]),
                ],
                // Products of pixels, plane by plane.
                [
                    axis(4, 3, 1, 1, [1, 0]),
                    axis(3, 1, 1, 1, [0, 0]),
                    axis(5, 1, 1, 1, [0, 0]),
                ],
                // Each plane by single pixels: a matrix product.
                [
                    axis(5, 2, 2, 1, [0, 1]),
                    axis(3, 1, 1, 1, [0, 0]),
                    axis(4, 1, 1, 1, [0, 0]),
                ],
                // Planes that nobody sees, and such that see nothing.
                [
                    axis(6, 1, 4, 1, [0, 0]),
                    axis(3, 3, 1, 1, [1, 1]),
                    axis(5, 2, 3, 1, [0, 0]),
                ],
                [
                    axis(2, 2, 1, 5, [2, 3]),
                    axis(2, 1, 1, 1, [0, 0]),
                    axis(10, 4, 3, 1, [1, 2]),
                ],
            ] {
                let [deep, h, w] = axes;
                let plane = Conv {
                    axes: [h, w],
                    channels,
                    filters,
                    groups,
                };
                cases.push(Volume { deep, plane });
            }
        }
        cases
    }

    /// Calls `f` with the offsets of every product in `x`, kernel and `y`.
    fn products(v: &Volume, mut f: impl FnMut(usize, usize, usize)) {
        let (c, [h, w]) = (v.plane, v.plane.axes);
        let (depth, width) = (c.channels / c.groups, c.filters / c.groups);
        let sights = |axis: Axis| {
            let all = (0..axis.output).flat_map(move |o| (0..axis.taps).map(move |t| (o, t)));
            all.filter_map(move |(o, t)| {
                let i = (o * axis.stride + t * axis.dilation) as isize - axis.before;
                let i = usize::try_from(i).ok().filter(|&i| i < axis.input)?;
                Some((i, t, o))
            })
        };
        for (i, r, o) in sights(v.deep) {
            for (p, s, q) in sights(h) {
                for (k, t, l) in sights(w) {
                    for (n, d) in (0..c.filters).flat_map(|n| (0..depth).map(move |d| (n, d))) {
                        let x = ((i * h.input + p) * w.input + k) * c.channels;
                        let tap = (r * h.taps + s) * w.taps + t;
                        let y = ((o * h.output + q) * w.output + l) * c.filters;
                        f(
                            x + n / width * depth + d,
                            (tap * depth + d) * c.filters + n,
                            y + n,
                        );
                    }
                }
            }
        }
    }

    fn finished(sums: &[f32], bias: &[f32], relu: bool) -> Vec<f32> {
        let sums = sums.iter().enumerate();
        let sums = sums.map(|(i, sum)| sum + bias.get(i % bias.len().max(1)).unwrap_or(&0.0));
        sums.map(|sum| if relu { sum.max(0.0) } else { sum })
            .collect()
    }

    #[test]
    fn volumes_are_the_definition() {
        for v in cases() {
            let (input, output) = (v.input_len(), v.output_len());
            let (x, dy) = (numbers(input, 1), numbers(output, 3));
            let (k, was) = (numbers(v.kernel_len(), 2), numbers(v.kernel_len(), 4));
            let (mut y, mut dx, mut dk) = (vec![0.0; output], vec![0.0; input], was.clone());
            products(&v, |i, j, o| {
                y[o] += x[i] * k[j];
                dx[i] += dy[o] * k[j];
                dk[j] += x[i] * dy[o];
            });
            let mut flipped = vec![f32::NAN; k.len()];
            v.flip(&k, &mut flipped, &Pool::Serial);
            let [[rows, row], [in_rows, in_row]] = [v.output_rows(), v.input_rows()];
            for (relu, some) in [(false, 1000), (true, 1000), (false, 3)] {
                let bias = numbers(v.plane.filters, 5);
                let ends = Epilogue {
                    bias: &bias,
                    relu,
                    ..Epilogue::default()
                };
                let mut got = vec![f32::NAN; output];
                for first in (0..rows).step_by(some) {
                    let end = rows.min(first + some);
                    v.forward(&x, &k, &mut got[first * row..end * row], first, ends);
                }
                assert_eq!(got, finished(&y, &bias, relu), "{v:?}");
                let bias = numbers(v.plane.channels, 6);
                let ends = Epilogue {
                    bias: &bias,
                    relu,
                    ..Epilogue::default()
                };
                let mut got = vec![f32::NAN; input];
                for first in (0..in_rows).step_by(some) {
                    let end = in_rows.min(first + some);
                    v.transposed(
                        &dy,
                        &flipped,
                        &mut got[first * in_row..end * in_row],
                        first,
                        ends,
                    );
                }
                assert_eq!(got, finished(&dx, &bias, relu), "{v:?}");
                let (mut got, line) = (was.clone(), k.len() / v.lines());
                for (i, got) in got.chunks_mut(some * line).enumerate() {
                    v.add_kernel_gradient(&x, &dy, got, i * some);
                }
                assert_eq!(got, dk, "{v:?}");
            }
            // A microcontroller.
            let dk: Vec<f32> = dk.iter().zip(&was).map(|(dk, was)| dk - was).collect();
            for transposed in [false, true] {
                let volumes = Volumes {
                    volume: v,
                    transposed,
                };
                let (x, dy, y, dx) = match transposed {
                    false => (&x, &dy, &y, &dx),
                    true => (&dy, &x, &dx, &y),
                };
                let bias = numbers(
                    if transposed {
                        v.plane.channels
                    } else {
                        v.plane.filters
                    },
                    7,
                );
                let mut got = vec![f32::NAN; 2 * y.len()];
                let p: Vec<f32> = k.iter().chain(&bias).copied().collect();
                volumes.sums(&p, &[&x[..], x].concat(), &mut got);
                let want = finished(y, &bias, false);
                assert_eq!(got, [&want[..], &want].concat(), "{v:?} {transposed}");
                let mut got = vec![f32::NAN; dx.len()];
                volumes.input_gradient(&k, dy, &mut got);
                assert_eq!(&got, dx, "{v:?} {transposed}");
                let mut got = vec![f32::NAN; p.len()];
                volumes.kernel_gradient(x, dy, &mut got);
                assert_eq!(got[..k.len()], dk, "{v:?} {transposed}");
            }
        }
    }
}
