//! A network in a program of embassy's: one task reads the accelerometer, another one classifies. They meet in a channel, so that
//! the sensor is not lost while the network computes.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_semihosting::debug;
use embassy_executor::Spawner;
use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use kseq::prelude::*;
use models::sensors::{self, Window};
use models::{Gesture, agree, recorded};
use panic_halt as _;

static NET: Baked<Gesture> = include_weights!(Gesture, "../weights/gesture_gru.safetensors");

/// Deep enough for what the sensor gives during one prediction.
static SAMPLES: Channel<CriticalSectionRawMutex, [i16; 3], 16> = Channel::new();

#[embassy_executor::task]
async fn sensor() {
    for counts in black_box(recorded::MOTION.as_slice()) {
        // On a board: `let counts = accelerometer.read().await`.
        yield_now().await;
        SAMPLES.send(*counts).await;
    }
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let Ok(token) = sensor() else { end(false) };
    spawner.spawn(token);

    let mut x = [[0.0; 3]; 64];
    let mut window = Window::<64, 3>::new();
    let mut well = true;
    for host in black_box(recorded::GESTURE_GRU.as_slice()) {
        loop {
            window.push(sensors::acceleration(&SAMPLES.receive().await));
            if window.is_due(16) {
                break;
            }
        }
        window.read(&mut x);
        // No other task runs meanwhile: what cannot wait is in an `InterruptExecutor` of a higher priority.
        well &= NET.predict(&x).is_ok_and(|y| agree(&y, host));
    }
    end(well)
}

fn end(well: bool) -> ! {
    debug::exit(if well {
        debug::EXIT_SUCCESS
    } else {
        debug::EXIT_FAILURE
    });
    loop {}
}
