//! The network for `index.html`: a module that imports nothing.
#![no_std]

use kseq::prelude::*;
use net::Net;
use panic_halt as _;

static NET: Baked<Net> = include_weights!(Net, "../weights/net.safetensors");

/// How likely a point lies on the second moon.
#[unsafe(no_mangle)]
pub extern "C" fn second(x: f32, y: f32) -> f32 {
    NET.predict(&[x, y]).map_or(f32::NAN, |y| y[0])
}
