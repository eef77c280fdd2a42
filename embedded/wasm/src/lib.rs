//! Which digit a picture shows, for JavaScript: it writes 784 pixels to `pixels()`, calls `classify()`, and reads the ten
//! probabilities at `probabilities()`. `run.mjs` does it.
#![no_std]

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use kseq::prelude::*;
use models::{DigitCnn, class, sensors};
use panic_halt as _;

static NET: Baked<DigitCnn> = include_weights!(DigitCnn, "../weights/digit_cnn.safetensors");

// JavaScript reads and writes the module's memory. Atomics say so without `unsafe`; in WebAssembly they are loads and stores.
static PIXELS: [AtomicU8; 28 * 28] = [const { AtomicU8::new(0) }; 28 * 28];
static PROBABILITIES: [AtomicU32; 10] = [const { AtomicU32::new(0) }; 10];

/// Where the pixels go, row by row.
#[unsafe(no_mangle)]
pub extern "C" fn pixels() -> *const AtomicU8 {
    PIXELS.as_ptr()
}

/// Where the ten probabilities are, as `f32`s.
#[unsafe(no_mangle)]
pub extern "C" fn probabilities() -> *const AtomicU32 {
    PROBABILITIES.as_ptr()
}

/// The digit in the picture.
#[unsafe(no_mangle)]
pub extern "C" fn classify() -> i32 {
    let mut picture = [[0; 28]; 28];
    for (pixel, from) in picture.as_flattened_mut().iter_mut().zip(&PIXELS) {
        *pixel = from.load(Relaxed);
    }
    let (mut x, mut y) = ([[[0.0]; 28]; 28], [0.0; 10]);
    sensors::picture(&picture, &mut x);
    let mut scratch = [0.0; Baked::<DigitCnn>::SCRATCH];
    if NET.predict_into(&x, &mut y, &mut scratch).is_err() {
        return -1;
    }
    for (to, y) in PROBABILITIES.iter().zip(&y) {
        to.store(y.to_bits(), Relaxed);
    }
    class(&y) as i32
}
