//! Losses that are a function of each element: its mean (or sum) over a row is the row's loss.

use super::weights::{Reduction, Weights, reduced, scale, wide};
use crate::kernels::dispatch::{DEVICE, Wide, simd_fn};
use crate::tensor::Tensor;

/// Lanes of a sum: fixed, so that the result does not depend on the instruction set.
const LANES: usize = 16;
/// Elements whose `f32` sum is added to the `Wide` total at once.
const BLOCK: usize = 1024;

/// The loss of one element.
pub(super) trait Elementwise {
    /// Whether a row's loss is the sum over its elements, not their mean.
    const SUM: bool = false;
    /// The loss of output `o` for target `t`, and its derivative by `o`.
    fn element(&self, o: f32, t: f32) -> (f32, f32);
}

/// The loops over [`Elementwise::element`], which [`compiled`] compiles with this crate: a debug build optimises it, not
/// what is generic over a user's type.
pub(super) trait Loops: Elementwise {
    /// The weighted sum of the losses; `grad`, which may be empty, gets the derivatives times weight and `scale`.
    fn terms(
        &self,
        out: &[f32],
        y: &[f32],
        weights: Weights<'_>,
        span: usize,
        grad: &mut [f32],
        scale: f32,
    ) -> Wide;
}

/// [`Loops`] of a type that is [`Elementwise`].
macro_rules! compiled {
    ($element:ty) => {
        impl $crate::losses::elementwise::Loops for $element {
            #[inline(never)]
            fn terms(
                &self,
                out: &[f32],
                y: &[f32],
                weights: $crate::losses::Weights<'_>,
                span: usize,
                grad: &mut [f32],
                scale: f32,
            ) -> $crate::kernels::dispatch::Wide {
                $crate::losses::elementwise::terms(self, out, y, weights, span, grad, scale)
            }
        }
    };
}
pub(super) use compiled;

/// The width by which a row's sum is divided.
fn width<Out: Tensor, L: Elementwise>() -> Wide {
    if L::SUM {
        1.0
    } else {
        Out::SHAPE.last().max(1) as Wide
    }
}

/// The reduced loss of all elements, and its gradient.
pub(super) fn loss<Out: Tensor<Elem = f32>, L: Loops>(
    loss: &L,
    reduction: Reduction,
    out: &[Out],
    y: &[Out],
    weight: Option<&[f32]>,
    grad: &mut [Out],
) -> f32 {
    let weights = Weights::new(out, weight);
    let divisor = weights.divisor(reduction) * width::<Out, L>();
    let (out, y, grad) = (Out::flat(out), Out::flat(y), Out::flat_mut(grad));
    let span = span::<Out>(&weights);
    reduced(
        loss.terms(out, y, weights, span, grad, scale(divisor)),
        divisor,
    )
}

/// The weighted sum of the rows' losses, and the sum of the weights: the loss as a metric.
pub(super) fn total<Out: Tensor<Elem = f32>, L: Loops>(
    loss: &L,
    out: &[Out],
    y: &[Out],
    weight: Option<&[f32]>,
) -> (f64, f64) {
    let weights = Weights::new(out, weight);
    let span = span::<Out>(&weights);
    let sum = loss.terms(Out::flat(out), Out::flat(y), weights, span, &mut [], 1.0);
    (wide(sum / width::<Out, L>()), weights.total())
}

/// The elements that share a weight.
fn span<Out: Tensor>(weights: &Weights<'_>) -> usize {
    let rows = weights.spans().map_or(1, |(_, rows)| rows);
    (rows * Out::SHAPE.last()).max(1)
}

simd_fn! {
    /// The weighted sum of the losses; `grad`, which may be empty, gets the derivatives times weight and `scale`.
    pub(super) fn terms<L: Elementwise>(
        loss: &L,
        out: &[f32],
        y: &[f32],
        weights: Weights<'_>,
        span: usize,
        grad: &mut [f32],
        scale: f32,
    ) -> Wide {
        // One span without weights, whose sum is not multiplied: one loop for both is compiled once.
        let (weights, span) = match weights.spans() {
            Some((weights, _)) => (Some(weights), span),
            None => (None, out.len().max(1)),
        };
        let (mut total, mut grads) = (0.0, grad.chunks_mut(span));
        for (i, (out, y)) in out.chunks(span).zip(y.chunks(span)).enumerate() {
            let weight = match weights.map(|weights| weights.get(i)) {
                None => 1.0,
                Some(Some(weight)) => *weight,
                Some(None) => break,
            };
            let grad = grads.next().unwrap_or_default();
            total += Wide::from(weight) * terms_of_span(loss, out, y, grad, weight * scale);
        }
        total
    }
}

