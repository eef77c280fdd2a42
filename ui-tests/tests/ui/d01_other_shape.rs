// D1: trained with three units, and now there are five.
use kseq::prelude::*;

sequential! { Net = [Dense(5, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)] }

static NET: Baked<Net> = include_weights!(Net, "weights/net.safetensors");

fn main() {
    let y = NET.predict(&[[0.5; 4]]);
    println!("{y:?}");
}
