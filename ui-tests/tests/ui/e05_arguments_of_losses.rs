// Numbers and words of losses that mean nothing.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), "sgd", loss = Huber(delta = -1.0));
    let _ = compile!(Net::new(0), "sgd", loss = CategoricalCrossentropy(label_smoothing = 1.5));
    let _ = compile!(Net::new(0), "sgd", loss = CategoricalCrossentropy(axis = 1));
    let _ = compile!(Net::new(0), "sgd", loss = MeanSquaredError(reduction = "summ"));
    let _ = compile!(Net::new(0), "sgd", loss = SparseCategoricalCrossentropy(ignore_class = -1));
    let _ = compile!(Net::new(0), "sgd", loss = BinaryCrossentropy(from_logits = "True"));
}
