// J19: each place has weights of its own, so the places must be known.
use kseq::prelude::*;

sequential! { pub Padded = [LocallyConnected1D(8, 3, padding = "same", input_shape = (16, 4))] }

sequential! { pub AnyLength = [LocallyConnected1D(8, 3, input_shape = (None, 4))] }

sequential! { pub TooLarge = [LocallyConnected2D(8, (3, 5), input_shape = (6, 4, 1))] }

fn main() {}
