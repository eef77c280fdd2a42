//! The shape rules of the pooling layers.

use crate::layers::rules::{expects, fits, open_axis, sizes, windows_of};
use crate::shape::{Elem, Refusal, Rule, Shape};
use crate::text::Text;

/// The rule of `family` (`MaxPooling`) over as many axes as `pool_size` has: 1 to 3.
pub(in crate::layers) const fn shape(
    family: &str,
    input: Shape,
    pool_size: &[usize],
    strides: &[usize],
    same: bool,
) -> Rule {
    if let Some(refusal) = expects(family, input, pool_size.len()) {
        return Err(refusal);
    }
    let mut output = input;
    let mut i = 0;
    while i < pool_size.len() {
        if pool_size[i] == 0 || strides[i] == 0 {
            let (name, found) = if pool_size[i] == 0 {
                ("pool_size", pool_size)
            } else {
                ("strides", strides)
            };
            let what = sizes(Text::new(), name, found).str(" must be positive");
            let help = "sizes begin at 1; without strides the window moves by its own size";
            return Err(Refusal::new(what, help));
        }
        match windows_of(input.dim(i), pool_size[i], strides[i], same) {
            0 => {
                let what = sizes(Text::new(), "pool_size", pool_size)
                    .str(" does not fit its input ")
                    .text(&input.text());
                let help = "use padding = \"same\", a smaller pool_size, or drop a pooling layer";
                return Err(Refusal::new(what, help));
            }
            n => output = output.with_dim(i, n),
        }
        i += 1;
    }
    Ok(output)
}

/// The rule of `family` (`AdaptiveMaxPooling`): the axes become as many parts as `output_size` says.
pub(in crate::layers) const fn parts_shape(
    family: &str,
    input: Shape,
    output_size: &[usize],
) -> Rule {
    if let Some(refusal) = expects(family, input, output_size.len()) {
        return Err(refusal);
    }
    let (mut output, mut i) = (input, 0);
    while i < output_size.len() {
        if output_size[i] == 0 {
            let what = sizes(Text::new(), "output_size", output_size).str(" must be positive");
            return Err(Refusal::new(what, "sizes begin at 1"));
        }
        output = output.with_dim(i, output_size[i]);
        i += 1;
    }
    if !fits(&output) {
        let what = sizes(Text::new(), "output_size", output_size);
        let what = what.str(" is too large for the address space");
        return Err(Refusal::new(what, "use smaller sizes"));
    }
    const WHY: &str = ": it divides each into as many parts as output_size says";
    const HELP: &str = "write the sizes into the input, or take a GlobalMaxPooling or GlobalAveragePooling, which need none";
    match open_axis(family, input, WHY, HELP) {
        Some(refusal) => Err(refusal.then(output)),
        None => Ok(output),
    }
}

/// The rule of `family` (`GlobalMaxPooling`) over `axes` axes.
pub(in crate::layers) const fn global_shape(
    family: &str,
    input: Shape,
    axes: usize,
    keepdims: bool,
) -> Rule {
    if let Some(refusal) = expects(family, input, axes) {
        return Err(match (keepdims, input.elem()) {
            (false, Elem::F32) => refusal.then(Shape::new(&[input.last()])),
            _ => refusal,
        });
    }
    if !keepdims {
        return Ok(Shape::new(&[input.last()]));
    }
    let mut output = input;
    let mut i = 0;
    while i < axes {
        output = output.with_dim(i, 1);
        i += 1;
    }
    Ok(output)
}
