// A4: two models of one name.
use kseq::prelude::*;

sequential! { pub Net = [Dense(3, input_shape = (4,))] }
sequential! { pub Net = [Dense(3, input_shape = (4,)), Dense(1)] }

fn main() {
    Net::new(1).summary();
}
