//! The cosine of the angle between output and target.

use super::epsilon::EPSILON;
use super::plain::reduction;
use super::rowwise::{self, RowWise};
use super::targets::SoftLabels;
use super::weights::{Reduction, Weights, in_parts, reduced, scale, wide};
use super::{AsMetric, InParts, Loss, SeveralUnits};
use crate::activations::softmax::dot;
use crate::base::direction::Direction;
use crate::kernels::dispatch::Wide;
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// Over an axis, the last one by default, `loss = -sum(t o) / (|t| |o|)`, the mean over what remains: -1 where output
/// and target point the same way, 1 where they are opposed.
///
/// A row shorter than `1e-7` is taken to be so long. As a metric the sign is the other way round, as in
/// Keras: 1 is best.
///
/// # Targets
/// The type of the output.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{CosineSimilarity, Loss};
/// let mut grad = [[0.0; 2]; 2];
/// let (out, y) = ([[1.0, 0.0], [2.0, 2.0]], [[0.0, 3.0], [1.0, 1.0]]);
/// let loss = CosineSimilarity::new().loss(&out, &y, None, &mut grad);
/// assert!((loss + 0.5).abs() < 1e-6);
/// assert_eq!(grad[0], [0.0, -0.5]);
///
/// // One sample, over its first axis: the columns (1, 2) and (0, 2) with (0, 1) and (3, 1).
/// let loss = CosineSimilarity::new().axis(1).call(&[y], &[out]);
/// assert!((loss + (2.0 / 5f32.sqrt() + 1.0 / 10f32.sqrt()) / 2.0).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CosineSimilarity {
    axis: isize,
    reduction: Reduction,
}

impl CosineSimilarity {
    /// With Keras's defaults: over the last axis.
    #[must_use]
    pub const fn new() -> Self {
        CosineSimilarity {
            axis: -1,
            reduction: Reduction::SumOverBatchSize,
        }
    }

    /// The axis over which the cosine is taken, the batch being axis 0 as in Keras: 1 is the first one of a sample, -1
    /// the last one. Weights are one for each sample, or one for each value that remains.
    #[must_use]
    pub const fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }

    reduction!();

    /// The axis of a sample, from 0; nothing if there is none.
    fn axis_of<Out: Tensor>(&self) -> Option<usize> {
        let rank = Out::SHAPE.rank();
        let axis = match self.axis {
            ..0 => rank.checked_add_signed(self.axis)?,
            _ => self.axis.unsigned_abs().checked_sub(1)?,
        };
        (axis < rank).then_some(axis)
    }

    /// The lines along another axis than the last one.
    fn lines<Out: Tensor>(&self) -> Option<Lines> {
        let (axis, rank) = (self.axis_of::<Out>()?, Out::SHAPE.rank());
        if axis + 1 == rank {
            return None;
        }
        let behind = (axis + 1..rank).map(|axis| Out::SHAPE.dim(axis));
        Some(Lines {
            len: Out::SHAPE.dim(axis),
            step: behind.product(),
        })
    }
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        CosineSimilarity::new()
    }
}

/// 1 / length, at most 1 / epsilon, from the squared length.
#[inline(always)]
fn inverse(square: f32) -> f32 {
    let inverse = 1.0 / math::sqrt(square);
    if inverse > 1.0 / EPSILON {
        1.0 / EPSILON
    } else {
        inverse
    }
}

/// 1 / length of a row.
#[inline(always)]
fn inverse_length(row: &[f32]) -> f32 {
    inverse(dot(row, row))
}

/// Lines of a batch whose elements do not lie side by side.
#[derive(Clone, Copy)]
struct Lines {
    /// How many elements a line has.
    len: usize,
    /// From one element of a line to the next.
    step: usize,
}

