//! Axes of any length (`None`): what each rule makes of them, as Keras 3.15 does.

use crate::layers::{
    Padding, Window, activation, activity_regularization, average_pooling, batch_normalization,
    conv1d, conv2d, cropping, dense, dropout, embedding, flatten, gaussian_noise, global_pooling,
    glu, group_normalization, gru, identity, layer_normalization, lstm, max_pooling, permute,
    prelu, repeat_vector, reshape, rms_normalization, shared_dropout, simple_rnn, softmax,
    thresholded_relu, time_distributed, unit_normalization, up_sampling, zero_padding,
};
use crate::shape::{Rule, Shape};

const N: usize = Shape::NONE;

/// A rule with its arguments.
type Asked = fn(Shape) -> Rule;

/// Rules for sequences `(None, 16)`, with what Keras prints as their output.
const SEQUENCES: &[(&str, Asked)] = &[
    ("(None, 3)", |x| dense::shape(x, 3)),
    ("(None, 16)", activation::shape),
    ("(None, 16)", |x| {
        activation::softmax(activation::shape(x), false)
    }),
    ("(None, 16)", dropout::shape),
    ("(None, 16)", activity_regularization::shape),
    ("(None, 16)", thresholded_relu::shape),
    ("(None, 16)", |x| prelu::shape(x, &[1])),
    ("(None, 16)", |x| layer_normalization::shape(x, &[-1])),
    ("(None, 16)", |x| batch_normalization::shape(x, -1)),
    ("(None, 16)", |x| group_normalization::shape(x, 4, -1)),
    ("(None, 16)", |x| rms_normalization::shape(x, &[-1])),
    ("(None, 16)", |x| unit_normalization::shape(x, &[1, 2])),
    ("(None, 16)", |x| softmax::shape(x, &[1])),
    ("(None, 8)", glu::shape),
    ("(None, 16)", identity::shape),
    ("(None, 16)", gaussian_noise::shape),
    ("(None, 16)", |x| shared_dropout::spatial_shape(x, 1)),
    ("(None, 16)", |x| {
        shared_dropout::shape(x, &[None, Some(1), None])
    }),
    ("(3,)", |x| lstm::shape(x, 3, false, None)),
    ("(None, 3)", |x| gru::shape(x, 3, true, None)),
    ("(3,)", |x| simple_rnn::shape(x, 3, false, None)),
    ("(None, 4)", |x| conv1d::shape(x, 4, [3], &Window::DEFAULT)),
    ("(None, 4)", |x| conv1d::shape(x, 4, [3], &STRIDED)),
    ("(None, 4)", |x| conv1d::shape(x, 4, [3], &CAUSAL)),
    ("(None, 16)", |x| max_pooling::shape(x, &[3], &[2], false)),
    ("(None, 16)", |x| {
        average_pooling::shape(x, &[3], &[3], true)
    }),
    ("(16,)", |x| global_pooling::max_shape(x, 1, false)),
    ("(1, 16)", |x| global_pooling::average_shape(x, 1, true)),
    ("(None, 16)", |x| zero_padding::shape(x, &[[1, 2]])),
    ("(None, 16)", |x| cropping::shape(x, &[[1, 2]])),
    ("(None, 16)", |x| up_sampling::shape(x, &[3])),
    ("(None, 16)", |x| permute::shape(x, &[1, 2])),
    ("(None, 5)", |x| each(x, |x| dense::shape(x, 5))),
    ("(None, 2, 16)", |x| each(x, |x| repeat_vector::shape(x, 2))),
    ("(None, 4, 4)", |x| {
        each(x, |x| reshape::shape(x, &[Some(4), None]))
    }),
];

/// The same for images `(None, None, 3)`.
const IMAGES: &[(&str, Asked)] = &[
    ("(None, None, 5)", |x| dense::shape(x, 5)),
    ("(None, None, 4)", |x| {
        conv2d::shape(x, 4, [3, 3], &Window::DEFAULT)
    }),
    ("(None, None, 3)", |x| {
        max_pooling::shape(x, &[2, 2], &[2, 2], false)
    }),
    ("(None, None, 3)", |x| {
        zero_padding::shape(x, &[[1, 1], [0, 2]])
    }),
    ("(None, None, 3)", |x| cropping::shape(x, &[[1, 1], [0, 2]])),
    ("(None, None, 3)", |x| up_sampling::shape(x, &[2, 3])),
    ("(3,)", |x| global_pooling::average_shape(x, 2, false)),
    ("(1, 1, 3)", |x| global_pooling::max_shape(x, 2, true)),
    ("(None, None, 3)", |x| prelu::shape(x, &[1, 2])),
    ("(None, None, 3)", |x| batch_normalization::shape(x, -1)),
];

