// Python's own words among the arguments.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), "sgd", loss = lambda y, p: y);
    let _ = compile!(Net::new(0), "sgd", loss = {"out": "mse"});
    let _ = compile!(Net::new(0), SGD(nesterov = not True), "mse");
    let _ = compile!(Net::new(0), "sgd", "mse", **kwargs);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [m for m in ["mae"]]);
    let _ = compile!(Net::new(0), "sgd", loss: "mse");
    let _ = compile!(Net::new(0), "sgd", "mse" if True else "mae");
    let _ = compile!(Net::new(0), "sgd", # the loss
        loss = "mse");
}