impl Lines {
    /// The weights of the lines of samples.
    fn weights<'a, Out: Tensor>(&self, out: &[Out], weight: Option<&'a [f32]>) -> Weights<'a> {
        Weights::of_values(out.len(), Out::LEN / self.len.max(1), weight)
    }

    /// The places of the elements of a line.
    fn places(&self, line: usize) -> impl Iterator<Item = usize> + use<> {
        let (step, len) = (self.step.max(1), self.len);
        let first = line / step * step * len + line % step;
        (0..len).map(move |i| first + i * step)
    }

    /// The weighted sum of the lines' losses; `grad`, if there is one, gets the derivatives times weight and scale.
    fn terms(
        &self,
        out: &[f32],
        y: &[f32],
        weights: &Weights<'_>,
        mut grad: Option<(&mut [f32], f32)>,
    ) -> Wide {
        let pair = |at: usize| Some((*out.get(at)?, *y.get(at)?));
        let mut total = 0.0;
        for line in 0..weights.rows() {
            let (mut oo, mut tt, mut ot) = (0.0, 0.0, 0.0);
            for (o, t) in self.places(line).filter_map(pair) {
                oo += o * o;
                tt += t * t;
                ot += o * t;
            }
            let (by_o, by_t, weight) = (inverse(oo), inverse(tt), weights.of(line));
            let loss = -ot * by_t * by_o;
            total += Wide::from(weight) * Wide::from(loss);
            let Some((grad, scale)) = &mut grad else {
                continue;
            };
            for at in self.places(line) {
                if let (Some((o, t)), Some(grad)) = (pair(at), grad.get_mut(at)) {
                    *grad = -weight * *scale * (t * by_t * by_o + o * turn(by_o, loss));
                }
            }
        }
        total
    }
}

/// d(1 / |o|) = -o / |o|^3, and 0 where the length is given.
#[inline(always)]
fn turn(by_o: f32, loss: f32) -> f32 {
    if by_o < 1.0 / EPSILON {
        loss * by_o * by_o
    } else {
        0.0
    }
}

struct Cosine<'a>(SoftLabels<'a>);

impl RowWise for Cosine<'_> {
    /// The inverse lengths of output and target, and the loss.
    type Shared = (f32, f32, f32);

    #[inline(always)]
    fn value(&self, row: usize, o: &[f32]) -> (f32, Self::Shared) {
        let t = self.0.row(row);
        let (by_o, by_t) = (inverse_length(o), inverse_length(t));
        let loss = -dot(t, o) * by_t * by_o;
        (loss, (by_o, by_t, loss))
    }

    #[inline(always)]
    fn gradient(&self, row: usize, o: &[f32], shared: Self::Shared, factor: f32, grad: &mut [f32]) {
        let (by_o, by_t, loss) = shared;
        let turn = turn(by_o, loss);
        for ((grad, o), t) in grad.iter_mut().zip(o).zip(self.0.row(row)) {
            *grad = -factor * (t * by_t * by_o + o * turn);
        }
    }
}

