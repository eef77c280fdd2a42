//! What attention takes, and the shapes of its output and weights.

use crate::layers::axis;
use crate::layers::rules::{open_features, with_batch};
use crate::shape::{Elem, MAX_RANK, Refusal, Rule, Shape};
use crate::text::Text;

/// The rule of `dropout`: at least 0 and less than 1.
#[must_use]
pub const fn dropout_rule(rate: f32) -> Option<Refusal> {
    if rate >= 0.0 && rate < 1.0 {
        return None;
    }
    let what = Text::new().str("dropout must be at least 0 and less than 1, found ");
    let help = "dropout is the share of the weights set to 0: 0.1 drops one in ten";
    Some(Refusal::new(what.float(rate), help))
}

/// The rule of `sliding_window`.
#[must_use]
pub const fn window_rule(window: usize) -> Option<Refusal> {
    if window > 0 {
        return None;
    }
    let what = Text::new().str("sliding_window must be positive, found 0");
    let help = "with sliding_window = 3 a step looks at two before it and two behind it";
    Some(Refusal::new(what, help))
}

/// The first and the last of the axes whose places look at each other, counted from 0; without `attention_axes` all but that of the
/// features. `None` if there are no such axes side by side.
const fn attended(input: Shape, attention_axes: &[isize]) -> Option<[usize; 2]> {
    if attention_axes.is_empty() {
        return Some([0, input.rank().saturating_sub(2)]);
    }
    let (mut first, mut last, mut seen, mut i) = (usize::MAX, 0, [false; MAX_RANK], 0);
    while i < attention_axes.len() {
        let Some(at) = axis::axis(input, attention_axes[i]) else {
            return None;
        };
        if at + 1 >= input.rank() || at >= MAX_RANK || seen[at] {
            return None;
        }
        seen[at] = true;
        if at < first {
            first = at;
        }
        if at > last {
            last = at;
        }
        i += 1;
    }
    if last - first + 1 == attention_axes.len() {
        Some([first, last])
    } else {
        None
    }
}

/// The same, where the shape rule has taken them.
#[must_use]
pub const fn axes(input: Shape, attention_axes: &[isize]) -> [usize; 2] {
    match attended(input, attention_axes) {
        Some(axes) => axes,
        None => [0, 0],
    }
}

/// The shape of what comes out of each step: `output_shape`, or the features of the input; behind it none.
const fn outputs(output_shape: Option<&[Option<usize>]>, input: Shape) -> Shape {
    match output_shape {
        Some([Some(n)]) => Shape::new(&[*n]),
        Some([Some(n), Some(m)]) => Shape::new(&[*n, *m]),
        _ => Shape::new(&[input.last()]),
    }
}

/// The shapes of the output's kernel and bias.
#[must_use]
pub const fn output_weights(
    input: Shape,
    heads: usize,
    value: usize,
    output_shape: Option<&[Option<usize>]>,
) -> [Shape; 2] {
    let bias = outputs(output_shape, input);
    [bias.stacked(value).stacked(heads), bias]
}

/// The shape rule of `MultiHeadAttention`; `one_axis` says that a mask by the order of steps is asked for.
pub const fn shape(
    input: Shape,
    sizes: [usize; 3],
    output_shape: Option<&[Option<usize>]>,
    attention_axes: &[isize],
    one_axis: bool,
) -> Rule {
    if let Some(refusal) = refused("MultiHeadAttention", input) {
        return Err(refusal);
    }
    let then = then(input, outputs(output_shape, input));
    let (what, help) = if sizes[0] == 0 || sizes[1] == 0 || sizes[2] == 0 {
        let what = Text::new().str("num_heads, key_dim and value_dim must be positive, found 0");
        (what, "a common choice is key_dim = features / num_heads")
    } else if let Some(
        []
        | [_, _, _, ..]
        | [None]
        | [None, _]
        | [_, None]
        | [Some(0)]
        | [Some(0), _]
        | [_, Some(0)],
    ) = output_shape
    {
        let what = Text::new()
            .str("output_shape of MultiHeadAttention must be one positive number, or two");
        (
            what,
            "give the number of features that come out: output_shape = (16,)",
        )
    } else if then.rank() > MAX_RANK {
        let what = Text::new()
            .str("a sample has at most four axes, but those of the output would be ")
            .text(&then.text());
        return Err(Refusal::new(
            what,
            "give the number of features that come out: output_shape = (16,)",
        ));
    } else {
        return match attended(input, attention_axes) {
            None => Err(no_axes(input).then(then)),
            Some([first, last]) if one_axis && first < last => Err(several_axes(input).then(then)),
            Some(axes) if divides_lengths(input, axes) => Err(some_lengths(input).then(then)),
            Some(_) => Ok(then),
        };
    };
    let refusal = Refusal::new(what, help);
    Err(match then.rank() > MAX_RANK {
        true => refusal,
        false => refusal.then(then),
    })
}

