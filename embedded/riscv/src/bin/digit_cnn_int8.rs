//! Which digit a camera sees, by a convolutional network in integers.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_riscv::end;
use kseq::prelude::*;
use models::{DigitCnn, class_int8, recorded, sensors};

static NET: BakedQuantized<DigitCnn> =
    include_weights!(Quantized<DigitCnn>, "../weights/digit_cnn.q8.safetensors");

type Scratch = [f32; BakedQuantized::<DigitCnn>::INT8_SCRATCH];

#[inline(never)]
fn classify(x: &[i8; 784], y: &mut [i8; 10], scratch: &mut Scratch) -> bool {
    NET.predict_int8_into(x, y, scratch).is_ok()
}

#[riscv_rt::entry]
fn main() -> ! {
    let (mut x, mut scratch) = ([0; 784], [0.0; BakedQuantized::<DigitCnn>::INT8_SCRATCH]);
    let (mut y, mut well) = ([0; 10], true);
    let host = black_box(recorded::DIGIT_CNN_INT8.as_slice());
    for (digit, (given, host)) in black_box(recorded::DIGITS.as_slice())
        .iter()
        .zip(host)
        .enumerate()
    {
        sensors::picture_int8(given, &mut x);
        // In integers there is no rounding that differs: all bits are the host's.
        well &= classify(&x, &mut y, &mut scratch) && class_int8(&y) == digit && y == *host;
    }
    end(well)
}
