// C9: a layer that the model does not have.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (784,)), Dense(10, activation = "softmax")] }

fn main() {
    let model = Net::new(1);
    let _ = model.dense_3.kernel;
}
