// C5: a single metric without the tuple.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (784,)), Dense(10, activation = "softmax")] }

fn main() {
    let _ = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), Accuracy);
}
