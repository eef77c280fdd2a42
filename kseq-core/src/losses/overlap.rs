//! How much outputs and targets overlap, over some axes of the batch: what Dice's and Tversky's losses have in common.

use super::InParts;
use super::epsilon::EPSILON;
use super::groups::{Groups, row};
use super::weights::{Reduction, Weights, reduced, scale, wide};
use crate::activations::softmax::{dot, sum};
use crate::kernels::dispatch::Wide;
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::text::Note;

/// `loss = 1 - c i / (a i + b t + d o + 1e-7)`, where i is the sum of the products of targets and outputs, t that of the
/// targets and o that of the outputs.
#[derive(Clone, Copy)]
pub(super) struct Overlap {
    pub(super) c: f32,
    pub(super) a: f32,
    pub(super) b: f32,
    pub(super) d: f32,
}

/// The axes over which sums go, the batch being axis 0; `None` are all of them.
pub(super) type Axes = Option<&'static [isize]>;

/// Whether an axis of a batch of `rank` axes is one of those that are summed.
fn is_summed(axes: Axes, axis: usize, rank: usize) -> bool {
    let Some(axes) = axes else {
        return true;
    };
    let place = |axis: isize| match axis {
        ..0 => rank.checked_add_signed(axis),
        _ => Some(axis.unsigned_abs()),
    };
    axes.iter().any(|summed| place(*summed) == Some(axis))
}

fn groups_of<Out: Tensor>(axes: Axes, out: &[Out]) -> Groups {
    let rank = Out::SHAPE.rank() + 1;
    Groups::new(Out::SHAPE, out.len(), |axis| is_summed(axes, axis, rank))
}

/// The sums over a group: of products, of targets, of outputs.
fn sums(groups: &Groups, group: usize, out: &[f32], y: &[f32]) -> (f32, f32, f32) {
    let (mut i, mut t, mut o) = (0.0, 0.0, 0.0);
    for at in groups.rows(group) {
        let (begin, size, step) = at;
        let side_by_side = out
            .get(begin..begin + size)
            .zip(y.get(begin..begin + size))
            .filter(|_| step == 1);
        let (more_i, more_t, more_o) = match side_by_side {
            Some((out, y)) => (dot(out, y), sum(y), sum(out)),
            None => {
                let pairs = row(out, at).zip(row(y, at));
                pairs.fold((0.0, 0.0, 0.0), |(i, t, o), (out, y)| {
                    (i + out * y, t + y, o + out)
                })
            }
        };
        i += Wide::from(more_i);
        t += Wide::from(more_t);
        o += Wide::from(more_o);
    }
    #[allow(clippy::unnecessary_cast)] // `Wide` is one or the other
    (i as f32, t as f32, o as f32)
}

impl Overlap {
    /// Numerator and denominator of a group.
    fn parts(&self, (i, t, o): (f32, f32, f32)) -> (f32, f32) {
        (self.c * i, self.a * i + self.b * t + self.d * o + EPSILON)
    }

