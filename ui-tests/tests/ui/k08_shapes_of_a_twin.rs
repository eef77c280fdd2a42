// K8: a mistake in a shape or a word of a model with an int8 twin is one error, at its layer.
use kseq::prelude::*;

const KERNEL: usize = 9;

sequential! {
    #[quantize]
    pub Shape = [Conv2D(8, KERNEL, activation = "relu", input_shape = (4, 4, 1)), Flatten(), Dense(2)];

    #[quantize]
    pub Word = [Conv2D(8, 3, activation = "rellu", input_shape = (4, 4, 1)), Flatten(), Dense(2)];
}

fn main() {
    let twin = Shape::new(1).quantize(&Calibration::new(&[[[[0.0; 1]; 4]; 4]; 8]));
    println!("{}", Quantized::<Word>::SUMMARY);
}
