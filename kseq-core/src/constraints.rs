//! Constraints: what an array is projected to after each update.
//!
//! | Keras | the array w becomes |
//! | --- | --- |
//! | `NonNeg()` | `max(w, 0)` |
//! | `UnitNorm(axis)` | `w / (epsilon + norm)` |
//! | `MaxNorm(max_value, axis)` | `w * min(norm, max_value) / (epsilon + norm)` |
//! | `MinMaxNorm(min_value, max_value, rate, axis)` | `w * (rate * clip(norm, min_value, max_value) + (1 - rate) * norm) / (epsilon + norm)` |
//!
//! `norm = sqrt(sum(square(w)))` over the axes `axis`, one for each place on the other axes; epsilon is
//! 1e-7. With `axis = 0` (the default) the norm is that of all weights that come into a unit of a
//! `Dense`; the same for a `Conv2D` is `axis = (0, 1, 2)`. Follows `keras.constraints` (Keras 3.15).

use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::{scale, sum_of_squares};
use crate::layer::Ctx;
use crate::math;
use crate::model::{ArrayAt, LayerInfo};
use crate::params::ParamSpec;
use crate::pool::GRAIN;
use crate::pool::Pool;
use crate::regularizers::Dims;
use crate::shape::{Refusal, Shape};
use crate::text::Text;

/// A constraint of an array.
///
/// ```
/// use kseq_core::constraints::Constraint;
/// use kseq_core::pool::Pool;
/// // The columns (3, 4) and (0.3, 0.4) of norms 5 and 0.5.
/// let mut w = [3.0, 0.3, 4.0, 0.4];
/// Constraint::MaxNorm { max_value: 1.0, axis: &[0] }.apply(&mut w, &[2, 2], &Pool::Serial);
/// let expected = [0.6, 0.3, 0.8, 0.4];
/// assert!(w.iter().zip(expected).all(|(w, e)| (w - e).abs() < 1e-6));
/// ```
///
/// One's own is a constant, named in the layer list by its path:
///
/// ```
/// use kseq_core::constraints::Constraint;
///
/// /// No weight is larger than 1.
/// const CLIPPED: Constraint = Constraint::Custom(|w, _shape| {
///     for w in w {
///         *w = w.clamp(-1.0, 1.0);
///     }
/// });
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Constraint {
    /// No norm above `max_value`.
    MaxNorm {
        /// The largest norm.
        max_value: f32,
        /// The axes that a norm runs over; -1 is the last.
        axis: &'static [isize],
    },
    /// No negative value.
    NonNeg,
    /// Every norm 1.
    UnitNorm {
        /// The axes that a norm runs over.
        axis: &'static [isize],
    },
    /// Norms between two bounds, or on the way there.
    MinMaxNorm {
        /// The least norm.
        min_value: f32,
        /// The largest norm.
        max_value: f32,
        /// Which part of the way an update takes, 0 to 1.
        rate: f32,
        /// The axes that a norm runs over.
        axis: &'static [isize],
    },
    /// One's own: changes an array of a shape.
    Custom(fn(&mut [f32], &[usize])),
}

/// Keras's `epsilon`.
const EPSILON: f32 = 1e-7;

impl Constraint {
    /// Projects the array `w` of this shape.
    pub fn apply(&self, w: &mut [f32], shape: &[usize], pool: &Pool) {
        match *self {
            Constraint::NonNeg => pool.for_each_chunk(w, GRAIN, |_, w| not_negative(w)),
            Constraint::UnitNorm { axis } => {
                scale_by_norm(w, shape, axis, |norm| 1.0 / (EPSILON + norm));
            }
            Constraint::MaxNorm { max_value, axis } => {
                let factor = |norm: f32| norm.min(max_value) / (EPSILON + norm);
                scale_by_norm(w, shape, axis, factor);
            }
            Constraint::MinMaxNorm {
                min_value,
                max_value,
                rate,
                axis,
            } => {
                let factor = |norm: f32| {
                    let clipped = norm.max(min_value).min(max_value);
                    (rate * clipped + (1.0 - rate) * norm) / (EPSILON + norm)
                };
                scale_by_norm(w, shape, axis, factor);
            }
            Constraint::Custom(change) => change(w, shape),
        }
    }

