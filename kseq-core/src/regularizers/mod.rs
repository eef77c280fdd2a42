//! Regularizers: penalties on a layer's arrays or on its output, which are added to the loss.
//!
//! | Keras | penalty on the array w |
//! | --- | --- |
//! | `L1(l1)` | `l1 * sum(abs(w))` |
//! | `L2(l2)` | `l2 * sum(square(w))` |
//! | `L1L2(l1, l2)` | both |
//! | `OrthogonalRegularizer(factor, mode)` | `factor *` the mean of `abs(cos)` over all pairs of rows, or of columns |
//!
//! A penalty on a layer's output (`activity_regularizer`, `ActivityRegularization`) is divided by the
//! number of samples of the batch. As in Keras 3.15 the reported loss contains the penalties, in `fit`
//! and in `evaluate`.

mod orthogonal;
#[cfg(test)]
mod tests;

use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::{sum_of_abs, sum_of_squares};
use crate::layer::Ctx;
use crate::model::{ArrayAt, LayerInfo};
use crate::params::ParamSpec;
use crate::pool::GRAIN;
use crate::pool::Pool;
use crate::shape::{Refusal, Shape};
use crate::text::Text;

/// A penalty on an array.
///
/// ```
/// use kseq_core::pool::Pool;
/// use kseq_core::regularizers::Regularizer;
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
/// use kseq_core::regularizers::Regularizer;
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

/// Which vectors of a matrix `OrthogonalRegularizer` makes orthogonal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Its rows.
    Rows,
    /// Its columns.
    Columns,
}

/// The axes of an array, with room for a batch axis.
pub(crate) struct Dims {
    dims: [usize; 5],
    rank: usize,
}

impl Dims {
    /// Of one array.
    pub(crate) const fn of(shape: Shape) -> Self {
        let mut dims = [0; 5];
        let mut axis = 0;
        while axis < shape.rank() && axis < 4 {
            dims[axis] = shape.dim(axis);
            axis += 1;
        }
        Dims { dims, rank: axis }
    }

    /// Of so many of them.
    pub(crate) const fn batched(batch: usize, shape: Shape) -> Self {
        let Dims { dims, rank } = Dims::of(shape);
        let [a, b, c, d, _] = dims;
        Dims {
            dims: [batch, a, b, c, d],
            rank: rank + 1,
        }
    }

    pub(crate) fn get(&self) -> &[usize] {
        self.dims.get(..self.rank).unwrap_or_default()
    }
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
                factor * orthogonal::Vectors::of(w, shape, mode).mean_cosine(pool)
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
                let vectors = orthogonal::Vectors::of(w, shape, mode);
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

    /// What is wrong with an argument, if anything.
    ///
    /// ```
    /// use kseq_core::regularizers::Regularizer;
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

/// A penalty on one array of a model.
#[derive(Clone, Copy, Debug)]
pub struct Penalty {
    at: ArrayAt,
    regularizer: Regularizer,
}

impl Penalty {
    /// On the array `name` of layer `layer` (from 0).
    #[must_use]
    pub const fn new(
        layers: &[LayerInfo],
        layer: usize,
        name: &'static str,
        regularizer: Regularizer,
    ) -> Self {
        Penalty {
            at: ArrayAt::find(layers, layer, name),
            regularizer,
        }
    }

    /// Where the array lies.
    #[must_use]
    pub const fn at(&self) -> ArrayAt {
        self.at
    }

    /// Its value.
    #[must_use]
    pub fn value(&self, params: &[f32], pool: &Pool) -> f32 {
        let dims = Dims::of(self.at.shape);
        let w = params.get(self.at.range()).unwrap_or_default();
        self.regularizer.penalty(w, dims.get(), pool)
    }

    /// Adds its gradient.
    fn add_gradient(&self, params: &[f32], gradients: &mut [f32], pool: &Pool) {
        let dims = Dims::of(self.at.shape);
        let range = self.at.range();
        if let (Some(w), Some(g)) = (params.get(range.clone()), gradients.get_mut(range)) {
            self.regularizer.add_gradient(w, dims.get(), 1.0, g, pool);
        }
    }
}

/// The sum of a model's penalties on its parameters; as in Keras, frozen layers have none.
#[must_use]
pub fn penalties(all: &[Penalty], params: &[f32], cx: &Ctx<'_>) -> f32 {
    let all = all.iter().filter(|one| cx.trains_layer(one.at.layer));
    all.map(|one| one.value(params, cx.pool)).sum()
}

/// Adds the gradients of a model's penalties on its parameters, except for frozen layers.
pub fn add_gradients(all: &[Penalty], params: &[f32], gradients: &mut [f32], cx: &Ctx<'_>) {
    for one in all.iter().filter(|one| cx.trains_layer(one.at.layer)) {
        one.add_gradient(params, gradients, cx.pool);
    }
}

/// So many parts has a sum at most; they are added in order, whatever the number of threads.
const PARTS: usize = 64;

/// The sum of `f(first, end)` over `0..n` in parts of at least `grain`.
fn in_parts(n: usize, grain: usize, f: impl Fn(usize, usize) -> f32 + Sync, pool: &Pool) -> f32 {
    let each = n.div_ceil(PARTS).max(grain).max(1);
    let mut parts = [0.0; PARTS];
    let count = n.div_ceil(each);
    let used = parts.get_mut(..count).unwrap_or_default();
    pool.for_each_chunk(used, 1, |i, part| {
        for part in part {
            *part = f(i * each, n.min((i + 1) * each));
        }
    });
    used.iter().sum()
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
