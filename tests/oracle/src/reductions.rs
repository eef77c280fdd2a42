//! How the values of a loss become one number: weights, masks, and Keras's `reduction`.

use crate::call::Call;
use crate::losses::Rows;
use crate::tape::Var;

/// The weights of a batch.
#[derive(Clone, Copy, Debug)]
pub enum Weights<'a> {
    /// One for each sample: it counts for each of its rows.
    Samples(&'a [f64]),
    /// One for each row.
    Rows(&'a [f64]),
}

/// One number of the values: weighted, without what is masked, by Keras's `reduction`.
pub fn reduced(
    loss: &Call,
    rows: &Rows,
    weights: Option<Weights<'_>>,
    mask: Option<&[bool]>,
) -> Var {
    let samples = rows.shape.first().copied().unwrap_or(1);
    let each = rows.values.len() / samples.max(1);
    let counts = |row: usize| {
        mask.is_none_or(|mask| mask[row]) && rows.counts.as_ref().is_none_or(|counts| counts[row])
    };
    let weight = |row: usize| match weights {
        None => 1.0,
        Some(Weights::Samples(weights)) => weights[row / each],
        Some(Weights::Rows(weights)) => weights[row],
    };
    if rows.of_batch && (weights.is_some() || mask.is_some()) {
        return of_batch(loss, &rows.values, weights, mask);
    }
    let all = 0..rows.values.len();
    let sum: Var = all
        .clone()
        .filter(|&row| counts(row))
        .map(|row| rows.values[row] * weight(row))
        .sum();
    let divisor = match loss.text("reduction", "sum_over_batch_size") {
        "sum" => 1.0,
        "sum_over_batch_size" => all.filter(|&row| counts(row)).count() as f64,
        "mean_with_sample_weight" => all.filter(|&row| counts(row)).map(weight).sum(),
        other => panic!("no reduction {other}"),
    };
    sum * quotient(1.0, divisor)
}

/// The same of values of which each goes over the whole batch: they are spread over the weights, or over the mask.
fn of_batch(
    loss: &Call,
    values: &[Var],
    weights: Option<Weights<'_>>,
    mask: Option<&[bool]>,
) -> Var {
    let weights: &[f64] = match weights {
        Some(Weights::Samples(weights) | Weights::Rows(weights)) => weights,
        None => &[1.0],
    };
    let rows = mask.map_or(weights.len(), <[bool]>::len);
    let counts = |row: usize| mask.is_none_or(|mask| mask[row]);
    let weight = |row: usize| {
        if counts(row) {
            weights[row * weights.len() / rows]
        } else {
            0.0
        }
    };
    // Weights of rows lie along the values; one for each sample is one for each of the values.
    let each = if rows.is_multiple_of(values.len()) {
        1
    } else {
        values.len()
    };
    let all = || (0..rows * each).map(|i| (i / each, values[i % values.len()]));
    let sum: Var = all().map(|(row, value)| value * weight(row)).sum();
    let divisor = match loss.text("reduction", "sum_over_batch_size") {
        "sum" => 1.0,
        "mean_with_sample_weight" => all().map(|(row, _)| weight(row)).sum(),
        _ => all().filter(|(row, _)| counts(*row)).count() as f64,
    };
    sum * quotient(1.0, divisor)
}

/// A quotient that is 0 where the divisor is.
fn quotient(of: f64, by: f64) -> f64 {
    if by == 0.0 { 0.0 } else { of / by }
}

/// The weights that `class_weight` gives samples: that of the class of each target. `width` is the length of a target that is no class
/// number.
pub fn class_weights(y: &[f64], width: Option<usize>, weights: &[f64]) -> Vec<f64> {
    let class = |row: &[f64]| match row {
        [number] => number.round() as usize,
        row => {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter().position(|&y| y == largest).expect("a row")
        }
    };
    let rows = y.chunks(width.unwrap_or(1));
    rows.map(|row| weights.get(class(row)).copied().unwrap_or(1.0))
        .collect()
}
