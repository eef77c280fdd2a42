// C2: samples of 100 values for a model of 784.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (784,)), Dense(10, activation = "softmax")] }

fn main() {
    let (x, y) = (vec![[0.0; 100]; 8], vec![[0.0; 10]; 8]);
    let mut model = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    let _ = model.fit(&x, &y, Fit::new());
}
