//! Which digit a camera sees, by a perceptron whose weights are in flash.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_cortex_m::end;
use kseq::prelude::*;
use models::{DigitMlp, agree, class, recorded, sensors};

static NET: Baked<DigitMlp> = include_weights!(DigitMlp, "../weights/digit_mlp.safetensors");

type Scratch = [f32; Baked::<DigitMlp>::SCRATCH];

#[inline(never)]
fn classify(x: &[[f32; 784]; 1], y: &mut [[f32; 10]; 1], scratch: &mut Scratch) -> bool {
    NET.predict_into(x, y, scratch).is_ok()
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let (mut x, mut y) = ([[0.0; 784]], [[0.0; 10]]);
    let mut scratch = [0.0; Baked::<DigitMlp>::SCRATCH];
    let mut well = true;
    // On a board: for each frame that the camera's DMA has finished.
    for (digit, pixels) in black_box(recorded::DIGITS.as_slice()).iter().enumerate() {
        sensors::flat_picture(pixels, &mut x[0]);
        well &= classify(&x, &mut y, &mut scratch);
        let [y] = &y;
        well &= class(y) == digit
            && black_box(recorded::DIGIT_MLP.as_slice())
                .get(digit)
                .is_some_and(|host| agree(y, host));
    }
    end(well)
}
