//! Normalizations: by the moments of a batch, of a sample, of a group of channels.

use crate::call::{Call, axis};
use crate::layers::axes;
use crate::layers::simple::{groups, over};
use crate::run::{Fill, Run};
use crate::tape::Var;
use crate::tensor::Tensor;

/// What Keras adds where it divides by a number of steps.
const EPSILON: f64 = 1e-7;

fn mean(values: &[Var]) -> Var {
    values.iter().copied().sum::<Var>() / values.len() as f64
}

/// Mean and variance (the population's).
fn moments(values: &[Var]) -> (Var, Var) {
    let mean = mean(values);
    let squares: Vec<Var> = values
        .iter()
        .map(|value| (*value - mean).square())
        .collect();
    (
        mean,
        squares.iter().copied().sum::<Var>() / values.len() as f64,
    )
}

/// A parameter along some axes, if the layer has it.
fn along(
    call: &Call,
    run: &mut Run<'_>,
    (flag, name): (&str, &str),
    shape: &[usize],
) -> Option<Tensor> {
    let fill = if name == "gamma" {
        Fill::Around(1.0, 0.5)
    } else {
        Fill::Around(0.0, 0.5)
    };
    call.flag(flag, true)
        .then(|| run.param(call, name, name, shape, fill))
}

/// Each channel by the moments of the batch in training, by the moving ones outside.
pub fn batch(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let axis = axis(call.int("axis", -1), x.shape.len());
    let channels = x.shape[axis];
    let epsilon = call.number("epsilon", 0.001);
    let gamma = along(call, run, ("scale", "gamma"), &[channels]);
    let beta = along(call, run, ("center", "beta"), &[channels]);
    let moving_mean = run.state("moving_mean", &[channels], Fill::Around(0.0, 0.5));
    let moving_variance = run.state("moving_variance", &[channels], Fill::Around(1.0, 0.5));
    let renorm = call.flag("renorm", false).then(|| {
        ["moving_stddev", "renorm_mean", "renorm_stddev"].map(|name| {
            let fill = if name == "renorm_mean" {
                Fill::Around(0.0, 0.3)
            } else {
                Fill::Around(1.0, 0.3)
            };
            run.state(name, &[channels], fill)
        })
    });
    let others: Vec<usize> = (0..x.shape.len()).filter(|other| *other != axis).collect();
    let mask = run.mask_of(x.values.len() / x.width());
    let mut y = x.clone();
    let (mut new_mean, mut new_variance) = (Vec::new(), Vec::new());
    let mut new_renorm = renorm.clone();
    let is_training = run.training && !run.frozen;
    for (c, places) in groups(&x.shape, &others).into_iter().enumerate() {
        let (mut factor, mut offset) = (Var::ONE, Var::ZERO);
        let (mean, variance) = match is_training {
            false => (
                Var::constant(moving_mean[c]),
                Var::constant(moving_variance[c]),
            ),
            true => {
                let real =
                    |place: &&usize| mask.as_ref().is_none_or(|mask| mask[**place / x.width()]);
                let values: Vec<Var> = places
                    .iter()
                    .filter(real)
                    .map(|place| x.values[*place])
                    .collect();
                match mask {
                    None => moments(&values),
                    Some(_) => {
                        let n = values.len() as f64 + EPSILON;
                        let mean = values.iter().copied().sum::<Var>() / n;
                        (
                            mean,
                            values
                                .iter()
                                .map(|value| (*value - mean).square())
                                .sum::<Var>()
                                / n,
                        )
                    }
                }
            }
        };
        if let (true, Some([_, renorm_mean, renorm_stddev])) = (is_training, &renorm) {
            let limit = |key: &str| {
                call.some_call("renorm_clipping")
                    .and_then(|of| of.some_number(key))
            };
            let stddev = (variance.value() + epsilon).sqrt();
            let of = renorm_stddev[c].max(epsilon.sqrt());
            let (mut r, mut d) = (stddev / of, (mean.value() - renorm_mean[c]) / of);
            r = limit("rmin").map_or(r, |least| r.max(least));
            r = limit("rmax").map_or(r, |most| r.min(most));
            d = limit("dmax").map_or(d, |most| d.clamp(-most, most));
            (factor, offset) = (Var::constant(r), Var::constant(d));
        }
        let gamma = gamma.as_ref().map_or(Var::ONE, |gamma| gamma.at(&[c]));
        let beta = beta.as_ref().map_or(Var::ZERO, |beta| beta.at(&[c]));
        for place in &places {
            let normal = (x.values[*place] - mean) / (variance + epsilon).sqrt();
            y.values[*place] = (normal * factor + offset) * gamma + beta;
        }
        let momentum = call.number("momentum", 0.99);
        let follow = |moving: f64, batch: f64| moving * momentum + batch * (1.0 - momentum);
        new_mean.push(follow(moving_mean[c], mean.value()));
        new_variance.push(follow(moving_variance[c], variance.value()));
        if let Some([moving_stddev, renorm_mean, renorm_stddev]) = &mut new_renorm {
            let stddev = (variance.value() + epsilon).sqrt();
            let slow = call.number("renorm_momentum", 0.99);
            moving_stddev[c] = follow(moving_stddev[c], stddev);
            renorm_mean[c] = renorm_mean[c] * slow + mean.value() * (1.0 - slow);
            renorm_stddev[c] = renorm_stddev[c] * slow + stddev * (1.0 - slow);
            new_variance[c] = (moving_stddev[c] * moving_stddev[c] - epsilon).max(0.0);
        }
    }
    if is_training {
        run.set_state("moving_mean", new_mean);
        run.set_state("moving_variance", new_variance);
        if let Some(new) = new_renorm {
            ["moving_stddev", "renorm_mean", "renorm_stddev"]
                .into_iter()
                .zip(new)
                .for_each(|(name, new)| run.set_state(name, new));
        }
    }
    y
}

