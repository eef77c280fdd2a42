// D1: NumPy has made doubles of the moving averages.
use kseq::prelude::*;

sequential! { Net = [Dense(3, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)] }

static NET: Baked<Net> = include_weights!(Net, "weights/double.safetensors");

fn main() {
    let y = NET.predict(&[[0.5; 4]]);
    println!("{y:?}");
}
