//! Two networks that run one after the other in the memory of the larger one, and a watchdog that is fed between two layers.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_cortex_m::end;
use kseq::prelude::*;
use kseq::scratch::max;
use models::{DigitCnn, KeywordCnn, agree, recorded, sensors};
use static_cell::ConstStaticCell;

static DIGITS: Baked<DigitCnn> = include_weights!(DigitCnn, "../weights/digit_cnn.safetensors");
static WORDS: Baked<KeywordCnn> =
    include_weights!(KeywordCnn, "../weights/keyword_cnn.safetensors");

const LEN: usize = max(Baked::<DigitCnn>::SCRATCH, Baked::<KeywordCnn>::SCRATCH);

static ARENA: ConstStaticCell<[f32; LEN]> = ConstStaticCell::new([0.0; LEN]);

/// Counts in place of a chip's watchdog.
struct Watchdog(usize);

impl Watchdog {
    fn feed(&mut self) {
        self.0 += 1;
    }
}

#[inline(never)]
fn see_and_hear(
    picture: &[[[f32; 1]; 28]; 28],
    sound: &[[[f32; 1]; 10]; 49],
    arena: &mut [f32; LEN],
    watchdog: &mut Watchdog,
) -> Option<([f32; 10], [f32; 4])> {
    let (mut digit, mut word) = ([0.0; 10], [0.0; 4]);
    let mut run = DIGITS.predict_some(picture, &mut digit, arena).ok()?;
    while run.step() {
        watchdog.feed();
    }
    let mut run = WORDS.predict_some(sound, &mut word, arena).ok()?;
    while run.step() {
        watchdog.feed();
    }
    Some((digit, word))
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let Some(arena) = ARENA.try_take() else {
        end(false)
    };
    let (mut picture, mut sound) = ([[[0.0]; 28]; 28], [[[0.0]; 10]; 49]);
    let (mut well, mut watchdog) = (true, Watchdog(0));
    let digits = black_box(recorded::DIGITS.as_slice())
        .iter()
        .zip(black_box(recorded::DIGIT_CNN.as_slice()));
    let words = black_box(recorded::WORDS.as_slice())
        .iter()
        .zip(black_box(recorded::KEYWORD_CNN.as_slice()));
    for ((pixels, digit), (coefficients, word)) in digits.zip(words) {
        sensors::picture(pixels, &mut picture);
        sensors::sound(coefficients, &mut sound);
        let found = see_and_hear(&picture, &sound, arena, &mut watchdog);
        well &= found.is_some_and(|(y, z)| agree(&y, digit) && agree(&z, word));
    }
    // Four times: between six layers and between four.
    end(well && watchdog.0 == 4 * (5 + 3))
}
