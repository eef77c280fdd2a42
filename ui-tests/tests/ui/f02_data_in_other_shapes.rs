// F2: samples that are not cut as the model takes them.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }
sequential! { pub Gray = [Flatten(input_shape = (28, 26, 1)), Dense(3, activation = "softmax")] }
sequential! { pub Rgb = [Flatten(input_shape = (28, 26, 3)), Dense(3, activation = "softmax")] }

fn main() {
    let net = Net::new(1);
    let flat = vec![0.0f32; 32];
    let _ = net.predict(&flat);
    let _ = net.predict(&flat[..]);
    let _ = net.predict(&vec![vec![0.0f32; 4]; 8]);
    let _ = net.predict(&[0.0, 1.0, 2.0, 3.0]);
    let _ = Gray::new(1).predict(&[[[0.0f32; 1]; 26]; 28]);
    let _ = Gray::new(1).predict(&vec![[[0.0f32; 26]; 28]; 8]);
    let _ = Rgb::new(1).predict(&vec![[[[0.0f32; 26]; 28]; 3]; 8]);
}
