//! A bearing that begins to break: an LSTM hears a shaft's vibration, eight values a call, and foretells the next eight. Its
//! state stays from call to call. What it cannot foretell is an anomaly.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_cortex_m::end;
use kseq::prelude::*;
use models::{VibrationStep, agree, recorded, sensors};

static NET: Baked<VibrationStep> =
    include_weights!(VibrationStep, "../weights/anomaly_lstm.safetensors");

#[inline(never)]
fn foretell(
    net: &mut Stateful<'_, VibrationStep>,
    x: &[[f32; 8]; 1],
    y: &mut [[f32; 8]; 1],
) -> bool {
    net.predict(x).map(|foretold| *y = foretold).is_ok()
}

/// From there on the mean error of some calls is too large for a sound bearing.
const THRESHOLD: f32 = 0.06;

#[cortex_m_rt::entry]
fn main() -> ! {
    // The state is a value of the program: of two bearings two of them.
    let mut net = NET.stateful();
    let (mut well, mut error, mut alarm) = (true, 0.0, None);
    let mut foretold = [[0.0; 8]];
    // On a board: DMA fills one half of a buffer from the ADC while the program works on the other.
    for (at, (counts, host)) in black_box(recorded::VIBRATION.as_slice())
        .iter()
        .zip(black_box(recorded::ANOMALY_LSTM.as_slice()))
        .enumerate()
    {
        let heard = sensors::vibration(counts);
        let [before] = &foretold;
        let off: f32 = heard
            .iter()
            .zip(before)
            .map(|(heard, foretold)| (heard - foretold).abs())
            .sum();
        // The first calls have heard too little to foretell anything.
        if at >= 4 {
            error += 0.2 * (off / 8.0 - error);
        }
        if error > THRESHOLD && alarm.is_none() {
            alarm = Some(at);
        }
        well &= foretell(&mut net, &[heard], &mut foretold);
        let [foretold] = &foretold;
        well &= agree(foretold, host);
    }
    // The bearing breaks at 56.
    end(well && alarm.is_some_and(|at| (56..64).contains(&at)))
}
