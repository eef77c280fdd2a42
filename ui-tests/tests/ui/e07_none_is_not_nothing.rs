// `None` where Keras refuses it, or takes it for something that is not the default.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), optimizer = AdamW(weight_decay = None), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(learning_rate = None), loss = "mse");
    let _ = compile!(Net::new(0), "sgd", loss = MeanSquaredError(reduction = None));
    let _ = compile!(Net::new(0), "sgd", loss = Huber(None));
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [TopKCategoricalAccuracy(k = None)]);
}