rowwise::compiled!(Cosine<'_>);

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>> Loss<Out> for CosineSimilarity {
    type Target = Out;
    type Units = SeveralUnits;
    const NAME: &'static str = "cosine_similarity";

    fn check_arguments(&self) -> Option<Note> {
        if self.axis_of::<Out>().is_some() {
            return None;
        }
        let rank = Out::SHAPE.rank();
        let note = Note::new().str("axis must be 1 to ").num(rank);
        let note = note.str(" or -1 to -").num(rank).str(", found ");
        let sign = if self.axis < 0 { "-" } else { "" };
        Some(note.str(sign).num(self.axis.unsigned_abs()))
    }

    fn in_parts(&self, samples: usize, _: &[Out], weight: Option<&[f32]>) -> InParts {
        match self.lines::<Out>() {
            None => in_parts::<Out>(self.reduction, samples, weight),
            // Over another axis than the last one a sample has other rows; without weights they are as many in each.
            Some(_) if weight.is_none() => InParts::Mean(samples as f64),
            Some(_) => InParts::Whole,
        }
    }

    fn loss(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        if let Some(lines) = self.lines::<Out>() {
            let weights = lines.weights(out, weight);
            let divisor = weights.divisor(self.reduction);
            let grad = Some((Out::flat_mut(grad), scale(divisor)));
            let sum = lines.terms(Out::flat(out), Out::flat(y), &weights, grad);
            return reduced(sum, divisor);
        }
        let cosine = Cosine(SoftLabels::new(y));
        rowwise::loss(&cosine, self.reduction, out, weight, grad)
    }
}

impl<Out: Tensor<Elem = f32>> AsMetric<Out> for CosineSimilarity {
    const DIRECTION: Direction = Direction::Up;

    fn total(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
        if let Some(lines) = self.lines::<Out>() {
            let weights = lines.weights(out, weight);
            let sum = lines.terms(Out::flat(out), Out::flat(y), &weights, None);
            return (wide(-sum), weights.total());
        }
        let weights = Weights::new(out, weight);
        let sum = rowwise::sum(&Cosine(SoftLabels::new(y)), out, weights);
        (-sum, weights.total())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Sample = [[[f32; 2]; 3]; 2];

    /// Of a sample, the first two axes changed for each other.
    fn turned(sample: &Sample) -> [[[f32; 2]; 2]; 3] {
        core::array::from_fn(|j| core::array::from_fn(|i| sample[i][j]))
    }

    #[test]
    fn any_axis_is_the_last_of_a_turned_sample() {
        let at = |seed: usize| move |i: usize| ((i * 7 + seed * 5) % 11) as f32 / 5.0 - 1.0;
        let samples = |seed: usize| -> [Sample; 2] {
            let values: [f32; 24] = core::array::from_fn(at(seed));
            core::array::from_fn(|i| Sample::view(&values)[i])
        };
        let (out, y, weight) = (samples(1), samples(2), [2.0, 0.5]);
        for reduction in [
            Reduction::SumOverBatchSize,
            Reduction::Sum,
            Reduction::MeanWithSampleWeight,
        ] {
            let loss = CosineSimilarity::new().reduction(reduction);
            // Axis 2 is axis 1 of the turned samples.
            let (mut grad, mut turned_grad) = (out, out.each_ref().map(turned));
            let (turned_out, turned_y) = (turned_grad, y.each_ref().map(turned));
            let value = loss.axis(2).loss(&out, &y, Some(&weight), &mut grad);
            let other = loss
                .axis(1)
                .loss(&turned_out, &turned_y, Some(&weight), &mut turned_grad);
            assert!((value - other).abs() < 1e-6, "{value} {other}");
            for (grad, turned_grad) in grad.iter().zip(&turned_grad) {
                for (a, b) in turned(grad)
                    .as_flattened()
                    .as_flattened()
                    .iter()
                    .zip(turned_grad.as_flattened().as_flattened())
                {
                    assert!((a - b).abs() < 1e-6);
                }
            }
            // The last one by its other name.
            let last = loss.loss(&out, &y, None, &mut grad);
            assert_eq!(loss.axis(3).loss(&out, &y, None, &mut grad), last);
        }
        // The gradient is that of the value.
        let loss = CosineSimilarity::new().axis(-3);
        let mut grad = out;
        loss.loss(&out, &y, Some(&weight), &mut grad);
        for i in 0..24 {
            let moved = |by: f32| {
                let mut out = out;
                Sample::flat_mut(&mut out)[i] += by;
                loss.loss(&out, &y, Some(&weight), &mut { out })
            };
            let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((Sample::flat(&grad)[i] - slope).abs() < 2e-3, "{i}");
        }
    }

    #[test]
    fn an_axis_that_there_is_not_is_refused() {
        let wrong = |axis| {
            let loss = CosineSimilarity::new().axis(axis);
            Loss::<[[f32; 3]; 2]>::check_arguments(&loss)
        };
        assert!([1, 2, -1, -2].into_iter().all(|axis| wrong(axis).is_none()));
        let why = wrong(-3);
        assert_eq!(
            why.as_ref().map(|why| why.as_str()),
            Some("axis must be 1 to 2 or -1 to -2, found -3")
        );
        assert!(wrong(0).is_some() && wrong(3).is_some());
    }
}
