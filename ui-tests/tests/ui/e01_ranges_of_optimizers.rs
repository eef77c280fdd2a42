// Numbers of optimizers out of their ranges: some Keras refuses when the line runs, some it trains with.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), optimizer = SGD(momentum = 2.0), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(0.01, -1.0), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Adam(lr = -0.1), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Adam(epsilon = 0), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Adam(ema_momentum = 1.5), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Adam(gradient_accumulation_steps = 1), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Lion(beta_1 = 1.1), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Lion(beta_1 = 0.0), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = RMSprop(rho = 1.0), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Ftrl(learning_rate_power = 0.5), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = Ftrl(l1_regularization_strength = -0.1), loss = "mse");
    let _ = compile!(Net::new(0), optimizer = SGD(clipvalue = -0.5), loss = "mse");
}
