//! Layers over windows of their input, counted one by one.

use kseq::__core::layers::{self, Padding, Window};
use kseq::__core::shape::{Rule, Shape};

use super::draw::{Case, Draw, Input, NONE, SMALL, Wanted, asked};

/// How many windows there are, counted where that can be.
pub fn windows(
    size: u128,
    taps: usize,
    stride: usize,
    dilation: usize,
    padding: Padding,
) -> Option<u128> {
    if taps == 0 || stride == 0 || dilation == 0 {
        return None;
    }
    if size == NONE {
        return Some(NONE);
    }
    let (taps, stride, dilation) = (taps as u128, stride as u128, dilation as u128);
    let last_tap = (taps - 1).saturating_mul(dilation);
    let found = match padding {
        Padding::Valid if size < SMALL as u128 => {
            let begins = (0..size).step_by(stride as usize);
            begins
                .filter(|begin| begin.saturating_add(last_tap) < size)
                .count() as u128
        }
        Padding::Valid => match size.checked_sub(last_tap + 1) {
            Some(left) => left / stride + 1,
            None => 0,
        },
        _ if size < SMALL as u128 => (0..size).step_by(stride as usize).count() as u128,
        _ => size.div_ceil(stride),
    };
    (found > 0).then_some(found)
}

pub fn over<const N: usize>(
    input: &Input,
    kernel: [usize; N],
    window: &Window<N>,
    last: u128,
) -> Wanted {
    let mut dims = Vec::new();
    for (i, taps) in kernel.into_iter().enumerate() {
        let (stride, dilation) = (window.strides[i], window.dilation_rate[i]);
        dims.push(windows(
            input.dims[i],
            taps,
            stride,
            dilation,
            window.padding,
        )?);
    }
    dims.push(last);
    Some(dims)
}

/// Whether Keras takes strides and dilation together.
pub fn takes<const N: usize>(window: &Window<N>) -> bool {
    let most = |sizes: [usize; N]| sizes.into_iter().max().unwrap_or(0) > 1;
    let both = most(window.strides) && most(window.dilation_rate);
    !both && window.groups > 0 && !(N > 1 && matches!(window.padding, Padding::Causal))
}

pub fn conv<const N: usize>(
    d: &mut Draw,
    f: fn(Shape, usize, [usize; N], &Window<N>) -> Rule,
) -> Case {
    let input = Input::draw(d, N + 1, false);
    let (filters, kernel, window) = (d.arg("filters"), d.args("kernel_size"), d.window(N == 1));
    let groups = window.groups as u128;
    let fits = input.has(N) && takes(&window) && filters > 0;
    let divides =
        fits && input.last().is_multiple_of(groups) && (filters as u128).is_multiple_of(groups);
    let wanted = divides
        .then(|| over(&input, kernel, &window, filters as u128))
        .flatten();
    (asked(|| f(input.shape, filters, kernel, &window)), wanted)
}

pub fn depthwise<const N: usize>(d: &mut Draw) -> Case {
    let input = Input::draw(d, N + 1, false);
    let (multiplier, kernel, mut window) = (
        d.arg("depth_multiplier"),
        d.args::<N>("kernel_size"),
        d.window::<N>(N == 1),
    );
    window.groups = 1;
    let wanted = (input.has(N) && multiplier > 0)
        .then(|| {
            over(
                &input,
                kernel,
                &window,
                input.last().saturating_mul(multiplier as u128),
            )
        })
        .flatten();
    (
        asked(|| layers::depthwise_conv::shape(input.shape, multiplier, kernel, &window)),
        wanted,
    )
}

pub fn separable<const N: usize>(d: &mut Draw) -> Case {
    let input = Input::draw(d, N + 1, false);
    let (filters, multiplier) = (d.arg("filters"), d.arg("depth_multiplier"));
    let (kernel, mut window) = (d.args::<N>("kernel_size"), d.window::<N>(N == 1));
    window.groups = 1;
    let wanted = (input.has(N) && multiplier > 0 && filters > 0)
        .then(|| over(&input, kernel, &window, filters as u128))
        .flatten();
    (
        asked(|| layers::separable_conv::shape(input.shape, filters, multiplier, kernel, &window)),
        wanted,
    )
}

pub fn locally<const N: usize>(d: &mut Draw) -> Case {
    let input = Input::draw(d, N + 1, false);
    let (filters, kernel, window) = (
        d.arg("filters"),
        d.args("kernel_size"),
        d.window::<N>(false),
    );
    let window = Window {
        dilation_rate: [1; N],
        ..window
    };
    let wanted = (input.has(N) && filters > 0 && !input.is_open())
        .then(|| over(&input, kernel, &window, filters as u128))
        .flatten();
    let rule = || {
        layers::locally_connected::shape(
            input.shape,
            filters,
            kernel,
            window.strides,
            window.padding,
        )
    };
    (asked(rule), wanted)
}

