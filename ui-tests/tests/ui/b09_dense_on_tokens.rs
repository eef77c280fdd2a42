// B9: integer tokens straight into a Dense layer. Keras casts them silently.
use kseq::prelude::*;

sequential! { pub Net = [Input(shape = (80,), dtype = "int32"), Dense(16)] }

fn main() {}
