//! Models with `None` in their shape beside those with the length written in, and a stream beside predictions of its window.
//!
//! ```sh
//! cargo bench --bench any_length
//! ```
//! All in turns, on one thread, CPU time, medians. A ratio is the time with `None` to the time with the length. The stream is a small
//! model of sound: `Conv1D` with causal padding and a GRU, 64 units each, on steps of 16 features; without it a program predicts,
//! at every step, the window of the last ones.

mod common;

use common::{Clock, median, repeats};
use kseq::layer::Rng;
use kseq::prelude::*;
use kseq::rng::Purpose;
use kseq_core::kernels::isa;
use std::hint::black_box;

/// A model twice.
macro_rules! twins {
    ($any:ident, $fixed:ident = [$first:ident($($arguments:tt)*) $shape:tt as $length:tt, $($layers:tt)*]) => {
        sequential! { $any = [$first($($arguments)*, input_shape = $shape), $($layers)*] }
        sequential! { $fixed = [$first($($arguments)*, input_shape = $length), $($layers)*] }
    };
}

twins! {
    Text, Text80 = [
        Embedding(5000, 64) (None,) as (80,),
        LSTM(64),
        Dense(1, activation = "sigmoid")
    ]
}
twins! {
    Sound, Sound200 = [
        Conv1D(64, 5, activation = "relu") (None, 16) as (200, 16),
        MaxPooling1D(4),
        Conv1D(64, 5, activation = "relu"),
        BatchNormalization(),
        GlobalAveragePooling1D(),
        Dense(10, activation = "softmax")
    ]
}
twins! {
    Pictures, Pictures32 = [
        Conv2D(32, 3, activation = "relu") (None, None, 3) as (32, 32, 3),
        MaxPooling2D(2),
        Conv2D(64, 3, activation = "relu"),
        GlobalAveragePooling2D(),
        Dense(10, activation = "softmax")
    ]
}
sequential! {
    Listener = [
        Conv1D(64, 3, padding = "causal", activation = "relu", input_shape = (None, 16)),
        GRU(64, return_sequences = true),
        Dense(4, activation = "softmax"),
    ]
}
/// What a program without a stream predicts at every step.
const WINDOW: usize = 32;
sequential! {
    Window = [
        Conv1D(64, 3, padding = "causal", activation = "relu", input_shape = (WINDOW, 16)),
        GRU(64),
        Dense(4, activation = "softmax"),
    ]
}

const BATCH: usize = 32;

/// The medians of two, in turns.
fn race(what: &str, names: [&str; 2], mut any: impl FnMut(), mut fixed: impl FnMut()) {
    let mut seconds = [Vec::new(), Vec::new()];
    for _ in 0..7 {
        seconds[0].extend(repeats(3, 0.05, Clock::of(1), &mut any));
        seconds[1].extend(repeats(3, 0.05, Clock::of(1), &mut fixed));
    }
    for seconds in &mut seconds {
        seconds.sort_by(f64::total_cmp);
    }
    let [a, b] = seconds.each_ref().map(|seconds| 1e6 * median(seconds));
    let [x, y] = names;
    println!(
        "{what:28} {x} {a:10.2} us   {y} {b:10.2} us   ratio {:.3}",
        a / b
    );
}

/// Training and prediction of a batch, with both.
macro_rules! compare {
    ($name:literal, $any:ident, $fixed:ident, $x:expr, $y:expr, $loss:expr) => {{
        let (x, y) = (&$x, &$y);
        let compiled = |seed| {
            let any = $any::new(seed).threads(1).expect("one thread");
            let fixed = $fixed::new(seed).threads(1).expect("one thread");
            (
                any.compile(Adam::default(), $loss, ()),
                fixed.compile(Adam::default(), $loss, ()),
            )
        };
        let (mut any, mut fixed) = compiled(1);
        let names = ["any length", "fixed"];
        race(
            concat!($name, " train_on_batch"),
            names,
            || {
                black_box(any.train_on_batch(black_box(x), y).expect("good data").loss);
            },
            || {
                black_box(
                    fixed
                        .train_on_batch(black_box(x), y)
                        .expect("good data")
                        .loss,
                );
            },
        );
        let (any, fixed) = compiled(1);
        race(
            concat!($name, " predict"),
            names,
            || {
                black_box(any.predict(black_box(x)).expect("good data"));
            },
            || {
                black_box(fixed.predict(black_box(x)).expect("good data"));
            },
        );
        race(
            concat!($name, " predict one"),
            names,
            || {
                black_box(any.predict(black_box(&x[..1])).expect("good data"));
            },
            || {
                black_box(fixed.predict(black_box(&x[..1])).expect("good data"));
            },
        );
    }};
}

fn main() {
    println!("{}, batches of {BATCH}", isa().name());
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let tokens: Vec<[u32; 80]> = (0..BATCH)
        .map(|_| [(); 80].map(|()| rng.below(5000)))
        .collect();
    let yes: Vec<[f32; 1]> = (0..BATCH).map(|i| [(i % 2) as f32]).collect();
    compare!(
        "text",
        Text,
        Text80,
        tokens,
        yes,
        BinaryCrossentropy::default()
    );
    let classes: Vec<u32> = (0..BATCH).map(|i| i as u32 % 10).collect();
    let loss = SparseCategoricalCrossentropy::default;
    let sounds: Vec<[[f32; 16]; 200]> = (0..BATCH)
        .map(|_| [(); 200].map(|()| [(); 16].map(|()| rng.normal())))
        .collect();
    compare!("sound", Sound, Sound200, sounds, classes, loss());
    let pictures: Vec<[[[f32; 3]; 32]; 32]> = (0..BATCH)
        .map(|_| [(); 32].map(|()| [(); 32].map(|()| [(); 3].map(|()| rng.normal()))))
        .collect();
    compare!("pictures", Pictures, Pictures32, pictures, classes, loss());

    let listener = Listener::new(1).threads(1).expect("one thread");
    let window = Window::new(1).threads(1).expect("one thread");
    let steps = [(); WINDOW].map(|()| [(); 16].map(|()| rng.normal()));
    let (mut stream, mut at) = (listener.stream(), 0);
    race(
        "a step of a stream",
        ["stream", "predict of 32 steps"],
        || {
            at = (at + 1) % WINDOW;
            black_box(stream.push(black_box(&steps[at])).expect("good data"));
        },
        || {
            black_box(window.predict(black_box(&[steps])).expect("good data"));
        },
    );
}
