//! Crossentropy between classes, targets given as class numbers.

use super::categorical_crossentropy::clip;
use super::softmax_crossentropy::{self as softmax, Indices};
use super::{Loss, SeveralUnits, Weights};
use crate::activations::Act;
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// Outputs over classes, and their targets by class number: `u32` for `[f32; N]`, `[u32; T]` for
/// `[[f32; N]; T]`; the last axis is gone.
///
/// ```
/// use kseq_core::losses::Classes;
/// let one_for_each_step: <[[f32; 10]; 3] as Classes>::Target = [9u32, 0, 4];
/// # let _ = one_for_each_step;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not outputs over classes",
    note = "class numbers are targets of outputs such as `[f32; 10]` or `[[f32; 10]; 80]`"
)]
pub trait Classes: Tensor<Elem = f32> {
    /// One class number for each row.
    type Target: Tensor<Elem = u32>;
}

impl<const N: usize> Classes for [f32; N] {
    type Target = u32;
}

impl<T: Classes, const A: usize> Classes for [T; A] {
    type Target = [T::Target; A];
}

/// Crossentropy of class probabilities p over the last axis against class numbers t:
/// `loss = -ln(p_t)`, the mean over rows and samples.
///
/// # Targets
/// Class numbers from 0, see [`Classes`]. One beyond the output is refused by
/// [`Loss::check`]; if it comes this far, its row counts as loss 0.
///
/// # Numbers
/// After a softmax value and gradient start from the softmax's input, as Keras does: the gradient is
/// `(p - [c = t]) / n`, and nothing is clipped. Without one, p is clipped to `1e-7 ..= 1 - 1e-7` and
/// then divided by its sum, with the exact gradient of that (Keras 3.15,
/// `sparse_categorical_crossentropy` of the TensorFlow backend; note that
/// [`CategoricalCrossentropy`](super::CategoricalCrossentropy) divides first).
///
/// ```
/// use kseq_core::losses::{Loss, SparseCategoricalCrossentropy};
/// let loss = SparseCategoricalCrossentropy::new();
/// let out = [[0.25, 0.25, 0.5]];
/// let mut grad = out;
/// assert!((loss.loss(&out, &[2], None, &mut grad) - 2f32.ln()).abs() < 1e-6);
///
/// let refused = Loss::<[f32; 3]>::check(&loss, &3).unwrap();
/// assert_eq!(refused.as_str(), "class 3, but the model has 3 outputs: classes are 0 to 2");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SparseCategoricalCrossentropy {
    from_logits: bool,
}

impl SparseCategoricalCrossentropy {
    /// With Keras's default: `from_logits = false`.
    #[must_use]
    pub const fn new() -> Self {
        SparseCategoricalCrossentropy { from_logits: false }
    }

    /// Whether a model that does not end with softmax gives the input of one. (After a softmax its
    /// input is used in any case.)
    #[must_use]
    pub const fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }
}

impl<Out: Classes> Loss<Out> for SparseCategoricalCrossentropy {
    type Target = Out::Target;
    type Units = SeveralUnits;
    const NAME: &'static str = "sparse_categorical_crossentropy";
    const FUSES: Option<Act> = Some(Act::Softmax);

    fn loss(
        &self,
        out: &[Out],
        y: &[Out::Target],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32 {
        let weights = Weights::new(out, weight);
        let t = Indices {
            y: Out::Target::flat(y),
        };
        let (out, grad) = (Out::flat(out), Out::flat_mut(grad));
        weights.mean(if self.from_logits {
            softmax::from_logits(out, &t, weights, grad, Out::SHAPE.last())
        } else {
            from_probabilities(out, &t, weights, grad, Out::SHAPE.last())
        })
    }

    fn fused(
        &self,
        out: &mut [Out],
        y: &[Out::Target],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32 {
        let weights = Weights::new(out, weight);
        let t = Indices {
            y: Out::Target::flat(y),
        };
        let (out, grad) = (Out::flat_mut(out), Out::flat_mut(grad));
        weights.mean(softmax::fused(out, &t, weights, grad, Out::SHAPE.last()))
    }

    fn check(&self, y: &Out::Target) -> Option<Note> {
        let width = Out::SHAPE.last();
        let classes = Out::Target::flat(core::slice::from_ref(y));
        let wrong = *classes.iter().find(|c| **c as usize >= width)?;
        let text = Note::new().str("class ").num(wrong as usize);
        let text = text.str(", but the model has ").num(width);
        let text = text.str(" outputs: classes are 0 to ");
        Some(text.num(width.saturating_sub(1)))
    }
}

simd_fn! {
    /// The weighted sum of the rows' losses, and the gradient of the mean.
    fn from_probabilities(
        out: &[f32],
        targets: &Indices<'_>,
        weights: Weights<'_>,
        grad: &mut [f32],
        width: usize,
    ) -> f64 {
        let width = width.max(1);
        let scale = 1.0 / weights.rows.max(1) as f32;
        let mut total_loss = 0.0;
        let rows = out.chunks_exact(width).zip(grad.chunks_exact_mut(width));
        for (row, (out, grad)) in rows.enumerate() {
            let class = targets.class(row);
            let Some(&p) = out.get(class) else {
                grad.fill(0.0);
                continue;
            };
            // q = clip(p); loss = ln(sum(q)) - ln(q_t).
            let sum = out.iter().fold(0.0, |sum, p| sum + clip(*p));
            let weight = weights.of(row);
            let loss = math::ln(sum) - math::ln(clip(p));
            total_loss += f64::from(weight) * f64::from(loss);
            let factor = weight * scale;
            for (grad, p) in grad.iter_mut().zip(out) {
                *grad = if clip(*p) == *p { factor / sum } else { 0.0 };
            }
            if let Some(grad) = grad.get_mut(class).filter(|_| clip(p) == p) {
                *grad -= factor / p;
            }
        }
        total_loss
    }
}
