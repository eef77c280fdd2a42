//! The penalties themselves, their gradients, and what they refuse.

use super::orthogonal::{Mode, Vectors};
use super::parts::in_parts;
use crate::base::dims::Dims;
use crate::base::layer_info::ArrayAt;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::{sum_of_abs, sum_of_squares};
use crate::params::ParamSpec;
use crate::pool::{GRAIN, Pool};
use crate::shape::{Refusal, Shape};
use crate::text::Text;

/// A penalty on an array.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::pool::Pool;
/// use kseq::regularizers::Regularizer;
/// let l2 = Regularizer::L2 { l2: 0.01 };
/// let w = [1.0, -2.0, 3.0];
/// assert!((l2.penalty(&w, &[3], &Pool::Serial) - 0.14).abs() < 1e-6);
///
/// let mut gradient = [0.0; 3];
/// l2.add_gradient(&w, &[3], 1.0, &mut gradient, &Pool::Serial);
/// assert_eq!(gradient, [0.02, -0.04, 0.06]);
/// ```
///
/// One's own is a constant, named in the layer list by its path:
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::regularizers::Regularizer;
///
/// /// The sum of the fourth powers.
/// const FOURTH: Regularizer = Regularizer::Custom {
///     penalty: |w, _shape| w.iter().map(|w| w.powi(4)).sum(),
///     gradient: |w, _shape, factor, gradient| {
///         for (g, w) in gradient.iter_mut().zip(w) {
///             *g += factor * 4.0 * w.powi(3);
///         }
///     },
/// };
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Regularizer {
    /// `l1 * sum(abs(w))`; the derivative at 0 is 0.
    L1 {
        /// The factor.
        l1: f32,
    },
    /// `l2 * sum(square(w))`
    L2 {
        /// The factor.
        l2: f32,
    },
    /// `l1 * sum(abs(w)) + l2 * sum(square(w))`
    L1L2 {
        /// The factor of the absolute values.
        l1: f32,
        /// The factor of the squares.
        l2: f32,
    },
    /// `factor * mean(abs(r_i . r_j))` over all pairs i < j of the rows (or columns) r of a matrix, each
    /// divided by its norm; 0 if there is one only.
    OrthogonalRegularizer {
        /// The factor.
        factor: f32,
        /// Of what.
        mode: Mode,
    },
    /// One's own.
    Custom {
        /// The penalty on an array of a shape. That of an output begins with the batch axis.
        penalty: fn(&[f32], &[usize]) -> f32,
        /// Adds `factor` times the gradient of the penalty to the last argument: (array, shape, factor,
        /// gradient).
        gradient: fn(&[f32], &[usize], f32, &mut [f32]),
    },
}

impl Regularizer {
    /// `"l1_l2"`: 0.01 and 0.01, as Keras documents it.
    pub const L1_L2: Self = Regularizer::L1L2 { l1: 0.01, l2: 0.01 };

    /// The penalty on the array `w` of this shape.
    #[must_use]
    pub fn penalty(&self, w: &[f32], shape: &[usize], pool: &Pool) -> f32 {
        match *self {
            Regularizer::L1 { l1 } => l1 * sum(w, sum_of_abs, pool),
            Regularizer::L2 { l2 } => l2 * sum(w, sum_of_squares, pool),
            Regularizer::L1L2 { l1, l2 } => {
                l1 * sum(w, sum_of_abs, pool) + l2 * sum(w, sum_of_squares, pool)
            }
            Regularizer::OrthogonalRegularizer { factor, mode } => {
                factor * Vectors::of(w, shape, mode).mean_cosine(pool)
            }
            Regularizer::Custom { penalty, .. } => penalty(w, shape),
        }
    }

    /// Adds `factor` times the gradient of [`penalty`](Self::penalty) to `gradient`.
    pub fn add_gradient(
        &self,
        w: &[f32],
        shape: &[usize],
        factor: f32,
        gradient: &mut [f32],
        pool: &Pool,
    ) {
        let (l1, l2) = match *self {
            Regularizer::L1 { l1 } => (l1, 0.0),
            Regularizer::L2 { l2 } => (0.0, l2),
            Regularizer::L1L2 { l1, l2 } => (l1, l2),
            Regularizer::OrthogonalRegularizer { factor: own, mode } => {
                let vectors = Vectors::of(w, shape, mode);
                return vectors.add_gradient(factor * own, gradient, pool);
            }
            Regularizer::Custom { gradient: own, .. } => return own(w, shape, factor, gradient),
        };
        let (l1, l2) = (factor * l1, factor * 2.0 * l2);
        pool.for_each_chunk(gradient, GRAIN, |i, gradient| {
            let w = w.get(i * GRAIN..).unwrap_or_default();
            add_l1_l2(w, gradient, l1, l2);
        });
    }

