// D1: the file lacks the bias of a layer.
use kseq::prelude::*;

sequential! { Net = [Dense(3, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)] }

static NET: Baked<Net> = include_weights!(Net, "weights/without_a_bias.safetensors");

fn main() {
    let y = NET.predict(&[[0.5; 4]]);
    println!("{y:?}");
}
