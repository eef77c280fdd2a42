//! Circle's loss, of embeddings.

use super::plain::reduction;
use super::weights::{Reduction, Weights, reduced, scale, wide};
use super::{AsMetric, InParts, Loss, SeveralUnits};
use crate::kernels::dispatch::Wide;
use crate::math;
use crate::text::Note;

/// Outputs are embeddings of length 1: those of a class are to be near each other, those of different classes far apart.
/// With d = max(1 - o_i o_j, 0), gamma g and margin m, the loss of sample i is
///
/// ```text
/// p    = ln(sum over others j of its class: exp(g (d^2 - m^2)))
/// n    = ln(sum over j of other classes:    exp(g max(1 + m - d, 0) (1 - m - d)))
/// loss = softplus(p + n)
/// ```
///
/// the mean over the samples whose loss is not 0. The larger the batch, the more pairs there are: of each class a batch
/// should have at least two samples, and it should have two classes.
///
/// # Targets
/// Class numbers, one for each sample; any numbers.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{Circle, Loss};
/// let out = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]];
/// let loss = Circle::new().gamma(2.0).margin(0.25).call(&[7, 7, 3], &out);
/// assert!((loss - 1.1546).abs() < 1e-4, "{loss}");
/// ```
/// Sun et al.: "Circle loss: a unified perspective of pair similarity optimization" (2020).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Circle {
    gamma: f32,
    margin: f32,
    remove_diagonal: bool,
    reduction: Reduction,
}

impl Circle {
    /// With Keras's defaults: `gamma = 80`, `margin = 0.4`, `remove_diagonal = true`.
    #[must_use]
    pub const fn new() -> Self {
        Circle {
            gamma: 80.0,
            margin: 0.4,
            remove_diagonal: true,
            reduction: Reduction::SumOverBatchSize,
        }
    }

    /// The scale of the loss; more than 0.
    #[must_use]
    pub const fn gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma;
        self
    }

    /// How near those of a class should be; from 0 to 1.
    #[must_use]
    pub const fn margin(mut self, margin: f32) -> Self {
        self.margin = margin;
        self
    }

    /// Whether a sample is no pair with itself.
    #[must_use]
    pub const fn remove_diagonal(mut self, remove_diagonal: bool) -> Self {
        self.remove_diagonal = remove_diagonal;
        self
    }

    reduction!();

    fn rows<'a>(&self, out: &'a [f32], width: usize, y: &'a [u32]) -> Rows<'a> {
        Rows {
            circle: *self,
            out,
            width: width.max(1),
            y,
        }
    }
}

impl Default for Circle {
    fn default() -> Self {
        Circle::new()
    }
}

/// The embeddings of a batch, and their classes.
struct Rows<'a> {
    circle: Circle,
    out: &'a [f32],
    width: usize,
    y: &'a [u32],
}

/// `ln(sum(exp))` of values one after the other: the largest, and the sum below it.
#[derive(Clone, Copy)]
struct LogSum {
    largest: f64,
    sum: f32,
}

impl LogSum {
    const NOTHING: LogSum = LogSum {
        largest: f64::NEG_INFINITY,
        sum: 0.0,
    };

    fn add(&mut self, x: f64) {
        if x > self.largest {
            self.sum = self.sum * math::exp((self.largest - x) as f32) + 1.0;
            self.largest = x;
        } else {
            self.sum += math::exp((x - self.largest) as f32);
        }
    }

    fn value(self) -> f64 {
        match self.sum == 0.0 {
            true => f64::NEG_INFINITY,
            false => self.largest + f64::from(math::ln(self.sum)),
        }
    }
}

/// A pair: whether it is of one class, its exponent, and that one's derivative by the cosine.
struct Pair {
    is_same: bool,
    exponent: f64,
    slope: f64,
}

