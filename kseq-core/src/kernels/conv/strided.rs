//! A convolution whose arrays may lie in any order: what the forward pass and the gradient of the input have in common.

use super::by_channels::{Outputs, outputs};
use super::geometry::Axis;
use super::patches::{OutputLoop, Patches, TermLoop, patches};
use crate::kernels::dispatch::Isa;
use crate::kernels::gemm::Epilogue;
use crate::kernels::prefetch::Prefetcher;

/// See [`Outputs`].
pub(super) struct ByChannels {
    pub channels: usize,
    pub multiplier: usize,
    pub gathers: bool,
}

/// A convolution with a kernel whose elements may lie in any order.
pub(super) struct StridedConv {
    pub axes: [Axis; 2],
    /// Channels that are summed, and channels that come out.
    pub depth: usize,
    pub n: usize,
    /// Distances along the axes, in the input, the output, and the kernel.
    pub x: [usize; 2],
    pub y: [usize; 2],
    pub taps: [usize; 2],
    /// The distance of channels in the kernel.
    pub channel: usize,
    /// What is said instead of depth and `n` if each channel is convolved by itself.
    pub by_channels: Option<ByChannels>,
    /// What is prefetched meanwhile, or null.
    pub prefetcher: *mut Prefetcher,
}

impl StridedConv {
    pub fn run(&self, isa: Isa, x: &[f32], kernel: &[f32], y: &mut [f32], epilogue: Epilogue<'_>) {
        let [h, w] = self.axes;
        // The channels of neighbouring pixels and taps lie one after the other.
        let is_line =
            w.dilation * self.x[1] == self.depth && self.taps[1] == self.depth * self.channel;
        for tall in h.bands() {
            for wide in w.bands() {
                let x = &x[(tall.at * self.x[0] + wide.at * self.x[1]).min(x.len())..];
                let first = tall.taps.start * self.taps[0] + wide.taps.start * self.taps[1];
                let kernel = &kernel[first.min(kernel.len())..];
                let first = tall.outputs.start * self.y[0] + wide.outputs.start * self.y[1];
                let y = &mut y[first..];
                let down = OutputLoop {
                    len: tall.outputs.len(),
                    a: h.stride * self.x[0],
                    c: self.y[0],
                };
                let along = OutputLoop {
                    len: wide.outputs.len(),
                    a: w.stride * self.x[1],
                    c: self.y[1],
                };
                // The kernels want many outputs at once.
                let (count, rows) = match along.len < 8 && along.len < down.len {
                    true => (along, down),
                    false => (down, along),
                };
                if let Some(by_channels) = &self.by_channels {
                    let taps = |axis: usize, dilation, len| TermLoop {
                        len,
                        a: dilation * self.x[axis],
                        b: self.taps[axis],
                    };
                    let all = Outputs {
                        x,
                        kernel,
                        channels: by_channels.channels,
                        multiplier: by_channels.multiplier,
                        gathers: by_channels.gathers,
                        rows: count,
                        columns: rows,
                        lines: taps(0, h.dilation, tall.taps.len()),
                        terms: taps(1, w.dilation, wide.taps.len()),
                        epilogue,
                    };
                    outputs(isa, &all, y);
                    continue;
                }
                let patch = |lines, channels, epilogue, a, b| Patches {
                    a,
                    b,
                    n: self.n,
                    count,
                    rows,
                    lines,
                    terms: TermLoop {
                        len: channels,
                        a: 1,
                        b: self.channel,
                    },
                    epilogue,
                    prefetcher: self.prefetcher,
                };
                let (lines, columns) = (tall.taps.len(), wide.taps.len());
                let line = h.dilation * self.x[0];
                if is_line || lines * columns == 0 {
                    let lines = TermLoop {
                        len: lines,
                        a: line,
                        b: self.taps[0],
                    };
                    let channels = columns * self.depth;
                    patches(isa, &patch(lines, channels, epilogue, x, kernel), y);
                    continue;
                }
                for tap in 0..lines {
                    let epilogue = Epilogue {
                        accumulate: epilogue.accumulate || tap > 0,
                        ..if tap + 1 == lines {
                            epilogue
                        } else {
                            Epilogue::default()
                        }
                    };
                    let (x, kernel) = (&x[tap * line..], &kernel[tap * self.taps[0]..]);
                    let pixels = TermLoop {
                        len: columns,
                        a: w.dilation * self.x[1],
                        b: self.taps[1],
                    };
                    patches(isa, &patch(pixels, self.depth, epilogue, x, kernel), y);
                }
            }
        }
    }
}
