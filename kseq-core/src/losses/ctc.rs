//! Connectionist temporal classification: sequences whose labels have no places.

use std::sync::{Mutex, PoisonError};
use std::vec::Vec;

use super::weights::{Reduction, Weights, in_parts, reduced, scale, wide};
use super::{AsMetric, InParts, Logits, Loss};
use crate::kernels::dispatch::Wide;
use crate::math;
use crate::text::Note;

/// `loss = -ln(P)`, where P is the probability of all the ways to write the labels over the steps of the output: each
/// label in one or several neighbouring steps, and blanks (class 0) between them as one likes, and at least one between
/// two equal labels. The mean over the samples.
///
/// The outputs are the inputs of a softmax over the classes: the last layer has none. What was written is read off by taking
/// the likeliest class of each step, then one of equal neighbours, then no blanks.
///
/// # Targets
/// As many class numbers as the output has steps, `[u32; T]`: the labels, from 1, and zeros behind them, which are
/// [`pad_sequences`](https://docs.rs/kseq-nn) with `Side::Post`. Labels that do not fit into the steps are refused, where
/// Keras has an infinite loss, and so are labels behind a 0, where Keras takes other ones.
///
/// # Weights
/// One for each sample; of one for each step the mean.
///
/// It keeps a table of T rows with 2 T + 1 numbers from one call to the next; it is there with std only.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{CTC, Loss};
/// // One label in two steps, in which each of two classes has the probability 1/2: it or a blank in one of them.
/// let loss = CTC::new().call(&[[1, 0]], &[[[0.0, 0.0]; 2]]);
/// assert!((loss + 0.75f32.ln()).abs() < 1e-6);
/// ```
/// Graves et al.: "Connectionist temporal classification" (2006).
#[derive(Debug, Default)]
pub struct CTC {
    reduction: Reduction,
    scratch: Mutex<Vec<f64>>,
}

impl CTC {
    /// With Keras's default reduction.
    #[must_use]
    pub const fn new() -> Self {
        CTC {
            reduction: Reduction::SumOverBatchSize,
            scratch: Mutex::new(Vec::new()),
        }
    }

    /// How the samples' losses become one number; default [`SumOverBatchSize`](Reduction::SumOverBatchSize).
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// The weighted sum of the samples' losses; `grad`, if there is one, gets the derivatives times weight and scale.
    fn terms(
        &self,
        [steps, classes]: [usize; 2],
        out: &[f32],
        y: &[u32],
        weight: impl Fn(usize) -> f32,
        mut grad: Option<(&mut [f32], f32)>,
    ) -> Wide {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let states = 2 * steps + 1;
        // The table, a row of what is still to come and the next one, the logarithms of the probabilities.
        scratch.resize(steps * states + 2 * states + steps * classes, 0.0);
        let (table, rest) = scratch.split_at_mut(steps * states);
        let (rows, logs) = rest.split_at_mut(2 * states);
        let mut total = 0.0;
        let samples = out.chunks_exact(steps * classes).zip(y.chunks_exact(steps));
        for (i, (out, y)) in samples.enumerate() {
            for (log, out) in logs
                .chunks_exact_mut(classes)
                .zip(out.chunks_exact(classes))
            {
                log_softmax(out, log);
            }
            let ways = Ways::new(y, classes, logs);
            let ln = ways.forward(table);
            let weight = weight(i);
            total -= Wide::from(weight) * ln as Wide;
            if let Some((grad, scale)) = &mut grad {
                let rest = grad.get_mut(i * steps * classes..).unwrap_or(&mut []);
                let grad = rest.get_mut(..steps * classes).unwrap_or(&mut []);
                ways.backward(table, rows, ln, weight * *scale, grad);
            }
        }
        total
    }
}

/// The logarithms of a softmax.
fn log_softmax(out: &[f32], log: &mut [f64]) {
    let largest = crate::activations::softmax::max(out);
    let sum: f32 = out.iter().map(|o| math::exp(o - largest)).sum();
    let ln = f64::from(math::ln(sum));
    for (log, o) in log.iter_mut().zip(out) {
        *log = f64::from(o - largest) - ln;
    }
}

/// `ln(exp(a) + exp(b) + exp(c))`
fn log_sum(a: f64, b: f64, c: f64) -> f64 {
    let largest = a.max(b).max(c);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    let exp = |x: f64| f64::from(math::exp((x - largest) as f32));
    largest + f64::from(math::ln((exp(a) + exp(b) + exp(c)) as f32))
}

/// The ways to write labels over steps. State 2 k is the blank in front of label k, state 2 k + 1 the label.
struct Ways<'a> {
    labels: &'a [u32],
    classes: usize,
    /// For each step the logarithms of the probabilities.
    logs: &'a [f64],
}

impl<'a> Ways<'a> {
    fn new(y: &'a [u32], classes: usize, logs: &'a [f64]) -> Self {
        let labels = y.iter().take_while(|label| **label != 0).count();
        Ways {
            labels: y.get(..labels).unwrap_or(&[]),
            classes,
            logs,
        }
    }

