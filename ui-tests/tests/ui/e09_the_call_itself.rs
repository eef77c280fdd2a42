// What is compiled, the list of metrics, and arguments that do not exist or have nothing to do here.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net, "sgd", "mse");
    let _ = compile!(optimizer = "sgd", loss = "mse");
    let _ = compile!("sgd", "mse");
    let _ = compile!(Net::new(0), "sgd");
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = "accuracy");
    let _ = compile!(Net::new(0), "sgd", "mse", metric = ["accuracy"]);
    let _ = compile!(Net::new(0), "sgd", "mse", run_eagerly = True);
    let _ = compile!(Net::new(0), "sgd", "mse", steps_per_execution = 10);
    let _ = compile!(Net::new(0), "sgd", "mse", epochs = 10, lr = 0.1);
    let _ = compile!(&Net::new(0), "sgd", "mse");
    let _ = compile!(Net::new(0), "sgd", loss = "mse", loss = "mae");
}
