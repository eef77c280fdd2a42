// Samples with an axis too few or too many, and outputs that are rows where a target is one row.
use kseq::prelude::*;

sequential! { pub Flat = [Dense(3, activation = "softmax", input_shape = (8,))] }
sequential! { pub Steps = [Dense(3, activation = "softmax", input_shape = (4, 2))] }
sequential! { pub Image = [Flatten(input_shape = (4, 2, 1)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = Flat::new(1).predict(&vec![[[0.0f32; 2]; 4]; 12]);
    let _ = Flat::new(1).predict(&vec![[[0u8; 2]; 4]; 12]);
    let _ = Steps::new(1).predict(&vec![[0.0f32; 8]; 12]);
    let _ = Image::new(1).predict(&vec![[0.0f32; 8]; 12]);
    let _ = Image::new(1).predict(&vec![[[0u8; 2]; 4]; 12]);
    let mut steps = compile!(Steps::new(1), "sgd", "categorical_crossentropy");
    let _ = steps.fit(&[[[0.0; 2]; 4]; 12], &[[1.0, 0.0, 0.0]; 12], Fit::new());
    let mut steps = compile!(Steps::new(1), "sgd", "sparse_categorical_crossentropy");
    let _ = steps.fit(&[[[0.0; 2]; 4]; 12], &vec![2u32; 12], Fit::new());
}
