// Arguments that an optimizer does not have, or that are of another kind.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), optimizer = Adam(lrate = 0.1), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Adam(beta1 = 0.9), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Adam(learning_rate = "0.1"), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Adam("0.1"), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(nesterov = 1), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(0.1, lr = 0.2), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(weight-decay = 0.1), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(momentum == 0.9), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(0.1, momentum = 0.9, 0.5), loss = "mse");
}
