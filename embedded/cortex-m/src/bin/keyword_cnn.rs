//! Which word was said, from a second of sound as 49 steps of 10 coefficients.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_cortex_m::end;
use kseq::prelude::*;
use models::{KeywordCnn, agree, class, recorded, sensors};
use static_cell::ConstStaticCell;

static NET: Baked<KeywordCnn> = include_weights!(KeywordCnn, "../weights/keyword_cnn.safetensors");

type Sound = [[[f32; 1]; 10]; 49];
type Scratch = [f32; Baked::<KeywordCnn>::SCRATCH];

static SCRATCH: ConstStaticCell<Scratch> =
    ConstStaticCell::new([0.0; Baked::<KeywordCnn>::SCRATCH]);

#[inline(never)]
fn classify(x: &Sound, y: &mut [f32; 4], scratch: &mut Scratch) -> bool {
    NET.predict_into(x, y, scratch).is_ok()
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let Some(scratch) = SCRATCH.try_take() else {
        end(false)
    };
    let (mut x, mut y) = ([[[0.0]; 10]; 49], [0.0; 4]);
    let mut well = true;
    let host = black_box(recorded::KEYWORD_CNN.as_slice());
    for (word, (coefficients, host)) in black_box(recorded::WORDS.as_slice())
        .iter()
        .zip(host)
        .enumerate()
    {
        sensors::sound(coefficients, &mut x);
        well &= classify(&x, &mut y, scratch) && class(&y) == word && agree(&y, host);
    }
    end(well)
}
