//! The transforms of Winograd's F(4x4, 3x3), each channel or filter by itself in a lane.

use core::ops::Range;

use crate::kernels::gemm::ThenAt;
use crate::kernels::vector::Vector;

/// The points are 0, A, -A, B, -B and infinity.
const A: f32 = 0.625;
const B: f32 = 1.5;
/// Their squares, exact.
const A2: f32 = A * A;
const B2: f32 = B * B;

/// What is to be transformed.
pub(super) enum Job {
    Kernel(Kernel),
    Inputs(Inputs),
    Outputs(Outputs),
}

/// A kernel `(3, 3, channels, filters)`, some of its filters.
pub(super) struct Kernel {
    pub from: *const f32,
    pub channels: usize,
    pub filters: usize,
    /// For each point the channels, for each of these the filters.
    pub to: *mut f32,
    /// So many filters.
    pub width: usize,
    /// From one point to the next.
    pub point: usize,
}

/// The 6x6 pixels that a tile sees, as far as they are there.
pub(super) struct Inputs {
    /// A sample.
    pub from: *const f32,
    /// The first row and column.
    pub corner: [isize; 2],
    /// Rows and columns of the sample.
    pub size: [usize; 2],
    pub channels: usize,
    /// For each point the channels.
    pub to: *mut f32,
}

/// The 4x4 outputs of a tile.
pub(super) struct Outputs {
    /// For each point the sums of the filters.
    pub from: *const f32,
    pub filters: usize,
    /// Their bias, or null.
    pub bias: *const f32,
    pub relu: bool,
    /// What becomes of it behind that.
    pub then: ThenAt,
    /// The first one that is wanted.
    pub to: *mut f32,
    /// Which rows are wanted, and how many columns.
    pub rows: Range<usize>,
    pub columns: usize,
    /// From one row to the next.
    pub row: usize,
}

/// All lanes of a vector, or some.
#[derive(Clone, Copy)]
struct Part<V: Vector, const ALL: bool>(V::Mask);

impl<V: Vector, const ALL: bool> Part<V, ALL> {
    /// # Safety
    /// The CPU has the instructions, and the lanes may be read.
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> V {
        // SAFETY: promised by the caller.
        unsafe {
            match ALL {
                true => V::load(from),
                false => V::load_some(from, self.0),
            }
        }
    }

    /// # Safety
    /// The lanes may be written.
    #[inline(always)]
    unsafe fn store(self, v: V, to: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe {
            match ALL {
                true => v.store(to),
                false => v.store_some(to, self.0),
            }
        }
    }
}

impl Job {
    /// # Safety
    /// The CPU has the instructions, and what the job names is there: memory for so many values, of which nobody else accesses
    /// those that are written.
    #[inline(always)]
    pub unsafe fn run<V: Vector>(&self) {
        // SAFETY: promised by the caller.
        unsafe {
            match self {
                Job::Kernel(kernel) => {
                    for c in 0..kernel.channels {
                        each::<V>(kernel.width, |at, all, some| match all {
                            Some(all) => kernel.run(c, at, all),
                            None => kernel.run(c, at, some),
                        });
                    }
                }
                Job::Inputs(inputs) => each::<V>(inputs.channels, |at, all, some| {
                    match (all, inputs.is_inside()) {
                        (Some(all), true) => inputs.run::<V, true, true>(at, all),
                        (Some(all), false) => inputs.run::<V, true, false>(at, all),
                        (None, _) => inputs.run::<V, false, false>(at, some),
                    }
                }),
                Job::Outputs(outputs) => each::<V>(outputs.filters, |at, all, some| {
                    match (all, outputs.is_whole()) {
                        (Some(all), true) => outputs.run::<V, true, true>(at, all),
                        (Some(all), false) => outputs.run::<V, true, false>(at, all),
                        (None, _) => outputs.run::<V, false, false>(at, some),
                    }
                }),
            }
        }
    }
}

