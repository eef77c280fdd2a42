//! Keras's regularizers, each from its definition in `keras/src/regularizers/regularizers.py`.

use crate::call::Call;
use crate::losses::EPSILON;
use crate::tape::Var;

/// The penalty on an array.
pub fn penalty(regularizer: &Call, values: &[Var], shape: &[usize]) -> Var {
    let sizes = || values.iter().map(|x| x.abs()).sum::<Var>();
    let squares = || values.iter().map(|x| x.square()).sum::<Var>();
    match regularizer.class.as_str() {
        "L1" => regularizer.number("l1", 0.01) * sizes(),
        "L2" => regularizer.number("l2", 0.01) * squares(),
        "L1L2" => {
            regularizer.number("l1", 0.0) * sizes() + regularizer.number("l2", 0.0) * squares()
        }
        "OrthogonalRegularizer" => {
            let by_rows = regularizer.text("mode", "rows") == "rows";
            let (rows, columns) = (shape[0], shape[1]);
            let (vectors, length) = if by_rows {
                (rows, columns)
            } else {
                (columns, rows)
            };
            let at = |vector: usize, i: usize| match by_rows {
                true => values[vector * columns + i],
                false => values[i * columns + vector],
            };
            let unit = |vector: usize| -> Vec<Var> {
                let vector: Vec<Var> = (0..length).map(|i| at(vector, i)).collect();
                let squares: Var = vector.iter().map(|x| x.square()).sum();
                let inverse = (1.0 / squares.sqrt()).min(1.0 / EPSILON);
                vector.into_iter().map(|x| x * inverse).collect()
            };
            let units: Vec<Vec<Var>> = (0..vectors).map(unit).collect();
            let mut sum = Var::ZERO;
            for (i, a) in units.iter().enumerate() {
                for (j, b) in units.iter().enumerate() {
                    if i != j {
                        let product: Var = a.iter().zip(b).map(|(&a, &b)| a * b).sum();
                        sum += product.abs();
                    }
                }
            }
            let pairs = vectors as f64 * (vectors as f64 - 1.0) / 2.0;
            // Keras divides 0 by 0 where there is no pair; kseq says 0.
            if pairs == 0.0 {
                return Var::ZERO;
            }
            regularizer.number("factor", 0.01) * 0.5 * sum / pairs
        }
        other => panic!("no regularizer {other}"),
    }
}

/// The penalty on the output of a layer: it is divided by the samples of the batch, which come first in the shape.
pub fn activity_penalty(regularizer: &Call, values: &[Var], shape: &[usize]) -> Var {
    penalty(regularizer, values, shape) / shape[0] as f64
}
