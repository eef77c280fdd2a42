// Layers in a loop: each layer is a field of the model, so they must be listed.
use kseq::prelude::*;

fn main() {
    sequential! {
        let mut model = Sequential();
        model.add(Dense(32, input_dim = 784));
        for _ in 0..3 {
            model.add(Dense(32));
        }
    }
}