/// Calls `f` for the vectors of `n` lanes: where each begins, and whether it is whole.
///
/// # Safety
/// The CPU has the instructions.
#[inline(always)]
unsafe fn each<V: Vector>(n: usize, f: impl Fn(usize, Option<Part<V, true>>, Part<V, false>)) {
    let mut at = 0;
    while at < n {
        // SAFETY: promised by the caller.
        let mask = unsafe { V::mask(n - at) };
        let all = (n - at >= V::LANES).then_some(Part(mask));
        f(at, all, Part(mask));
        at += V::LANES;
    }
}

impl Kernel {
    /// # Safety
    /// See [`Job::run`]; there are such lanes.
    #[inline(always)]
    unsafe fn run<V: Vector, const ALL: bool>(&self, c: usize, at: usize, part: Part<V, ALL>) {
        // SAFETY: promised by the caller.
        unsafe {
            let tap = self.channels * self.filters;
            let from = self.from.add(c * self.filters + at);
            let mut lines = [[V::splat(0.0); 6]; 3];
            for (i, line) in lines.iter_mut().enumerate() {
                let mut taps = [V::splat(0.0); 3];
                for (j, value) in taps.iter_mut().enumerate() {
                    *value = part.load(from.add((3 * i + j) * tap));
                }
                *line = of_kernel(taps);
            }
            let to = self.to.add(c * self.width + at);
            for j in 0..6 {
                let values = of_kernel(column(&lines, j));
                for (i, value) in values.into_iter().enumerate() {
                    part.store(value, to.add((6 * i + j) * self.point));
                }
            }
        }
    }
}

impl Inputs {
    /// Whether all pixels are there.
    #[inline(always)]
    fn is_inside(&self) -> bool {
        let inside = |axis: usize| {
            let first = self.corner[axis];
            first >= 0 && first as usize + 6 <= self.size[axis]
        };
        inside(0) && inside(1)
    }

    /// # Safety
    /// See [`Job::run`]; there are such lanes, and with `INSIDE` all pixels.
    #[inline(always)]
    unsafe fn run<V: Vector, const ALL: bool, const INSIDE: bool>(
        &self,
        at: usize,
        part: Part<V, ALL>,
    ) {
        // SAFETY: promised by the caller; pixels are read where they are there.
        unsafe {
            let [top, left] = self.corner;
            let first = (top * self.size[1] as isize + left) * self.channels as isize;
            let from = self.from.wrapping_offset(first).wrapping_add(at);
            let row = self.size[1] * self.channels;
            let is = |axis: usize, i: usize| {
                let at = self.corner[axis] + i as isize;
                at >= 0 && (at as usize) < self.size[axis]
            };
            let zero = V::splat(0.0);
            let mut lines = [[zero; 6]; 6];
            for (i, line) in lines.iter_mut().enumerate() {
                if !INSIDE && !is(0, i) {
                    continue;
                }
                let mut pixels = [zero; 6];
                for (j, pixel) in pixels.iter_mut().enumerate() {
                    if INSIDE || is(1, j) {
                        *pixel = part.load(from.wrapping_add(i * row + j * self.channels));
                    }
                }
                *line = of_input(pixels);
            }
            let to = self.to.add(at);
            for j in 0..6 {
                let values = of_input(column(&lines, j));
                for (i, value) in values.into_iter().enumerate() {
                    part.store(value, to.add((6 * i + j) * self.channels));
                }
            }
        }
    }
}

impl Outputs {
    /// Whether all of them are wanted.
    #[inline(always)]
    fn is_whole(&self) -> bool {
        self.rows == (0..4) && self.columns == 4
    }

