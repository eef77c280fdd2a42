//! Values that Keras computed, and gradients against finite differences.

use super::*;
use crate::params::ParamSpec;
use crate::pool::Pool;
use crate::rng::{Purpose, Rng};
use crate::shape::Shape;

const W: [f32; 6] = [1.0, -2.0, 0.5, 3.0, 0.0, -1.5];

fn orthogonal(mode: Mode) -> Regularizer {
    Regularizer::OrthogonalRegularizer { factor: 0.5, mode }
}

fn near(a: f32, b: f32, tolerance: f32) -> bool {
    (a - b).abs() <= tolerance * b.abs().max(1.0)
}

#[test]
fn penalties_are_those_of_the_formulas() {
    let on = |r: Regularizer| r.penalty(&W, &[2, 3], &Pool::Serial);
    assert!(near(on(Regularizer::L1 { l1: 0.1 }), 0.8, 1e-6));
    assert!(near(on(Regularizer::L2 { l2: 0.1 }), 1.65, 1e-6));
    assert!(near(on(Regularizer::L1_L2), 0.245, 1e-6));
    // Rows (1, -2, .5), (3, 0, -1.5): cos = 2.25 / sqrt(5.25 * 11.25).
    let cosine = 2.25 / libm::sqrtf(5.25 * 11.25);
    assert!(near(on(orthogonal(Mode::Rows)), 0.5 * cosine, 1e-6));
    // Columns (1, 3), (-2, 0), (.5, -1.5): cos = -1/sqrt(10), -4/5, -1/sqrt(10) ...
    let mean = (2.0 / libm::sqrtf(40.0) + 4.0 / libm::sqrtf(25.0) + 1.0 / libm::sqrtf(10.0)) / 3.0;
    assert!(near(on(orthogonal(Mode::Columns)), 0.5 * mean, 1e-6));
}

#[test]
fn one_vector_is_orthogonal() {
    let row = orthogonal(Mode::Rows);
    assert_eq!(row.penalty(&W, &[1, 6], &Pool::Serial), 0.0);
    let mut gradient = [0.0; 6];
    row.add_gradient(&W, &[1, 6], 1.0, &mut gradient, &Pool::Serial);
    assert_eq!(gradient, [0.0; 6]);
}

#[test]
fn a_zero_row_has_no_angle() {
    let w = [0.0, 0.0, 1.0, 2.0];
    let rows = orthogonal(Mode::Rows);
    assert_eq!(rows.penalty(&w, &[2, 2], &Pool::Serial), 0.0);
    let mut gradient = [0.0; 4];
    rows.add_gradient(&w, &[2, 2], 1.0, &mut gradient, &Pool::Serial);
    assert!(gradient.iter().all(|g| g.is_finite()));
}

/// The gradient of every built-in regularizer is that of its value, times the factor, and is added.
#[test]
fn gradients_are_differences_of_the_penalty() {
    let mut rng = Rng::new(3, Purpose::Init, 0, 0);
    let all = [
        Regularizer::L1 { l1: 0.3 },
        Regularizer::L2 { l2: 0.2 },
        Regularizer::L1L2 { l1: 0.2, l2: 0.1 },
        orthogonal(Mode::Rows),
        orthogonal(Mode::Columns),
    ];
    for (rows, cols) in [(2, 3), (5, 4), (1, 7), (70, 3), (3, 70)] {
        let shape = [rows, cols];
        let mut w = [0.0; 210];
        let w = &mut w[..rows * cols];
        // Away from 0, where the absolute value has a corner.
        w.fill_with(|| {
            let w = rng.normal();
            w + 0.2_f32.copysign(w)
        });
        for regularizer in all {
            let mut gradient = [1.0; 210];
            let gradient = &mut gradient[..rows * cols];
            regularizer.add_gradient(w, &shape, 2.0, gradient, &Pool::Serial);
            for i in 0..w.len() {
                let at = w[i];
                // |cos| has a corner at 0, so that the step must be small.
                let h = match regularizer {
                    Regularizer::OrthogonalRegularizer { .. } => 1e-3,
                    _ => 1e-2,
                };
                w[i] = at + h;
                let above = regularizer.penalty(w, &shape, &Pool::Serial);
                w[i] = at - h;
                let below = regularizer.penalty(w, &shape, &Pool::Serial);
                w[i] = at;
                let difference = 1.0 + (above - below) / h;
                assert!(
                    near(gradient[i], difference, 4e-3),
                    "{regularizer:?} {shape:?} [{i}]: {} against {difference}",
                    gradient[i]
                );
            }
        }
    }
}

#[test]
fn rules_name_the_array() {
    let specs = [ParamSpec {
        name: "kernel",
        shape: Shape::new(&[3, 3, 2, 4]),
    }];
    let refused = rule(&orthogonal(Mode::Rows), &specs, "kernel").expect("rank 4");
    assert_eq!(
        refused.what.as_str(),
        "OrthogonalRegularizer expects a matrix, found the kernel (3, 3, 2, 4)"
    );
    assert!(rule(&orthogonal(Mode::Rows), &specs, "bias").is_none());
    assert!(activity_rule(&orthogonal(Mode::Rows), Shape::new(&[5])).is_none());
    assert!(activity_rule(&orthogonal(Mode::Rows), Shape::new(&[5, 2])).is_some());
}

#[cfg(feature = "rayon")]
#[test]
fn threads_do_not_change_a_bit() {
    let threads = Pool::of(3);
    let pool = threads.expect("threads");
    let mut rng = Rng::new(3, Purpose::Init, 0, 0);
    let shape = [300, 701];
    let mut w = std::vec![0.0; 300 * 701];
    w.fill_with(|| rng.normal());
    let all = [
        Regularizer::L1L2 { l1: 0.2, l2: 0.1 },
        orthogonal(Mode::Rows),
        orthogonal(Mode::Columns),
    ];
    for regularizer in all {
        let value = |pool| regularizer.penalty(&w, &shape, pool).to_bits();
        assert_eq!(value(&pool), value(&Pool::Serial), "{regularizer:?}");
        let gradient = |pool| {
            let mut gradient = std::vec![0.5; w.len()];
            regularizer.add_gradient(&w, &shape, 0.7, &mut gradient, pool);
            gradient
        };
        assert!(
            gradient(&pool) == gradient(&Pool::Serial),
            "{regularizer:?}"
        );
    }
}
