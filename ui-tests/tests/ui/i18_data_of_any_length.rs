// I18: what goes into a model with `None`: other elements, other features, numbers in place of steps, one sequence to train on.
use kseq::prelude::*;

sequential! { pub Net = [LSTM(8, input_shape = (None, 4)), Dense(1)] }
sequential! { pub Tags = [Embedding(9, 4, input_shape = (None,)), GRU(8, return_sequences = true), Dense(3, activation = "softmax")] }
sequential! { pub Img = [Conv2D(4, 3, input_shape = (None, None, 3)), GlobalAveragePooling2D()] }

fn main() {
    let net = Net::new(1);
    let _ = net.predict(&vec![vec![[0.0f64; 4]; 5]; 8]);
    let _ = net.predict(&vec![vec![[0.0f32; 3]; 5]; 8]);
    let _ = net.predict(&vec![vec![0.0f32; 5]; 8]);
    let _ = Tags::new(1).predict(&vec![vec![1usize; 5]; 8]);
    let _ = Img::new(1).predict(&[Grid::new(2, 2, vec![[0u8; 3]; 4]).unwrap()]);
    let mut net = compile!(net, optimizer = "adam", loss = "mse");
    let one = vec![[0.0f32; 4]; 5];
    let _ = net.fit(&one, &[[0.0]], Fit::new());
    let mut tags = compile!(Tags::new(1), optimizer = "adam", loss = "sparse_categorical_crossentropy");
    let x = vec![vec![1u32; 5]; 8];
    let _ = tags.fit(&x, &[1u32; 8], Fit::new());
    let _ = tags.fit(&x, &vec![vec![1i64; 5]; 8], Fit::new());
}