    fn states(&self) -> usize {
        2 * self.labels.len() + 1
    }

    fn class(&self, state: usize) -> usize {
        let label = self.labels.get(state / 2).filter(|_| state % 2 == 1);
        label.map_or(0, |label| *label as usize)
    }

    /// Whether a state may follow the one before the last: a label that is another one than the label before.
    fn skips(&self, state: usize) -> bool {
        state >= 2 && state % 2 == 1 && self.class(state) != self.class(state - 2)
    }

    fn log(&self, step: usize, state: usize) -> f64 {
        let log = self.logs.get(step * self.classes + self.class(state));
        log.copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// Fills a row for each step with the logarithms of the probabilities to have come to each state; that of all ways.
    fn forward(&self, table: &mut [f64]) -> f64 {
        let states = self.states();
        let steps = self.logs.len() / self.classes.max(1);
        let (mut before, mut rest): (&mut [f64], &mut [f64]) = (&mut [], table);
        for step in 0..steps {
            let Some((row, next)) = rest.split_at_mut_checked(states) else {
                break;
            };
            for state in 0..states {
                let at = |back: usize| {
                    let from = state.checked_sub(back).and_then(|from| before.get(from));
                    from.copied().unwrap_or(f64::NEG_INFINITY)
                };
                let comes = match step {
                    0 if state < 2 => 0.0,
                    0 => f64::NEG_INFINITY,
                    _ if self.skips(state) => log_sum(at(0), at(1), at(2)),
                    _ => log_sum(at(0), at(1), f64::NEG_INFINITY),
                };
                if let Some(to) = row.get_mut(state) {
                    *to = comes + self.log(step, state);
                }
            }
            (before, rest) = (row, next);
        }
        let mut last = before.iter().rev().copied();
        let (blank, label) = (last.next(), last.next());
        log_sum(
            blank.unwrap_or(f64::NEG_INFINITY),
            label.unwrap_or(f64::NEG_INFINITY),
            f64::NEG_INFINITY,
        )
    }

    /// The derivatives times `factor`: the probability of a class, less that of all ways that have it at this step.
    fn backward(&self, table: &[f64], rows: &mut [f64], ln: f64, factor: f32, grad: &mut [f32]) {
        let states = self.states();
        let (now, later) = rows.split_at_mut(rows.len() / 2);
        let (mut now, mut later) = (now, later);
        let steps = self.logs.len() / self.classes.max(1);
        for step in (0..steps).rev() {
            let grad = grad.get_mut(step * self.classes..).unwrap_or(&mut []);
            let grad = grad.get_mut(..self.classes).unwrap_or(&mut []);
            for (grad, log) in grad
                .iter_mut()
                .zip(self.logs.iter().skip(step * self.classes))
            {
                *grad = factor * math::exp(*log as f32);
            }
            for state in 0..states {
                let at = |on: usize| {
                    let to = later.get(state + on).filter(|_| state + on < states);
                    to.map_or(f64::NEG_INFINITY, |to| to + self.log(step + 1, state + on))
                };
                let goes = match step + 1 == steps {
                    true if state + 2 >= states => 0.0,
                    true => f64::NEG_INFINITY,
                    false if self.skips(state + 2) => log_sum(at(0), at(1), at(2)),
                    false => log_sum(at(0), at(1), f64::NEG_INFINITY),
                };
                if let Some(to) = now.get_mut(state) {
                    *to = goes;
                }
                let came = table.get(step * states + state).copied();
                let ways = came.unwrap_or(f64::NEG_INFINITY) + goes - ln;
                if let Some(grad) = grad.get_mut(self.class(state)) {
                    *grad -= factor * math::exp(ways as f32);
                }
            }
            (now, later) = (later, now);
        }
    }
}

#[diagnostic::do_not_recommend]
impl<const C: usize, const T: usize> Loss<[[f32; C]; T]> for CTC {
    type Target = [u32; T];
    type Units = Logits;
    const NAME: &'static str = "ctc";

    fn loss(
        &self,
        out: &[[[f32; C]; T]],
        y: &[[u32; T]],
        weight: Option<&[f32]>,
        grad: &mut [[[f32; C]; T]],
    ) -> f32 {
        let weights = Weights::new(out, weight);
        let divisor = match (self.reduction, weight) {
            (Reduction::Sum, _) => 1.0,
            (Reduction::MeanWithSampleWeight, Some(_)) => of_samples(out.len(), &weights),
            _ => out.len() as Wide,
        };
        let grad = grad.as_flattened_mut().as_flattened_mut();
        let out = out.as_flattened().as_flattened();
        let weight = |i: usize| weights.of_sample(i);
        let grad = Some((grad, scale(divisor)));
        let sum = self.terms([T, C], out, y.as_flattened(), weight, grad);
        reduced(sum, divisor)
    }

    fn in_parts(&self, samples: usize, _: &[[u32; T]], weight: Option<&[f32]>) -> InParts {
        in_parts::<[[f32; C]; T]>(self.reduction, samples, weight)
    }