/// The place of a value on some axes, as an index of an array along them.
fn index_along(at: &[usize], axes: &[usize]) -> Vec<usize> {
    axes.iter().map(|axis| at[*axis]).collect()
}

/// Each sample by its own moments over some axes.
pub fn layer(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let axes = axes(call, "axis", -1, x.shape.len());
    let shape = index_along(&x.shape, &axes);
    let epsilon = call.number("epsilon", 0.001);
    let is_rms = call.flag("rms_scaling", false);
    let gamma = match is_rms {
        true => Some(run.param(call, "gamma", "gamma", &shape, Fill::Around(1.0, 0.5))),
        false => along(call, run, ("scale", "gamma"), &shape),
    };
    let beta = if is_rms {
        None
    } else {
        along(call, run, ("center", "beta"), &shape)
    };
    let normal = over(x, &axes, |values| {
        let (mean, variance) = moments(values);
        let from = if is_rms { Var::ZERO } else { mean };
        values
            .iter()
            .map(|value| (*value - from) / (variance + epsilon).sqrt())
            .collect()
    });
    scaled(&normal, gamma.as_ref(), beta.as_ref(), &axes)
}

fn scaled(x: &Tensor, gamma: Option<&Tensor>, beta: Option<&Tensor>, axes: &[usize]) -> Tensor {
    Tensor::made(&x.shape, |at| {
        let place = index_along(at, axes);
        let gamma = gamma.map_or(Var::ONE, |gamma| gamma.at(&place));
        x.at(at) * gamma + beta.map_or(Var::ZERO, |beta| beta.at(&place))
    })
}

/// Each group of channels of a sample by its moments.
pub fn group(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let axis = axis(call.int("axis", -1), x.shape.len());
    let channels = x.shape[axis];
    let groups = match call.int("groups", 32) {
        -1 => channels,
        groups => groups as usize,
    };
    let epsilon = call.number("epsilon", 0.001);
    let gamma = along(call, run, ("scale", "gamma"), &[channels]);
    let beta = along(call, run, ("center", "beta"), &[channels]);
    let mut shape = x.shape.clone();
    shape[axis] = channels / groups;
    shape.insert(axis, groups);
    let original = x.shape.clone();
    let all: Vec<usize> = (1..shape.len()).filter(|other| *other != axis).collect();
    let normal = over(x.reshaped(&shape), &all, |values| {
        let (mean, variance) = moments(values);
        values
            .iter()
            .map(|value| (*value - mean) / (variance + epsilon).sqrt())
            .collect()
    });
    scaled(
        &normal.reshaped(&original),
        gamma.as_ref(),
        beta.as_ref(),
        &[axis],
    )
}

/// By the root of the mean square; the scale is multiplied along the last axes.
pub fn rms(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let axes = axes(call, "axis", -1, x.shape.len());
    let shape = index_along(&x.shape, &axes);
    let epsilon = call.number("epsilon", 1e-6);
    let scale = run.param(call, "scale", "scale", &shape, Fill::Around(1.0, 0.5));
    let normal = over(x, &axes, |values| {
        let squares: Vec<Var> = values.iter().map(|value| value.square()).collect();
        values
            .iter()
            .map(|value| *value / (mean(&squares) + epsilon).sqrt())
            .collect()
    });
    let last: Vec<usize> = (normal.shape.len() - axes.len()..normal.shape.len()).collect();
    scaled(&normal, Some(&scale), None, &last)
}

/// Length 1 over some axes.
pub fn unit(call: &Call, x: Tensor) -> Tensor {
    let axes = axes(call, "axis", -1, x.shape.len());
    over(x, &axes, |values| {
        let sum: Var = values.iter().map(|value| value.square()).sum();
        // Keras's epsilon is 1e-12: what is shorter is divided by that.
        let inverse = (1.0 / sum.sqrt()).min(1e12);
        values.iter().map(|value| *value * inverse).collect()
    })
}
