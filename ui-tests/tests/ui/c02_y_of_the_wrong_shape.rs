// C2: targets of 12 classes for a model of 10.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (784,)), Dense(10, activation = "softmax")] }

fn main() {
    let (x, y) = (vec![[0.0; 784]; 8], vec![[0.0; 12]; 8]);
    let mut model = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    let _ = model.evaluate(&x, &y);
}
