// D1: a state is asked of a model in flash that carries none.
use kseq::prelude::*;

sequential! {
    Net = [Dense(3, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)]
}

static NET: Baked<Net> = include_weights!(Net, "weights/net.safetensors");

fn main() {
    let mut net = NET.stateful();
    println!("{:?}", net.predict(&[0.5; 4]));
}
