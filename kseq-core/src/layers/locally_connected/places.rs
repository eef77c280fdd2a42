//! What each place of the output sees of the input, and the sums over that.

use core::ops::Range;

use crate::base::part::{from, from_mut, part, part_mut};
use crate::kernels::conv::{Axis, Conv};
use crate::kernels::gemm::{Epilogue, Mat, gemm, gemm_with_epilogue};
use crate::pool::Pool;

/// The places of the windows: those of a convolution.
pub(super) struct Places(pub(super) Conv);

/// What an output sees: some taps of its kernel, the others are in the padding.
pub(super) struct Seen {
    /// Along the first axis of the window.
    pub(super) lines: Range<usize>,
    /// The first tap along the second one.
    pub(super) first: usize,
    /// Where the first value that it sees lies.
    pub(super) at: usize,
    /// Values of a line that it sees.
    pub(super) terms: usize,
}

/// The taps of the output `o` that see inputs.
pub(super) fn taps(axis: &Axis, o: usize) -> Range<usize> {
    let at = (o * axis.stride) as isize - axis.before;
    let first = (-at).clamp(0, axis.taps as isize) as usize;
    let end = (axis.input as isize - at).clamp(first as isize, axis.taps as isize) as usize;
    first..end
}

impl Places {
    /// What the output in this row and column sees.
    pub(super) fn seen(&self, row: usize, column: usize) -> Seen {
        let Conv {
            axes: [h, w],
            channels,
            ..
        } = &self.0;
        let (lines, some) = (taps(h, row), taps(w, column));
        let place = |axis: &Axis, o: usize, tap: usize| {
            ((o * axis.stride + tap) as isize - axis.before) as usize
        };
        let at = place(h, row, lines.start) * w.input + place(w, column, some.start);
        Seen {
            lines,
            first: some.start,
            at: at * channels,
            terms: some.len() * channels,
        }
    }

    /// Calls `f` with each output: which one it is, and what it sees.
    #[inline(always)]
    pub(super) fn each(&self, mut f: impl FnMut(usize, Seen)) {
        let Conv { axes: [h, w], .. } = &self.0;
        for row in 0..h.output {
            for column in 0..w.output {
                f(row * w.output + column, self.seen(row, column));
            }
        }
    }

    /// How far it is from one line to the next in a sample.
    pub(super) const fn line(&self) -> usize {
        self.0.axes[1].input * self.0.channels
    }

    /// Where the weights begin that a line of the window has for what it sees, among those of the output, and how many they are.
    pub(super) const fn weights_of(&self, line: usize, seen: &Seen) -> [usize; 2] {
        let Conv {
            axes: [_, w],
            channels,
            filters,
            ..
        } = &self.0;
        let first = (line * w.taps + seen.first) * *channels * *filters;
        [first, seen.terms * *filters]
    }

    /// Weights of an output.
    pub(super) const fn weights(&self) -> usize {
        let Conv {
            axes: [h, w],
            channels,
            filters,
            ..
        } = &self.0;
        h.taps * w.taps * *channels * *filters
    }

    /// `bias + sums`, and `relu` of it if that is asked for, of some samples: each output of all of them together, so that its
    /// weights are read once.
    pub(super) fn sums(
        &self,
        (kernel, bias): (&[f32], &[f32]),
        x: &[f32],
        y: &mut [f32],
        relu: bool,
    ) {
        let filters = self.0.filters;
        let (input, output) = (self.0.input_len(), self.0.output_len());
        let samples = y.len() / output.max(1);
        self.each(|place, seen| {
            let kernel = part(kernel, place * self.weights(), self.weights());
            for (i, line) in seen.lines.clone().enumerate() {
                let is_last = line + 1 == seen.lines.end;
                let bias = match bias {
                    [] => &[],
                    bias if is_last => part(bias, place * filters, filters),
                    _ => &[],
                };
                let epilogue = Epilogue {
                    accumulate: i > 0,
                    bias,
                    relu: relu && is_last,
                    ..Epilogue::default()
                };
                let x = Mat::rows(from(x, seen.at + i * self.line()), input);
                let [first, weights] = self.weights_of(line, &seen);
                let k = Mat::rows(part(kernel, first, weights), filters);
                let y = from_mut(y, place * filters);
                let (terms, pool) = (seen.terms, &Pool::Serial);
                gemm_with_epilogue(samples, filters, terms, x, k, y, output, epilogue, pool);
            }
        });
    }

    /// The gradient of the input of some samples.
    pub(super) fn input_gradient(&self, kernel: &[f32], dz: &[f32], dx: &mut [f32]) {
        let filters = self.0.filters;
        let (input, output) = (self.0.input_len(), self.0.output_len());
        let samples = dz.len() / output.max(1);
        dx.fill(0.0);
        self.each(|place, seen| {
            let kernel = part(kernel, place * self.weights(), self.weights());
            for (i, line) in seen.lines.clone().enumerate() {
                let dz = Mat::rows(from(dz, place * filters), output);
                let [first, weights] = self.weights_of(line, &seen);
                let k = Mat::rows(part(kernel, first, weights), filters).t();
                let dx = from_mut(dx, seen.at + i * self.line());
                let (terms, pool) = (seen.terms, &Pool::Serial);
                gemm(samples, terms, filters, dz, k, dx, input, true, pool);
            }
        });
    }

    /// The gradient of the weights of an output, summed over some samples.
    pub(super) fn kernel_gradient(
        &self,
        place: usize,
        seen: &Seen,
        x: &[f32],
        dz: &[f32],
        dkernel: &mut [f32],
    ) {
        let filters = self.0.filters;
        let (input, output) = (self.0.input_len(), self.0.output_len());
        let samples = dz.len() / output.max(1);
        if seen.lines.len() * seen.terms * filters < dkernel.len() {
            dkernel.fill(0.0);
        }
        for (i, line) in seen.lines.clone().enumerate() {
            let x = Mat::rows(from(x, seen.at + i * self.line()), input).t();
            let dz = Mat::rows(from(dz, place * filters), output);
            let [first, weights] = self.weights_of(line, seen);
            let dk = part_mut(dkernel, first, weights);
            let (terms, pool) = (seen.terms, &Pool::Serial);
            gemm(terms, filters, samples, x, dz, dk, filters, false, pool);
        }
    }

    /// Sets the weights to 0 that see nothing.
    pub(super) fn clear_unseen(&self, kernel: &mut [f32]) {
        let lines = self.0.axes[0].taps;
        let line_weights = self.weights() / lines.max(1);
        self.each(|place, seen| {
            for line in 0..lines {
                let own = place * self.weights() + line * line_weights;
                let own = part_mut(kernel, own, line_weights);
                let [first, weights] = match seen.lines.contains(&line) {
                    true => self.weights_of(0, &seen),
                    false => [0, 0],
                };
                let all = own.iter_mut().enumerate();
                all.filter(|(i, _)| *i < first || *i >= first + weights)
                    .for_each(|(_, weight)| *weight = 0.0);
            }
        });
    }
}
