// C3: softmax over one unit is always 1 (keras#18909); Keras trains on it and says nothing.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (20,)), Dense(1, activation = "softmax")] }

fn main() {
    let _ = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
}
