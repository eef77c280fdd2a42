// Someone writes regularizers and constraints from memory: wrong names, a bare number, a negative factor.
use kseq::prelude::*;

sequential! {
    Net = [
        Dense(64, input_shape = (784,), kernel_regularizer = "l3", bias_regularizer = 0.01),
        Dense(32, kernel_constraint = MaxNrm(2.0), activity_regularizer = L2(l1 = 0.1)),
        Dense(10),
    ]
}

fn main() {
    let _ = Net::new(0);
}