/// Keras's `compute_conv_transpose_output_length`.
pub fn transposed<const N: usize>(d: &mut Draw) -> Case {
    let input = Input::draw(d, N + 1, false);
    let (filters, kernel) = (d.arg("filters"), d.args::<N>("kernel_size"));
    let window = Window {
        groups: 1,
        ..d.window::<N>(false)
    };
    let padding = match d.one_in(2) {
        true => Some(d.args::<N>("output_padding")),
        false => None,
    };
    let mut wanted = input.has(N) && filters > 0 && takes(&window);
    let mut dims = Vec::new();
    for i in 0..N {
        let (stride, dilation) = (window.strides[i] as u128, window.dilation_rate[i] as u128);
        wanted = wanted && stride > 0 && dilation > 0 && kernel[i] > 0;
        if !wanted {
            break;
        }
        let (size, reach) = (input.dims[i], (kernel[i] as u128 - 1) * dilation + 1);
        let same = matches!(window.padding, Padding::Same);
        let size = match (size, same, padding) {
            (NONE, ..) => Some(NONE),
            (size, false, None) => Some(size * stride + reach.saturating_sub(stride)),
            (size, true, None) => Some(size * stride),
            (size, same, Some(padding)) => {
                let cut = if same { 2 * (reach / 2) } else { 0 };
                let whole = size.saturating_sub(1) * stride + reach + padding[i] as u128;
                whole.checked_sub(cut).filter(|size| *size > 0)
            }
        };
        // What a convolution back would not undo, Keras refuses when it computes.
        let undone = padding.is_none_or(|padding| {
            (padding[i] as u128) < stride && !(same && reach % 2 + padding[i] as u128 == 0)
        });
        match size.filter(|_| undone) {
            Some(size) => dims.push(size),
            None => wanted = false,
        }
    }
    dims.push(filters as u128);
    let rule = || layers::conv_transpose::shape(input.shape, filters, kernel, &window, padding);
    (asked(rule), wanted.then_some(dims))
}

pub fn pooling<const N: usize>(
    d: &mut Draw,
    f: fn(Shape, &[usize], &[usize], bool) -> Rule,
) -> Case {
    let input = Input::draw(d, N + 1, false);
    let (pool, strides, same) = (
        d.args::<N>("pool_size"),
        d.args::<N>("strides"),
        d.flag("same"),
    );
    let padding = if same { Padding::Same } else { Padding::Valid };
    let window = Window {
        strides,
        padding,
        ..Window::DEFAULT
    };
    let wanted = input
        .has(N)
        .then(|| over(&input, pool, &window, input.last()))
        .flatten();
    (asked(|| f(input.shape, &pool, &strides, same)), wanted)
}

pub fn adaptive<const N: usize>(d: &mut Draw, f: fn(Shape, &[usize]) -> Rule) -> Case {
    let input = Input::draw(d, N + 1, false);
    let parts = d.args::<N>("output_size");
    let fits = input.has(N) && !input.is_open() && !parts.contains(&0);
    let wanted = parts
        .iter()
        .map(|n| *n as u128)
        .chain([input.last()])
        .collect();
    (asked(|| f(input.shape, &parts)), fits.then_some(wanted))
}

pub fn global(d: &mut Draw, axes: usize, f: fn(Shape, usize, bool) -> Rule) -> Case {
    let input = Input::draw(d, axes + 1, false);
    let keepdims = d.flag("keepdims");
    let ones = if keepdims { vec![1; axes] } else { Vec::new() };
    let wanted = input.has(axes).then(|| [ones, vec![input.last()]].concat());
    (asked(|| f(input.shape, axes, keepdims)), wanted)
}

pub fn margins<const N: usize>(
    d: &mut Draw,
    f: fn(Shape, &[[usize; 2]]) -> Rule,
    more: bool,
) -> Case {
    let input = Input::draw(d, N + 1, false);
    let (before, behind) = (d.args::<N>("before"), d.args::<N>("behind"));
    let zero = d.below(N + 1);
    let sides: Vec<[usize; 2]> = (0..N)
        .map(|i| {
            if i < zero {
                [0, behind[i] % 3]
            } else {
                [before[i], behind[i]]
            }
        })
        .collect();
    d.said.push(format!("{sides:?}"));
    let mut wanted = input.has(N).then(Vec::new);
    for ([before, behind], size) in sides.iter().zip(&input.dims) {
        let both = *before as u128 + *behind as u128;
        let left = match (*size, more) {
            (NONE, _) => Some(NONE),
            (size, true) => Some(size + both),
            (size, false) => size.checked_sub(both).filter(|left| *left > 0),
        };
        wanted = wanted.and_then(|mut dims: Vec<u128>| {
            dims.push(left?);
            Some(dims)
        });
    }
    let wanted = wanted.map(|dims| [dims, vec![input.last()]].concat());
    (asked(|| f(input.shape, &sides)), wanted)
}

pub fn up<const N: usize>(d: &mut Draw) -> Case {
    let input = Input::draw(d, N + 1, false);
    let size = d.args::<N>("size");
    let larger = input.dims.iter().zip(size).map(|(dim, n)| match *dim {
        NONE => NONE,
        dim => dim * n as u128,
    });
    let wanted = larger.chain([input.last()]).collect();
    let fits = input.has(N) && !size.contains(&0);
    (
        asked(|| layers::up_sampling::shape(input.shape, &size)),
        fits.then_some(wanted),
    )
}