    fn check(&self, y: &[u32; T]) -> Option<Note> {
        let note = Note::new().brief("labels that do not fit");
        let labels = y.iter().take_while(|label| **label != 0).count();
        if y.iter().skip(labels).any(|label| *label != 0) {
            return Some(note.str("a label behind a 0, which is the blank and ends the labels"));
        }
        let labels = y.get(..labels).unwrap_or(&[]);
        if let Some(wrong) = labels.iter().find(|label| **label as usize >= C) {
            let note = note.str("class ").num(*wrong as usize);
            let note = note.str(", but the model has ").num(C);
            return Some(
                note.str(" outputs: labels are 1 to ")
                    .num(C.saturating_sub(1)),
            );
        }
        let pairs = labels.iter().zip(labels.iter().skip(1));
        let twice = pairs.filter(|(a, b)| a == b).count();
        if labels.len() + twice <= T {
            return None;
        }
        let note = note.num(labels.len()).str(" labels, of which ").num(twice);
        let note = note
            .str(" are as the one before, need ")
            .num(labels.len() + twice);
        Some(note.str(" steps, but the output has ").num(T))
    }
}

fn of_samples(samples: usize, weights: &Weights<'_>) -> Wide {
    (0..samples).map(|i| Wide::from(weights.of_sample(i))).sum()
}

impl<const C: usize, const T: usize> AsMetric<[[f32; C]; T]> for CTC {
    fn total(&self, out: &[[[f32; C]; T]], y: &[[u32; T]], weight: Option<&[f32]>) -> (f64, f64) {
        let weights = Weights::new(out, weight);
        let all = of_samples(out.len(), &weights);
        let out = out.as_flattened().as_flattened();
        let weight = |i: usize| weights.of_sample(i);
        let sum = self.terms([T, C], out, y.as_flattened(), weight, None);
        (wide(sum), wide(all))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::ToOwned;

    use super::*;
    use crate::rng::{Purpose, Rng};

    const T: usize = 5;
    const C: usize = 3;

    /// Over all ways, one by one.
    fn slowly(out: &[[f32; C]; T], labels: &[u32]) -> f64 {
        let rows = out.map(|row| {
            let sum: f64 = row.iter().map(|o| f64::from(*o).exp()).sum();
            row.map(|o| f64::from(o).exp() / sum)
        });
        let mut probability = 0.0;
        for way in 0..C.pow(T as u32) {
            let classes: [usize; T] = core::array::from_fn(|t| way / C.pow(t as u32) % C);
            let mut read = classes.to_vec();
            read.dedup();
            read.retain(|class| *class != 0);
            let is_it = read
                .iter()
                .copied()
                .eq(labels.iter().map(|label| *label as usize));
            if is_it {
                probability += (0..T).map(|t| rows[t][classes[t]]).product::<f64>();
            }
        }
        -probability.ln()
    }

    #[test]
    fn the_sum_over_all_ways() {
        let mut rng = Rng::new(1, Purpose::User, 0, 0);
        let out: [[[f32; C]; T]; 4] = [[[0.0; C]; T]; 4]
            .map(|s: [[f32; C]; T]| s.map(|row| row.map(|_| 4.0 * rng.uniform() - 2.0)));
        let y = [[1, 2, 0, 0, 0], [1, 1, 2, 0, 0], [0; T], [2, 2, 2, 0, 0]];
        let loss = CTC::new();
        let weights = [1.0, 0.5, 2.0, 1.0];
        let mut expected = 0.0;
        for i in 0..4 {
            assert!(Loss::<[[f32; C]; T]>::check(&loss, &y[i]).is_none());
            let labels: Vec<u32> = y[i].into_iter().filter(|label| *label != 0).collect();
            expected += f64::from(weights[i]) * slowly(&out[i], &labels) / 4.0;
        }
        let mut grad = out;
        let value = loss.loss(&out, &y, Some(&weights), &mut grad);
        assert!(
            (f64::from(value) - expected).abs() < 1e-5,
            "{value} {expected}"
        );
        for at in 0..4 * T * C {
            let moved = |by: f32| {
                let mut out = out;
                out.as_flattened_mut().as_flattened_mut()[at] += by;
                loss.loss(&out, &y, Some(&weights), &mut { out })
            };
            let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            let grad = grad.as_flattened().as_flattened()[at];
            assert!((grad - slope).abs() < 1e-3, "{at}: {grad} {slope}");
        }
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        let why = |y: [u32; T]| {
            let why = Loss::<[[f32; C]; T]>::check(&CTC::new(), &y);
            why.map_or_else(|| "none".to_owned(), |why| why.as_str().to_owned())
        };
        assert_eq!(
            why([1, 0, 2, 0, 0]),
            "a label behind a 0, which is the blank and ends the labels"
        );
        assert_eq!(
            why([1, 3, 0, 0, 0]),
            "class 3, but the model has 3 outputs: labels are 1 to 2"
        );
        assert_eq!(
            why([1, 1, 2, 2, 0]),
            "4 labels, of which 2 are as the one before, need 6 steps, but the output has 5"
        );
    }
}
