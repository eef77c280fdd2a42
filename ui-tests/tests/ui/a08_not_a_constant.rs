// A8: sizes are constants: a variable, a generic parameter, and a constant of another type are not.
use kseq::prelude::*;

const SIGNED: i32 = 4;

fn generic<const K: usize>() {
    let hidden = 32;
    let _ = sequential![Dense(hidden, input_shape = (784,)), Dense(1)];
    let _ = sequential![Dense(3, input_shape = (K,)), Dense(1)];
    let _ = sequential![Dense(SIGNED, input_shape = (3,)), Dense(1)];
}

fn main() {
    generic::<3>();
}
