// C3: one-hot rows for the sparse loss (keras#7339).
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (784,)), Dense(10, activation = "softmax")] }

fn main() {
    let (x, y) = (vec![[0.0; 784]; 8], vec![[0.0; 10]; 8]);
    let mut model = Net::new(1).compile(SGD::default(), SparseCategoricalCrossentropy::default(), (Accuracy,));
    let _ = model.fit(&x, &y, Fit::new());
}
