// F4: Keras's words go with `compile!`; given to the method they are one error, about the first that is one.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(1)] }

fn main() {
    let (x, y) = (vec![[0.0f32; 4]; 8], vec![[0.0f32; 1]; 8]);

    let mut model = Net::new(1).compile("adam", "mse", ["accuracy"]);
    let _ = model.fit(&x, &y, Fit::new().epochs(2));
    let _ = model.evaluate(&x, &y);

    let mut model = Net::new(1).compile("adam", MeanSquaredError::new(), (Accuracy,));
    let _ = model.fit(&x, &y, Fit::new());

    let mut model = Net::new(1).compile(Adam::default(), "mse", ["accuracy"]);
    let _ = model.fit(&x, &y, Fit::new());

    let mut model = Net::new(1).compile(Adam::default(), MeanSquaredError::new(), ["accuracy", "mae"]);
    let _ = model.fit(&x, &y, Fit::new());
}
