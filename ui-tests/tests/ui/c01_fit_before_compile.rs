// C1: training a model that was never compiled. Keras: RuntimeError.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (784,)), Dense(10, activation = "softmax")] }

fn main() {
    let (x, y) = (vec![[0.0; 784]; 8], vec![[0.0; 10]; 8]);
    let mut model = Net::new(1);
    let _ = model.fit(&x, &y, Fit::new().epochs(2));
}
