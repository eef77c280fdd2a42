// C6: weights for two classes, but the model has three.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (20,)), Dense(3, activation = "softmax")] }

fn main() {
    let (x, y) = (vec![[0.0; 20]; 8], vec![[0.0; 3]; 8]);
    let mut model = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    let _ = model.fit(&x, &y, Fit::new().class_weight([1.0, 50.0]));
}
