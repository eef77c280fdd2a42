// B9: the input is declared without its dtype: f32, as in Keras, which casts in silence.
use kseq::prelude::*;

sequential! { pub Net = [Input(shape = (80,)), Embedding(1024, 256)] }

fn main() {}