/// The shape rule of `GroupQueryAttention`.
pub const fn group_shape(input: Shape, [key, heads, key_heads]: [usize; 3]) -> Rule {
    if let Some(refusal) = refused("GroupQueryAttention", input) {
        return Err(refusal);
    }
    let (what, help) = if key == 0 || heads == 0 || key_heads == 0 {
        (
            Text::new()
                .str("head_dim, num_query_heads and num_key_value_heads must be positive, found 0"),
            "a common choice is head_dim = features / num_query_heads",
        )
    } else if !heads.is_multiple_of(key_heads) {
        let what = Text::new()
            .num(heads)
            .str(" heads of queries (num_query_heads) cannot share ")
            .num(key_heads)
            .str(" heads of keys and values (num_key_value_heads) evenly");
        (
            what,
            "use a num_query_heads that is a multiple of num_key_value_heads",
        )
    } else if input.rank() != 2 {
        let what = Text::new()
            .str("GroupQueryAttention expects a sequence (steps, features), found ")
            .text(&input.text());
        (
            what,
            "MultiHeadAttention has attention_axes for what has more axes",
        )
    } else {
        return Ok(input);
    };
    Err(Refusal::new(what, help).then(input))
}

/// What no attention takes.
const fn refused(name: &str, input: Shape) -> Option<Refusal> {
    let class = Text::new().str(name);
    if matches!(input.elem(), Elem::U32) {
        let what = class.str(" expects f32 features, found integer tokens ");
        let what = what.text(&input.text());
        return Some(Refusal::new(what, "put an Embedding first"));
    }
    if input.rank() < 2 {
        let what = class.str(" expects a sequence (steps, features), found ");
        return Some(Refusal::new(
            what.text(&input.text()),
            "give it a sequence of vectors: behind an Embedding, or a recurrent layer with return_sequences = true",
        ));
    }
    open_features(name, "", input)
}

/// Whether places look at each other along one axis of any length, and not along another one.
const fn divides_lengths(input: Shape, [first, last]: [usize; 2]) -> bool {
    input.is_open(1) && first < 2 && (first > 0 || last < 1)
}

const fn some_lengths(input: Shape) -> Refusal {
    let what = Text::new()
        .str("attention_axes has one of the axes of any length of ")
        .text(&with_batch(input))
        .str(", but not the other one");
    Refusal::new(
        what,
        "name both, attention_axes = (1, 2), or give the lengths: input_shape = (10, 20, 16)",
    )
}

/// The shape of the output.
const fn then(input: Shape, outputs: Shape) -> Shape {
    let mut shape = outputs;
    let mut i = input.rank().saturating_sub(1);
    while i > 0 {
        i -= 1;
        shape = shape.stacked(input.dim(i));
    }
    shape
}

const fn no_axes(input: Shape) -> Refusal {
    let what = Text::new()
        .str("attention_axes must name axes side by side, each once, and neither that of the batch nor that of the features, of the input ")
        .text(&with_batch(input));
    Refusal::new(
        what,
        "leave attention_axes out for all of them, or write attention_axes = (1,) for the first one",
    )
}

const fn several_axes(input: Shape) -> Refusal {
    let what = Text::new()
        .str("use_causal_mask and sliding_window go by the order of the steps of one axis, but here places of several axes of ")
        .text(&with_batch(input))
        .str(" look at each other");
    Refusal::new(what, "name one axis: attention_axes = (1,)")
}