    /// # Safety
    /// See [`Job::run`]; there are such lanes, and with `WHOLE` all outputs are wanted.
    #[inline(always)]
    unsafe fn run<V: Vector, const ALL: bool, const WHOLE: bool>(
        &self,
        at: usize,
        part: Part<V, ALL>,
    ) {
        // SAFETY: promised by the caller.
        unsafe {
            let from = self.from.add(at);
            let mut lines = [[V::splat(0.0); 4]; 6];
            for (i, line) in lines.iter_mut().enumerate() {
                let mut sums = [V::splat(0.0); 6];
                for (j, sum) in sums.iter_mut().enumerate() {
                    *sum = part.load(from.add((6 * i + j) * self.filters));
                }
                *line = of_sums(sums);
            }
            let zero = V::splat(0.0);
            let bias = match self.bias.is_null() {
                true => zero,
                false => part.load(self.bias.add(at)),
            };
            let then = self.then.at_column(at);
            let ([mean, factor, shift], is_relu) = match then.is_some() {
                true => (then.numbers().map(|from| part.load(from)), then.relu()),
                false => ([zero; 3], false),
            };
            let to = self.to.add(at);
            let skip = if WHOLE { 0 } else { self.rows.start };
            for j in 0..4 {
                if !WHOLE && j >= self.columns {
                    break;
                }
                let outputs = of_sums(column(&lines, j));
                for (i, y) in outputs.into_iter().enumerate() {
                    if !WHOLE && !self.rows.contains(&i) {
                        continue;
                    }
                    let mut y = y.add(bias);
                    if self.relu {
                        // (Of a zero with a sign, too, as relu is elsewhere.)
                        y = y.at_least(0.0).add(zero);
                    }
                    if then.is_some() {
                        y = y.sub(mean).mul(factor).add(shift);
                        if is_relu {
                            y = y.at_least(0.0).add(zero);
                        }
                    }
                    part.store(y, to.add((i - skip) * self.row + j * self.filters));
                }
            }
        }
    }
}

/// A column of these lines.
#[inline(always)]
fn column<V: Vector, const N: usize, const M: usize>(lines: &[[V; N]; M], j: usize) -> [V; M] {
    let mut column = [lines[0][j]; M];
    for (value, line) in column.iter_mut().zip(lines) {
        *value = line[j];
    }
    column
}

/// What six pixels of a line are at the points.
#[inline(always)]
fn of_input<V: Vector>([d0, d1, d2, d3, d4, d5]: [V; 6]) -> [V; 6] {
    let all = |x| d0.all(x);
    let (even, odd) = (d2.mul_add(all(-B2), d4), d1.mul_add(all(-B2), d3));
    let (even_b, odd_b) = (d2.mul_add(all(-A2), d4), d1.mul_add(all(-A2), d3));
    let ends = |first: V, middle: V, last: V| {
        first.mul_add(all(A2 * B2), middle.mul_add(all(-(A2 + B2)), last))
    };
    [
        ends(d0, d2, d4),
        odd.mul_add(all(A), even),
        odd.mul_add(all(-A), even),
        odd_b.mul_add(all(B), even_b),
        odd_b.mul_add(all(-B), even_b),
        ends(d1, d3, d5),
    ]
}

/// The same of three taps of a kernel.
#[inline(always)]
fn of_kernel<V: Vector>([g0, g1, g2]: [V; 3]) -> [V; 6] {
    const OF_A: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
    const OF_B: f32 = 1.0 / (2.0 * B2 * (B2 - A2));
    let all = |x| g0.all(x);
    let even = |square: f32, of: f32| g2.mul_add(all(square * of), g0.mul(all(of)));
    let (even_a, even_b) = (even(A2, OF_A), even(B2, OF_B));
    [
        g0.mul(all(1.0 / (A2 * B2))),
        g1.mul_add(all(A * OF_A), even_a),
        g1.mul_add(all(-A * OF_A), even_a),
        g1.mul_add(all(B * OF_B), even_b),
        g1.mul_add(all(-B * OF_B), even_b),
        g2,
    ]
}

/// Four outputs of a line from the sums at the points.
#[inline(always)]
fn of_sums<V: Vector>([m0, m1, m2, m3, m4, m5]: [V; 6]) -> [V; 4] {
    let all = |x| m0.all(x);
    let (sum, difference) = (m1.add(m2), m1.sub(m2));
    let (sum_b, difference_b) = (m3.add(m4), m3.sub(m4));
    [
        m0.add(sum).add(sum_b),
        difference.mul_add(all(A), difference_b.mul(all(B))),
        sum.mul_add(all(A2), sum_b.mul(all(B2))),
        difference.mul_add(all(A * A2), difference_b.mul_add(all(B * B2), m5)),
    ]
}
