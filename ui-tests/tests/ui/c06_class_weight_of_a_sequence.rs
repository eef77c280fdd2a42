// C6: Classes of every time step, and weights for the classes: Keras refuses targets of this rank at run time.
use kseq::prelude::*;

sequential! {
    Net = [LSTM(8, return_sequences = true, input_shape = (5, 2)), Dense(3, activation = "softmax")]
}

fn main() {
    let mut model = Net::new(0).compile(RMSprop::default(), CategoricalCrossentropy::default(), ());
    let fit = Fit::new().class_weight([1.0, 1.0, 2.0]);
    let _ = model.fit(&[[[0.0; 2]; 5]], &[[[0.0, 0.0, 1.0]; 5]], fit);
}
