//! What a hand does: an accelerometer's samples come one by one into a window that slides, and each 16 of them the network looks
//! at the last 64.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_riscv::end;
use kseq::prelude::*;
use models::sensors::{self, Window};
use models::{Gesture, agree, recorded};

static NET: Baked<Gesture> = include_weights!(Gesture, "../weights/gesture_gru.safetensors");

#[inline(never)]
fn classify(x: &[[f32; 3]; 64]) -> Option<[f32; 4]> {
    NET.predict(x).ok()
}

#[riscv_rt::entry]
fn main() -> ! {
    let mut x = [[0.0; 3]; 64];
    let mut window = Window::<64, 3>::new();
    let mut expected = black_box(recorded::GESTURE_GRU.as_slice()).iter();
    let mut well = true;
    // On a board: for each sample in the sensor's FIFO, as often as its interrupt says.
    for counts in black_box(recorded::MOTION.as_slice()) {
        window.push(sensors::acceleration(counts));
        if window.is_due(16) {
            window.read(&mut x);
            let y = classify(&x);
            well &= y
                .zip(expected.next())
                .is_some_and(|(y, host)| agree(&y, host));
        }
    }
    end(well && expected.next().is_none())
}
