// D2: a file of Keras's, which kseq does not read.
use kseq::prelude::*;

sequential! { Net = [Dense(3, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)] }

static NET: Baked<Net> = include_weights!(Net, "weights/keras.h5");

fn main() {
    let y = NET.predict(&[[0.5; 4]]);
    println!("{y:?}");
}
