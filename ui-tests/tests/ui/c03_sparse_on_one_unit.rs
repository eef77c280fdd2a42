// C3: the same with integer targets, and the units as a constant.
use kseq::prelude::*;

const CLASSES: usize = 1;

sequential! { pub Net = [Dense(CLASSES, activation = "softmax", input_shape = (20,))] }

fn main() {
    let _ = Net::new(1).compile(SGD::default(), SparseCategoricalCrossentropy::default(), (Accuracy,));
}
