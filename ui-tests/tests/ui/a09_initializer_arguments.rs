// A9: an initializer's arguments are checked as well: their names, and their values.
use kseq::prelude::*;

sequential! { pub Words = [Dense(8, kernel_initializer = RandomNormal(std = 0.1), input_dim = 4)] }

fn main() {
    sequential![Dense(8, kernel_initializer = RandomNormal(stddev = -0.1), input_dim = 4)];
}