    const fn axis(&self) -> &'static [isize] {
        match *self {
            Constraint::MaxNorm { axis, .. }
            | Constraint::UnitNorm { axis }
            | Constraint::MinMaxNorm { axis, .. } => axis,
            _ => &[],
        }
    }

    /// What is wrong with an argument, if anything.
    ///
    /// ```
    /// use kseq_core::constraints::Constraint;
    /// const WRONG: Constraint = Constraint::MaxNorm { max_value: -1.0, axis: &[0] };
    /// let why = WRONG.check().unwrap();
    /// assert_eq!(why.as_str(), "max_value must be finite and not negative, found -1.0");
    /// assert!(Constraint::NonNeg.check().is_none());
    /// ```
    #[must_use]
    pub const fn check(&self) -> Option<Text> {
        let (min, max, rate) = match *self {
            Constraint::MaxNorm { max_value, .. } => (0.0, max_value, 1.0),
            Constraint::MinMaxNorm {
                min_value,
                max_value,
                rate,
                ..
            } => (min_value, max_value, rate),
            _ => return None,
        };
        let (name, value) = if min.is_finite() && min >= 0.0 {
            ("max_value", max)
        } else {
            ("min_value", min)
        };
        if !(value.is_finite() && value >= 0.0) {
            let what = Text::new().str(name);
            let what = what.str(" must be finite and not negative, found ");
            return Some(what.float(value));
        }
        if max < min {
            let what = Text::new().str("max_value ").float(max);
            return Some(what.str(" is less than min_value ").float(min));
        }
        if !(rate >= 0.0 && rate <= 1.0) {
            let what = Text::new().str("rate must be between 0 and 1, found ");
            return Some(what.float(rate));
        }
        None
    }
}

/// Refuses a constraint whose axes the array `name` of a layer does not have.
#[doc(hidden)]
#[must_use]
pub const fn rule(constraint: &Constraint, specs: &[ParamSpec], name: &str) -> Option<Refusal> {
    let Some(shape) = ArrayAt::shape_in(specs, name) else {
        return None;
    };
    let axes = constraint.axis();
    let mut seen = [false; 4];
    let mut i = 0;
    while i < axes.len() {
        let Some(axis) = resolved(axes[i], shape.rank()) else {
            let what = Text::new().str("axis ").text(&signed(axes[i]));
            let what = what.str(" is out of range for the ").str(name).str(" ");
            let what = what.text(&shape.text());
            return Some(Refusal::new(what, range(shape).as_str()));
        };
        if seen[axis] {
            let what = Text::new().str("axis ").text(&signed(axes[i]));
            let what = what.str(" is given twice");
            return Some(Refusal::new(what, "name each axis once"));
        }
        seen[axis] = true;
        i += 1;
    }
    None
}

/// The axes that an array has.
const fn range(shape: Shape) -> Text {
    let t = Text::new().str("its axes are 0 to ").num(shape.rank() - 1);
    t.str(", or -").num(shape.rank()).str(" to -1 from the end")
}

const fn signed(n: isize) -> Text {
    let sign = if n < 0 { "-" } else { "" };
    Text::new().str(sign).num(n.unsigned_abs())
}

/// An axis from 0, of those that an array has.
const fn resolved(axis: isize, rank: usize) -> Option<usize> {
    let at = if axis < 0 { axis + rank as isize } else { axis };
    if at >= 0 && at < rank as isize && at < 4 {
        Some(at as usize)
    } else {
        None
    }
}

/// A constraint of one array of a model.
#[derive(Clone, Copy, Debug)]
pub struct Constrained {
    at: ArrayAt,
    constraint: Constraint,
}

impl Constrained {
    /// The array `name` of layer `layer` (from 0).
    #[must_use]
    pub const fn new(
        layers: &[LayerInfo],
        layer: usize,
        name: &'static str,
        constraint: Constraint,
    ) -> Self {
        Constrained {
            at: ArrayAt::find(layers, layer, name),
            constraint,
        }
    }

    /// Where the array lies.
    #[must_use]
    pub const fn at(&self) -> ArrayAt {
        self.at
    }
}

/// Projects the constrained arrays of a model, except for frozen layers.
pub fn constrain(all: &[Constrained], params: &mut [f32], cx: &Ctx<'_>) {
    for Constrained { at, constraint } in all {
        if let (true, Some(w)) = (cx.trains_layer(at.layer), params.get_mut(at.range())) {
            constraint.apply(w, Dims::of(at.shape).get(), cx.pool);
        }
    }
}

