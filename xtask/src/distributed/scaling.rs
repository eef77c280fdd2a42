//! The scaling model of docs/DISTRIBUTED.md: how long the sum of the gradients takes, and what is left of a rank's time.

use std::fmt::Write;

/// Of one message between two hosts, in seconds: TCP on an Ethernet with a switch or two. An assumption, not a measurement.
const LATENCY: f64 = 30e-6;
/// In Gbit/s.
const NETWORKS: [f64; 3] = [10.0, 25.0, 100.0];
const RANKS: [u32; 3] = [64, 256, 1024];
const PARAMETERS: [f64; 4] = [1e5, 1e6, 1e7, 1e8];

/// The weights and the bias of a layer.
const fn dense(inputs: u32, units: u32) -> u32 {
    (inputs + 1) * units
}

/// Of a convolution of 3 x 3.
const fn conv(channels: u32, filters: u32) -> u32 {
    (3 * 3 * channels + 1) * filters
}

/// An example: its parameters, the samples of a rank's part of a batch, and how many of them one core trains on in a
/// second (docs/PERFORMANCE.md).
struct Example {
    name: &'static str,
    parameters: u32,
    batch: u32,
    per_second: f64,
}

const EXAMPLES: [Example; 3] = [
    Example {
        name: "mnist_mlp",
        parameters: dense(784, 512) + dense(512, 512) + dense(512, 10),
        batch: 128,
        per_second: 68_600.0,
    },
    Example {
        name: "mnist_cnn",
        parameters: conv(1, 32) + conv(32, 64) + dense(12 * 12 * 64, 128) + dense(128, 10),
        batch: 128,
        per_second: 2912.0,
    },
    Example {
        name: "vgg_like",
        parameters: conv(3, 32)
            + conv(32, 32)
            + conv(32, 64)
            + conv(64, 64)
            + dense(22 * 22 * 64, 256)
            + dense(256, 10),
        batch: 32,
        per_second: 171.0,
    },
];

/// Seconds for the sum of so many `f32`s over so many ranks.
fn sum(parameters: f64, ranks: u32, gigabits: f64) -> f64 {
    let p = f64::from(ranks);
    let bytes = 4.0 * parameters;
    LATENCY * 2.0 * p.log2() + 2.0 * (p - 1.0) / p * bytes * 8e-9 / gigabits
}

/// In milliseconds, three digits.
fn ms(seconds: f64) -> String {
    let ms = seconds * 1e3;
    let digits = (2 - ms.log10().floor() as i32).clamp(0, 2) as usize;
    format!("{ms:.digits$}")
}

fn head(text: &mut String, first: &str) {
    let columns: Vec<String> = NETWORKS
        .iter()
        .flat_map(|rate| RANKS.map(|ranks| format!("{ranks} ranks, {rate} Gbit/s")))
        .collect();
    let _ = writeln!(text, "| {first} | {} |", columns.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(columns.len() + 1));
}

fn row(text: &mut String, first: &str, cell: impl Fn(u32, f64) -> String) {
    let cells: Vec<String> = NETWORKS
        .iter()
        .flat_map(|rate| RANKS.map(|ranks| cell(ranks, *rate)))
        .collect();
    let _ = writeln!(text, "| {first} | {} |", cells.join(" | "));
}

/// The sum's milliseconds by the number of parameters: also how long a step has to compute for a rank to spend half of its time on that.
pub fn sums() -> String {
    let mut text = String::new();
    head(&mut text, "parameters");
    for parameters in PARAMETERS {
        row(&mut text, &format!("{parameters:.0}"), |ranks, rate| {
            ms(sum(parameters, ranks, rate))
        });
    }
    text
}

/// The part of a rank's time that is left for computing, if nothing of the sum is hidden behind the backward pass.
pub fn examples() -> String {
    let mut text = String::new();
    head(&mut text, "example");
    for example in &EXAMPLES {
        let computes = f64::from(example.batch) / example.per_second;
        let first = format!(
            "`{}`: {} parameters, {} samples a rank, {} ms",
            example.name,
            example.parameters,
            example.batch,
            ms(computes)
        );
        row(&mut text, &first, |ranks, rate| {
            let sums = sum(f64::from(example.parameters), ranks, rate);
            format!("{:.0} %", 100.0 * computes / (computes + sums))
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: ten messages there and back, and twice 1023/1024 of 4 MB at 1.25 GB/s.
    #[test]
    fn the_sum_of_a_million() {
        let expected = 20.0 * LATENCY + 2.0 * 1023.0 / 1024.0 * 4e6 / 1.25e9;
        assert!((sum(1e6, 1024, 10.0) - expected).abs() < 1e-12);
        assert_eq!(ms(0.0123456), "12.3");
        assert_eq!(ms(1.23456), "1235");
    }
}
