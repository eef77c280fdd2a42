// F6: a model that is not compiled.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let mut model = Net::new(1);
    let _ = model.save("model.safetensors");
    let _ = model.fit(&[[0.0; 4]], &[[1.0, 0.0, 0.0]], Fit::new());
}
