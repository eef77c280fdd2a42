//! Norms by their definition, and what is refused.

use super::*;
use crate::params::ParamSpec;
use crate::pool::Pool;
use crate::shape::Shape;

const AXES: [&[isize]; 7] = [&[0], &[1], &[-1], &[0, 1], &[0, 2], &[0, 1, 2], &[3, 1]];

/// The element's norm over the axes, by its definition.
fn norm(w: &[f32], shape: [usize; 4], axis: &[isize], of: usize) -> f32 {
    let place = |mut at: usize| {
        let mut place = [0; 4];
        for (p, len) in place.iter_mut().zip(shape).rev() {
            (*p, at) = (at % len, at / len);
        }
        place
    };
    let own = place(of);
    let mut sum = 0.0;
    for (i, w) in w.iter().enumerate() {
        let other = place(i);
        let same = (0..4).all(|a| axis.contains(&(a as isize)) || own[a] == other[a]);
        sum += if same { w * w } else { 0.0 };
    }
    libm::sqrtf(sum)
}

#[test]
fn norms_run_over_the_axes() {
    let shape = [2, 3, 2, 70];
    let mut before = [0.0; 2 * 3 * 2 * 70];
    for (i, w) in before.iter_mut().enumerate() {
        *w = ((i * 7919) % 101) as f32 / 50.0 - 1.0;
    }
    for axis in AXES {
        let mut after = before;
        Constraint::UnitNorm { axis }.apply(&mut after, &shape, &Pool::Serial);
        let mut positive = [0; 4];
        for (to, from) in positive.iter_mut().zip(axis) {
            *to = if *from < 0 { from + 4 } else { *from };
        }
        let positive = &positive[..axis.len()];
        for i in (0..before.len()).step_by(13) {
            let expected = before[i] / norm(&before, shape, positive, i);
            assert!((after[i] - expected).abs() < 1e-5, "{axis:?} [{i}]");
        }
    }
}

#[test]
fn norms_come_between_their_bounds() {
    // Columns of norms 5, 1.5 and 0.
    let before = [3.0, 0.0, 0.0, -4.0, 1.5, 0.0];
    let after = |constraint: Constraint| {
        let mut w = before;
        constraint.apply(&mut w, &[2, 3], &Pool::Serial);
        w
    };
    let near = |a: [f32; 6], b: [f32; 6]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    let axis: &[isize] = &[0];
    let max = Constraint::MaxNorm {
        max_value: 2.0,
        axis,
    };
    assert!(near(after(max), [1.2, 0.0, 0.0, -1.6, 1.5, 0.0]));
    let (min_value, max_value) = (2.0, 4.0);
    let min_max = |rate| {
        after(Constraint::MinMaxNorm {
            min_value,
            max_value,
            rate,
            axis,
        })
    };
    assert!(near(min_max(1.0), [2.4, 0.0, 0.0, -3.2, 2.0, 0.0]));
    assert!(near(min_max(0.5), [2.7, 0.0, 0.0, -3.6, 1.75, 0.0]));
    assert_eq!(after(Constraint::NonNeg), [3.0, 0.0, 0.0, 0.0, 1.5, 0.0]);
}

#[test]
fn rules_name_the_axis_and_the_array() {
    let specs = [ParamSpec {
        name: "kernel",
        shape: Shape::new(&[5, 4]),
    }];
    let refused = |axis: &'static [isize], name| {
        let constraint = Constraint::UnitNorm { axis };
        rule(&constraint, &specs, name).map(|refusal| refusal.what)
    };
    assert!(refused(&[0, -1], "kernel").is_none());
    assert!(refused(&[2], "bias").is_none());
    let out_of_range = refused(&[-3], "kernel").expect("has two axes");
    let text = "axis -3 is out of range for the kernel (5, 4)";
    assert_eq!(out_of_range.as_str(), text);
    let twice = refused(&[1, -1], "kernel").expect("the same axis");
    assert_eq!(twice.as_str(), "axis -1 is given twice");
}

#[test]
fn arguments_in_their_ranges() {
    let axis: &[isize] = &[0];
    let wrong = |min_value, max_value, rate| {
        let constraint = Constraint::MinMaxNorm {
            min_value,
            max_value,
            rate,
            axis,
        };
        constraint.check().is_some()
    };
    assert!(!wrong(0.0, 1.0, 0.5));
    assert!(wrong(-1.0, 1.0, 0.5) && wrong(2.0, 1.0, 0.5) && wrong(0.0, 1.0, 1.5));
    assert!(wrong(0.0, f32::NAN, 0.5) && wrong(0.0, 1.0, f32::NAN));
}
