// D1: a model that carries a state from batch to batch, in flash.
use kseq::prelude::*;

sequential! { Net = [LSTM(3, batch_input_shape = (1, 4, 2), stateful = true)] }

static NET: Baked<Net> = include_weights!(Net, "weights/carries.safetensors");

fn main() {
    let y = NET.predict(&[[0.5; 2]; 4]);
    let (mut z, mut scratch) = ([0.0; 3], [0.0; 100]);
    let done = NET.predict_into(&[[0.5; 2]; 4], &mut z, &mut scratch);
    println!("{y:?} {done:?}");
}
