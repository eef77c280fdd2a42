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
    /// The weighted sum of the losses; `grad` gets the derivatives times weight and `scale`.
    fn terms(
        &self,
        out: &[f32],
        y: &[f32],
        weights: Weights<'_>,
        span: usize,
        grad: &mut [f32],
        scale: f32,
    ) -> Wide;
    /// The weighted sum of the losses.
    fn values(&self, out: &[f32], y: &[f32], weights: Weights<'_>, span: usize) -> Wide;
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

            #[inline(never)]
            fn values(
                &self,
                out: &[f32],
                y: &[f32],
                weights: $crate::losses::Weights<'_>,
                span: usize,
            ) -> $crate::kernels::dispatch::Wide {
                $crate::losses::elementwise::values(self, out, y, weights, span)
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
    let sum = loss.values(Out::flat(out), Out::flat(y), weights, span);
    (wide(sum / width::<Out, L>()), weights.total())
}

/// The elements that share a weight.
fn span<Out: Tensor>(weights: &Weights<'_>) -> usize {
    let rows = weights.spans().map_or(1, |(_, rows)| rows);
    (rows * Out::SHAPE.last()).max(1)
}

simd_fn! {
    /// The weighted sum of the losses; `grad` gets the derivatives times weight and `scale`.
    pub(super) fn terms<L: Elementwise>(
        loss: &L,
        out: &[f32],
        y: &[f32],
        weights: Weights<'_>,
        span: usize,
        grad: &mut [f32],
        scale: f32,
    ) -> Wide {
        let Some((weights, _)) = weights.spans() else {
            return terms_of_span(loss, out, y, grad, scale);
        };
        let mut total = 0.0;
        let spans = out.chunks(span).zip(y.chunks(span)).zip(grad.chunks_mut(span));
        for (((out, y), grad), weight) in spans.zip(weights) {
            total += Wide::from(*weight) * terms_of_span(loss, out, y, grad, weight * scale);
        }
        total
    }
}

simd_fn! {
    /// The weighted sum of the losses.
    pub(super) fn values<L: Elementwise>(
        loss: &L,
        out: &[f32],
        y: &[f32],
        weights: Weights<'_>,
        span: usize,
    ) -> Wide {
        let Some((weights, _)) = weights.spans() else {
            return values_of_span(loss, out, y);
        };
        let mut total = 0.0;
        for ((out, y), weight) in out.chunks(span).zip(y.chunks(span)).zip(weights) {
            total += Wide::from(*weight) * values_of_span(loss, out, y);
        }
        total
    }
}

/// The sum of elements that share a weight; `grad` gets the derivatives times `factor`.
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
        for ((out, y), grad) in out.iter().zip(y).zip(grad) {
            let (value, d) = loss.element(*out, *y);
            total += Wide::from(value);
            *grad = d * factor;
        }
        return total;
    }
    for ((out, y), grad) in out
        .chunks(BLOCK)
        .zip(y.chunks(BLOCK))
        .zip(grad.chunks_mut(BLOCK))
    {
        let (outs, rest) = out.as_chunks::<LANES>();
        let (ys, rest_y) = y.as_chunks::<LANES>();
        let (grads, rest_grad) = grad.as_chunks_mut::<LANES>();
        let mut lanes = [0.0; LANES];
        for ((out, y), grad) in outs.iter().zip(ys).zip(grads) {
            for l in 0..LANES {
                let (value, d) = loss.element(out[l], y[l]);
                lanes[l] += value;
                grad[l] = d * factor;
            }
        }
        for (sum, ((out, y), grad)) in lanes.iter_mut().zip(rest.iter().zip(rest_y).zip(rest_grad))
        {
            let (value, d) = loss.element(*out, *y);
            *sum += value;
            *grad = d * factor;
        }
        total += Wide::from(ordered_sum(lanes));
    }
    total
}

/// The sum of elements that share a weight.
#[inline(always)]
fn values_of_span<L: Elementwise>(loss: &L, out: &[f32], y: &[f32]) -> Wide {
    let mut total = 0.0;
    if DEVICE {
        for (out, y) in out.iter().zip(y) {
            total += Wide::from(loss.element(*out, *y).0);
        }
        return total;
    }
    for (out, y) in out.chunks(BLOCK).zip(y.chunks(BLOCK)) {
        let (outs, rest) = out.as_chunks::<LANES>();
        let (ys, rest_y) = y.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        for (out, y) in outs.iter().zip(ys) {
            for l in 0..LANES {
                lanes[l] += loss.element(out[l], y[l]).0;
            }
        }
        for (sum, (out, y)) in lanes.iter_mut().zip(rest.iter().zip(rest_y)) {
            *sum += loss.element(*out, *y).0;
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
