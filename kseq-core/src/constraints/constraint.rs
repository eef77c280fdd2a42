//! The projections themselves, and what they refuse.

use super::norms::{resolved, scale_by_norm};
use crate::base::layer_info::ArrayAt;
use crate::kernels::dispatch::simd_fn;
use crate::params::ParamSpec;
use crate::pool::{GRAIN, Pool};
use crate::shape::{MAX_AXES, Refusal, Shape};
use crate::text::Text;

/// A constraint of an array.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::constraints::Constraint;
/// use kseq::pool::Pool;
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
/// # use kseq_core as kseq;
/// use kseq::constraints::Constraint;
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
    /// # use kseq_core as kseq;
    /// use kseq::constraints::Constraint;
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
    let mut seen = [false; MAX_AXES];
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

simd_fn! {
    fn not_negative(w: &mut [f32]) {
        for w in w {
            // NaN stays, unlike with `max`.
            *w = if *w < 0.0 { 0.0 } else { *w };
        }
    }
}
