// D1: the same with a named size: the file is of a model with three units.
use kseq::prelude::*;

const UNITS: usize = 5;

sequential! { Net = [Dense(UNITS, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)] }

static NET: Baked<Net> = include_weights!(Net, "weights/net.safetensors");

fn main() {
    let y = NET.predict(&[[0.5; 4]]);
    println!("{y:?}");
}
