// What `to_categorical` does not take.
use kseq::prelude::*;

sequential! { pub Net = [Dense(3, activation = "softmax", input_shape = (4,))] }

fn main() {
    let mut net = compile!(Net::new(1), "sgd", "categorical_crossentropy");
    let y = to_categorical(&[0.0f32, 1.0]).unwrap();
    let _ = net.fit(&[[0.0; 4]; 2], &y, Fit::new());
    let y = to_categorical(&[[0u8], [1]]).unwrap();
    let _ = net.fit(&[[0.0; 4]; 2], &y, Fit::new());
}
