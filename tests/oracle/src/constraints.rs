//! Keras's constraints, each from its definition in `keras/src/constraints/constraints.py`.

use crate::call::{Call, axis};
use crate::losses::{EPSILON, groups};

/// What becomes of an array.
pub fn constrained(constraint: &Call, values: &[f64], shape: &[usize]) -> Vec<f64> {
    // Each value, times what a function of the norm of its group says.
    let by_norms = |factor: &dyn Fn(f64) -> f64| {
        let axes = constraint.some_wholes("axis").unwrap_or(vec![0]);
        let axes: Vec<usize> = axes.iter().map(|&a| axis(a, shape.len())).collect();
        let mut found = values.to_vec();
        for group in groups(shape, &axes).0 {
            let squares: f64 = group.iter().map(|&i| values[i] * values[i]).sum();
            let factor = factor(squares.sqrt());
            group.iter().for_each(|&i| found[i] *= factor);
        }
        found
    };
    match constraint.class.as_str() {
        "NonNeg" => values.iter().map(|w| w.max(0.0)).collect(),
        "UnitNorm" => by_norms(&|norm| 1.0 / (EPSILON + norm)),
        "MaxNorm" => {
            let max = constraint.number("max_value", 2.0);
            by_norms(&|norm| norm.clamp(0.0, max) / (EPSILON + norm))
        }
        "MinMaxNorm" => {
            let min = constraint.number("min_value", 0.0);
            let max = constraint.number("max_value", 1.0);
            let rate = constraint.number("rate", 1.0);
            by_norms(&|norm| {
                // As NumPy, also if the bounds are the wrong way round.
                let clipped = norm.max(min).min(max);
                (rate * clipped + (1.0 - rate) * norm) / (EPSILON + norm)
            })
        }
        other => panic!("no constraint {other}"),
    }
}
