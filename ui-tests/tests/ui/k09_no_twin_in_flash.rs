// K9: an int8 twin in flash of a model that was not declared to have one.
use kseq::prelude::*;

sequential! { pub Net = [Dense(3, activation = "relu", input_shape = (4,)), Dense(2)] }

static NET: BakedQuantized<Net> = include_weights!(Quantized<Net>, "weights/twin.q8.safetensors");

fn main() {}
