//! The kinds of rules that several layers have.

use kseq::__core::layers::{self, OutputMode, Window};
use kseq::__core::shape::{Rule, Shape};

use super::draw::{Case, Draw, Input, NONE, SMALL, asked};
use super::windows::{over, takes};

/// A layer that keeps every shape of numbers.
pub fn keeps(d: &mut Draw, f: fn(Shape) -> Rule) -> Case {
    let axes = d.below(6);
    let input = Input::draw(d, axes, false);
    (asked(|| f(input.shape)), input.same())
}

pub fn image(d: &mut Draw, f: fn(Shape) -> Rule, channels: &[u128]) -> Case {
    let mut input = Input::draw(d, 3, false);
    if input.dims.len() == 3 && d.one_in(2) {
        let channels = [1, 3][d.below(2)];
        d.seen("channels", channels, &[]);
        input.shape = input.shape.with_last(channels);
        input.dims[2] = channels as u128;
    }
    let fits = input.has(2) && (channels.is_empty() || channels.contains(&input.last()));
    (asked(|| f(input.shape)), input.same().filter(|_| fits))
}

pub fn resized(d: &mut Draw, f: fn(Shape, usize, usize) -> Rule) -> Case {
    let input = Input::draw(d, 3, false);
    let (height, width) = (d.arg("height"), d.arg("width"));
    let wanted = vec![height as u128, width as u128, input.last()];
    let fits = input.has(2) && height > 0 && width > 0;
    (
        asked(|| f(input.shape, height, width)),
        fits.then_some(wanted),
    )
}

pub fn recurrent(
    d: &mut Draw,
    f: fn(Shape, usize, bool, Option<layers::recurrent::Last>) -> Rule,
) -> Case {
    let input = Input::draw(d, 2, false);
    let (units, sequences) = (d.arg("units"), d.flag("return_sequences"));
    let wanted = match sequences {
        true => input.with_last(units as u128),
        false => vec![units as u128],
    };
    let fits = input.has(1) && units > 0;
    (
        asked(|| f(input.shape, units, sequences, None)),
        fits.then_some(wanted),
    )
}

pub fn conv_lstm<const N: usize>(d: &mut Draw) -> Case {
    let input = Input::draw(d, N + 2, false);
    let (filters, kernel, window) = (
        d.arg("filters"),
        d.args("kernel_size"),
        d.window::<N>(false),
    );
    let (sequences, window) = (
        d.flag("return_sequences"),
        Window {
            groups: 1,
            ..window
        },
    );
    let fits =
        input.has(N + 1) && filters > 0 && takes(&window) && !input.dims[1..].contains(&NONE);
    let wanted = fits.then(|| {
        let step = Input {
            shape: input.shape,
            dims: input.dims[1..].to_vec(),
            is_f32: true,
        };
        let each = over(&step, kernel, &window, filters as u128)?;
        Some(match sequences {
            true => [vec![input.dims[0]], each].concat(),
            false => each,
        })
    });
    let rule = || layers::conv_lstm::shape(input.shape, filters, kernel, &window, sequences);
    (asked(rule), wanted.flatten())
}

pub fn encoded(d: &mut Draw, f: &dyn Fn(Shape, usize, OutputMode) -> Rule, least: usize) -> Case {
    let axes = 1 + d.below(4);
    let input = Input::draw(d, axes, false);
    let classes = d.arg("classes");
    let modes = [
        OutputMode::Int,
        OutputMode::OneHot,
        OutputMode::MultiHot,
        OutputMode::Count,
    ];
    let mode = modes[d.below(4)];
    d.seen("mode", mode as u8, &[]);
    let wanted = match mode {
        OutputMode::Int => Some(input.dims.clone()),
        OutputMode::OneHot if input.last() == 1 => Some(input.with_last(classes as u128)),
        OutputMode::OneHot if input.dims.len() < 4 => {
            Some([input.dims.clone(), vec![classes as u128]].concat())
        }
        OutputMode::OneHot => None,
        _ => (input.dims.len() == 1 && !input.is_open()).then(|| vec![classes as u128]),
    };
    (
        asked(|| f(input.shape, classes, mode)),
        wanted.filter(|_| classes >= least),
    )
}

pub fn spatial(d: &mut Draw, axes: usize) -> Case {
    let input = Input::draw(d, axes + 1, false);
    let rule = asked(|| layers::shared_dropout::spatial_shape(input.shape, axes));
    (rule, input.same().filter(|_| input.has(axes)))
}

pub fn normalized(d: &mut Draw, f: fn(Shape, &[isize]) -> Rule) -> Case {
    let (input, axes) = (Input::draw(d, 3, false), d.axes("axis"));
    let known = input.axes(&axes).is_some();
    // Along an axis of any length nothing is computed.
    d.is_small &= !input.is_open();
    (
        asked(|| f(input.shape, &axes)),
        input.same().filter(|_| known),
    )
}

pub fn reshaped(d: &mut Draw) -> Case {
    let axes = 1 + d.below(4);
    let input = Input::draw(d, axes, false);
    let len = input
        .dims
        .iter()
        .fold(1u128, |all, dim| all.saturating_mul(*dim));
    // Factors of the length, so that it often fits.
    let (mut left, mut target) = (len, Vec::new());
    for _ in 0..d.below(5) {
        let size = match d.one_in(6) {
            true => d.size(),
            false => (1..=12)
                .filter(|n| left % n == 0)
                .nth(d.below(3))
                .unwrap_or(1) as usize,
        };
        left = left.checked_div(size as u128).unwrap_or(1);
        target.push(if d.one_in(4) { None } else { Some(size) });
    }
    if d.one_in(2) {
        target.push(usize::try_from(left).ok());
    }
    d.seen("target", target.len(), &[]);
    d.said.push(format!("{target:?}"));
    d.is_small &= target.iter().flatten().all(|size| *size < SMALL);
    let known = target
        .iter()
        .flatten()
        .fold(1u128, |all, size| all.saturating_mul(*size as u128));
    let unknown = target.iter().filter(|size| size.is_none()).count();
    let fits = input.is_f32
        && !input.is_open()
        && (1..=4).contains(&target.len())
        && known > 0
        && match unknown {
            0 => known == len,
            1 => len % known == 0,
            _ => false,
        };
    let wanted = target
        .iter()
        .map(|size| size.map_or_else(|| len / known.max(1), |size| size as u128))
        .collect();
    (
        asked(|| layers::reshape::shape(input.shape, &target)),
        fits.then_some(wanted),
    )
}
