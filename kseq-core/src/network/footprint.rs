//! What a prediction takes of a microcontroller besides weights and values: code and stack, estimated by the kinds of a
//! model's layers.
//!
//! The rows are measured on a Cortex-M4F (opt-level 3) and rounded up: `cargo xtask embedded` measures the models of
//! `tests/promises.rs` in an emulator, and that test compares. Other targets differ: without a floating-point unit code and stack are up to half as much again.

use crate::activations::Act;
use crate::base::layer_info::LayerInfo;
use crate::text::same;

/// What layers of a kind take, in bytes.
struct Kind {
    /// Keras's class.
    class: &'static str,
    /// Code that all layers of the kind share.
    once: usize,
    /// Code of each one.
    each: usize,
    /// The deepest stack of a call.
    stack: usize,
}

const fn kind(class: &'static str, once: usize, each: usize, stack: usize) -> Kind {
    Kind {
        class,
        once,
        each,
        stack,
    }
}

const KINDS: &[Kind] = &[
    kind("Dense", 200, 160, 100),
    kind("TimeDistributed", 250, 150, 100),
    kind("Embedding", 200, 100, 60),
    kind("Conv1D", 3200, 600, 560),
    kind("Conv2D", 3200, 600, 560),
    kind("DepthwiseConv1D", 3200, 600, 560),
    kind("DepthwiseConv2D", 3200, 600, 560),
    kind("SeparableConv1D", 3600, 1400, 640),
    kind("SeparableConv2D", 3600, 1400, 640),
    kind("MaxPooling1D", 300, 100, 300),
    kind("MaxPooling2D", 300, 100, 300),
    kind("AveragePooling1D", 1000, 100, 300),
    kind("AveragePooling2D", 1000, 100, 300),
    kind("GlobalMaxPooling1D", 400, 100, 300),
    kind("GlobalMaxPooling2D", 400, 100, 300),
    kind("GlobalAveragePooling1D", 400, 100, 300),
    kind("GlobalAveragePooling2D", 400, 100, 300),
    kind("LSTM", 100, 1400, 320),
    kind("GRU", 100, 1550, 360),
    kind("SimpleRNN", 100, 750, 360),
    kind("BatchNormalization", 300, 150, 120),
    kind("LayerNormalization", 1400, 200, 340),
    kind("PReLU", 200, 100, 120),
    kind("ZeroPadding1D", 500, 100, 120),
    kind("ZeroPadding2D", 1000, 100, 120),
    kind("RepeatVector", 200, 100, 120),
    kind("Flatten", 100, 30, 0),
    kind("Reshape", 100, 30, 0),
    // They do nothing in a prediction.
    kind("Dropout", 0, 0, 0),
    kind("SpatialDropout1D", 0, 0, 0),
    kind("SpatialDropout2D", 0, 0, 0),
    kind("SpatialDropout3D", 0, 0, 0),
    kind("GaussianNoise", 0, 0, 0),
    kind("GaussianDropout", 0, 0, 0),
    kind("AlphaDropout", 0, 0, 0),
    kind("Identity", 0, 0, 0),
    kind("ActivityRegularization", 0, 0, 0),
];

/// What is in none of these rows: layers that move values, activations, one's own layers.
const OTHER: Kind = kind("", 300, 100, 120);

/// The passes, and what every program has.
const BASE: Kind = kind("", 350, 0, 100);

/// The frame of a layer's call within the pass.
const FRAME: usize = 40;

/// A training step's frames above those of a prediction.
const TRAINING: usize = 1408;

const fn of(layer: &LayerInfo) -> &'static Kind {
    let mut i = 0;
    while i < KINDS.len() {
        if same(KINDS[i].class, layer.class_name) {
            return &KINDS[i];
        }
        i += 1;
    }
    &OTHER
}

/// The code of a convolution that does no pooling with its own loop over the output.
const UNPOOLED: usize = 2400;

/// The code of a layer, with that of its kind if it is the first one.
pub(crate) const fn code_of(layers: &[LayerInfo], index: usize) -> usize {
    let mine = of(&layers[index]);
    let alone = is_convolution(&layers[index])
        && !(index + 1 < layers.len() && is_pooling(&layers[index + 1]));
    let each = mine.each + if alone { UNPOOLED } else { 0 };
    let mut i = 0;
    while i < index {
        if same(layers[i].class_name, layers[index].class_name) {
            return each;
        }
        i += 1;
    }
    mine.once + each
}

const fn is_convolution(layer: &LayerInfo) -> bool {
    let names = ["Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D"];
    let mut i = 0;
    while i < names.len() {
        if same(layer.class_name, names[i]) {
            return true;
        }
        i += 1;
    }
    false
}

/// Of all names of layers only theirs have it at the end, before the rank.
const fn is_pooling(layer: &LayerInfo) -> bool {
    let name = layer.class_name.as_bytes();
    let Some((rest, _)) = name.split_last_chunk::<2>() else {
        return false;
    };
    let Some((_, end)) = rest.split_last_chunk::<7>() else {
        return false;
    };
    matches!(end, b"Pooling")
}

/// The code of the output activation.
const fn code_of_head(head: Option<Act>) -> usize {
    match head {
        Some(Act::Linear) => 0,
        Some(Act::Relu) => 60,
        Some(Act::Sigmoid | Act::Tanh) => 350,
        Some(Act::Softmax) => 700,
        _ => 500,
    }
}

/// The code of a prediction.
pub(crate) const fn code(layers: &[LayerInfo], head: Option<Act>) -> usize {
    let (mut bytes, mut i) = (BASE.once + code_of_head(head), 0);
    while i < layers.len() {
        bytes += code_of(layers, i);
        i += 1;
    }
    bytes
}

/// The stack of a prediction. Only the first few layers add a frame each to the pass.
pub(crate) const fn stack(layers: &[LayerInfo]) -> usize {
    let (mut deepest, mut i) = (0, 0);
    while i < layers.len() {
        let stack = of(&layers[i]).stack;
        deepest = if stack > deepest { stack } else { deepest };
        i += 1;
    }
    let frames = if layers.len() < 6 { layers.len() } else { 6 };
    BASE.stack + frames * FRAME + deepest
}

/// The stack of a training step.
pub(crate) const fn training_stack(layers: &[LayerInfo]) -> usize {
    stack(layers) + TRAINING
}
