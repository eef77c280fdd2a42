//! Trains the network, and writes its weights for the firmware and the page.

use std::f32::consts::PI;

use kseq::prelude::*;
use net::Net;

/// Points of the two moons in turn, each a little beside its own.
fn moons(count: usize) -> (Vec<[f32; 2]>, Vec<[f32; 1]>) {
    let point = |i: usize| {
        let (sin, cos) = ((i as f32 * 0.618).fract() * PI).sin_cos();
        let radius = 1.0 + 0.1 * (i as f32 * 12.9898).sin();
        match i % 2 {
            0 => ([radius * cos, radius * sin], [0.0]),
            _ => ([1.0 - radius * cos, 0.5 - radius * sin], [1.0]),
        }
    };
    (0..count).map(point).unzip()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (x, y) = moons(1000);
    let mut model = compile!(
        Net::new(42),
        optimizer = Adam(0.01),
        loss = "binary_crossentropy",
        metrics = ["accuracy"],
    );
    model.summary();
    let fit = Fit::new().epochs(20).validation_split(0.2);
    let history = model.fit(&x, &y, fit)?;
    history.plot("history.svg")?;
    std::fs::create_dir_all("weights")?;
    model.save_weights("weights/net.safetensors")?;
    let accuracy = history.last("val_accuracy").unwrap_or(0.0);
    println!("val_accuracy={accuracy:.3}");
    Ok(())
}
