//! Which digit a camera sees, by a convolutional network whose weights are in flash.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_cortex_m::end;
use kseq::prelude::*;
use models::{DigitCnn, agree, class, recorded, sensors};
use static_cell::ConstStaticCell;

static NET: Baked<DigitCnn> = include_weights!(DigitCnn, "../weights/digit_cnn.safetensors");

type Picture = [[[f32; 1]; 28]; 28];
type Scratch = [f32; Baked::<DigitCnn>::SCRATCH];

/// What is too large for the stack is a `static`, which the program takes once.
static SCRATCH: ConstStaticCell<Scratch> = ConstStaticCell::new([0.0; Baked::<DigitCnn>::SCRATCH]);

#[inline(never)]
fn classify(x: &Picture, y: &mut [f32; 10], scratch: &mut Scratch) -> bool {
    NET.predict_into(x, y, scratch).is_ok()
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let Some(scratch) = SCRATCH.try_take() else {
        end(false)
    };
    let (mut x, mut y) = ([[[0.0]; 28]; 28], [0.0; 10]);
    let mut well = true;
    let host = black_box(recorded::DIGIT_CNN.as_slice());
    for (digit, (pixels, host)) in black_box(recorded::DIGITS.as_slice())
        .iter()
        .zip(host)
        .enumerate()
    {
        sensors::picture(pixels, &mut x);
        well &= classify(&x, &mut y, scratch) && class(&y) == digit && agree(&y, host);
    }
    end(well)
}
