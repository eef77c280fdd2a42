//! Norms over some axes of an array.

use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::{scale, sum_of_squares};
use crate::math;
use crate::shape::MAX_AXES;

/// An axis from 0, of those that an array has.
pub(super) const fn resolved(axis: isize, rank: usize) -> Option<usize> {
    let at = if axis < 0 { axis + rank as isize } else { axis };
    if at >= 0 && at < rank as isize && at < MAX_AXES as isize {
        Some(at as usize)
    } else {
        None
    }
}

simd_fn! {
    fn add_squares(sums: &mut [f32], w: &[f32]) {
        for (sum, w) in sums.iter_mut().zip(w) {
            *sum += w * w;
        }
    }
}

simd_fn! {
    fn multiply(w: &mut [f32], factors: &[f32]) {
        for (w, factor) in w.iter_mut().zip(factors) {
            *w *= factor;
        }
    }
}

/// Norms that are taken together.
const BLOCK: usize = 64;

/// Multiplies `w` by `factor` of its norms over the given axes.
pub(super) fn scale_by_norm(
    w: &mut [f32],
    shape: &[usize],
    axis: &[isize],
    factor: impl Fn(f32) -> f32,
) {
    let rank = shape.len();
    let (Some((&width, outer)), Some(last)) = (shape.split_last(), rank.checked_sub(1)) else {
        return;
    };
    if shape.iter().product::<usize>() != w.len() {
        return;
    }
    let summed = |at: usize| axis.iter().any(|axis| resolved(*axis, rank) == Some(at));
    let (mut kept, mut sums) = (Axes::default(), Axes::default());
    let mut stride = width;
    for (at, len) in outer.iter().enumerate().rev() {
        let axes = if summed(at) { &mut sums } else { &mut kept };
        axes.push(*len, stride);
        stride *= len;
    }
    // A run along the last axis belongs to one norm, or to one norm for each element.
    let each = if summed(last) { width } else { BLOCK };
    kept.for_each(|from| {
        for first in (0..width).step_by(each.max(1)) {
            let len = each.min(width - first);
            let run = |at: usize| from + at + first..from + at + first + len;
            let mut norms = [0.0; BLOCK];
            let norms = norms.get_mut(..len.min(BLOCK)).unwrap_or_default();
            if summed(last) {
                let mut square = 0.0;
                sums.for_each(|at| square += sum_of_squares(w.get(run(at)).unwrap_or_default()));
                let factor = factor(math::sqrt(square));
                sums.for_each(|at| scale(factor, w.get_mut(run(at)).unwrap_or_default()));
            } else {
                sums.for_each(|at| add_squares(norms, w.get(run(at)).unwrap_or_default()));
                norms.iter_mut().for_each(|n| *n = factor(math::sqrt(*n)));
                sums.for_each(|at| multiply(w.get_mut(run(at)).unwrap_or_default(), norms));
            }
        }
    });
}

/// Some axes of an array, the inner ones first: lengths and distances.
#[derive(Default)]
struct Axes {
    axes: [(usize, usize); MAX_AXES],
    count: usize,
}

impl Axes {
    fn push(&mut self, len: usize, stride: usize) {
        if let Some(axis) = self.axes.get_mut(self.count) {
            *axis = (len, stride);
            self.count += 1;
        }
    }

    /// Calls `f` with the offset of each place on the axes; without axes once, with 0.
    fn for_each(&self, mut f: impl FnMut(usize)) {
        let len = |axis: usize| match self.axes.get(axis) {
            Some(&(len, stride)) if axis < self.count => (len, stride),
            _ => (1, 0),
        };
        let [(a, sa), (b, sb), (c, sc), (d, sd)] = [len(0), len(1), len(2), len(3)];
        let (e, se) = len(4);
        for outer in (0..e).flat_map(|e| (0..d).map(move |d| d * sd + e * se)) {
            for c in 0..c {
                for b in 0..b {
                    for a in 0..a {
                        f(a * sa + b * sb + c * sc + outer);
                    }
                }
            }
        }
    }
}