impl Rows<'_> {
    fn count(&self) -> usize {
        self.y.len().min(self.out.len() / self.width)
    }

    fn row(&self, i: usize) -> &[f32] {
        let rest = self.out.get(i * self.width..).unwrap_or(&[]);
        rest.get(..self.width).unwrap_or(&[])
    }

    fn pair(&self, i: usize, j: usize) -> Option<Pair> {
        let is_same = self.y.get(i) == self.y.get(j);
        let Circle {
            gamma,
            margin,
            remove_diagonal,
            ..
        } = self.circle;
        if i == j && remove_diagonal {
            return None;
        }
        let [gamma, margin] = [gamma, margin].map(f64::from);
        let pairs = self.row(i).iter().zip(self.row(j));
        let near: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let far = 1.0 - near;
        // NaN stays.
        let (d, falls) = if far < 0.0 { (0.0, 0.0) } else { (far, -1.0) };
        let (exponent, by_d) = if is_same {
            (gamma * (d * d - margin * margin), 2.0 * gamma * d)
        } else {
            let (weight, rest) = (1.0 + margin - d, 1.0 - margin - d);
            match weight < 0.0 {
                true => (0.0, 0.0),
                false => (gamma * weight * rest, -gamma * (weight + rest)),
            }
        };
        let slope = by_d * falls;
        Some(Pair {
            is_same,
            exponent,
            slope,
        })
    }

    /// The two sums of a sample.
    fn sums(&self, i: usize) -> (LogSum, LogSum) {
        let (mut p, mut n) = (LogSum::NOTHING, LogSum::NOTHING);
        for j in 0..self.count() {
            if let Some(pair) = self.pair(i, j) {
                match pair.is_same {
                    true => p.add(pair.exponent),
                    false => n.add(pair.exponent),
                }
            }
        }
        (p, n)
    }

    /// The weighted sum of the losses, and how many samples have one, and their weights.
    fn values(&self, weights: &Weights<'_>) -> [Wide; 3] {
        let mut all = [0.0; 3];
        for i in 0..self.count() {
            let (p, n) = self.sums(i);
            let loss = softplus(p, n);
            // NaN counts.
            if loss <= 0.0 {
                continue;
            }
            let weight = Wide::from(weights.of(i));
            all[0] += weight * Wide::from(loss);
            all[1] += 1.0;
            all[2] += weight;
        }
        all
    }

    /// The derivatives of sample i's loss, times `factor`, are added.
    fn gradient(&self, i: usize, factor: f32, grad: &mut [f32]) {
        let (p, n) = self.sums(i);
        let factor = factor * math::sigmoid((p.value() + n.value()) as f32);
        if factor == 0.0 {
            return;
        }
        for j in 0..self.count() {
            let Some(pair) = self.pair(i, j) else {
                continue;
            };
            let of = if pair.is_same { p } else { n };
            let share = math::exp((pair.exponent - of.largest) as f32) / of.sum;
            let slope = factor * share * pair.slope as f32;
            for (to, from) in [(i, j), (j, i)] {
                let grads = grad.get_mut(to * self.width..).unwrap_or(&mut []);
                for (grad, x) in grads.iter_mut().zip(self.row(from)) {
                    *grad += slope * x;
                }
            }
        }
    }
}

fn softplus(p: LogSum, n: LogSum) -> f32 {
    math::softplus((p.value() + n.value()) as f32)
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Loss<[f32; N]> for Circle {
    type Target = u32;
    type Units = SeveralUnits;
    const NAME: &'static str = "circle";

    fn check_arguments(&self) -> Option<Note> {
        if !(self.gamma > 0.0 && self.gamma.is_finite()) {
            let note = Note::new().str("gamma must be more than 0, found ");
            return Some(note.float(self.gamma));
        }
        if (0.0..=1.0).contains(&self.margin) {
            return None;
        }
        let note = Note::new().str("margin must be from 0 to 1, found ");
        Some(note.float(self.margin))
    }

    /// Each sample is compared with all others.
    fn in_parts(&self, _: usize, _: &[u32], _: Option<&[f32]>) -> InParts {
        InParts::Whole
    }

    fn loss(
        &self,
        out: &[[f32; N]],
        y: &[u32],
        weight: Option<&[f32]>,
        grad: &mut [[f32; N]],
    ) -> f32 {
        let weights = Weights::new(out, weight);
        let grad = grad.as_flattened_mut();
        grad.fill(0.0);
        let rows = self.rows(out.as_flattened(), N, y);
        let [sum, samples, weighed] = rows.values(&weights);
        let divisor = match (self.reduction, weight) {
            (Reduction::Sum, _) => 1.0,
            (Reduction::MeanWithSampleWeight, Some(_)) => weighed,
            // Without weights Keras divides by the samples of which the mask is one.
            _ => samples,
        };
        let scale = scale(divisor);
        for i in 0..rows.count() {
            rows.gradient(i, weights.of(i) * scale, grad);
        }
        reduced(sum, divisor)
    }
}

impl<const N: usize> AsMetric<[f32; N]> for Circle {
    fn total(&self, out: &[[f32; N]], y: &[u32], weight: Option<&[f32]>) -> (f64, f64) {
        let rows = self.rows(out.as_flattened(), N, y);
        let [sum, _, weighed] = rows.values(&Weights::new(out, weight));
        (wide(sum), wide(weighed))
    }
}
