// D1: what a model in flash is asked to predict has another shape, or another type.
use kseq::prelude::*;

sequential! {
    Net = [Dense(3, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)]
}

static NET: Baked<Net> = include_weights!(Net, "weights/net.safetensors");

fn main() {
    let of_another_length = NET.predict(&[0.5f32; 5]);
    let double = NET.predict(&[[0.5f64; 4]]);
    let (mut y, mut scratch) = ([0.0; 3], [0.0; 100]);
    let into_another_output = NET.predict_into(&[0.5; 4], &mut y, &mut scratch);
    println!("{of_another_length:?} {double:?} {into_another_output:?}");
}
