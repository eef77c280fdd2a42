// Layers and optimizers of Keras that a Sequential cannot hold say why.
use kseq::prelude::*;

sequential! { Merged = [Dense(8, input_shape = (4,)), Concatenate(), Add()] }
sequential! { Mixed = [MixUp(input_shape = (4, 4, 3))] }
sequential! { Net = [Dense(8, input_shape = (4,))] }

fn main() {
    let _ = compile!(Net::new(0), LossScaleOptimizer("adam"), "mse");
    let _ = compile!(Net::new(0), "adam", "mse", metrics = ["io_u"]);
}
