// J38: a Lambda without a gradient, with Python's lambda in quotes, with a shape that its function has not, on samples of any length.
use kseq::prelude::*;

fn sum(x: &[f32; 3], y: &mut [f32; 1]) {
    *y = [x[0] + x[1] + x[2]];
}

fn back(_: &[f32; 3], dy: &[f32; 1], dx: &mut [f32; 3]) {
    *dx = [dy[0]; 3];
}

sequential! {
    pub Words = [
        Lambda(|x| x * x, input_shape = (3,)),
        Lambda("lambda x: x * x", gradient = |x| 2.0 * x),
        Lambda(|x| x * x, gradient = |x| 2.0 * x, mask = true),
    ]
}

sequential! {
    pub AnyLength = [Lambda(sum, output_shape = (1,), gradient = back, input_shape = (None, 3)), Dense(2)]
    pub Sizes = [Lambda(sum, output_shape = (-1,), gradient = back, input_shape = (3,)), Dense(2)]
}

fn main() {}
