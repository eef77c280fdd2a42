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
fn classify(x: &[Sound; 1], y: &mut [[f32; 4]; 1], scratch: &mut Scratch) -> bool {
    NET.predict_into(x, y, scratch).is_ok()
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let Some(scratch) = SCRATCH.try_take() else {
        end(false)
    };
    let (mut x, mut y) = ([[[[0.0]; 10]; 49]], [[0.0; 4]]);
    let mut well = true;
    for (word, coefficients) in black_box(recorded::WORDS.as_slice()).iter().enumerate() {
        sensors::sound(coefficients, &mut x[0]);
        well &= classify(&x, &mut y, scratch);
        let [y] = &y;
        well &= class(y) == word
            && black_box(recorded::KEYWORD_CNN.as_slice())
                .get(word)
                .is_some_and(|host| agree(y, host));
    }
    end(well)
}