    /// The penalty on a batch of outputs, divided by its size.
    pub(crate) fn penalty_on_outputs(&self, y: &[f32], shape: Shape, pool: &Pool) -> f32 {
        let batch = y.len() / shape.len().unwrap_or(0).max(1);
        let dims = Dims::batched(batch, shape);
        self.penalty(y, dims.get(), pool) / batch.max(1) as f32
    }

    /// What is wrong with an argument, if anything.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::regularizers::Regularizer;
    /// const WRONG: Regularizer = Regularizer::L2 { l2: -0.1 };
    /// let why = WRONG.check().unwrap();
    /// assert_eq!(why.as_str(), "l2 must be finite and not negative, found -0.1");
    /// assert!(Regularizer::L1_L2.check().is_none());
    /// ```
    #[must_use]
    pub const fn check(&self) -> Option<Text> {
        let all = match *self {
            Regularizer::L1 { l1 } => [("l1", l1), ("", 0.0)],
            Regularizer::L2 { l2 } => [("l2", l2), ("", 0.0)],
            Regularizer::L1L2 { l1, l2 } => [("l1", l1), ("l2", l2)],
            Regularizer::OrthogonalRegularizer { factor, .. } => [("factor", factor), ("", 0.0)],
            Regularizer::Custom { .. } => return None,
        };
        let mut i = 0;
        while i < all.len() {
            let (name, value) = all[i];
            if !(value.is_finite() && value >= 0.0) {
                let what = Text::new()
                    .str(name)
                    .str(" must be finite and not negative, found ");
                return Some(what.float(value));
            }
            i += 1;
        }
        None
    }

    /// Why this regularizer does not fit an array of `rank` axes, named by `what` and its shape.
    const fn refuses(&self, rank: usize, what: Text) -> Option<Refusal> {
        match self {
            Regularizer::OrthogonalRegularizer { .. } if rank != 2 => {
                let what = Text::new()
                    .str("OrthogonalRegularizer expects a matrix, found ")
                    .text(&what);
                Some(Refusal::new(
                    what,
                    "take L2(0.01), or a regularizer of your own",
                ))
            }
            _ => None,
        }
    }
}

/// Refuses a regularizer that does not fit the array `name` of a layer.
#[doc(hidden)]
#[must_use]
pub const fn rule(regularizer: &Regularizer, specs: &[ParamSpec], name: &str) -> Option<Refusal> {
    match ArrayAt::shape_in(specs, name) {
        Some(shape) => {
            let what = Text::new()
                .str("the ")
                .str(name)
                .str(" ")
                .text(&shape.text());
            regularizer.refuses(shape.rank(), what)
        }
        // The layer has no such array (`use_bias = false`): nothing is penalised.
        None => None,
    }
}

/// Refuses a regularizer that does not fit outputs of this shape.
#[doc(hidden)]
#[must_use]
pub const fn activity_rule(regularizer: &Regularizer, output: Shape) -> Option<Refusal> {
    let what = Text::new().str("a batch of outputs ").text(&output.text());
    regularizer.refuses(output.rank() + 1, what)
}

fn sum(w: &[f32], f: fn(&[f32]) -> f32, pool: &Pool) -> f32 {
    let part = |first, end| f(w.get(first..end).unwrap_or_default());
    in_parts(w.len(), GRAIN, part, pool)
}

simd_fn! {
    fn add_l1_l2(w: &[f32], gradient: &mut [f32], l1: f32, two_l2: f32) {
        for (g, w) in gradient.iter_mut().zip(w) {
            let sign = if *w > 0.0 { l1 } else if *w < 0.0 { -l1 } else { 0.0 };
            *g += sign + two_l2 * w;
        }
    }
}
