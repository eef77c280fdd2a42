// D1: another program has saved a kernel in half precision, to spare flash.
use kseq::prelude::*;

sequential! { Net = [Dense(3, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)] }

static NET: Baked<Net> = include_weights!(Net, "weights/half.safetensors");

fn main() {
    let y = NET.predict(&[[0.5; 4]]);
    println!("{y:?}");
}
