// A8: a type of the user's that is no activation.
use kseq::prelude::*;

pub struct Snake;

sequential! { pub Net = [Dense(8, activation = self::Snake, input_shape = (28,)), Dense(1)] }

fn main() {}
