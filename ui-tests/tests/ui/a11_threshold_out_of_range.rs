// A11: a threshold below 0 would let through what a rectifier cuts.
use kseq::prelude::*;

const THETA: f32 = f32::NAN;

sequential! { pub Net = [Dense(32, input_dim = 784), ThresholdedReLU(-0.5), ThresholdedReLU(theta = THETA)] }

fn main() {}
