// Schedules of the learning rate with a slip in the name, without a rate, without steps, with a value too few.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), optimizer = SGD(ExponentialDecy(0.1, 1000, 0.9)), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(ExponentialDecay(0.1)), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(learning_rate = schedules.CosineDecay(0.1, decay_steps = 0)), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(PiecewiseConstantDecay([100, 200], [0.1, 0.01])), loss = "mse");
}