simd_fn! {
    fn not_negative(w: &mut [f32]) {
        for w in w {
            *w = w.max(0.0);
        }
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
fn scale_by_norm(w: &mut [f32], shape: &[usize], axis: &[isize], factor: impl Fn(f32) -> f32) {
    let rank = shape.len();
    let (Some((&width, outer)), Some(last)) = (shape.split_last(), rank.checked_sub(1)) else {
        return;
    };
    if shape.iter().product::<usize>() != w.len() {
        return;
    }
    let summed = |at: usize| axis.iter().any(|axis| resolved(*axis, rank) == Some(at));
    let (mut kept, mut sums) = (Steps::default(), Steps::default());
    let mut stride = width;
    for (at, len) in outer.iter().enumerate().rev() {
        let steps = if summed(at) { &mut sums } else { &mut kept };
        steps.push(*len, stride);
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
struct Steps {
    axes: [(usize, usize); 4],
    count: usize,
}

impl Steps {
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
        for d in 0..d {
            for c in 0..c {
                for b in 0..b {
                    for a in 0..a {
                        f(a * sa + b * sb + c * sc + d * sd);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXES: [&[isize]; 7] = [&[0], &[1], &[-1], &[0, 1], &[0, 2], &[0, 1, 2], &[3, 1]];

    /// The element's norm over the axes, by its definition.
    fn norm(w: &[f32], shape: [usize; 4], axis: &[isize], of: usize) -> f32 {
        let place = |mut at: usize| {
            let mut place = [0; 4];
            for (p, len) in place.iter_mut().zip(shape).rev() {
                (*p, at) = (at % len, at / len);
            }
            place
        };
        let own = place(of);
        let mut sum = 0.0;
        for (i, w) in w.iter().enumerate() {
            let other = place(i);
            let same = (0..4).all(|a| axis.contains(&(a as isize)) || own[a] == other[a]);
            sum += if same { w * w } else { 0.0 };
        }
        libm::sqrtf(sum)
    }

    #[test]
    fn norms_run_over_the_axes() {
        let shape = [2, 3, 2, 70];
        let mut before = [0.0; 2 * 3 * 2 * 70];
        for (i, w) in before.iter_mut().enumerate() {
            *w = ((i * 7919) % 101) as f32 / 50.0 - 1.0;
        }
        for axis in AXES {
            let mut after = before;
            Constraint::UnitNorm { axis }.apply(&mut after, &shape, &Pool::Serial);
            let mut positive = [0; 4];
            for (to, from) in positive.iter_mut().zip(axis) {
                *to = if *from < 0 { from + 4 } else { *from };
            }
            let positive = &positive[..axis.len()];
            for i in (0..before.len()).step_by(13) {
                let expected = before[i] / norm(&before, shape, positive, i);
                assert!((after[i] - expected).abs() < 1e-5, "{axis:?} [{i}]");
            }
        }
    }

    #[test]
    fn norms_come_between_their_bounds() {
        // Columns of norms 5, 1.5 and 0.
        let before = [3.0, 0.0, 0.0, -4.0, 1.5, 0.0];
        let after = |constraint: Constraint| {
            let mut w = before;
            constraint.apply(&mut w, &[2, 3], &Pool::Serial);
            w
        };
        let near = |a: [f32; 6], b: [f32; 6]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
        let axis: &[isize] = &[0];
        let max = Constraint::MaxNorm {
            max_value: 2.0,
            axis,
        };
        assert!(near(after(max), [1.2, 0.0, 0.0, -1.6, 1.5, 0.0]));
        let (min_value, max_value) = (2.0, 4.0);
        let min_max = |rate| {
            after(Constraint::MinMaxNorm {
                min_value,
                max_value,
                rate,
                axis,
            })
        };
        assert!(near(min_max(1.0), [2.4, 0.0, 0.0, -3.2, 2.0, 0.0]));
        assert!(near(min_max(0.5), [2.7, 0.0, 0.0, -3.6, 1.75, 0.0]));
        assert_eq!(after(Constraint::NonNeg), [3.0, 0.0, 0.0, 0.0, 1.5, 0.0]);
    }

    #[test]
    fn rules_name_the_axis_and_the_array() {
        let specs = [ParamSpec {
            name: "kernel",
            shape: Shape::new(&[5, 4]),
        }];
        let refused = |axis: &'static [isize], name| {
            let constraint = Constraint::UnitNorm { axis };
            rule(&constraint, &specs, name).map(|refusal| refusal.what)
        };
        assert!(refused(&[0, -1], "kernel").is_none());
        assert!(refused(&[2], "bias").is_none());
        let out_of_range = refused(&[-3], "kernel").expect("has two axes");
        let text = "axis -3 is out of range for the kernel (5, 4)";
        assert_eq!(out_of_range.as_str(), text);
        let twice = refused(&[1, -1], "kernel").expect("the same axis");
        assert_eq!(twice.as_str(), "axis -1 is given twice");
    }

    #[test]
    fn arguments_in_their_ranges() {
        let axis: &[isize] = &[0];
        let wrong = |min_value, max_value, rate| {
            let constraint = Constraint::MinMaxNorm {
                min_value,
                max_value,
                rate,
                axis,
            };
            constraint.check().is_some()
        };
        assert!(!wrong(0.0, 1.0, 0.5));
        assert!(wrong(-1.0, 1.0, 0.5) && wrong(2.0, 1.0, 0.5) && wrong(0.0, 1.0, 1.5));
        assert!(wrong(0.0, f32::NAN, 0.5) && wrong(0.0, 1.0, f32::NAN));
    }
}
