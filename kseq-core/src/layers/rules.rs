//! What the shape rules share: what they ask of an input, and how sizes are written.

use crate::shape::{Elem, MAX_RANK, Refusal, Rule, Shape, axis};
use crate::text::Text;

/// Refuses what is no sample: the chain of a model hands on none, but a rule is a function that anybody may call.
pub const fn not_a_sample(layer: &str, input: Shape) -> Option<Refusal> {
    if input.rank() > 0 && input.rank() <= MAX_RANK {
        return None;
    }
    let what = Text::new()
        .str(layer)
        .str(" expects a sample of 1 to 4 axes, found ")
        .text(&input.text());
    Some(Refusal::new(what, "the batch axis is not counted"))
}

/// The rule of layers that keep the shape of `f32` features.
pub const fn same(input: Shape, layer: &str) -> Rule {
    if let Some(refusal) = not_a_sample(layer, input) {
        return Err(refusal);
    }
    match input.elem() {
        Elem::F32 => Ok(input),
        Elem::U32 => {
            let what = Text::new()
                .str(layer)
                .str(" expects f32 features, found integer tokens ")
                .text(&input.text());
            Err(Refusal::new(what, "put an Embedding first"))
        }
    }
}

/// Refuses what is not `(steps, features)` for a layer over one axis, `(height, width, channels)` for one over two,
/// `(depth, height, width, channels)` for one over three. The layer's name is `family` with 1D, 2D or 3D behind it.
pub const fn expects(family: &str, input: Shape, axes: usize) -> Option<Refusal> {
    expects_of(family, input, axes, false)
}

/// The same of a layer whose name may have `Transpose` behind that.
pub const fn expects_of(
    family: &str,
    input: Shape,
    axes: usize,
    transposed: bool,
) -> Option<Refusal> {
    let (dimension, axis_names) = match (axes, transposed) {
        (1, false) => ("1D", "steps, features"),
        (1, true) => ("1DTranspose", "steps, features"),
        (2, false) => ("2D", "height, width, channels"),
        (2, true) => ("2DTranspose", "height, width, channels"),
        (_, false) => ("3D", "depth, height, width, channels"),
        (_, true) => ("3DTranspose", "depth, height, width, channels"),
    };
    let is_f32 = matches!(input.elem(), Elem::F32);
    if is_f32 && input.rank() == axes + 1 {
        return open_features(family, dimension, input);
    }
    let layer = Text::new().str(family).str(dimension);
    if !is_f32 {
        let found = " expects f32 features, found integer tokens ";
        return Some(Refusal::new(
            layer.str(found).text(&input.text()),
            "put an Embedding first",
        ));
    }
    let what = layer
        .str(" expects ndim=")
        .num(axes + 2)
        .str(" (batch, ")
        .str(axis_names)
        .str("), found ndim=")
        .num(input.rank() + 1)
        .str(", full shape received: ")
        .text(&with_batch(input));
    let help = match (axes, input.rank()) {
        (1, 3) | (2, 2) | (3, 3) | (3, 2) => Text::new()
            .str("for this input there is ")
            .str(family)
            .num(input.rank() - 1)
            .str(if transposed { "DTranspose" } else { "D" }),
        (_, 1) if input.is_open(0) => Text::new().str(NO_FEATURES),
        _ if input.is_open(0) => Text::new()
            .str("write TimeDistributed(")
            .text(&layer)
            .str(EACH_STEP),
        (_, 1) => Text::new()
            .str("put a Reshape((")
            .str(axis_names)
            .str(")) before it; if there is a Flatten before it, move it before that"),
        _ => Text::new()
            .str("put a Reshape((")
            .str(axis_names)
            .str(")) before it"),
    };
    Some(Refusal {
        what,
        help,
        then: None,
    })
}

/// For a sequence of single values.
pub const NO_FEATURES: &str = "a sequence has features, too: declare input_shape = (None, 16); behind tokens, which have \
                               none, put an Embedding";

/// Behind the name of a layer in `TimeDistributed`.
pub const EACH_STEP: &str = "(...)), one for each step, of which every size is given";

/// Refuses features of any number, for a layer that computes with each of them.
/// The layer's name is `family` with `dimension` behind it.
pub const fn open_features(family: &str, dimension: &str, input: Shape) -> Option<Refusal> {
    if input.rank() == 0 || !input.is_open(input.rank() - 1) {
        return None;
    }
    let what = Text::new()
        .str(family)
        .str(dimension)
        .str(" needs the size of the last axis (features or channels), found ")
        .text(&input.text());
    let help = "`None` is for what comes before: the steps of a sequence, (None, 16), or height and width of an image, \
                (None, None, 3)";
    Some(Refusal::new(what, help))
}

/// Refuses an input with an axis of any length, for a layer that needs its size: `why` goes on behind the shape.
pub const fn open_axis(layer: &str, input: Shape, why: &str, help: &str) -> Option<Refusal> {
    if input.open_axes() == 0 {
        return None;
    }
    let what = Text::new()
        .str(layer)
        .str(" needs the size of each axis, but its input ")
        .text(&input.text())
        .str(" has one of any length (`None`)")
        .str(why);
    Some(Refusal::new(what, help))
}

/// Whether a weight of this shape fits the address space: none of its sizes comes with the data.
pub const fn fits(weight: &Shape) -> bool {
    weight.open_axes() == 0 && weight.len().is_some()
}

/// The shape as Keras prints it, with the batch axis: `(None, 784)`.
pub const fn with_batch(shape: Shape) -> Text {
    let mut t = Text::new().str("(None");
    let mut i = 0;
    while i < shape.rank() {
        t = axis(t.str(", "), shape.dim(i));
        i += 1;
    }
    t.str(")")
}

/// How many windows of `window` elements, `strides` apart, an axis of `size` elements has; 0 if not even one fits. An axis of
/// any length has any number.
pub const fn windows_of(size: usize, window: usize, strides: usize, same: bool) -> usize {
    if size == Shape::NONE && strides > 0 && window > 0 {
        Shape::NONE
    } else if strides == 0 || window == 0 {
        0
    } else if same {
        size.div_ceil(strides)
    } else if size < window {
        0
    } else {
        (size - window) / strides + 1
    }
}

/// `name (2, 3)`, or for one axis `name 2`.
pub const fn sizes(t: Text, name: &str, sizes: &[usize]) -> Text {
    let t = t.str(name).str(" ");
    match sizes {
        [one] => t.num(*one),
        _ => t.text(&Shape::new(sizes).text()),
    }
}

#[cfg(test)]
mod tests;