    /// The reduced loss, and its gradient.
    pub(super) fn loss<Out: Tensor<Elem = f32>>(
        &self,
        axes: Axes,
        reduction: Reduction,
        [out, y]: [&[Out]; 2],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32 {
        let groups = groups_of(axes, out);
        let count = groups.count();
        let (weights, divisor) = weights(&groups, out, weight, reduction);
        let scale = scale(divisor);
        let (out, y, grad) = (Out::flat(out), Out::flat(y), Out::flat_mut(grad));
        let mut total = 0.0;
        for group in 0..count {
            let (above, below) = self.parts(sums(&groups, group, out, y));
            let weight = weights.of(group);
            total += Wide::from(weight) * Wide::from(1.0 - above / below);
            // d(-n / m) = (n dm - m dn) / m^2, where dn = c t and dm = a t + d.
            let factor = weight * scale / (below * below);
            for at in groups.rows(group) {
                let grads = grad.get_mut(at.0..).unwrap_or(&mut []);
                let grads = grads.iter_mut().step_by(at.2.max(1)).take(at.1);
                for (grad, y) in grads.zip(row(y, at)) {
                    *grad = factor * (above * (self.a * y + self.d) - below * self.c * y);
                }
            }
        }
        reduced(total, divisor)
    }

    /// The weighted sum of the losses, and the sum of the weights.
    pub(super) fn total<Out: Tensor<Elem = f32>>(
        &self,
        axes: Axes,
        [out, y]: [&[Out]; 2],
        weight: Option<&[f32]>,
    ) -> (f64, f64) {
        let groups = groups_of(axes, out);
        let count = groups.count();
        let (weights, divisor) = weights(&groups, out, weight, Reduction::MeanWithSampleWeight);
        let (out, y) = (Out::flat(out), Out::flat(y));
        let mut total = 0.0;
        for group in 0..count {
            let (above, below) = self.parts(sums(&groups, group, out, y));
            total += Wide::from(weights.of(group)) * Wide::from(1.0 - above / below);
        }
        (wide(total), wide(divisor))
    }
}

/// The weights of groups.
enum OfGroups<'a> {
    /// Each has its own, or that of its sample.
    Each(Weights<'a>),
    /// So many of a sample have the mean of the weights of its rows, which are others.
    Samples(Weights<'a>, usize),
    /// Groups of all samples: each has as many weights as samples.
    Columns(&'a [f32], usize),
    /// All have the same.
    All(f32),
}

impl OfGroups<'_> {
    fn of(&self, group: usize) -> f32 {
        match self {
            OfGroups::Each(weights) => weights.of(group),
            OfGroups::Samples(weights, each) => weights.of_sample(group / (*each).max(1)),
            OfGroups::Columns(weights, groups) => {
                let of_group = weights.iter().skip(group).step_by((*groups).max(1));
                of_group.sum()
            }
            OfGroups::All(weight) => *weight,
        }
    }
}

/// The weights of groups, and what the weighted sum is divided by. A group of all samples has one value, which Keras
/// multiplies with each weight.
#[allow(clippy::unnecessary_cast)] // `Wide` is one or the other
fn weights<'a, Out: Tensor>(
    groups: &Groups,
    out: &[Out],
    weight: Option<&'a [f32]>,
    reduction: Reduction,
) -> (OfGroups<'a>, Wide) {
    let (count, samples) = (groups.count(), out.len());
    let of_rows = Weights::new(out, weight);
    let weight = match weight {
        Some(weight) if groups.over_samples => weight,
        None if groups.over_samples => {
            let weights = Weights::of_values(1, count, None);
            let divisor = weights.divisor(reduction);
            return (OfGroups::Each(weights), divisor);
        }
        weight => {
            let each = count.checked_div(samples).unwrap_or(0);
            let fits = |w: &[f32]| w.len() == samples || w.len() == count;
            if count == of_rows.rows() || weight.is_none_or(fits) {
                let weights = Weights::of_values(samples, each, weight);
                let divisor = weights.divisor(reduction);
                return (OfGroups::Each(weights), divisor);
            }
            let of_samples = (0..samples).map(|i| Wide::from(of_rows.of_sample(i)));
            let divisor = match reduction {
                Reduction::Sum => 1.0,
                Reduction::SumOverBatchSize => of_rows.samples() * each as Wide,
                Reduction::MeanWithSampleWeight => of_samples.sum::<Wide>() * each as Wide,
            };
            return (OfGroups::Samples(of_rows, each), divisor);
        }
    };
    // A mask has a value more than there are rows.
    let weight = weight.get(..of_rows.rows()).unwrap_or(weight);
    let all: Wide = weight.iter().map(|weight| Wide::from(*weight)).sum();
    let masked = (0..weight.len())
        .filter(|row| of_rows.is_masked(*row))
        .count();
    let divisor = match reduction {
        Reduction::Sum => 1.0,
        Reduction::SumOverBatchSize => (weight.len() - masked) as Wide,
        Reduction::MeanWithSampleWeight => all,
    };
    match weight.len().is_multiple_of(count.max(1)) {
        true => (OfGroups::Columns(weight, count), divisor),
        false => (OfGroups::All((all / count as Wide) as f32), divisor),
    }
}

/// How the losses of parts of a batch become one: not at all if a group has values of several samples.
pub(super) fn in_parts<Out: Tensor<Elem = f32>>(
    axes: Axes,
    reduction: Reduction,
    samples: usize,
    weight: Option<&[f32]>,
) -> InParts {
    match (groups_of::<Out>(axes, &[]).over_samples, reduction, weight) {
        (true, ..) => InParts::Whole,
        (_, Reduction::Sum, _) => InParts::Sum,
        (_, Reduction::MeanWithSampleWeight, Some(_)) => InParts::Whole,
        _ => InParts::Mean(samples as f64),
    }
}

/// What is wrong with the axes for such outputs, if anything.
pub(super) fn wrong_axes(axes: Axes, shape: Shape) -> Option<Note> {
    let axes = axes?;
    if shape.open_axes() > 0 {
        return Some(Note::new().str("axis must be left out where outputs are of any length"));
    }
    let rank = shape.rank() as isize;
    let wrong = *axes
        .iter()
        .find(|axis| !(-rank - 1..=rank).contains(*axis))?;
    let note = Note::new().str("axis must be 0 to ").num(shape.rank());
    let note = note
        .str(" or -1 to -")
        .num(shape.rank() + 1)
        .str(", found ");
    let sign = if wrong < 0 { "-" } else { "" };
    Some(note.str(sign).num(wrong.unsigned_abs()))
}

/// [`Loss`](super::Loss) and [`AsMetric`](super::AsMetric) of a loss with fields `axes` and `reduction`.
macro_rules! overlap_loss {
    ($loss:ty, $name:literal, |$self:ident| $overlap:expr, $wrong:expr) => {
        #[diagnostic::do_not_recommend]
        impl<Out: $crate::tensor::Tensor<Elem = f32>> $crate::losses::Loss<Out> for $loss {
            type Target = Out;
            type Units = $crate::losses::AnyUnits;
            const NAME: &'static str = $name;

            #[cfg(feature = "import")]
            fn said(&self) -> Option<serde_json::Value> {
                let is_default = *self == <$loss>::default();
                is_default.then(|| $crate::base::said::object(stringify!($loss), &[]))
            }

            fn check_arguments(&$self) -> Option<$crate::text::Note> {
                $wrong.or_else(|| $crate::losses::overlap::wrong_axes($self.axes, Out::SHAPE))
            }

            fn in_parts(&self, samples: usize, _: &[Out], weight: Option<&[f32]>) -> $crate::losses::InParts {
                $crate::losses::overlap::in_parts::<Out>(self.axes, self.reduction, samples, weight)
            }

            fn loss(&$self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
                $overlap.loss($self.axes, $self.reduction, [out, y], weight, grad)
            }
        }

        impl<Out: $crate::tensor::Tensor<Elem = f32>> $crate::losses::AsMetric<Out> for $loss {
            fn total(&$self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
                $overlap.total($self.axes, [out, y], weight)
            }
        }
    };
}

pub(super) use overlap_loss;

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use crate::losses::{Dice, Loss, Tversky};
    use crate::rng::{Purpose, Rng};
    use crate::tensor::Tensor;

