//! Crossentropy between classes, targets given as distributions (one-hot).

use super::softmax_crossentropy::{self as softmax, Distribution};
use super::{EPSILON, Loss, SeveralUnits, Weights};
use crate::activations::{Act, softmax::dot, softmax::sum};
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// Crossentropy of class probabilities p against targets t over the last axis:
/// `loss = -sum_c t_c ln(p_c)`, the mean over rows and samples.
///
/// # Targets
/// The type of the output: one-hot, or any distribution over the classes. For class numbers see
/// [`SparseCategoricalCrossentropy`](super::SparseCategoricalCrossentropy).
///
/// # Numbers
/// After a softmax (the usual case) value and gradient start from the softmax's input, as Keras does:
/// the gradient is `(p sum_c t_c - t) / n`, and nothing is clipped. Without one, p is divided by its sum
/// q and clipped to `1e-7 ..= 1 - 1e-7`, with the exact gradient of that (Keras 3.15,
/// `categorical_crossentropy` of the TensorFlow backend). A row of zeros gives NaN, as in Keras.
///
/// ```
/// use kseq_core::losses::{CategoricalCrossentropy, Loss};
/// let (out, y) = ([[0.25, 0.25, 0.5], [0.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]; 2]);
/// let mut grad = out;
/// let loss = CategoricalCrossentropy::new().loss(&out, &y, None, &mut grad);
/// assert!((loss - 0.5 * 2f32.ln()).abs() < 1e-6);
///
/// // From the input of the softmax: ln(2), and (p - t) / n.
/// let mut out = [[0.0, 0.0]];
/// let mut grad = out;
/// let loss = CategoricalCrossentropy::new().fused(&mut out, &[[1.0, 0.0]], None, &mut grad);
/// assert!((loss - 2f32.ln()).abs() < 1e-6);
/// assert_eq!((out, grad), ([[0.5, 0.5]], [[-0.5, 0.5]]));
/// ```
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct CategoricalCrossentropy {
    from_logits: bool,
    label_smoothing: f32,
}

impl CategoricalCrossentropy {
    /// With Keras's defaults: `from_logits = false`, `label_smoothing = 0`.
    #[must_use]
    pub const fn new() -> Self {
        CategoricalCrossentropy {
            from_logits: false,
            label_smoothing: 0.0,
        }
    }

    /// Whether a model that does not end with softmax gives the input of one. (After a softmax its
    /// input is used in any case.)
    #[must_use]
    pub const fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }

    /// Targets become `t (1 - s) + s / classes`; s in `0 ..= 1`.
    ///
    /// Szegedy et al.: "Rethinking the Inception architecture for computer vision" (2016).
    #[must_use]
    pub const fn label_smoothing(mut self, s: f32) -> Self {
        self.label_smoothing = s;
        self
    }

    fn targets<'a, Out: Tensor<Elem = f32>>(&self, y: &'a [Out]) -> Distribution<'a> {
        Distribution {
            y: Out::flat(y),
            width: Out::SHAPE.last(),
            smoothing: self.label_smoothing,
        }
    }
}

impl<Out: Tensor<Elem = f32>> Loss<Out> for CategoricalCrossentropy {
    type Target = Out;
    type Units = SeveralUnits;
    const NAME: &'static str = "categorical_crossentropy";
    const FUSES: Option<Act> = Some(Act::Softmax);

    fn check_arguments(&self) -> Option<Note> {
        super::smoothing(self.label_smoothing)
    }

    fn loss(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let (weights, t) = (Weights::new(out, weight), self.targets(y));
        let (out, grad) = (Out::flat(out), Out::flat_mut(grad));
        weights.mean(if self.from_logits {
            softmax::from_logits(out, &t, weights, grad, Out::SHAPE.last())
        } else {
            from_probabilities(out, &t, weights, grad)
        })
    }

    fn fused(&self, out: &mut [Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let (weights, t) = (Weights::new(out, weight), self.targets(y));
        let (out, grad) = (Out::flat_mut(out), Out::flat_mut(grad));
        weights.mean(softmax::fused(out, &t, weights, grad, Out::SHAPE.last()))
    }
}

simd_fn! {
    /// The weighted sum of the rows' losses, and the gradient of the mean.
    fn from_probabilities(
        out: &[f32],
        targets: &Distribution<'_>,
        weights: Weights<'_>,
        grad: &mut [f32],
    ) -> f64 {
        let width = targets.width.max(1);
        let (smooth, offset) = (1.0 - targets.smoothing, targets.smoothing / width as f32);
        let scale = 1.0 / weights.rows.max(1) as f32;
        let mut total_loss = 0.0;
        let rows = out.chunks_exact(width).zip(grad.chunks_exact_mut(width));
        for (row, (out, grad)) in rows.enumerate() {
            // q = p / sum(p); loss = -sum t ln(clip(q)).
            let normalise = 1.0 / sum(out);
            let mut loss = 0.0;
            for ((grad, out), t) in grad.iter_mut().zip(out).zip(targets.row(row)) {
                let t = t * smooth + offset;
                let q = out * normalise;
                let clipped = clip(q);
                loss -= t * math::ln(clipped);
                *grad = if clipped == q { -t / clipped } else { 0.0 };
            }
            // dp = (dq - sum(dq q)) / sum(p)
            let mean = dot(grad, out) * normalise;
            let weight = weights.of(row);
            let factor = normalise * weight * scale;
            for grad in grad.iter_mut() {
                *grad = (*grad - mean) * factor;
            }
            total_loss += f64::from(weight) * f64::from(loss);
        }
        total_loss
    }
}

/// Into `EPSILON ..= 1 - EPSILON`; NaN stays.
#[inline(always)]
pub(super) fn clip(p: f32) -> f32 {
    let p = if p < EPSILON { EPSILON } else { p };
    if p > 1.0 - EPSILON { 1.0 - EPSILON } else { p }
}