/// What Keras refuses, or what has no size that a later layer could have weights for; in words that name the reason.
const REFUSED: &[(&[usize], &str, Asked)] = &[
    (&[N, 16], "Flatten needs the size", flatten::shape),
    (&[N, 8, 4], "Flatten needs the size", flatten::shape),
    (&[N], "Dense needs the size of the last axis", |x| {
        dense::shape(x, 3)
    }),
    (&[N, N], "LSTM needs the size of the last axis", |x| {
        lstm::shape(x, 3, true, None)
    }),
    (&[N, N], "Conv1D needs the size of the last axis", |x| {
        conv1d::shape(x, 4, [3], &Window::DEFAULT)
    }),
    (&[N, N], "MaxPooling1D needs the size", |x| {
        max_pooling::shape(x, &[2], &[2], false)
    }),
    (&[N, 16], "Reshape needs the size", |x| {
        reshape::shape(x, &[None, Some(8)])
    }),
    (&[N, 16], "full shape received: (None, None, 16)", |x| {
        repeat_vector::shape(x, 3)
    }),
    (&[N], "RepeatVector needs the size", |x| {
        repeat_vector::shape(x, 3)
    }),
    (&[N, 16], "dims (2, 1) moves an axis", |x| {
        permute::shape(x, &[2, 1])
    }),
    (&[N, N, 3], "dims (2, 1, 3) moves an axis", |x| {
        permute::shape(x, &[2, 1, 3])
    }),
    (&[N, 16], "axis 1 of its input (None, 16)", |x| {
        prelu::shape(x, &[])
    }),
    (&[N, N, 3], "axis 2 of its input (None, None, 3)", |x| {
        prelu::shape(x, &[1])
    }),
    (&[N, 16], "LayerNormalization over axis 1", |x| {
        layer_normalization::shape(x, &[1, 2])
    }),
    (&[N, 16], "BatchNormalization over axis 1", |x| {
        batch_normalization::shape(x, 1)
    }),
    (&[N, 16], "GroupNormalization over axis 1", |x| {
        group_normalization::shape(x, 1, 1)
    }),
    (&[N, 16], "RMSNormalization over axis 1", |x| {
        rms_normalization::shape(x, &[1, 2])
    }),
    (&[N], "glu needs the size", glu::shape),
    (&[N], "softmax needs the size", |x| {
        activation::softmax(activation::shape(x), true)
    }),
    (&[N, 16], "full shape received: (None, None, 16)", |x| {
        conv2d::shape(x, 4, [3, 3], &Window::DEFAULT)
    }),
    (
        &[N, N, 16],
        "full shape received: (None, None, None, 16)",
        |x| gru::shape(x, 4, true, None),
    ),
    (
        &[N, N, 3],
        "those of its input (None, None, 3) are of any",
        |x| each(x, dropout::shape),
    ),
    (
        &[N],
        "expects a sequence (steps, ...), found (None,)",
        |x| each(x, dropout::shape),
    ),
];

const STRIDED: Window<1> = Window {
    strides: [2],
    padding: Padding::Same,
    ..Window::DEFAULT
};
const CAUSAL: Window<1> = Window {
    padding: Padding::Causal,
    ..Window::DEFAULT
};

/// A rule within `TimeDistributed`.
fn each(x: Shape, rule: Asked) -> Rule {
    time_distributed::shape(x, rule(time_distributed::step(x)?))
}

/// The rule's answer is Keras's; and with lengths in place of `None` it is the same wherever a size is fixed.
fn answers(input: Shape, rules: &[(&str, Asked)]) {
    for (at, (expected, rule)) in rules.iter().enumerate() {
        let open = rule(input).expect(expected);
        assert_eq!(open.text().as_str(), *expected, "rule {at}");
        for lengths in [[4, 4], [9, 5], [64, 64]] {
            let Ok(fixed) = rule(input.with_open(lengths)) else {
                panic!("rule {at} refuses {lengths:?}");
            };
            assert_eq!((fixed.rank(), fixed.open_axes()), (open.rank(), 0));
            for axis in (0..open.rank()).filter(|axis| !open.is_open(*axis)) {
                assert_eq!(fixed.dim(axis), open.dim(axis), "rule {at}, axis {axis}");
            }
        }
    }
}

#[test]
fn sequences_of_any_length() {
    answers(Shape::new(&[N, 16]), SEQUENCES);
}

#[test]
fn images_of_any_size() {
    answers(Shape::new(&[N, N, 3]), IMAGES);
}

#[test]
fn tokens_of_any_length() {
    let embedded =
        |dims: &[usize]| embedding::shape(Shape::tokens(dims), 10, 3, false).map(|s| s.text());
    assert!(embedded(&[N]).is_ok_and(|text| text.as_str() == "(None, 3)"));
    assert!(embedded(&[N, N]).is_ok_and(|text| text.as_str() == "(None, None, 3)"));
    assert!(embedded(&[N, 8]).is_ok_and(|text| text.as_str() == "(None, 8, 3)"));
}

#[test]
fn what_needs_the_length() {
    for (dims, words, rule) in REFUSED {
        let refusal = rule(Shape::new(dims)).expect_err(words);
        let what = refusal.what.as_str();
        assert!(what.contains(words), "{what}: {words}");
        assert!(!refusal.help.as_str().is_empty(), "{words}");
    }
}

/// What only a length can tell is refused when there is one, in the words for fixed shapes.
#[test]
fn lengths_that_come_with_the_data() {
    let short = Shape::new(&[N, 16]).with_open([3, 1]);
    let says = |rule: Rule, words: &str| {
        let refusal = rule.expect_err(words);
        assert!(
            refusal.what.as_str().contains(words),
            "{}",
            refusal.what.as_str()
        );
    };
    let conv = conv1d::shape(short, 4, [5], &Window::DEFAULT);
    says(conv, "kernel_size 5 does not fit its input (3, 16)");
    let pool = max_pooling::shape(short, &[4], &[4], false);
    says(pool, "pool_size 4 does not fit its input (3, 16)");
    says(
        cropping::shape(short, &[[1, 2]]),
        "leaves nothing of its input (3, 16)",
    );
    // What no length can mend is refused before.
    let open = Shape::new(&[N, 16]);
    says(zero_padding::shape(open, &[[1, N]]), "address space");
    says(up_sampling::shape(open, &[N]), "address space");
    says(up_sampling::shape(open, &[0]), "positive");
    says(max_pooling::shape(open, &[0], &[1], false), "positive");
    says(
        conv1d::shape(open, N, [3], &Window::DEFAULT),
        "address space",
    );
}
