//! The network on a chip. In QEMU the program ends with whether it knows the moons.
#![no_std]
#![no_main]

use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};
use kseq::prelude::*;
use net::Net;
use panic_halt as _;

/// In flash; nothing of it is copied.
static NET: Baked<Net> = include_weights!(Net, "../weights/net.safetensors");

fn is_second(point: &[f32; 2]) -> bool {
    NET.predict(point).is_ok_and(|y| y[0] > 0.5)
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let knows = !is_second(&[0.0, 1.0]) && is_second(&[1.0, -0.5]);
    exit(if knows { EXIT_SUCCESS } else { EXIT_FAILURE });
    loop {
        cortex_m::asm::wfi();
    }
}
