// F3: targets that the loss does not take.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }
sequential! { pub One = [Dense(1, input_shape = (4,))] }

fn main() {
    let x = vec![[0.0f32; 4]; 8];
    let rows = vec![[0.0f32; 3]; 8];
    let mut net = compile!(Net::new(1), loss = "categorical_crossentropy");
    let _ = net.fit(&x, &vec![1u32; 8], Fit::new());
    let _ = net.evaluate(&x, &vec![[1.0f64; 3]; 8]);
    let _ = net.fit(&x, &rows, Fit::new().validation_data(&x, &[1u32; 8]));
    let _ = net.fit(&x, &rows, Fit::new().validation_data(&[[0.0f32; 5]; 8], &rows));
    let mut sparse = compile!(Net::new(1), loss = "sparse_categorical_crossentropy");
    let _ = sparse.fit(&x, &rows, Fit::new());
    let _ = sparse.train_on_batch(&x, &vec![1usize; 8]);
    let _ = sparse.test_on_batch(&x, &vec![[1u32]; 8]);
    let mut one = compile!(One::new(1), loss = "mse");
    let _ = one.fit(&x, &vec![1.0f32; 8], Fit::new());
    let _ = one.fit(&x, &vec![true; 8], Fit::new());
}
