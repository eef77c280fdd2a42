// C1: evaluating a model that was never compiled.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (784,)), Dense(10, activation = "softmax")] }

fn main() {
    let (x, y) = (vec![[0.0; 784]; 8], vec![[0.0; 10]; 8]);
    let mut model = Net::new(1);
    let _ = model.evaluate(&x, &y);
    let _ = model.train_on_batch(&x, &y);
    let _ = model.test_on_batch(&x, &y);
}
