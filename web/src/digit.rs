//! Which digit a picture shows. JavaScript writes 784 pixels to `pixels()`, calls `classify()`, and reads ten probabilities at
//! `probabilities()` and what the eight filters of the first layer give at `activations()`.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use kseq::prelude::*;
use models::{DigitCnn, DigitFilters, class, recorded, sensors};

use crate::memory::{Floats, write, zeros};

static NET: Baked<DigitCnn> =
    include_weights!(DigitCnn, "../embedded/weights/digit_cnn.safetensors");
static FILTERS: Baked<DigitFilters> = include_weights!(
    DigitFilters,
    "../embedded/weights/digit_filters.safetensors"
);

static PIXELS: [AtomicU8; 28 * 28] = [const { AtomicU8::new(0) }; 28 * 28];
static PROBABILITIES: Floats<10> = zeros();
static ACTIVATIONS: Floats<{ 26 * 26 * 8 }> = zeros();

/// Where the pixels go, row by row.
#[unsafe(no_mangle)]
pub extern "C" fn pixels() -> *const AtomicU8 {
    PIXELS.as_ptr()
}

/// Where the ten probabilities are.
#[unsafe(no_mangle)]
pub extern "C" fn probabilities() -> *const u32 {
    PROBABILITIES.as_ptr().cast()
}

/// Writes the picture of a digit that the network has not learned from to `pixels()`.
#[unsafe(no_mangle)]
pub extern "C" fn sample(digit: usize) {
    let picture = recorded::DIGITS
        .get(digit)
        .map(|picture| picture.as_flattened());
    for (to, &pixel) in PIXELS.iter().zip(picture.unwrap_or_default()) {
        to.store(pixel, Relaxed);
    }
}

/// What JavaScript has written, as the networks take it.
fn picture() -> [[[f32; 1]; 28]; 28] {
    let (mut pixels, mut x) = ([[0; 28]; 28], [[[0.0]; 28]; 28]);
    for (pixel, from) in pixels.as_flattened_mut().iter_mut().zip(&PIXELS) {
        *pixel = from.load(Relaxed);
    }
    sensors::picture(&pixels, &mut x);
    x
}

/// The digit in the picture; -1 if nothing was computed.
#[unsafe(no_mangle)]
pub extern "C" fn classify() -> i32 {
    let (mut y, mut scratch) = ([0.0; 10], [0.0; Baked::<DigitCnn>::SCRATCH]);
    if NET.predict_into(&picture(), &mut y, &mut scratch).is_err() {
        return -1;
    }
    write(&PROBABILITIES, &y);
    class(&y) as i32
}

/// Computes what the filters of the first layer see in the picture: where 26 rows of 26 places are, each with eight values.
#[unsafe(no_mangle)]
pub extern "C" fn activations() -> *const u32 {
    let mut y = [[[0.0; 8]; 26]; 26];
    let mut scratch = [0.0; Baked::<DigitFilters>::SCRATCH];
    if FILTERS
        .predict_into(&picture(), &mut y, &mut scratch)
        .is_ok()
    {
        write(&ACTIVATIONS, y.as_flattened().as_flattened());
    }
    ACTIVATIONS.as_ptr().cast()
}
