//! Which digit a camera sees, by a perceptron whose weights are in flash.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_cortex_m::end;
use kseq::prelude::*;
use models::{DigitMlp, agree, class, recorded, sensors};

static NET: Baked<DigitMlp> = include_weights!(DigitMlp, "../weights/digit_mlp.safetensors");

#[inline(never)]
fn classify(x: &[f32; 784]) -> Option<[f32; 10]> {
    NET.predict(x).ok()
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut x = [0.0; 784];
    let mut well = true;
    let host = black_box(recorded::DIGIT_MLP.as_slice());
    // On a board: for each frame that the camera's DMA has finished.
    for (digit, (pixels, host)) in black_box(recorded::DIGITS.as_slice())
        .iter()
        .zip(host)
        .enumerate()
    {
        sensors::flat_picture(pixels, &mut x);
        well &= classify(&x).is_some_and(|y| class(&y) == digit && agree(&y, host));
    }
    end(well)
}
