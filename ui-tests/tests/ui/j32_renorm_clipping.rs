// What batch renormalization clips its corrections to: as in Python, and wrong.
use kseq::prelude::*;

sequential! { pub Key = [
    BatchNormalization(renorm = True, renorm_clipping = {"r_max": 3.0}, input_shape = (8,)),
    Dense(1),
] }

sequential! { pub Order = [
    BatchNormalization(renorm = True, renorm_clipping = {"rmax": 0.5, "rmin": 2.0, "dmax": 5.0}, input_shape = (8,)),
    Dense(1),
] }

sequential! { pub Negative = [
    BatchNormalization(renorm = True, renorm_clipping = {"dmax": -5.0}, input_shape = (8,)),
    Dense(1),
] }

sequential! { pub Number = [
    BatchNormalization(renorm = True, renorm_clipping = 3.0, input_shape = (8,)),
    Dense(1),
] }

fn main() {}
