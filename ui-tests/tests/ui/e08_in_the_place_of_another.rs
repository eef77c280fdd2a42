// Losses, optimizers and metrics in each other's places, and names with a slip in them.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), optimizer = "mse", loss = "mse");
    let _ = compile!(Net::new(0), optimizer = MeanSquaredError(), loss = "mse");
    let _ = compile!(Net::new(0), "sgd", loss = "accuracy");
    let _ = compile!(Net::new(0), "sgd", loss = Adam(0.1));
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = ["adam"]);
    let _ = compile!(Net::new(0), optimizer = Adm(0.1), loss = "mse");
    let _ = compile!(Net::new(0), "sgd", loss = MeanSquareError());
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [Precison()]);
    let _ = compile!(Net::new(0), "sgd", loss = mse);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [accuracy]);
    let _ = compile!(Net::new(0), optimizer = tf.train.AdamOptimizer(1e-3), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = MultiOptimizer(), loss = "mse");
}
