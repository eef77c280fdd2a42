// Regularizers and constraints that Keras would refuse (or take silently) when the model runs.
use kseq::prelude::*;

const STRENGTH: f32 = -0.01;

sequential! {
    Negative = [Dense(10, input_shape = (784,), kernel_regularizer = L2(STRENGTH), bias_constraint = MaxNorm(-1.0))]
    NoSuchAxis = [Dense(10, input_shape = (784,), kernel_constraint = MaxNorm(2.0, axis = (0, 1, 2)))]
    NoMatrix = [Conv2D(8, 3, input_shape = (28, 28, 1), kernel_regularizer = "orthogonal_regularizer")]
}

fn main() {
    let _ = (Negative::new(0), NoSuchAxis::new(0), NoMatrix::new(0));
}