/// The sum of elements that share a weight; `grad`, which may be empty, gets the derivatives times `factor`.
#[inline(always)]
fn terms_of_span<L: Elementwise>(
    loss: &L,
    out: &[f32],
    y: &[f32],
    grad: &mut [f32],
    factor: f32,
) -> Wide {
    let mut total = 0.0;
    if DEVICE {
        for (i, (out, y)) in out.iter().zip(y).enumerate() {
            let (value, d) = loss.element(*out, *y);
            total += Wide::from(value);
            if let Some(grad) = grad.get_mut(i) {
                *grad = d * factor;
            }
        }
        return total;
    }
    let mut grads = grad.chunks_mut(LANES);
    for (out, y) in out.chunks(BLOCK).zip(y.chunks(BLOCK)) {
        let mut lanes = [0.0; LANES];
        for (out, y) in out.chunks(LANES).zip(y.chunks(LANES)) {
            // What is left at the end is computed as the others: the code is there once.
            let (some, mut rest, mut rest_y) = (out.len(), [0.0; LANES], [0.0; LANES]);
            let (out, y) = match (out.first_chunk::<LANES>(), y.first_chunk::<LANES>()) {
                (Some(out), Some(y)) => (out, y),
                _ => {
                    rest.iter_mut().zip(out).for_each(|(to, x)| *to = *x);
                    rest_y.iter_mut().zip(y).for_each(|(to, x)| *to = *x);
                    (&rest, &rest_y)
                }
            };
            let mut derivatives = [0.0; LANES];
            for l in 0..LANES {
                let (value, d) = loss.element(out[l], y[l]);
                lanes[l] += if l < some { value } else { 0.0 };
                derivatives[l] = d * factor;
            }
            let grad = grads.next().unwrap_or_default();
            match grad.first_chunk_mut::<LANES>() {
                Some(grad) => *grad = derivatives,
                None => grad.iter_mut().zip(derivatives).for_each(|(to, d)| *to = d),
            }
        }
        total += Wide::from(ordered_sum(lanes));
    }
    total
}

#[inline(always)]
fn ordered_sum(lanes: [f32; LANES]) -> f32 {
    let mut sum = 0.0;
    for lane in lanes {
        sum += lane;
    }
    sum
}

/// [`Loss`](super::Loss) and [`AsMetric`](super::AsMetric) of a loss that is [`Elementwise`], with what it needs to know of
/// the whole batch of targets.
macro_rules! elementwise_loss {
    (
        $loss:ty, $units:ty, $name:literal,
        $(metric = $metric:literal,)? $(check = $check:ident,)?
        |$self:ident, $y:ident| $element:expr
    ) => {
        #[diagnostic::do_not_recommend]
        impl<Out: $crate::tensor::Tensor<Elem = f32>> $crate::losses::Loss<Out> for $loss {
            type Target = Out;
            type Units = $units;
            const NAME: &'static str = $name;

            #[cfg(feature = "import")]
            fn said(&self) -> Option<serde_json::Value> {
                let is_default = *self == <$loss>::default();
                is_default.then(|| $crate::base::said::object(stringify!($loss), &[]))
            }

            fn loss(&$self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
                let $y = Out::flat(y);
                let element = $element;
                let reduction = $self.reduction;
                $crate::losses::elementwise::loss(&element, reduction, out, y, weight, grad)
            }

            $crate::losses::weights::reduced_in_parts!(Out);

            $(fn check_arguments(&self) -> Option<$crate::text::Note> {
                self.$check()
            })?
        }

        impl<Out: $crate::tensor::Tensor<Elem = f32>> $crate::losses::AsMetric<Out> for $loss {
            $(const METRIC: &'static str = $metric;)?

            fn total(&$self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
                let $y = Out::flat(y);
                let element = $element;
                $crate::losses::elementwise::total(&element, out, y, weight)
            }
        }
    };
}

pub(super) use elementwise_loss;
