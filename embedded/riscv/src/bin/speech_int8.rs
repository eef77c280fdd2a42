//! Which word was said, from 49 steps of 40 coefficients, by a network in integers.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_riscv::end;
use kseq::prelude::*;
use models::{Speech, class_int8, recorded};

static NET: BakedQuantized<Speech> =
    include_weights!(Quantized<Speech>, "../weights/speech.q8.safetensors");

type Scratch = [f32; BakedQuantized::<Speech>::INT8_SCRATCH];

#[inline(never)]
fn classify(x: &[i8; 1960], y: &mut [i8; 4], scratch: &mut Scratch) -> bool {
    NET.predict_int8_into(x, y, scratch).is_ok()
}

#[riscv_rt::entry]
fn main() -> ! {
    let (mut x, mut scratch) = ([0; 1960], [0.0; BakedQuantized::<Speech>::INT8_SCRATCH]);
    let (mut y, mut well) = ([0; 4], true);
    let host = black_box(recorded::SPEECH_INT8.as_slice());
    for (word, (given, host)) in black_box(recorded::SOUNDS.as_slice())
        .iter()
        .zip(host)
        .enumerate()
    {
        // The counts are the network's integers, and come one by one, as a front end has them.
        for (x, count) in x.iter_mut().zip(given.as_flattened()) {
            *x = black_box(*count);
        }
        // In integers there is no rounding that differs: all bits are the host's.
        well &= classify(&x, &mut y, &mut scratch) && class_int8(&y) == word && y == *host;
    }
    end(well)
}
