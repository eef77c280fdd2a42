// After a mistake in the words of `compile!` the rest of the program is not at fault.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let mut model = compile!(Net::new(0), optimizer = SGD(momentum = 2.0), loss = "categorical_crossentropy", metrics = ["acuracy"]);
    let history = model.fit(&[[0.5; 4]; 8], &[[1.0, 0.0, 0.0]; 8], Fit::new().epochs(2)).unwrap();
    println!("{:?}", history.history["loss"]);
    let scores = model.evaluate(&[[0.5; 4]; 8], &[[1.0, 0.0, 0.0]; 8]).unwrap();
    println!("{scores:?} {:?}", model.predict(&[[0.5; 4]; 8]));
}
