//! Which digit a camera sees, by a convolutional network in integers.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_cortex_m::end;
use kseq::prelude::*;
use models::{DigitCnn, class_int8, recorded, sensors};
use static_cell::ConstStaticCell;

static NET: BakedQuantized<DigitCnn> =
    include_weights!(Quantized<DigitCnn>, "../weights/digit_cnn.q8.safetensors");

type Scratch = [f32; BakedQuantized::<DigitCnn>::INT8_SCRATCH];

static SCRATCH: ConstStaticCell<Scratch> =
    ConstStaticCell::new([0.0; BakedQuantized::<DigitCnn>::INT8_SCRATCH]);

static INPUT: ConstStaticCell<[i8; 784]> = ConstStaticCell::new([0; 784]);

#[inline(never)]
fn classify(x: &[i8; 784], y: &mut [i8; 10], scratch: &mut Scratch) -> bool {
    NET.predict_int8_into(x, y, scratch).is_ok()
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let (Some(x), Some(scratch)) = (INPUT.try_take(), SCRATCH.try_take()) else {
        end(false)
    };
    let (mut y, mut well) = ([0; 10], true);
    let host = black_box(recorded::DIGIT_CNN_INT8.as_slice());
    for (digit, (given, host)) in black_box(recorded::DIGITS.as_slice())
        .iter()
        .zip(host)
        .enumerate()
    {
        sensors::picture_int8(given, x);
        // In integers there is no rounding that differs: all bits are the host's.
        well &= classify(x, &mut y, scratch) && class_int8(&y) == digit && y == *host;
    }
    end(well)
}
