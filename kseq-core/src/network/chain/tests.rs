use super::*;
use crate::layers::{Padding, Window};
use crate::layers::{conv2d, dense, flatten, global_pooling, lstm, repeat_vector, reshape};

/// A layer with a rule of one argument.
macro_rules! link {
    ($previous:expr, $number:literal, |$input:ident| $rule:expr) => {{
        let mut next = Next::after($previous, $number, "layer");
        while let Some($input) = next.input() {
            next.answer($rule);
        }
        next.link()
    }};
}

fn said(link: &Link) -> &str {
    link.refusal.as_ref().map_or("", |r| r.what.as_str())
}

const VECTOR: Link = start(Shape::new(&[784]));
const WINDOW: Window<2> = Window {
    strides: [1, 1],
    padding: Padding::Valid,
    dilation_rate: [1, 1],
    groups: 1,
};

#[test]
fn the_chain_names_every_layer_with_its_shape() {
    const DENSE: Link = link!(&VECTOR, 1, |x| dense::shape(x, 512));
    assert_eq!(VECTOR.chain().as_str(), "(784,)");
    assert_eq!(DENSE.chain().as_str(), "(784,) -> layer (512,)");
    assert!(DENSE.refusal.is_none() && DENSE.is_known());
}

/// A convolution of a vector is a mistake; what follows is judged as far as it is known.
#[test]
fn a_mistake_neither_hides_nor_invents() {
    const CONV: Link = link!(&VECTOR, 1, |x| conv2d::shape(x, 32, [3, 3], &WINDOW));
    assert!(said(&CONV).starts_with("Conv2D expects"));
    // Fits, if the convolution gives an image.
    const SECOND: Link = link!(&CONV, 2, |x| conv2d::shape(x, 64, [3, 3], &WINDOW));
    assert_eq!((said(&SECOND), SECOND.is_known()), ("", false));
    assert_eq!(
        SECOND.chain().as_str(),
        "(784,) -> layer (?) -> layer (?, ?, 64)"
    );
    const FLAT: Link = link!(&SECOND, 3, |x| flatten::shape(x));
    // Wrong whatever it gets.
    const NONE: Link = link!(&FLAT, 4, |x| dense::shape(x, 0));
    assert_eq!(said(&NONE), "units must be a positive integer, found 0");
    const DENSE: Link = link!(&FLAT, 4, |x| dense::shape(x, 10));
    assert!(DENSE.is_known() && said(&DENSE).is_empty());
    // Known again, so wrong again.
    const THIRD: Link = link!(&DENSE, 5, |x| conv2d::shape(x, 64, [3, 3], &WINDOW));
    assert!(said(&THIRD).contains("(None, 10)"), "{}", said(&THIRD));
}

#[test]
fn a_rule_may_know_what_would_follow() {
    const FIRST: Link = link!(&VECTOR, 1, |x| lstm::shape(x, 32, false, None));
    const SECOND: Link = link!(&FIRST, 2, |x| lstm::shape(x, 16, false, None));
    assert!(said(&FIRST).contains("(None, 784)") && said(&SECOND).contains("(None, 32)"));
    const RESHAPED: Link = link!(&VECTOR, 1, |x| reshape::shape(x, &[Some(28), Some(29)]));
    assert!(RESHAPED.refusal.is_some() && RESHAPED.is_known());
    // What a size that nobody knows is reshaped to is not judged.
    const ANY: Link = unknown(&VECTOR, 1, "layer");
    const AGAIN: Link = link!(&ANY, 2, |x| reshape::shape(x, &[Some(28), Some(29)]));
    assert!(AGAIN.refusal.is_none() && AGAIN.is_known());
}

/// A mistake that is the same for every shape of the only rank that the layer takes.
#[test]
fn a_mistake_of_arguments_is_seen_for_any_input() {
    const ANY: Link = unknown(&VECTOR, 1, "layer");
    const BOTH: Window<2> = Window {
        strides: [2, 2],
        dilation_rate: [2, 2],
        ..WINDOW
    };
    const CONV: Link = link!(&ANY, 2, |x| conv2d::shape(x, 32, [3, 3], &BOTH));
    assert!(said(&CONV).starts_with("strides (2, 2) together with dilation_rate"));
}

#[test]
fn a_wrong_input_leaves_its_rank() {
    const INPUT: Link = start(Shape::new(&[28, 0]));
    assert_eq!(INPUT.chain().as_str(), "(28, ?)");
    assert_eq!(said(&INPUT), "input_shape (28, 0) has an axis of size 0");
    assert_eq!(start(Shape::new(&[2; 5])).chain().as_str(), "(?)");
}

