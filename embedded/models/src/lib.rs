//! What host and firmware share: the layer lists, how a sensor's numbers become a sample, and what the firmware is tested with.
//!
//! The list is written once. `embedded/train` trains it on the host and saves the weights; a firmware includes them with
//! `include_weights!`, which compares the file with the same list.
#![no_std]

#[rustfmt::skip]
pub mod recorded;
pub mod sensors;

use kseq::prelude::*;

sequential! {
    /// Which digit a picture of 28 x 28 pixels shows: 100 KB of weights.
    pub DigitMlp = [
        Dense(32, activation = "relu", input_shape = (784,)),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// The same by convolutions: 21 KB of weights, ten times the work; 6 KB in integers.
    #[quantize]
    pub DigitCnn = [
        Conv2D(8, (3, 3), activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(16, (3, 3), activation = "relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// The first layer of `DigitCnn` by itself: what each of its eight filters sees of a picture.
    pub DigitFilters = [
        Conv2D(8, (3, 3), activation = "relu", input_shape = (28, 28, 1)),
    ]
}

sequential! {
    /// Which of four words was said: a second of sound as 49 steps of 10 coefficients.
    #[quantize]
    pub KeywordCnn = [
        Conv2D(16, (10, 4), strides = (2, 2), activation = "relu", input_shape = (49, 10, 1)),
        Conv2D(16, (3, 3), activation = "relu"),
        GlobalAveragePooling2D(),
        Dense(4, activation = "softmax"),
    ]
}

sequential! {
    /// The same from 40 coefficients a step, for a chip that computes in integers: 336 thousand products, 17 KB of weights.
    #[quantize]
    pub Speech = [
        DepthwiseConv2D((10, 8), strides = 2, depth_multiplier = 8, padding = "same", activation = "relu", input_shape = (49, 40, 1)),
        Flatten(),
        Dense(4, activation = "softmax"),
    ]
}

sequential! {
    /// What a hand does, from 64 accelerations in three directions.
    pub Gesture = [
        Conv1D(8, 5, strides = 2, activation = "relu", input_shape = (64, 3)),
        MaxPooling1D(2),
        GRU(16),
        Dense(4, activation = "softmax"),
    ]
}

sequential! {
    /// The next eight values of a vibration, at each of 24 steps: as it is trained.
    pub Vibration = [
        LSTM(16, return_sequences = true, input_shape = (24, 8)),
        Dense(8),
    ]
}

sequential! {
    /// The same layers, and so the same weights, as they run: one step a call, and the state stays from call to call.
    pub VibrationStep = [
        LSTM(16, return_sequences = true, stateful = true, batch_input_shape = (1, 1, 8)),
        Dense(8),
    ]
}

sequential! {
    /// Digits of 8 x 8 pixels, small enough to be trained on a microcontroller.
    pub SmallDigits = [
        Dense(16, activation = "relu", input_shape = (64,)),
        Dense(10, activation = "softmax"),
    ]
}

/// Whether the outputs are those that the host has computed, but for rounding.
#[must_use]
pub fn agree(found: &[f32], host: &[f32]) -> bool {
    let near = |(found, host): (&f32, &f32)| (found - host).abs() <= 1e-5 * host.abs().max(0.1);
    found.len() == host.len() && found.iter().zip(host).all(near)
}

/// The index of the largest output: the class.
#[must_use]
pub fn class(outputs: &[f32]) -> usize {
    let largest =
        |best: (usize, f32), (i, &y): (usize, &f32)| if y > best.1 { (i, y) } else { best };
    let (class, _) = outputs.iter().enumerate().fold((0, f32::MIN), largest);
    class
}

/// The same of outputs in integers, which have one scale.
#[must_use]
pub fn class_int8(outputs: &[i8]) -> usize {
    let largest = |best: (usize, i8), (i, &y): (usize, &i8)| if y > best.1 { (i, y) } else { best };
    let (class, _) = outputs.iter().enumerate().fold((0, i8::MIN), largest);
    class
}
