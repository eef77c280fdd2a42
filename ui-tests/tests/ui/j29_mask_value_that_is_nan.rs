// Steps that are missing are NaN in the data, and NaN is not equal to NaN.
use kseq::prelude::*;

const MISSING: f32 = f32::NAN;

sequential! { pub Net = [
    Input(shape = (50, 6)),
    Masking(mask_value = MISSING),
    GRU(16),
    Dense(1),
] }

fn main() {}
