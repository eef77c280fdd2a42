// C2: samples and targets by named sizes, of another width than the model's.
use kseq::prelude::*;

const FEATURES: usize = 20;
const WINDOW: usize = 24;
const CLASSES: usize = 4;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (FEATURES,)), Dense(CLASSES, activation = "softmax")] }

fn main() {
    let x = vec![[0.0f32; WINDOW]; 8];
    let y = vec![[0.0f32; CLASSES + 1]; 8];
    let mut model = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    let _ = model.fit(&x, &y, Fit::new());
    let _ = model.predict(&x);
}