#[test]
fn the_middle_of_a_long_chain_is_left_out() {
    let mut link = VECTOR;
    for units in 1..9 {
        let mut next = Next::after(&VECTOR, 1, "layer");
        while let Some(input) = next.input() {
            next.answer(dense::shape(input, units));
        }
        link = Link::layer(&link, (1, "layer"), next.link().shapes, None);
    }
    let text = "(784,) -> ... -> layer (3,) -> layer (4,) -> layer (5,) -> layer (6,) -> \
                layer (7,) -> layer (8,)";
    assert_eq!(link.chain().as_str(), text);
}

const STEPS: Link = start_open(Shape::new(&[Shape::NONE, 16]), 1);

fn help(link: &Link) -> &str {
    link.refusal.as_ref().map_or("", |r| r.help.as_str())
}

#[test]
fn any_length_goes_through_the_chain() {
    const LSTM: Link = link!(&STEPS, 1, |x| lstm::shape(x, 32, true, None));
    const DENSE: Link = link!(&LSTM, 2, |x| dense::shape(x, 8));
    const POOLED: Link = link!(&DENSE, 3, |x| global_pooling::max_shape(x, 1, false));
    assert_eq!(
        POOLED.chain().as_str(),
        "(None, 16) -> layer (None, 32) -> layer (None, 8) -> layer (8,)"
    );
    assert!(POOLED.is_sound() && POOLED.shape().open_axes() == 0);
}

/// What a refusal of any length knows of its output goes on, and what it does not is not judged.
#[test]
fn behind_a_refusal_of_any_length() {
    const FLAT: Link = link!(&STEPS, 1, |x| flatten::shape(x));
    assert!(said(&FLAT).contains("(None, 16)") && !FLAT.is_known());
    assert_eq!(FLAT.chain().as_str(), "(None, 16) -> layer (?,)");
    const DENSE: Link = link!(&FLAT, 2, |x| dense::shape(x, 10));
    assert!(DENSE.is_known() && said(&DENSE).is_empty());
    const RESHAPED: Link = link!(&STEPS, 1, |x| reshape::shape(x, &[None, Some(8)]));
    assert_eq!(RESHAPED.chain().as_str(), "(None, 16) -> layer (?, 8)");
}

#[test]
fn none_may_be_meant_for_the_batch() {
    const REPEATED: Link = link!(&STEPS, 1, |x| repeat_vector::shape(x, 3));
    let start = "if `None` is meant for the batch size, leave it out: input_shape = (16,); else ";
    assert!(help(&REPEATED).starts_with(start), "{}", help(&REPEATED));
    // Not for a layer in the middle, nor where it would not help.
    const DENSE: Link = link!(&STEPS, 1, |x| dense::shape(x, 8));
    const AGAIN: Link = link!(&DENSE, 2, |x| repeat_vector::shape(x, 3));
    const CONV: Link = link!(&STEPS, 1, |x| conv2d::shape(x, 8, [3, 3], &WINDOW));
    assert!(!help(&AGAIN).contains("batch") && !help(&CONV).contains("batch"));
    const IMAGES: Link = start_open(Shape::new(&[Shape::NONE, 28, 28, 1]), 1);
    const FIRST: Link = link!(&IMAGES, 1, |x| conv2d::shape(x, 8, [3, 3], &WINDOW));
    assert!(help(&FIRST).contains("input_shape = (28, 28, 1)"));
    assert_eq!(FIRST.shape(), Shape::new(&[26, 26, 8]));
}

/// A rule that opens an axis, or one behind others: no sample is so.
#[test]
fn open_axes_are_those_of_the_input() {
    const BEHIND: Link = link!(&STEPS, 1, |x| Ok(Shape::new(&[x.last(), x.dim(0)])));
    assert!(
        said(&BEHIND).contains("its output (16, None) has an axis of any length (`None`) behind")
    );
    const MORE: Link = link!(&STEPS, 1, |x| Ok(x.stacked(Shape::NONE)));
    assert!(said(&MORE).contains("(None, None, 16) has more axes of any length"));
    const LARGE: Link = link!(&VECTOR, 1, |x| dense::shape(x, Shape::NONE));
    assert!(said(&LARGE).contains("larger than the address space"));
    // As a size, not as a word.
    assert!(said(&start(Shape::new(&[Shape::NONE, 3]))).contains("address space"));
    let two = Shape::new(&[Shape::NONE, Shape::NONE]);
    assert!(said(&start_open(two, 1)).contains("address space"));
}

#[test]
fn any_length_agrees_with_each() {
    let [none, eight] = [Shape::NONE, 8].map(|steps| Shape::new(&[steps, 16]));
    assert!(fits(&eight, &none) && fits(&none, &none));
    assert!(!fits(&none, &eight) && !fits(&eight, &Shape::new(&[Shape::NONE, 3])));
    assert!(!fits(&Shape::new(&[16]), &none));
}
