//! Layers that move values.

use crate::call::{Call, Value};
use crate::layers::{axes_of, whole};
use crate::tape::Var;
use crate::tensor::Tensor;

/// The same values in another shape, of which one length may be -1: what is left.
pub fn reshape(call: &Call, x: Tensor) -> Tensor {
    let shape = call.some_wholes("target_shape").expect("a shape");
    let len: usize = x.sample().iter().product();
    let given: i64 = shape.iter().filter(|len| **len > 0).product();
    let axis = |axis: &i64| {
        if *axis < 0 {
            len / given as usize
        } else {
            *axis as usize
        }
    };
    let shape: Vec<usize> = [x.batch()]
        .into_iter()
        .chain(shape.iter().map(axis))
        .collect();
    x.reshaped(&shape)
}

/// All in a row.
pub fn flatten(x: Tensor) -> Tensor {
    let shape = [x.batch(), x.sample().iter().product()];
    x.reshaped(&shape)
}

/// A sample as each of `n` steps.
pub fn repeat_vector(call: &Call, x: Tensor) -> Tensor {
    Tensor::made(&[x.batch(), call.must("n"), x.width()], |at| {
        x.at(&[at[0], at[2]])
    })
}

/// The axes in another order.
pub fn permute(call: &Call, x: Tensor) -> Tensor {
    let dims = call.some_wholes("dims").expect("an order");
    let order: Vec<usize> = [0]
        .into_iter()
        .chain(dims.iter().map(|axis| *axis as usize))
        .collect();
    let shape: Vec<usize> = order.iter().map(|axis| x.shape[*axis]).collect();
    Tensor::made(&shape, |at| {
        let mut from = vec![0; at.len()];
        order
            .iter()
            .zip(at)
            .for_each(|(axis, at)| from[*axis] = *at);
        x.at(&from)
    })
}

/// Margins: `1`, `(1, 2)`, `((1, 2), (0, 1))`. Of one axis a pair is before and behind, of several one for each.
fn margins(call: &Call, name: &str, axes: usize, default: usize) -> Vec<(usize, usize)> {
    let pair = |arg: &Value| match arg {
        Value::Tuple(pair) => (whole(&pair[0]) as usize, whole(&pair[1]) as usize),
        both => (whole(both) as usize, whole(both) as usize),
    };
    match call.get(name) {
        None => vec![(default, default); axes],
        Some(arg @ Value::Tuple(_)) if axes == 1 => vec![pair(arg)],
        Some(Value::Tuple(all)) => all.iter().map(pair).collect(),
        Some(all) => vec![pair(all); axes],
    }
}

/// Zeros around.
pub fn zero_padding(call: &Call, x: Tensor) -> Tensor {
    let axes = axes_of(&call.class);
    let margins = margins(call, "padding", axes, 1);
    let mut shape = x.shape.clone();
    margins
        .iter()
        .enumerate()
        .for_each(|(i, margin)| shape[1 + i] += margin.0 + margin.1);
    Tensor::made(&shape, |at| {
        let from = at.iter().enumerate().map(|(i, at)| match i {
            i if (1..=axes).contains(&i) => *at as isize - margins[i - 1].0 as isize,
            _ => *at as isize,
        });
        x.inside(&from.collect::<Vec<_>>()).unwrap_or(Var::ZERO)
    })
}

/// Without the margins.
pub fn cropping(call: &Call, x: Tensor) -> Tensor {
    let axes = axes_of(&call.class);
    let margins = margins(call, "cropping", axes, usize::from(axes != 2));
    let mut shape = x.shape.clone();
    margins
        .iter()
        .enumerate()
        .for_each(|(i, margin)| shape[1 + i] -= margin.0 + margin.1);
    Tensor::made(&shape, |at| {
        let mut from = at.to_vec();
        margins
            .iter()
            .enumerate()
            .for_each(|(i, margin)| from[1 + i] += margin.0);
        x.at(&from)
    })
}

/// Each place several times.
pub fn up_sampling(call: &Call, x: Tensor) -> Tensor {
    let axes = axes_of(&call.class);
    let sizes = call.sizes("size", axes, 2);
    let mut shape = x.shape.clone();
    sizes
        .iter()
        .enumerate()
        .for_each(|(i, size)| shape[1 + i] *= size);
    Tensor::made(&shape, |at| {
        let mut from = at.to_vec();
        sizes
            .iter()
            .enumerate()
            .for_each(|(i, size)| from[1 + i] /= size);
        x.at(&from)
    })
}
