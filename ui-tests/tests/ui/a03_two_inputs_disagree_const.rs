// A3: the same with named sizes: `Input` counts the pixels, the layer the rows.
use kseq::prelude::*;

const ROWS: usize = 28;
const PIXELS: usize = ROWS * ROWS;

sequential! { pub Net = [Input(shape = (PIXELS,)), Dense(2, input_shape = (ROWS,))] }

fn main() {}
