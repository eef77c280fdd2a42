// C6: Sofia copied the class weights of her two-class model into the one with three classes. Keras looks the class up in
// a dictionary, and fails at the first sample of the third class.
use kseq::prelude::*;

sequential! { Net = [Dense(3, activation = "softmax", input_dim = 4)] }

fn main() {
    let mut model = Net::new(0).compile(RMSprop::default(), CategoricalCrossentropy::default(), ());
    let fit = Fit::new().class_weight([1.0, 2.0]);
    let _ = model.fit(&[[0.0; 4]], &[[0.0, 0.0, 1.0]], fit);
}
