// Two ways to clip the gradients at once, and weights of labels that are not there: each is right alone.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), optimizer = SGD(clipnorm = 1.0, clipvalue = 0.5), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Adam(0.001, global_clipnorm = 1.0, epsilon = 1e-7, clipnorm = 1.0), loss = "mse");
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [AUC(label_weights = [0.5, 0.3, 0.2])]);
}
