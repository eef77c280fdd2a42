// D1: the model itself is refused, so nothing is said of its file.
use kseq::prelude::*;

sequential! { Net = [Dense(3, activaton = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)] }

static NET: Baked<Net> = include_weights!(Net, "weights/net.safetensors");

fn main() {
    let y = NET.predict(&[[0.5; 4]]);
    println!("{y:?}");
}