    type Sample = [[[f32; 2]; 3]; 2];
    const AXES: &[Option<&[isize]>] = &[
        None,
        Some(&[1, 2, 3]),
        Some(&[-1]),
        Some(&[2]),
        Some(&[1, 3]),
        Some(&[0, 2]),
        Some(&[]),
    ];

    fn samples(seed: u64) -> [Sample; 3] {
        let mut rng = Rng::new(seed, Purpose::User, 0, 0);
        let mut samples = [Sample::default(); 3];
        for x in Sample::flat_mut(&mut samples) {
            *x = 0.1 + 0.8 * rng.uniform();
        }
        samples
    }

    /// The loss by its definition, over a list of groups.
    fn slowly(axes: Option<&[isize]>, overlap: impl Fn([f64; 3]) -> f64) -> f64 {
        let (out, y) = (samples(1), samples(2));
        let mut groups: Vec<([Option<usize>; 4], [f64; 3])> = Vec::new();
        for a in 0..36 {
            let place = [a / 12, a / 6 % 2, a / 2 % 3, a % 2];
            let kept = core::array::from_fn(|axis| {
                let summed = axes.is_none_or(|axes| {
                    axes.iter()
                        .any(|s| *s == axis as isize || *s == axis as isize - 4)
                });
                (!summed).then(|| place[axis])
            });
            let (o, t) = (
                f64::from(Sample::flat(&out)[a]),
                f64::from(Sample::flat(&y)[a]),
            );
            let found = groups.iter_mut().find(|(other, _)| *other == kept);
            let sums = [o * t, t, o];
            match found {
                Some((_, all)) => (0..3).for_each(|k| all[k] += sums[k]),
                None => groups.push((kept, sums)),
            }
        }
        groups.iter().map(|(_, sums)| overlap(*sums)).sum::<f64>() / groups.len() as f64
    }

    fn check<L: Loss<Sample, Target = Sample>>(loss: &L, expected: f64) {
        let (out, y) = (samples(1), samples(2));
        assert!(loss.check_arguments().is_none());
        let mut grad = out;
        let value = loss.loss(&out, &y, None, &mut grad);
        assert!(
            (f64::from(value) - expected).abs() < 1e-6,
            "{value} {expected}"
        );
        for weights in [None, Some(&[0.5, 2.0, 1.0][..])] {
            loss.loss(&out, &y, weights, &mut grad);
            for i in 0..36 {
                let moved = |by: f32| {
                    let mut out = out;
                    Sample::flat_mut(&mut out)[i] += by;
                    loss.loss(&out, &y, weights, &mut { out })
                };
                let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                assert!((Sample::flat(&grad)[i] - slope).abs() < 1e-3, "{i}");
            }
        }
    }

    #[test]
    fn over_any_axes() {
        for axes in AXES {
            let dice = |[i, t, o]: [f64; 3]| 1.0 - 2.0 * i / (t + o + 1e-7);
            let tversky =
                |[i, t, o]: [f64; 3]| 1.0 - i / (i + 0.3 * (t - i) + 0.8 * (o - i) + 1e-7);
            let (mut a, mut b) = (Dice::new(), Tversky::new().alpha(0.3).beta(0.8));
            if let Some(axes) = axes {
                (a, b) = (a.axis(axes), b.axis(axes));
            }
            check(&a, slowly(*axes, dice));
            check(&b, slowly(*axes, tversky));
        }
        let wrong = Loss::<Sample>::check_arguments(&Dice::new().axis(&[4]));
        let wrong = wrong.as_ref().map(|why| why.as_str());
        assert_eq!(wrong, Some("axis must be 0 to 3 or -1 to -4, found 4"));
    }
}
