// F1: samples whose elements are not those of the model.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }
sequential! { pub Img = [Flatten(input_shape = (28, 26, 1)), Dense(3, activation = "softmax")] }
sequential! { pub Tok = [Embedding(100, 4, input_length = 6), Flatten(), Dense(3, activation = "softmax")] }

fn main() {
    let net = Net::new(1);
    let _ = net.predict(&vec![[0.5f64; 4]; 8]);
    let _ = Img::new(1).predict(&vec![[[[0u8; 1]; 26]; 28]; 8]);
    let _ = net.predict(&vec![[7i64; 4]; 8]);
    let _ = net.predict(&[[1, 2, 3, 4]; 8]);
    let _ = net.predict(&[[true; 4]; 8]);
    let _ = net.predict(&["good", "bad"]);
    let _ = Tok::new(1).predict(&[[1i32; 6]; 8]);
}
