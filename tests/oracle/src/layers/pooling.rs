//! Poolings: the largest value or the mean of windows, of everything, or of as many parts as are to come out.

use crate::call::Call;
use crate::layers::axes_of;
use crate::layers::convolution::Window;
use crate::run::Run;
use crate::sides::side;
use crate::tape::Var;
use crate::tensor::{Tensor, each};

/// Any of them, by its name.
pub fn layer(call: &Call, x: Tensor, run: &Run<'_>) -> Tensor {
    let axes = axes_of(&call.class);
    let is_max = call.class.contains("Max");
    let image = x.shape[1..=axes].to_vec();
    if call.class.starts_with("Global") {
        let y = match run.mask_of(x.batch() * image[0]) {
            Some(mask) if call.class == "GlobalAveragePooling1D" => masked_mean(&x, &mask),
            _ => pooled(&x, &vec![1; axes], is_max.then_some(shared_max), |_| {
                image.iter().map(|len| 0..*len as isize).collect()
            }),
        };
        let (batch, width) = (y.batch(), y.width());
        return match call.flag("keepdims", false) {
            true => y,
            false => {
                let rest = y.shape[1 + axes..y.shape.len() - 1].to_vec();
                y.reshaped(&[&[batch], &rest[..], &[width]].concat())
            }
        };
    }
    if call.class.starts_with("Adaptive") {
        let sizes = call.sizes("output_size", axes, 1);
        return pooled(&x, &sizes, is_max.then_some(first_max), |at| {
            let part = |i: usize| {
                (at[i] * image[i] / sizes[i]) as isize
                    ..((at[i] + 1) * image[i]).div_ceil(sizes[i]) as isize
            };
            (0..axes).map(part).collect()
        });
    }
    let size = call.sizes("pool_size", axes, 2);
    let strides = match call.get("strides") {
        Some(_) => call.sizes("strides", axes, 1),
        None => size.clone(),
    };
    let window = Window::new(
        &image,
        &size,
        &strides,
        &vec![1; axes],
        call.text("padding", "valid"),
    );
    pooled(&x, &window.windows, is_max.then_some(first_max), |at| {
        let first = window.place(at, &vec![0; axes]);
        first
            .iter()
            .zip(&size)
            .map(|(first, size)| *first..first + *size as isize)
            .collect()
    })
}

/// The largest value; of equal ones the first.
fn first_max(values: &[Var]) -> Var {
    let rest = values[1..].iter();
    rest.fold(values[0], |largest, value| largest.max(*value))
}

/// The largest value; equal ones share its gradient, as in TensorFlow's `reduce_max`.
fn shared_max(values: &[Var]) -> Var {
    let largest = first_max(values).value();
    let sides: Vec<f64> = values.iter().map(|x| side(x.value(), largest)).collect();
    let above = sides.iter().any(|side| *side > 0.0);
    let is_largest = |side: f64| if above { side > 0.0 } else { side == 0.0 };
    let all = values.iter().zip(sides);
    let largest: Vec<Var> = all
        .filter(|(_, side)| is_largest(*side))
        .map(|(x, _)| *x)
        .collect();
    match largest.len() {
        0 => first_max(values),
        count => largest.into_iter().sum::<Var>() / count as f64,
    }
}

/// The largest value, as it is given, or the mean of what lies in a range of each axis, as far as it is inside.
fn pooled(
    x: &Tensor,
    windows: &[usize],
    max: Option<fn(&[Var]) -> Var>,
    ranges: impl Fn(&[usize]) -> Vec<std::ops::Range<isize>>,
) -> Tensor {
    let axes = windows.len();
    let shape = [&[x.batch()], windows, &[x.width()]].concat();
    Tensor::made(&shape, |at| {
        let ranges = ranges(&at[1..=axes]);
        let lens: Vec<usize> = ranges.iter().map(ExactSizeIterator::len).collect();
        let mut found = Vec::new();
        each(&lens, |tap| {
            let place = ranges
                .iter()
                .zip(tap)
                .map(|(range, tap)| range.start + *tap as isize);
            let index: Vec<isize> = [at[0] as isize]
                .into_iter()
                .chain(place)
                .chain([at[axes + 1] as isize])
                .collect();
            found.extend(x.inside(&index));
        });
        match max {
            Some(max) => max(&found),
            None => found.iter().copied().sum::<Var>() / found.len() as f64,
        }
    })
}

/// The mean over the steps that are no padding; of padding only it is 0.
fn masked_mean(x: &Tensor, mask: &[bool]) -> Tensor {
    let steps = x.shape[1];
    Tensor::made(&[x.batch(), 1, x.width()], |at| {
        let real: Vec<usize> = (0..steps)
            .filter(|step| mask[at[0] * steps + step])
            .collect();
        let sum: Var = real.iter().map(|step| x.at(&[at[0], *step, at[2]])).sum();
        sum / real.len().max(1) as f64
    })
}
